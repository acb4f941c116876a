"""Translates Git's ignore rules for a `.dlm/ignore`: dlm excludes whatever Git ignores."""

from __future__ import annotations

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import dropwhile
from posixpath import dirname
from typing import NamedTuple

from dlm_git.patterns.components import Parts, below, covers, matching, without_globstar
from dlm_git.patterns.defaults import DEFAULT_EXCLUDES, DEFAULT_SECRETS
from dlm_git.patterns.dlmignore import ABOVE, glob_line, ignore_lines, rebase
from dlm_git.patterns.gitignore import Alternative, Pattern, parse_gitignore
from dlm_git.patterns.glob import GLOBSTAR, QUESTION, STAR, parse_ignore_lines
from dlm_git.patterns.globset import IgnoreSet
from dlm_git.patterns.tokens import overlap, rule_tokens

MAX_REOPENED = 64  # directories; each repeats the patterns that match below it
GUARDS = "the default excludes and the source, so that no line above re-includes these"
_DROPPED = "not translated"
_UTF16 = "the file is UTF-16, so Git does not read its patterns; save it as UTF-8"
# a pattern with one of these bytes, and without brackets, matches no name that is UTF-8; of other
# names the trainer dies
_NEVER_UTF8 = re.compile(r"\A[^\[]*[\udcc0\udcc1\udcf5-\udcff][^\[]*\Z", re.DOTALL)


class UntranslatedPattern(NamedTuple):
    """A pattern of a `.gitignore` that has no exact translation.

    source: the place of the pattern, 'FILE:LINE'.
    pattern: its text, '' if the reason concerns the whole file.
    reason: why, and what becomes of it.
    """

    source: str
    pattern: str
    reason: str


class Line(NamedTuple):
    """A line of a `.dlm/ignore`, with the pattern that it comes from: 'FILE: PATTERN'."""

    text: str
    origin: str


class Translation(NamedTuple):
    """The lines of a `.dlm/ignore`, and the patterns that they do not translate exactly."""

    groups: tuple[Line, ...] = ()
    untranslated: tuple[UntranslatedPattern, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """Return the lines as text."""
        return tuple(line.text for line in self.groups)


@dataclass(frozen=True, eq=False)
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

    @property
    def negated(self) -> bool:
        return self.pattern.negated

    @cached_property
    def path_lines(self) -> list[str]:
        """Return the lines for the paths that the pattern names."""
        return [line for parts in self._of_paths for line in ignore_lines(parts, "")]

    @cached_property
    def file_lines(self) -> list[str]:
        """Return the lines for files: those of `DIRECTORY/**`, and those that the pattern names."""
        inside = [line for parts in self._of_contents for line in ignore_lines(parts, "")]
        return inside + ([] if self.pattern.directory else self.path_lines)

    @property
    def named_lines(self) -> list[str]:
        """Return the lines for all files and directories that the pattern names."""
        return self.path_lines + self.file_lines

    @cached_property
    def directory_lines(self) -> list[str]:
        """Return the lines for the contents of the directories that the pattern names."""
        return [line for parts in self._of_paths for line in ignore_lines(parts, "/**")]

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
        return self.negated and (self.pattern.directory or "." not in last[1:])

    @property
    def directories(self) -> list[Parts]:
        """Return directories, as components without GLOBSTAR, whose contents it re-includes."""
        if not self.reincludes_directories:
            return []
        return [without_globstar(alternative.parts) for alternative in self.alternatives]

    def limited(self, directory: Parts) -> _Rule:
        """Return the rule for what is below a directory; it may have no alternatives."""
        alternatives = (
            alternative._replace(parts=parts)
            for alternative in self.alternatives
            for parts in sorted(below(alternative.parts, directory, widen=not self.negated))
        )
        return replace(self, alternatives=tuple(dict.fromkeys(alternatives)))

    @property
    def _of_paths(self) -> list[Parts]:
        return [a.parts for a in self.alternatives if a.parts[-1] != GLOBSTAR]

    @property
    def _of_contents(self) -> list[Parts]:
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
    patterns = [
        pattern
        for path in sorted(gitignores, key=lambda path: (path.count("/"), path))
        for pattern in parse_gitignore(gitignores[path], dirname(path))
        if not _NEVER_UTF8.search(pattern.text)
    ]
    utf16 = [
        UntranslatedPattern(f"{path}:1", "", _UTF16)
        for path, data in gitignores.items()
        if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE))
    ]
    rebased = [(pattern, tuple(rebase(pattern, top))) for pattern in patterns]
    if (whole := _ignores_top(rebased)) is not None:
        return Translation((Line(GLOBSTAR, _origin(whole)),), tuple(utf16))
    inside = (
        (pattern, tuple(a for a in found if a.parts[0] != ABOVE)) for pattern, found in rebased
    )
    rules = [_Rule(pattern, found) for pattern, found in inside if found]
    reasons = {place: _reason_untranslated(rule, excluded) for place, rule in enumerate(rules)}
    dropped = {place for place, reason in reasons.items() if reason.startswith(_DROPPED)}
    kept = [rule for place, rule in enumerate(rules) if place not in dropped]
    effective = {place for place, rule in enumerate(rules) if _has_effect(rules, place, kept)}
    plan = _Plan([rules[place] for place in sorted(effective - dropped)], excluded)
    untranslated = [
        UntranslatedPattern(rules[place].pattern.source, rules[place].pattern.text, reason)
        for place in sorted(effective)
        if (reason := reasons[place] or plan.reason_untranslated(rules[place]))
    ]
    return Translation(tuple(plan.lines()), (*utf16, *untranslated))


