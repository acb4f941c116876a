"""Git's ignore rules carried over to a `.dlm/ignore`: whatever Git ignores, dlm leaves out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from posixpath import dirname

from dlm_git.patterns.defaults import DEFAULT_EXCLUDES, DEFAULT_SECRETS
from dlm_git.patterns.dlmignore import ABOVE, glob_line, ignore_lines, rebase
from dlm_git.patterns.gitignore import DEEP, Alternative, Pattern, parse_gitignore
from dlm_git.patterns.glob import parse_ignore_lines
from dlm_git.patterns.globset import IgnoreSet, overlap, rule_tokens


@dataclass(frozen=True, slots=True)
class UntranslatedPattern:
    """A pattern of a `.gitignore` at `source` ('FILE:LINE') that is not carried over as it is."""

    source: str
    pattern: str
    reason: str


@dataclass(frozen=True, slots=True)
class Translation:
    """The lines of a block, and what they do not say."""

    lines: tuple[str, ...]
    untranslated: tuple[UntranslatedPattern, ...] = ()


@dataclass(frozen=True)
class _Rule:
    """A pattern in the trainer's grammar: lines for the path itself, and for all that is below."""

    pattern: Pattern
    written: tuple[Alternative, ...]

    @property
    def exact(self) -> bool:
        return all(each.exact for each in self.written)

    @property
    def coarse(self) -> bool:
        return any(each.coarse for each in self.written)

    @cached_property
    def itself(self) -> list[str]:
        """What matches a file at the path."""
        return [line for each in self._named for line in ignore_lines(each, "")]

    @cached_property
    def files(self) -> list[str]:
        """What matches the files that the pattern names; a pattern for directories names none."""
        inside = [line for each in self._inside for line in ignore_lines(each, "")]
        return inside + ([] if self.pattern.directory else self.itself)

    @cached_property
    def around(self) -> list[str]:
        """What matches all that lies below a directory of that name."""
        above = any(each.parts[0] == ABOVE for each in self.written)
        return [DEEP] * above + [line for each in self._named for line in ignore_lines(each, "/**")]

    @cached_property
    def below(self) -> list[str]:
        """The same, and what is below a directory that lies inside of `DIRECTORY/**`."""
        inner = ((*each[:-1], "*") for each in self._inside)
        return self.around + [line for each in inner for line in ignore_lines(each, "/**")]

    @property
    def opens(self) -> bool:
        """Whether it lets directories in: it is negated, and not meant for a file by its suffix."""
        last = self.written[0].parts[-1]
        return self.pattern.negated and (self.pattern.directory or "." not in last[1:])

    @property
    def _named(self) -> list[tuple[str, ...]]:
        return [each.parts for each in self.written if each.parts[-1] not in (DEEP, ABOVE)]

    @property
    def _inside(self) -> list[tuple[str, ...]]:
        return [each.parts for each in self.written if each.parts[-1] == DEEP]


def translate(
    files: Mapping[str, bytes], top: str = "", left_out: Sequence[str] = DEFAULT_EXCLUDES
) -> Translation:
    """The `.gitignore` files of a repository, by path, as lines for the `.dlm/ignore` below `top`.

    `left_out` are globs, relative to `top`, of what the trainer leaves out without them; no line
    lets any of it in.
    """
    said: list[_Rule] = []
    remarks: list[UntranslatedPattern] = []
    for path in sorted(files, key=lambda path: (path.count("/"), path)):
        for pattern in parse_gitignore(files[path], dirname(path)):
            rule = _Rule(pattern, tuple(rebase(pattern, top)))
            if not rule.written:
                continue
            reason = _unsaid(rule, said, left_out)
            if reason:
                remarks.append(UntranslatedPattern(pattern.source, pattern.text, reason))
            if not (pattern.negated and (reason or _is_idle(rule, said))):
                said.append(rule)
    return Translation(tuple(_said(said, left_out)), tuple(remarks))


def _said(rules: Sequence[_Rule], left_out: Sequence[str]) -> Iterator[str]:
    """The lines for rules, in an order in which no `!` undoes what Git would not.

    Git never lets in what lies below an ignored directory, and dlm always does: so the lines for
    directories stand last, but for those that a later `!` opens again in part, which stand first.
    And dlm's `!` lets in what anything has left out.
    """
    if not any(rule.pattern.negated for rule in rules):
        yield from _once(line for rule in rules for line in rule.files + rule.around)
        return
    lines = list(_opened(rules))
    files_let_in = [line for rule in rules if rule.pattern.negated for line in rule.files]
    for rule in rules:
        lines += _not(rule.files) if rule.pattern.negated else rule.files
    halves = set().union(*_halves(rules).values())
    for place, rule in enumerate(rules):
        if place in halves:
            lines += _meeting(rule.below, files_let_in)
        elif not (rule.pattern.negated or _is_opened(rules, place)):
            lines += rule.below
    let_in = [line.removeprefix("!") for line in lines if line.startswith("!")]
    guards = (glob_line(glob) for glob in left_out if glob[-1:] not in ("", "/"))
    yield from _once(lines + _meeting(guards, let_in))


