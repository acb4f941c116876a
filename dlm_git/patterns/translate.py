"""Translate Git's ignore rules for a `.dlm/ignore`: dlm excludes everything that Git ignores."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from posixpath import dirname
from typing import NamedTuple

from dlm_git.patterns.defaults import DEFAULT_EXCLUDES, DEFAULT_SECRETS
from dlm_git.patterns.dlmignore import ABOVE, glob_line, ignore_lines, rebase
from dlm_git.patterns.gitignore import Alternative, Pattern, parse_gitignore
from dlm_git.patterns.glob import GLOBSTAR, QUESTION, STAR, parse_ignore_lines
from dlm_git.patterns.globset import IgnoreSet
from dlm_git.patterns.tokens import overlap, rule_tokens


class UntranslatedPattern(NamedTuple):
    """A pattern of a `.gitignore` that has no exact translation.

    source: the place of the pattern, 'FILE:LINE'.
    reason: why it has none, and what dlm-git writes instead.
    """

    source: str
    pattern: str
    reason: str


class Translation(NamedTuple):
    """The lines of a `.dlm/ignore`, and the patterns that they do not translate exactly."""

    lines: tuple[str, ...]
    untranslated: tuple[UntranslatedPattern, ...] = ()


@dataclass(frozen=True)
class _Rule:
    """A pattern with its alternatives in the trainer's grammar."""

    pattern: Pattern
    alternatives: tuple[Alternative, ...]

    @property
    def exact(self) -> bool:
        return all(alternative.exact for alternative in self.alternatives)

    @property
    def coarse(self) -> bool:
        return any(alternative.coarse for alternative in self.alternatives)

    @cached_property
    def path_lines(self) -> list[str]:
        """Return the lines for the paths that the pattern names."""
        return [line for parts in self._of_paths for line in ignore_lines(parts, "")]

    @cached_property
    def file_lines(self) -> list[str]:
        """Return the lines for files: those of `DIRECTORY/**`, and those that the pattern names."""
        inside = [line for parts in self._of_contents for line in ignore_lines(parts, "")]
        return inside + ([] if self.pattern.directory else self.path_lines)

    @cached_property
    def directory_lines(self) -> list[str]:
        """Return the lines for the contents of the directories that the pattern names."""
        is_above = any(alternative.parts[0] == ABOVE for alternative in self.alternatives)
        lines = [line for parts in self._of_paths for line in ignore_lines(parts, "/**")]
        return [GLOBSTAR] * is_above + lines

    @cached_property
    def content_lines(self) -> list[str]:
        """Return the directory lines, and those for the directories that `DIRECTORY/**` matches."""
        inner = ((*parts[:-1], STAR) for parts in self._of_contents)
        return self.directory_lines + [
            line for parts in inner for line in ignore_lines(parts, "/**")
        ]

    @property
    def reincludes_directories(self) -> bool:
        """Return whether the pattern is negated, and not meant for files by a suffix."""
        last = self.alternatives[0].parts[-1]
        return self.pattern.negated and (self.pattern.directory or "." not in last[1:])

    @property
    def _of_paths(self) -> list[tuple[str, ...]]:
        return [a.parts for a in self.alternatives if a.parts[-1] not in (GLOBSTAR, ABOVE)]

    @property
    def _of_contents(self) -> list[tuple[str, ...]]:
        return [a.parts for a in self.alternatives if a.parts[-1] == GLOBSTAR]


