"""Translates Git's ignore rules for a `.dlm/ignore`: dlm excludes whatever Git ignores."""

from __future__ import annotations

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable, Mapping, Sequence
from posixpath import dirname
from types import MappingProxyType

from dlm_git.patterns.defaults import DEFAULT_EXCLUDES, DEFAULT_SECRETS
from dlm_git.patterns.dlmignore import ABOVE, rebase
from dlm_git.patterns.excluded_files import ExcludedFiles
from dlm_git.patterns.gitignore import LOCAL_FILES, Alternative, Pattern, parse_gitignore
from dlm_git.patterns.glob import GLOBSTAR
from dlm_git.patterns.ignored_directories import MAX_DEPTH, IgnoredDirectories
from dlm_git.patterns.line_plan import Line, LinePlan
from dlm_git.patterns.overlap import OverlapIndex
from dlm_git.patterns.tokens import line_tokens
from dlm_git.patterns.translated_rule import RuleList, TranslatedRule
from dlm_git.regex import compile_late
from dlm_git.values import Value

_DROPPED = "not translated"
_UTF16 = "the file is UTF-16, so Git does not read its patterns; save it as UTF-8"
# a pattern with one of these bytes, and without brackets, matches no name that is UTF-8; of other
# names the trainer dies
_NEVER_UTF8 = compile_late(r"\A[^\[]*[\udcc0\udcc1\udcf5-\udcff][^\[]*\Z", re.DOTALL)


class UntranslatedPattern(Value):
    """A pattern of a `.gitignore` that has no exact translation.

    source: the place of the pattern, 'FILE:LINE'.
    pattern: its text, '' if the reason concerns the whole file.
    reason: why, and what becomes of it.
    """

    source: str
    pattern: str
    reason: str


class Translation(Value):
    """The lines of a `.dlm/ignore`, and the patterns that they do not translate exactly.

    local: the patterns of files that Git does not track: 'FILE: PATTERN'.
    """

    groups: tuple[Line, ...] = ()
    untranslated: tuple[UntranslatedPattern, ...] = ()
    local: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """Return the lines as text."""
        return tuple(line.text for line in self.groups)


def translate(
    gitignores: Mapping[str, bytes],
    top: str = "",
    excluded: Sequence[str] = DEFAULT_EXCLUDES,
    local: Mapping[str, bytes] = MappingProxyType({}),
) -> Translation:
    """Translate the `.gitignore` files of a repository for the `.dlm/ignore` of a directory.

    gitignores: their contents, by path.
    top: the directory that holds the `.dlm` directory, '' for the root.
    excluded: globs, relative to `top`, of the files that the trainer excludes without them. No line
        re-includes any of these.
    local: the contents of other files, by their name in LOCAL_FILES.

    Raises TooManyLinesError.
    """
    untracked = [p for name in LOCAL_FILES for p in parse_gitignore(local.get(name, b""), "", name)]
    tracked = [
        pattern
        for path in sorted(gitignores, key=lambda path: (path.count("/"), path))
        for pattern in parse_gitignore(gitignores[path], dirname(path))
    ]
    patterns = [p for p in (*untracked, *tracked) if not _NEVER_UTF8.search(p.text)]
    origins = tuple(pattern.origin for pattern in untracked)
    utf16 = _utf16_files(gitignores)
    rebased = [(pattern, tuple(rebase(pattern, top))) for pattern in patterns]
    if (whole := _ignores_top(rebased)) is not None:
        return Translation((Line(GLOBSTAR, whole.origin),), utf16, origins)
    inside = (
        (pattern, tuple(a for a in found if a.parts[0] != ABOVE)) for pattern, found in rebased
    )
    rules = RuleList([TranslatedRule(pattern, found) for pattern, found in inside if found])
    translation = _translate_rules(rules, ExcludedFiles(excluded))
    untranslated = (*utf16, *translation.untranslated)
    return translation.replace(untranslated=untranslated, local=origins)


def _utf16_files(gitignores: Mapping[str, bytes]) -> tuple[UntranslatedPattern, ...]:
    return tuple(
        UntranslatedPattern(f"{path}:1", "", _UTF16)
        for path, data in gitignores.items()
        if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE))
    )


def _ignores_top(rebased: Iterable[tuple[Pattern, tuple[Alternative, ...]]]) -> Pattern | None:
    """Return a pattern by which Git ignores the top directory or one above it."""
    last: dict[int, Pattern] = {}
    for pattern, alternatives in rebased:
        for alternative in alternatives:
            if alternative.parts[0] == ABOVE and (alternative.exact or not pattern.negated):
                last[len(alternative.parts)] = pattern
    return next((pattern for pattern in last.values() if not pattern.negated), None)


def _translate_rules(rules: RuleList, excluded: ExcludedFiles) -> Translation:
    reasons = [_reason_untranslated(rule, excluded) for rule in rules]
    kept = [not reason.startswith(_DROPPED) for reason in reasons]
    effective = _effective(
        rules, RuleList([r for r, keep in zip(rules, kept, strict=True) if keep])
    )
    planned = {place: at for at, place in enumerate(p for p in effective if kept[p])}
    plan = LinePlan(RuleList([rules[place] for place in planned]), excluded)
    untranslated = []
    for place in effective:
        if reason := reasons[place] or plan.reason_untranslated(planned[place]):
            pattern = rules[place].pattern
            untranslated.append(UntranslatedPattern(pattern.source, pattern.text, reason))
    return Translation(tuple(plan.lines()), tuple(untranslated))


def _reason_untranslated(rule: TranslatedRule, excluded: ExcludedFiles) -> str:
    """Return why a rule alone has no exact translation, '' if it has one."""
    if _ends_in_space(rule.pattern.text):
        return f"{_DROPPED}: Git takes the white space at the end as a part of the name"
    if not rule.negated:
        lines = "', '".join(rule.path_lines or rule.file_lines)
        return f"dlm has no such pattern; '{lines}' matches more" if rule.coarse else ""
    if not rule.exact:
        return f"{_DROPPED}: dlm has no such pattern"
    if any(len(alternative.parts) > MAX_DEPTH for alternative in rule.alternatives):
        return f"{_DROPPED}: dlm-git re-includes at most {MAX_DEPTH} directories deep"
    if (glob := excluded.covering(rule.file_lines or rule.content_lines)) is None:
        return ""
    as_secret = " as a secret" if glob in DEFAULT_SECRETS else ""
    return f"{_DROPPED}: dlm excludes '{glob}'{as_secret}"


def _ends_in_space(text: str) -> bool:
    """Return whether a pattern ends in white space without a backslash, a tab for example."""
    stripped = text.rstrip()
    return stripped != text and not stripped.endswith("\\")


def _effective(rules: RuleList, kept: RuleList) -> list[int]:
    """Return the places of rules that change anything in Git.

    A negated one changes nothing if no rule before it ignores such a file, or if Git ignores a
    directory above: by the rules that are `kept`.
    """
    ignoring = OverlapIndex(
        (place, tokens)
        for place, rule in enumerate(rules)
        if not rule.negated
        for tokens in line_tokens(rule.affected_lines)
    )
    directories = IgnoredDirectories(kept)

    def has_effect(place: int, rule: TranslatedRule) -> bool:
        if not rule.negated:
            return True
        ignored = ignoring.find_all(line_tokens(rule.affected_lines))
        if not any(other < place for other in ignored):
            return False
        return not all(directories.are_above(a.parts) for a in rule.alternatives)

    return [place for place, rule in enumerate(rules) if has_effect(place, rule)]
