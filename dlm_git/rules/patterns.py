"""Rules about patterns and ignore lines that match nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from dlm_git.document.text import Text
from dlm_git.document.yaml_fixes import YamlFixer
from dlm_git.paths import join
from dlm_git.patterns.defaults import DIRECTORY_NAMES
from dlm_git.patterns.glob import IgnoreRule
from dlm_git.patterns.suggest import Suggestion, is_other_syntax, match_case, suggest_pattern
from dlm_git.patterns.tokens import rule_tokens
from dlm_git.report import Edit, Finding, Fix, Span
from dlm_git.rules.context import RuleContext, finding
from dlm_git.rules.registry import rule
from dlm_git.training.directory_config import DirectoryConfig
from dlm_git.training.ignore_block import line_numbers
from dlm_git.training.training_set import SourceFiles
from dlm_git.validation import KeyPath

_MAX_PATTERNS = 256  # each that matches nothing is looked for among all names


@rule("training")
def dead_pattern(case: RuleContext) -> Iterator[Finding]:
    """A pattern matches nothing.

    **Why.** dlm's patterns are neither the shell's nor Git's: braces and brackets are literal, a
    slash at the beginning or the end and `./` match nothing, case counts. A pattern that matches
    nothing is passed over in silence, and the files that it means are not learned, or are.

    **Example.** `include: ["**/*.{md,rst}"]`; `exclude: ["/build/"]`; `include: ["Docs/**"]`.

    **Fix.** Write the pattern that the help line gives: `"**/*.md", "**/*.rst"`. Of an `exclude`
    that just matches nothing yet, such as `build/**`, nothing is said.
    """
    for expansion in case.lookup.sources:
        source = ("training", "sources", expansion.index)
        globs = expansion.selection
        for key, patterns in (("include", globs.include), ("exclude", globs.exclude)):
            for number, pattern in enumerate(patterns.patterns[:_MAX_PATTERNS]):
                said = _dead(case, expansion, pattern, key)
                if said and case.corpus:
                    yield _at_pattern(case, said, (*source, key, number), pattern)
        for each in expansion.selection.directory_configs.values():
            yield from _dead_settings(case, expansion, each)


@rule("training")
def dead_ignore_line(case: RuleContext) -> Iterator[Finding]:
    """A line of a `.dlm/ignore` can leave nothing out.

    **Why.** The grammar looks like Git's and is another one: a bare name is a file's and not a
    directory's, `/build/` and `docs/generated/` match nothing, there are no classes and no
    escapes. dlm then reads what the line is meant to keep out.

    **Example.** `node_modules`; `/build/`; `docs/generated/`; `*.py[co]`.

    **Fix.** Write the line that the help gives, or let `dlm-git ignore` carry `.gitignore` over.
    """
    for each in case.lookup.directory_configs:
        text = each.ignore.text if each.ignore else None
        for line in _own_rules(each):
            said = _dead_line(case, each, line)
            if said and text:
                span = text.line_span(line.line)
                message = f"line '{line}' leaves nothing out: {said.reason}"
                help_ = " and ".join(f"'{pattern}'" for pattern in said.patterns)
                help_ = f"write {help_}" if help_ else "remove it"
                fix = _lines_instead(text, span, said)
                yield finding(each.ignore_path, message, help_, text=text, span=span, fix=fix)


@dataclass(frozen=True, slots=True)
class _Dead:
    """What is to be said of a dead pattern, and what was meant by it."""

    message: str
    help: str
    meant: Suggestion | None = None

    def fix(self, yaml: YamlFixer | None, place: KeyPath) -> Fix | None:
        """The patterns that were meant in its place; for certain if each of them matches."""
        if not (self.meant and self.meant.patterns and yaml):
            return None
        return yaml.replace_item(place, self.meant.patterns, safe=self.meant.certain)


def _at_pattern(case: RuleContext, said: _Dead, place: KeyPath, pattern: str) -> Finding:
    assert case.corpus  # noqa: S101  (patterns come from nowhere else)
    key = str(place[-2])
    wanted = (getattr(each, key) or () for each in case.config.expected_sources or ())
    span = case.corpus.value_span(place)
    if any(pattern in patterns for patterns in wanted):  # to mend it here alone is to differ
        where = case.config_location("sources" if case.config.sources else key)
        help_ = f"{said.help}, here and under {where}"
        return finding(case.corpus_path, said.message, help_, case.corpus, span)
    fix = said.fix(case.yaml, place)
    return finding(case.corpus_path, said.message, said.help, case.corpus, span, fix=fix)


def _dead(case: RuleContext, expansion: SourceFiles, pattern: str, key: str) -> _Dead | None:
    """What is to be said of a pattern of a source, if it is dead."""

    def matches(tried: str) -> bool:
        return case.lookup.matches(expansion, tried)

    if matches(pattern):
        return None
    found = suggest_pattern(pattern, matches)
    if found is None:
        cased = _in_other_case(case, expansion, pattern)
        found = Suggestion("case counts", (cased,)) if cased else None
    if found is None and key == "exclude" and not is_other_syntax(pattern):
        return None  # it matches nothing yet
    message = f"{key} pattern '{pattern}' matches no {case.snapshot.files.noun}"
    if found is None:
        return _Dead(message, "correct it, or remove it")
    return _Dead(f"{message}: {found.reason}", _advice(found), found)


def _advice(found: Suggestion) -> str:
    if not found.patterns:
        return "write it in dlm's grammar ('*', '**', '?'), or remove it"
    quoted = [f"'{pattern}'" for pattern in found.patterns]
    if len(quoted) == 1:
        return f"write {quoted[0]}"
    counted = {2: "two", 3: "three", 4: "four"}.get(len(quoted), str(len(quoted)))
    return f"write {counted} patterns, {', '.join(quoted[:-1])} and {quoted[-1]}"


def _in_other_case(case: RuleContext, expansion: SourceFiles, pattern: str) -> str | None:
    path = case.lookup.matched_in_any_case(expansion, pattern)
    return match_case(pattern, path) if path else None


def _dead_settings(
    case: RuleContext, expansion: SourceFiles, each: DirectoryConfig
) -> Iterator[Finding]:
    """The dead patterns that a `training.yaml` includes; they count from the source's root."""
    if not each.config or not each.settings:
        return
    anchor = each.directory[len(expansion.root.path) :].lstrip("/")
    for number, pattern in enumerate(each.config.include[:_MAX_PATTERNS]):
        said = _dead(case, expansion, pattern, "include")
        if not said:
            continue
        message, help_ = said.message, said.help
        fix = said.fix(each.settings.fixer, ("include", number))
        if anchor and case.lookup.matches(expansion, join(anchor, pattern)):
            where = case.snapshot.files.noun
            message = f"include pattern '{pattern}' matches no {where}: dlm counts it from the root"
            message += " of the source"
            help_ = f"write '{join(anchor, pattern)}'"
            fix = _Dead("", "", Suggestion("", (join(anchor, pattern),), certain=True)).fix(
                each.settings.fixer, ("include", number)
            )
        span = each.settings.value_span(("include", number))
        text = each.settings.text
        yield finding(each.training_path, message, help_, text=text, span=span, fix=fix)
    for number, pattern in enumerate(each.config.exclude[:_MAX_PATTERNS]):
        found = suggest_pattern(
            pattern, lambda tried: case.lookup.matches(expansion, join(anchor, tried))
        )
        if case.lookup.matches(expansion, join(anchor, pattern)) or found is None:
            continue
        message = f"exclude pattern '{pattern}' matches nothing below its directory: {found.reason}"
        span = each.settings.value_span(("exclude", number))
        text = each.settings.text
        fix = _Dead(message, "", found).fix(each.settings.fixer, ("exclude", number))
        yield finding(each.training_path, message, _advice(found), text=text, span=span, fix=fix)