def translate(
    gitignores: Mapping[str, bytes], top: str = "", excluded: Sequence[str] = DEFAULT_EXCLUDES
) -> Translation:
    """Translate the `.gitignore` files of a repository for the `.dlm/ignore` of a directory.

    gitignores: their contents, by path.
    top: the directory that holds the `.dlm` directory, '' for the root.
    excluded: globs, relative to `top`, of the files that the trainer excludes without them. No line
        re-includes any of these.
    """
    rules: list[_Rule] = []
    untranslated: list[UntranslatedPattern] = []
    for path in sorted(gitignores, key=lambda path: (path.count("/"), path)):
        for pattern in parse_gitignore(gitignores[path], dirname(path)):
            rule = _Rule(pattern, tuple(rebase(pattern, top)))
            if not rule.alternatives:
                continue
            reason = _reason_untranslated(rule, rules, excluded)
            if reason:
                untranslated.append(UntranslatedPattern(pattern.source, pattern.text, reason))
            if not (pattern.negated and (reason or _has_no_effect(rule, rules))):
                rules.append(rule)
    return Translation(tuple(_lines(rules, excluded)), tuple(untranslated))


def _lines(rules: Sequence[_Rule], excluded: Sequence[str]) -> Iterator[str]:
    """Yield the lines for rules, in an order in which no `!` re-includes what Git ignores.

    Git never re-includes a file below an ignored directory, dlm always does. So the lines for the
    contents of directories come last, except those that a later `!` undoes in part: these come
    first. A `!` of dlm also re-includes what anything else excludes.
    """
    if not any(rule.pattern.negated for rule in rules):
        yield from _without_repeats(
            line for rule in rules for line in rule.file_lines + rule.directory_lines
        )
        return
    lines = list(_reincluding_lines(rules))
    reincluded_files = [line for rule in rules if rule.pattern.negated for line in rule.file_lines]
    for rule in rules:
        lines += _negate(rule.file_lines) if rule.pattern.negated else rule.file_lines
    partly_reincluded = set().union(*_partly_reincluded(rules).values())
    for place, rule in enumerate(rules):
        if place in partly_reincluded:
            lines += _overlapping(rule.content_lines, reincluded_files)
        elif not (rule.pattern.negated or _is_reincluded(rules, place)):
            lines += rule.content_lines
    reincluded = [line.removeprefix("!") for line in lines if line.startswith("!")]
    guards = (glob_line(glob) for glob in excluded if glob[-1:] not in ("", "/"))
    yield from _without_repeats(lines + _overlapping(guards, reincluded))


def _reincluding_lines(rules: Sequence[_Rule]) -> Iterator[str]:
    """Yield the lines for directories that a later rule re-includes in part."""
    partly_reincluded = _partly_reincluded(rules)
    all_of_them = set().union(*partly_reincluded.values())
    for place, rule in enumerate(rules):
        if place in all_of_them:
            yield from rule.content_lines
        if partly_reincluded.get(place):
            yield from _negate(rule.content_lines)
            for other in sorted(all_of_them - partly_reincluded[place]):
                if other < place:
                    yield from _overlapping(rules[other].content_lines, rule.content_lines)


def _partly_reincluded(rules: Sequence[_Rule]) -> dict[int, set[int]]:
    """Map each rule that re-includes directories to the earlier rules that it partly undoes."""
    return {
        place: {
            other
            for other in range(place)
            if not _is_reincluded(rules, other) and _have_one_depth(rules[other], rule)
        }
        for place, rule in enumerate(rules)
        if rule.reincludes_directories
    }


def _is_reincluded(rules: Sequence[_Rule], place: int) -> bool:
    """Return whether a later rule re-includes all directories of the rule at a place."""
    return any(
        rule.reincludes_directories and _names_all_directories(rule, rules[place])
        for rule in rules[place + 1 :]
    )


