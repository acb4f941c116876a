"""The registry of rules: each rule is a check with a name, a family and documentation."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any, Literal, overload

from dlm_git.about import RULES_URL
from dlm_git.report import Finding
from dlm_git.rules.context import Corpus, RuleContext
from dlm_git.values import Value

Check = Callable[[RuleContext], Iterator[Finding]]
CorpusCheck = Callable[[RuleContext, Corpus], Iterator[Finding]]

FAMILIES = {
    "presence": "the repository has exactly one corpus document, and it is a regular file",
    "syntax": "the trainer can read each document, and reads what its author meant",
    "expectation": "the corpus document matches the configuration",
    "portability": "every clone has the same document and sources",
    "training": "the training set contains what it should, and nothing else",
    "identity": "each document has an id of its own and keeps it",
}


class Rule(Value):
    """A rule with its documentation.

    name: the name in findings and in the config, such as 'missing-corpus'.
    family: a key of FAMILIES.
    check: yields the findings of a snapshot; its docstring is the documentation.
    since: the version of dlm-git that added it.
    requires: 'corpus' if the check needs a corpus document with an accepted frontmatter.
    fixable: True if `--fix` or `--unsafe-fixes` can fix some of its findings.
    """

    name: str
    family: str
    check: Callable[..., Iterator[Finding]]
    since: str
    requires: Literal["corpus"] | None = None
    fixable: bool = False

    def run(self, context: RuleContext) -> Iterator[Finding]:
        """Yield the findings of the rule, none if what it requires is missing."""
        if self.requires is None:
            yield from self.check(context)
        elif context.corpus:
            yield from self.check(context, context.corpus)

    @property
    def documentation(self) -> str:
        """Return the documentation of the rule, in Markdown: summary, why, example, fix."""
        return inspect.getdoc(self.check) or ""

    @property
    def page(self) -> str:
        """Return the documentation under a line with family, version and whether it is fixable."""
        fixable = "; `--fix` or `--unsafe-fixes` can fix some findings" if self.fixable else ""
        return f"*{self.family}, since {self.since}{fixable}*\n\n{self.documentation}"

    @property
    def summary(self) -> str:
        """Return the first line of the documentation."""
        return self.documentation.partition("\n")[0]

    @property
    def url(self) -> str:
        """Return the address of the documentation."""
        return f"{RULES_URL}#{self.name}"


RULES: dict[str, Rule] = {}


@overload
def rule(family: str, *, since: str, fixable: bool = False) -> Callable[[Check], Check]:
    """Register a check that is called with the context."""


@overload
def rule(
    family: str, *, since: str, requires: Literal["corpus"], fixable: bool = False
) -> Callable[[CorpusCheck], CorpusCheck]:
    """Register a check that is called with the context and the corpus document, if there is one."""


def rule(
    family: str,
    *,
    since: str,
    requires: Literal["corpus"] | None = None,
    fixable: bool = False,
) -> Callable[[Any], Any]:
    """Register the decorated check as a rule, named after the function."""

    def register(check: Callable[..., Iterator[Finding]]) -> Callable[..., Iterator[Finding]]:
        name = check.__name__.replace("_", "-")
        RULES[name] = Rule(name, family, check, since, requires, fixable)
        return check

    return register


def by_family() -> Iterator[tuple[str, list[Rule]]]:
    """Yield each family with its rules, in the order of the documentation."""
    for family in FAMILIES:
        yield family, [rule for rule in RULES.values() if rule.family == family]


def render_rules_md() -> str:
    """Return the documentation of all rules as one Markdown document, `docs/rules.md`."""
    parts = [
        "# Rules",
        "Each finding names the rule that reports it. To suppress a rule, list it with a reason"
        " under `[ignore]` in `.dlm-git.toml`.",
    ]
    for family, rules in by_family():
        parts.append(f"## {family.capitalize()}\n\nThese rules check that {FAMILIES[family]}.")
        parts += map(_section, rules)
    return "\n\n".join(parts) + "\n"


def _section(rule: Rule) -> str:
    return f"### {rule.name}\n\n{rule.page}"