def _opened(rules: Sequence[_Rule]) -> Iterator[str]:
    """The lines for directories some of which a later rule lets in again."""
    halves = _halves(rules)
    closed = set().union(*halves.values())
    for place, rule in enumerate(rules):
        if place in closed:
            yield from rule.below
        if halves.get(place):
            yield from _not(rule.below)
            for other in sorted(closed - halves[place]):
                if other < place:
                    yield from _meeting(rules[other].below, rule.below)


def _halves(rules: Sequence[_Rule]) -> dict[int, set[int]]:
    """For each rule that lets directories in, those before it that it undoes in part."""
    return {
        place: {
            other
            for other in range(place)
            if not _is_opened(rules, other) and _level(rules[other], rule)
        }
        for place, rule in enumerate(rules)
        if rule.opens
    }


def _is_opened(rules: Sequence[_Rule], place: int) -> bool:
    """Whether a later rule lets all the directories of this one in again."""
    return any(rule.opens and _all_of(rules[place], rule) for rule in rules[place + 1 :])


def _once(lines: Iterable[str]) -> Iterator[str]:
    """Lines without those that are said again before anything else could undo them."""
    fresh: set[str] = set()
    for line in lines:
        if line.startswith("!"):
            fresh.clear()
        if line not in fresh:
            fresh.add(line)
            yield line


def _not(lines: Sequence[str]) -> list[str]:
    return [f"!{line}" for line in lines]


def _meeting(lines: Iterable[str], others: Sequence[str]) -> list[str]:
    """Those of the lines that match a path that one of the others matches."""
    return [line for line in lines if _meet([line], others)]


def _unsaid(rule: _Rule, before: Sequence[_Rule], left_out: Sequence[str]) -> str:
    """Why a rule is not, or not exactly, carried over."""
    if not rule.pattern.negated:
        said = "', '".join(rule.itself or rule.files)
        return f"dlm has no such pattern; '{said}' covers more" if rule.coarse else ""
    if _is_idle(rule, before):
        return ""
    if not rule.exact:
        return "dlm has no such pattern: it lets nothing in"
    if rule.pattern.directory and not any(_lets_in(rule, other) for other in before):
        return "dlm cannot let a directory in again that such a line leaves out: it lets nothing in"
    names = rule.files or rule.below
    found = next((glob for glob in left_out if _covers([f"/{glob}"], names)), None)
    if found is None:
        return ""
    return (
        f"dlm leaves out '{found}'{' as a secret' * (found in DEFAULT_SECRETS)}: it lets nothing in"
    )


def _lets_in(rule: _Rule, other: _Rule) -> bool:
    return not other.pattern.negated and (_all_of(other, rule) or _level(other, rule))


def _is_idle(rule: _Rule, before: Sequence[_Rule]) -> bool:
    """Whether a negated rule does nothing in Git either: nothing was ignored, or from above."""
    closed = [place for place, other in enumerate(before) if not other.pattern.negated]
    names = rule.files + rule.below
    if not any(_meet(names, before[place].files + before[place].below) for place in closed):
        return True
    halves = set().union(*_halves(before).values())
    shut = [
        place
        for place in closed
        if not (place in halves or _is_opened(before, place) or _lets_in(rule, before[place]))
    ]
    itself = rule.itself or rule.files  # what is shut is so from above
    return bool(itself) and any(_covers(before[place].below, itself) for place in shut)


def _level(rule: _Rule, negated: _Rule) -> bool:
    """Whether two rules name directories of one depth, so that each path has at most one."""
    depths = {None if DEEP in a.parts else len(a.parts) for a in (*rule.written, *negated.written)}
    return len(depths) == 1 and None not in depths and _meet(rule.itself, negated.itself)


def _all_of(rule: _Rule, negated: _Rule) -> bool:
    """Whether every directory that a rule names is named by a negated one."""
    named = {each.parts for each in negated.written}
    folders = [parts[:-2] for parts in named if parts[-2:] == (DEEP, "*")]
    rest = [each.parts for each in rule.written if each.parts not in named]
    return all(
        parts[0] != ABOVE and any(parts[:-1][: len(folder)] == folder for folder in folders)
        for parts in rest
    )


@lru_cache(maxsize=4096)
def _tokens(line: str) -> tuple[str, ...] | None:
    return next(map(rule_tokens, parse_ignore_lines(line)), None)


def _meet(lines: Sequence[str], others: Sequence[str]) -> bool:
    """Whether there is a path that one of the lines matches and one of the others."""
    pairs = ((_tokens(line), _tokens(other)) for line in lines for other in others)
    return any(one and two and overlap(one, two) for one, two in pairs)


def _covers(lines: Sequence[str], names: Sequence[str]) -> bool:
    """Whether lines match all that others do, as far as examples tell."""
    matcher = IgnoreSet(rule for line in lines for rule in parse_ignore_lines(line))
    return all(matcher.excludes(example) for name in names for example in _examples(name))


def _examples(line: str) -> Iterator[str]:
    tokens = _tokens(line) or ()
    for star, deep in (("", ""), ("x", "y/x"), ("xyz", "x/y/xyz")):
        filled = "".join({"*": star, "**": deep, "?": "x"}.get(token, token) for token in tokens)
        yield re.sub("/+", "/", filled).strip("/")