def _ignores_top(rebased: Iterable[tuple[Pattern, tuple[Alternative, ...]]]) -> Pattern | None:
    """Return a pattern by which Git ignores the top directory or one above it."""
    last: dict[int, Pattern] = {}
    for pattern, alternatives in rebased:
        for alternative in alternatives:
            if alternative.parts[0] == ABOVE and (alternative.exact or not pattern.negated):
                last[len(alternative.parts)] = pattern
    return next((pattern for pattern in last.values() if not pattern.negated), None)


def _origin(pattern: Pattern) -> str:
    file = pattern.source.rpartition(":")[0]
    return f"{file}: {pattern.text}"


class _Opening(NamedTuple):
    """What Git's rules make of the directories that some components match.

    state: 'open' if Git ignores none of them, except for `closed`; 'closed' if it ignores them
        all; else 'unknown'.
    closed: narrower components of directories that Git may ignore.
    """

    state: str
    closed: tuple[Parts, ...] = ()


class _Plan:
    """The lines for rules, in an order in which no `!` re-includes what Git ignores.

    Git never re-includes a file below an ignored directory, dlm always does. So a `!` for files
    comes before the lines for the contents of directories. A directory that Git re-includes is
    opened after these, and followed by all the rules again, limited to what is below it. The rules
    that no `!` concerns come last.
    """

    def __init__(self, rules: Sequence[_Rule], excluded: Sequence[str]) -> None:
        self._rules = rules
        self._excluded = excluded
        self._undisputed = _undisputed(rules)
        undisputed = set(self._undisputed)
        self._disputed = [rule for rule in rules if rule not in undisputed]
        self._closing = [self._disputed[place] for place in sorted(_closing(self._disputed))]

    def lines(self) -> Iterator[Line]:
        """Yield the lines."""
        lines = list(_block(self._without_reopened(self._disputed)))
        for directory, rule in self._reopened.items():
            lines += self._reopen(directory, _origin(rule.pattern))
        lines += _block(self._undisputed)
        reincluded = [line.text.removeprefix("!") for line in lines if line.text.startswith("!")]
        guards = (glob_line(glob) for glob in self._excluded if glob[-1:] not in ("", "/"))
        lines += [Line(text, GUARDS) for text in _overlapping(guards, reincluded)]
        # dlm includes a file that no line matches, so a `!` undoes lines before it only
        yield from _without_repeats(dropwhile(lambda line: line.text.startswith("!"), lines))

    def reason_untranslated(self, rule: _Rule) -> str:
        """Return why directories stay excluded that a rule re-includes, '' if there are none."""
        if not rule.reincludes_directories:
            return ""
        place = self._rules.index(rule)
        closing = [
            other
            for other in self._rules[:place]
            if not (other.negated or _names_all_directories(rule, other))
            and _overlap(rule.named_lines, other.named_lines)
        ]
        is_excluded = any(_covers([f"/{glob}"], rule.content_lines) for glob in self._excluded)
        if is_excluded or not closing:
            return ""
        states = {directory: self._opening(directory).state for directory in rule.directories}
        reopened = [directory for directory in states if directory in self._reopened]
        missed = {d for d, state in states.items() if state != "closed"} - set(reopened)
        is_any_depth = any(GLOBSTAR in a.parts[:-1] for a in rule.alternatives)
        if not (missed or is_any_depth):
            return ""
        if not reopened:
            return "not translated: dlm cannot re-include a directory that such a pattern excludes"
        names = "', '".join(line for d in reopened for line in ignore_lines(d, ""))
        return f"translated for '{names}' only: dlm cannot re-include such directories elsewhere"

    @cached_property
    def _reopened(self) -> dict[Parts, _Rule]:
        """Return the directories that need lines of their own, each with the rule that says so."""
        candidates = {
            directory: rule for rule in self._rules for directory in rule.directories if directory
        }
        ordered = sorted(candidates, key=len)[:MAX_REOPENED]
        return {
            directory: candidates[directory]
            for directory in ordered
            if self._opening(directory).state == "open"
            and self._is_closed_by_lines(directory, candidates[directory])
            and not self._excludes_contents(directory)
        }

    def _reopen(self, directory: Parts, origin: str) -> Iterator[Line]:
        """Yield the lines that open a directory, and translate the rules for what is below it."""
        contents = (*directory, GLOBSTAR)
        yield from (Line(f"!{line}", origin) for line in ignore_lines(contents, ""))
        limited = [rule.limited(directory) for rule in self._disputed]
        everything = [
            place
            for place, rule in enumerate(limited)
            if rule.negated and any(a.parts == contents for a in rule.alternatives)
        ]
        first = everything[-1] + 1 if everything else 0
        rules = [rule for rule in limited[first:] if rule.alternatives]
        yield from _block(self._without_reopened(rules, len(directory)))
        for closed in self._opening(directory).closed:
            yield from (Line(line, origin) for line in ignore_lines((*closed, GLOBSTAR), ""))

    def _without_reopened(self, rules: Iterable[_Rule], depth: int = 0) -> list[_Rule]:
        """Return rules without those that match only below directories with later lines."""
        later = [directory for directory in self._reopened if len(directory) > depth]
        return [
            rule
            for rule in rules
            if not all(
                any(len(a.parts) > len(d) and a.parts[: len(d)] == d for d in later)
                for a in rule.alternatives
            )
        ]

    def _opening(self, directory: Parts) -> _Opening:
        closed: list[Parts] = []
        for depth in range(1, len(directory) + 1):
            opening = _opening(self._rules, directory[:depth])
            if opening.state != "open":
                return opening
            closed += [(*parts, *directory[depth:]) for parts in opening.closed]
        return _Opening("open", tuple(dict.fromkeys(closed)))

    def _is_closed_by_lines(self, directory: Parts, rule: _Rule) -> bool:
        """Return whether the lines for the whole tree close more of a directory than Git does."""
        is_content = any(a.parts == (*directory, GLOBSTAR) for a in rule.alternatives)
        for other in self._closing:
            if is_content and other.limited(directory).alternatives:
                return True
            depths = range(1, len(directory) + 1)
            parts = [alternative.parts for alternative in other.alternatives]
            if any(matching(p, directory[:n], widen=True) for p in parts for n in depths):
                return True
        return False

    def _excludes_contents(self, directory: Parts) -> bool:
        contents = list(ignore_lines((*directory, GLOBSTAR), ""))
        return any(_covers([f"/{glob}"], contents) for glob in self._excluded)