def _dead_line(case: RuleContext, each: DirectoryConfig, rule: IgnoreRule) -> Suggestion | None:
    """Why a line is dead, and the lines that say what it was meant to."""
    name = rule.pattern
    negated = "!" * rule.negated
    if rule_tokens(rule) is None:
        whole = f"{negated}/{name}/**" if rule.anchored or "/" in name else f"{negated}{name}/**"
        what = "a slash at both ends" if rule.anchored else "a slash at the end and one inside"
        return Suggestion(f"dlm has no such form, with {what}", (whole,))
    if rule.directory or case.lookup.matches_any(each, rule):
        return None
    start = negated + "/" * rule.anchored
    said = set(map(str, each.rules.rules))
    inside = replace(rule, pattern=f"{name}/**")
    if str(inside) in said or str(replace(rule, directory=True)) in said:
        return None  # somebody said both
    if name in DIRECTORY_NAMES or case.lookup.matches_any(each, inside):
        line = f"{start}{name}/" if not rule.anchored and "/" not in name else f"{start}{name}/**"
        return Suggestion("it is the name of a directory, and dlm asks about files only", (line,))
    if " #" in name:
        return Suggestion(
            "dlm knows no comments behind a pattern", (start + name.partition(" #")[0].rstrip(),)
        )
    if not is_other_syntax(name) or name.startswith(" "):
        return None
    found = suggest_pattern(name, lambda _: True)
    if found and found.patterns and found.reason.startswith(("dlm takes", "patterns begin")):
        return Suggestion(found.reason, tuple(start + pattern for pattern in found.patterns[:4]))
    return None


def _lines_instead(text: Text, span: Span, said: Suggestion) -> Fix | None:
    if not said.patterns:
        return None
    edit = Edit(span.start, span.end, text.newline.join(said.patterns))
    return Fix(f"write {' and '.join(map(repr, said.patterns))}", (edit,), safe=False)


def _own_rules(each: DirectoryConfig) -> list[IgnoreRule]:
    """The rules that somebody wrote; those of a block have been made."""
    text = each.ignore.text if each.ignore else None
    made = line_numbers(text.normalized) if text else range(0)
    return [rule for rule in each.rules.rules if rule.line not in made]
