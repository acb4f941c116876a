"""The rules: each a function whose name is the mistake and whose docstring is its page."""

from __future__ import annotations

import inspect

from dlm_git import REPOSITORY
from dlm_git.rules import (
    dead,
    expectation,
    identity,
    leaks,
    portability,
    presence,
    syntax,
    training,
)
from dlm_git.rules.case import Case, Rule

FAMILIES: dict[str, tuple[Rule, ...]] = {
    "presence": presence.RULES,
    "syntax": syntax.RULES,
    "expectation": expectation.RULES,
    "portability": portability.RULES,
    "training": (*dead.RULES, *training.RULES, *leaks.RULES),
    "identity": identity.RULES,
}

BOOK = f"{REPOSITORY}/blob/main/docs/rules.md"

__all__ = ["BOOK", "FAMILIES", "RULES", "Case", "Rule", "book", "name_of", "page", "summary", "url"]


def name_of(rule: Rule) -> str:
    """The name of a rule, as findings carry it: 'missing-corpus'."""
    return rule.__name__.replace("_", "-")


RULES: dict[str, Rule] = {name_of(rule): rule for family in FAMILIES.values() for rule in family}


def summary(rule: Rule) -> str:
    """What a rule says, in one line."""
    return page(rule).partition("\n")[0]


def page(rule: Rule) -> str:
    """The page of a rule, in Markdown: what, why, an example, the way out."""
    return inspect.getdoc(rule) or ""


def url(name: str) -> str:
    """Where the page of a rule can be read."""
    return f"{BOOK}#{name}"


def book() -> str:
    """The pages of all rules, by family, as one Markdown document: `docs/rules.md`."""
    parts = ["# Rules", "One finding is one mistake; each rule is named for it."]
    for family, rules in FAMILIES.items():
        parts.append(f"## {family.capitalize()}")
        parts += [f"### {name_of(rule)}\n\n{page(rule)}" for rule in rules]
    return "\n\n".join(parts) + "\n"