def _opening(rules: Sequence[_Rule], directory: Parts) -> _Opening:
    """Return what the rules for a directory make of it; those for directories above it are left."""
    closed: list[Parts] = []
    negated: list[Parts] = []
    for rule in reversed(rules):
        parts = [alternative.parts for alternative in rule.alternatives]
        common = [c for p in parts for c in sorted(matching(p, directory, widen=not rule.negated))]
        if rule.negated:
            negated += parts
            if directory in common:
                break
        elif directory in common:
            is_exact = rule.exact and any(covers(p, directory) for p in parts)
            return _Opening("closed" if is_exact else "unknown")
        else:
            closed += [c for c in common if not any(covers(p, c) for p in negated)]
    return _Opening("open", tuple(closed))


def _undisputed(rules: Sequence[_Rule]) -> list[_Rule]:
    """Return the rules that name nothing that a later negated rule names: Git obeys them all."""
    found: list[_Rule] = []
    negated: list[str] = []
    for rule in reversed(rules):
        if rule.negated:
            negated += rule.named_lines
        elif not _overlap(rule.named_lines, negated):
            found.append(rule)
    return found[::-1]


def _block(rules: Sequence[_Rule]) -> Iterator[Line]:
    """Yield the lines for rules, without the directories that need lines of their own."""
    reincluded = [line for rule in rules if rule.negated for line in rule.file_lines]
    closing = _closing(rules)
    last: list[Line] = []
    for place, rule in enumerate(rules):
        origin = _origin(rule.pattern)
        sign = "!" if rule.negated else ""
        yield from (Line(f"{sign}{line}", origin) for line in rule.file_lines)
        if place not in closing:
            continue
        if _overlap(rule.content_lines, reincluded):
            last += [Line(line, origin) for line in rule.content_lines]
        else:
            yield from (Line(line, origin) for line in rule.directory_lines)
    yield from last