def _without_repeats(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines without repetitions, unless a negated line stands in between."""
    seen: set[str] = set()
    for line in lines:
        if line.startswith("!"):
            seen.clear()
        if line not in seen:
            seen.add(line)
            yield line


def _negate(lines: Sequence[str]) -> list[str]:
    return [f"!{line}" for line in lines]


def _overlapping(lines: Iterable[str], others: Sequence[str]) -> list[str]:
    """Return the lines that match a path that one of the others matches."""
    return [line for line in lines if _overlap([line], others)]


def _reason_untranslated(rule: _Rule, before: Sequence[_Rule], excluded: Sequence[str]) -> str:
    """Return why a rule has no exact translation, '' if it has one."""
    if not rule.pattern.negated:
        lines = "', '".join(rule.path_lines or rule.file_lines)
        return f"dlm has no such pattern; '{lines}' matches more" if rule.coarse else ""
    if _has_no_effect(rule, before):
        return ""
    if not rule.exact:
        return "not translated: dlm has no such pattern"
    if rule.pattern.directory and not any(_may_reinclude(rule, other) for other in before):
        return "not translated: dlm cannot re-include a directory that such a pattern excludes"
    lines_of_rule = rule.file_lines or rule.content_lines
    covering = (glob for glob in excluded if _covers([f"/{glob}"], lines_of_rule))
    if (glob := next(covering, None)) is None:
        return ""
    as_secret = " as a secret" if glob in DEFAULT_SECRETS else ""
    return f"not translated: dlm excludes '{glob}'{as_secret}"


def _may_reinclude(rule: _Rule, other: _Rule) -> bool:
    if other.pattern.negated:
        return False
    return _names_all_directories(rule, other) or _have_one_depth(other, rule)


def _has_no_effect(rule: _Rule, before: Sequence[_Rule]) -> bool:
    """Return whether a negated rule changes nothing in Git either.

    That is so if no earlier rule ignores such a file, or if one ignores a directory above it.
    """
    ignoring = [place for place, other in enumerate(before) if not other.pattern.negated]
    lines = rule.file_lines + rule.content_lines
    if not any(
        _overlap(lines, before[place].file_lines + before[place].content_lines)
        for place in ignoring
    ):
        return True
    partly_reincluded = set().union(*_partly_reincluded(before).values())
    final = [
        place
        for place in ignoring
        if not (
            place in partly_reincluded
            or _is_reincluded(before, place)
            or _may_reinclude(rule, before[place])
        )
    ]
    names = rule.path_lines or rule.file_lines
    return bool(names) and any(_covers(before[place].content_lines, names) for place in final)


def _have_one_depth(rule: _Rule, negated: _Rule) -> bool:
    """Return whether two rules match directories of one depth, and some directory in common."""
    alternatives = (*rule.alternatives, *negated.alternatives)
    depths = {None if GLOBSTAR in a.parts else len(a.parts) for a in alternatives}
    return len(depths) == 1 and None not in depths and _overlap(rule.path_lines, negated.path_lines)


def _names_all_directories(negated: _Rule, rule: _Rule) -> bool:
    """Return whether a negated rule names every directory that a rule names."""
    named = {alternative.parts for alternative in negated.alternatives}
    contents = [parts[:-2] for parts in named if parts[-2:] == (GLOBSTAR, STAR)]
    rest = [a.parts for a in rule.alternatives if a.parts not in named]
    return all(
        parts[0] != ABOVE and any(parts[:-1][: len(start)] == start for start in contents)
        for parts in rest
    )


@lru_cache(maxsize=4096)
def _tokens(line: str) -> tuple[str, ...] | None:
    return next(map(rule_tokens, parse_ignore_lines(line)), None)


def _overlap(lines: Sequence[str], others: Sequence[str]) -> bool:
    """Return whether some path matches one of the lines and one of the others."""
    pairs = ((_tokens(line), _tokens(other)) for line in lines for other in others)
    return any(a and b and overlap(a, b) for a, b in pairs)


def _covers(lines: Sequence[str], others: Sequence[str]) -> bool:
    """Return whether the lines match examples of all paths that the others match."""
    matcher = IgnoreSet(rule for line in lines for rule in parse_ignore_lines(line))
    return all(matcher.excludes(example) for other in others for example in _examples(other))


def _examples(line: str) -> Iterator[str]:
    tokens = _tokens(line) or ()
    for star, globstar in (("", ""), ("x", "y/x"), ("xyz", "x/y/xyz")):
        texts = {STAR: star, GLOBSTAR: globstar, QUESTION: "x"}
        path = "".join(texts.get(token, token) for token in tokens)
        yield re.sub("/+", "/", path).strip("/")
