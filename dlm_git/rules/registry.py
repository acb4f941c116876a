"""The registry of rules: each is a check with a name, a family and its documentation."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dlm_git.about import RULES_URL
from dlm_git.report import Finding
from dlm_git.rules.context import RuleContext

Check = Callable[[RuleContext], Iterator[Finding]]
FAMILIES = ("presence", "syntax", "expectation", "portability", "training", "identity")


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule with its documentation.

    name: as findings carry it, such as 'missing-corpus'.
    family: one of FAMILIES.
    check: yields the findings of a snapshot; its docstring is the documentation.
    """

    name: str
    family: str
    check: Check

    @property
    def documentation(self) -> str:
        """Return the page of the rule, in Markdown: summary, why, example, fix."""
        return inspect.getdoc(self.check) or ""

    @property
    def summary(self) -> str:
        """Return the first line of the documentation."""
        return self.documentation.partition("\n")[0]

    @property
    def url(self) -> str:
        """Return the address of the documentation."""
        return f"{RULES_URL}#{self.name}"


RULES: dict[str, Rule] = {}


def rule(family: str) -> Callable[[Check], Check]:
    """Register the decorated check as a rule named after the function."""

    def register(check: Check) -> Check:
        name = check.__name__.replace("_", "-")
        RULES[name] = Rule(name, family, check)
        return check

    return register


def by_family() -> Iterator[tuple[str, list[Rule]]]:
    """Yield each family with its rules, in the order of the documentation."""
    for family in FAMILIES:
        yield family, [rule for rule in RULES.values() if rule.family == family]


def render_rules_md() -> str:
    """Return the documentation of all rules as one Markdown document, `docs/rules.md`."""
    parts = ["# Rules", "One finding is one mistake; each rule is named for it."]
    for family, rules in by_family():
        parts.append(f"## {family.capitalize()}")
        parts += [f"### {rule.name}\n\n{rule.documentation}" for rule in rules]
    return "\n\n".join(parts) + "\n"