def _closing(rules: Sequence[_Rule]) -> set[int]:
    """Return the places of rules whose directories no later rule re-includes all."""
    closing: set[int] = set()
    later: list[_Rule] = []
    for place in reversed(range(len(rules))):
        rule = rules[place]
        if rule.reincludes_directories:
            later.append(rule)
        elif not (rule.negated or any(_names_all_directories(r, rule) for r in later)):
            closing.add(place)
    return closing


def _without_repeats(lines: Iterable[Line]) -> Iterator[Line]:
    """Yield lines, except a repetition with no negated line in between."""
    seen: set[str] = set()
    for line in lines:
        if line.text.startswith("!"):
            seen.clear()
        if line.text not in seen:
            seen.add(line.text)
            yield line


def _overlapping(lines: Iterable[str], others: Sequence[str]) -> list[str]:
    """Return the lines that match a path that one of the others matches."""
    return [line for line in lines if _overlap([line], others)]


def _reason_untranslated(rule: _Rule, excluded: Sequence[str]) -> str:
    """Return why a rule alone has no exact translation, '' if it has one."""
    if _ends_in_space(rule.pattern.text):
        return f"{_DROPPED}: Git takes the white space at the end as a part of the name"
    if not rule.negated:
        lines = "', '".join(rule.path_lines or rule.file_lines)
        return f"dlm has no such pattern; '{lines}' matches more" if rule.coarse else ""
    if not rule.exact:
        return f"{_DROPPED}: dlm has no such pattern"
    lines_of_rule = rule.file_lines or rule.content_lines
    covering = (glob for glob in excluded if _covers([f"/{glob}"], lines_of_rule))
    if (glob := next(covering, None)) is None:
        return ""
    as_secret = " as a secret" if glob in DEFAULT_SECRETS else ""
    return f"{_DROPPED}: dlm excludes '{glob}'{as_secret}"


def _ends_in_space(text: str) -> bool:
    """Return whether a pattern ends in white space without a backslash, a tab for example."""
    stripped = text.rstrip()
    return stripped != text and not stripped.endswith("\\")


def _has_effect(rules: Sequence[_Rule], place: int, kept: Sequence[_Rule]) -> bool:
    """Return whether a rule changes anything in Git.

    A negated one changes nothing if no rule before it ignores such a file, or if Git ignores a
    directory above.
    """
    rule = rules[place]
    if not rule.negated:
        return True
    lines = rule.file_lines + rule.content_lines
    before = [other for other in rules[:place] if not other.negated]
    if not any(_overlap(lines, other.file_lines + other.content_lines) for other in before):
        return False
    return not all(_is_below_closed(alternative.parts, kept) for alternative in rule.alternatives)


def _is_below_closed(parts: Parts, rules: Sequence[_Rule]) -> bool:
    """Return whether Git ignores a directory above each path that components match."""
    end = parts.index(GLOBSTAR) if GLOBSTAR in parts else len(parts) - 1
    return any(_opening(rules, parts[:depth]).state == "closed" for depth in range(1, end + 1))


def _names_all_directories(negated: _Rule, rule: _Rule) -> bool:
    """Return whether a negated rule names every directory that a rule names."""
    named = {alternative.parts for alternative in negated.alternatives}
    contents = [parts[:-2] for parts in named if parts[-2:] == (GLOBSTAR, STAR)]
    contents += [parts[:-1] for parts in named if parts[-1] == GLOBSTAR]
    rest = [a.parts for a in rule.alternatives if a.parts not in named]
    return all(any(parts[:-1][: len(start)] == start for start in contents) for parts in rest)


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
        if not path.endswith("/"):
            yield re.sub("/+", "/", path).strip("/")
