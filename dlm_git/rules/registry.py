"""The registry of rules: each rule is a check with a name, a family and documentation."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from dlm_git.about import RULES_URL
from dlm_git.errors import DlmGitError
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
    needs_corpus: whether the check needs a corpus document with an accepted frontmatter.
    fixable: True if `--fix` or `--unsafe-fixes` can fix some of its findings.
    each_corpus: whether it checks each corpus of a repository, not the repository as a whole.
    """

    name: str
    family: str
    check: Callable[..., Iterator[Finding]]
    since: str
    needs_corpus: bool = False
    fixable: bool = False
    each_corpus: bool = False

    def run(self, context: RuleContext) -> Iterator[Finding]:
        """Return the findings of the rule, none if it needs a corpus document that is missing."""
        if not self.needs_corpus:
            return self.check(context)
        return self.check(context, context.corpus) if context.corpus else iter(())

    @property
    def documentation(self) -> str:
        """Return the documentation of the rule, in Markdown: summary, why, example, fix."""
        from inspect import getdoc  # late: a check needs no documentation

        return getdoc(self.check) or ""

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


def rule(
    family: str, *, since: str, fixable: bool = False, each_corpus: bool = False
) -> Callable[[Check], Check]:
    """Register the decorated check as a rule, named after the function."""

    def register(check: Check) -> Check:
        _register(check, family, since, fixable, each_corpus=each_corpus)
        return check

    return register


def corpus_rule(
    family: str, *, since: str, fixable: bool = False
) -> Callable[[CorpusCheck], CorpusCheck]:
    """Register a rule whose check is called with the corpus document, too, if there is one."""

    def register(check: CorpusCheck) -> CorpusCheck:
        _register(check, family, since, fixable, needs_corpus=True, each_corpus=True)
        return check

    return register


def _register(
    check: Callable[..., Iterator[Finding]],
    family: str,
    since: str,
    fixable: bool,
    *,
    needs_corpus: bool = False,
    each_corpus: bool,
) -> None:
    name = check.__name__.replace("_", "-")
    RULES[name] = Rule(name, family, check, since, needs_corpus, fixable, each_corpus)


def unknown_rule_hint(name: str) -> str:
    """Return the hint for a name that no rule has."""
    from dlm_git.validation import closest_match  # late: rare

    rule = closest_match(name, list(RULES))
    return f"did you mean '{rule}'?" if rule else "`dlm-git rule` lists the rules"


def select_rules(names: Collection[str]) -> tuple[str, ...]:
    """Return the rules with these names and those of these families, in their usual order.

    Raises DlmGitError if there is no rule or family of a name.
    """
    selected = set(names)
    for name in names:
        if name not in RULES and name not in FAMILIES:
            raise _unknown(name)
    return tuple(rule.name for rule in RULES.values() if {rule.name, rule.family} & selected)


def _unknown(name: str) -> DlmGitError:
    from dlm_git.validation import closest_match  # late: rare

    match = closest_match(name, [*RULES, *FAMILIES])
    hint = f"did you mean '{match}'?" if match else "`dlm-git rule` lists the rules by family"
    return DlmGitError(f"unknown rule or family '{name}' in 'select'", hint)


def by_family() -> Iterator[tuple[str, list[Rule]]]:
    """Yield each family with its rules, in the order of the documentation."""
    for family in FAMILIES:
        yield family, [rule for rule in RULES.values() if rule.family == family]


def render_rules_md() -> str:
    """Return the documentation of all rules as one Markdown document, `docs/rules.md`."""
    parts = [
        "# Rules",
        "Each finding names the rule that reports it. To suppress a rule, list it with a reason"
        " under `[ignore]` in `.dlm-git.toml`. [Accept findings](accepting.md) has other ways.",
    ]
    for family, rules in by_family():
        parts.append(f"## {family.capitalize()}\n\nThese rules check that {FAMILIES[family]}.")
        parts += map(_section, rules)
    return "\n\n".join(parts) + "\n"


def _section(rule: Rule) -> str:
    return f"### {rule.name}\n\n{rule.page}"
