"""The order of translated lines, in which no `!` re-includes what Git ignores."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import dropwhile, islice

from dlm_git.patterns.components import Parts, matching
from dlm_git.patterns.dlmignore import ignore_lines
from dlm_git.patterns.excluded_files import ExcludedFiles
from dlm_git.patterns.glob import GLOBSTAR, MAX_IGNORE_FILE
from dlm_git.patterns.ignored_directories import IgnoredDirectories
from dlm_git.patterns.overlap import OverlapIndex
from dlm_git.patterns.tokens import line_tokens
from dlm_git.patterns.translated_rule import RuleList, TranslatedRule
from dlm_git.values import Value

MAX_REOPENED = 64  # directories; each repeats the patterns that match below it
GUARDS = "the default excludes and the source, so that no line above re-includes these"


class Line(Value):
    """A line of a `.dlm/ignore`, with the pattern that it comes from: 'FILE: PATTERN'."""

    text: str
    origin: str


class TooManyLinesError(Exception):
    """The lines for patterns are longer than a `.dlm/ignore` may be."""


class LinePlan:
    """The lines for rules, in an order in which no `!` re-includes what Git ignores.

    Git never re-includes a file below an ignored directory, dlm always does. So a `!` for files
    comes before the lines for the contents of directories. A directory that Git re-includes is
    opened after these, and followed by all the rules again, limited to what is below it. The rules
    that no `!` concerns come last.
    """

    def __init__(self, rules: RuleList, excluded: ExcludedFiles) -> None:
        self._rules = rules
        self._excluded = excluded
        self._directories = IgnoredDirectories(rules)
        undisputed = rules.undisputed()
        self._undisputed = [rules[place] for place in sorted(undisputed)]
        self._disputed = RuleList([r for at, r in enumerate(rules) if at not in undisputed])
        self._closing = self._disputed.closing()

    def lines(self) -> Iterator[Line]:
        """Yield the lines. Raises TooManyLinesError."""
        lines = list(_limited(self._ordered()))
        reincluded = (line.text.removeprefix("!") for line in lines if line.text.startswith("!"))
        lines += [Line(text, GUARDS) for text in self._excluded.lines_among(reincluded)]
        # dlm includes a file that no line matches, so a `!` undoes lines before it only
        yield from _without_repeats(dropwhile(lambda line: line.text.startswith("!"), lines))

    def _ordered(self) -> Iterator[Line]:
        yield from _block(self._without_reopened(self._disputed))
        for directory, rule in self._reopened.items():
            yield from self._reopen(directory, rule.origin)
        yield from _block(self._undisputed)

    def reason_untranslated(self, place: int) -> str:
        """Return why directories stay excluded that a rule re-includes, '' if there are none."""
        rule = self._rules[place]
        if not (rule.reincludes_directories and self._is_disputed(place)):
            return ""
        if self._excluded.covering(rule.content_lines):
            return ""
        states = {d: self._directories.opening(d).state for d in rule.directories}
        reopened = [directory for directory in states if directory in self._reopened]
        if any(directory in self._beyond_limit for directory in states):
            return f"not translated: dlm-git re-includes at most {MAX_REOPENED} such directories"
        missed = {d for d, state in states.items() if state != "closed"} - set(reopened)
        is_any_depth = any(GLOBSTAR in a.parts[:-1] for a in rule.alternatives)
        if not (missed or is_any_depth):
            return ""
        if not reopened:
            return "not translated: dlm cannot re-include a directory that such a pattern excludes"
        names = "', '".join(line for d in reopened for line in ignore_lines(d, ""))
        return f"translated for '{names}' only: dlm cannot re-include such directories elsewhere"

    def _is_disputed(self, place: int) -> bool:
        """Return whether an earlier rule ignores directories that a rule re-includes in part."""
        rule = self._rules[place]
        others = (self._rules[at] for at in self._rules.naming(rule.named_lines) if at < place)
        return any(not (o.negated or rule.names_all_directories(o)) for o in others)

    @cached_property
    def _reopened(self) -> dict[Parts, TranslatedRule]:
        """Return the directories that need lines of their own, each with the rule that says so."""
        return dict(islice(self._closed_by_lines.items(), MAX_REOPENED))

    @cached_property
    def _beyond_limit(self) -> set[Parts]:
        """Return the directories that need lines of their own and get none."""
        return set(islice(self._closed_by_lines, MAX_REOPENED, None))

    @cached_property
    def _closed_by_lines(self) -> dict[Parts, TranslatedRule]:
        """Return the directories that are open, and that the lines for the whole tree close.

        Each is with the rule that opens it; those near the root come first.
        """
        candidates = {
            directory: rule for rule in self._rules for directory in rule.directories if directory
        }
        return {
            directory: candidates[directory]
            for directory in sorted(candidates, key=len)
            if self._directories.opening(directory).state == "open"
            and self._is_closed_by_lines(directory, candidates[directory])
            and not self._excluded.covering(ignore_lines((*directory, GLOBSTAR), ""))
        }

    def _is_closed_by_lines(self, directory: Parts, rule: TranslatedRule) -> bool:
        """Return whether the lines for the whole tree close more of a directory than Git does."""
        contents = (*directory, GLOBSTAR)
        is_content = any(a.parts == contents for a in rule.alternatives)
        paths = [directory[:depth] for depth in range(1, len(directory) + 1)]
        lines = (line for parts in (*paths, contents) for line in ignore_lines(parts, ""))
        for other in (self._disputed[at] for at in self._closing & self._disputed.naming(lines)):
            if is_content and other.limited(directory).alternatives:
                return True
            if any(matching(a.parts, p, widen=True) for a in other.alternatives for p in paths):
                return True
        return False

    def _reopen(self, directory: Parts, origin: str) -> Iterator[Line]:
        """Yield the lines that open a directory, and translate the rules for what is below it."""
        contents = (*directory, GLOBSTAR)
        opening = list(ignore_lines(contents, ""))
        yield from (Line(f"!{line}", origin) for line in opening)
        places = sorted(self._disputed.naming(opening))
        limited = [self._disputed[place].limited(directory) for place in places]
        everything = [
            at
            for at, rule in enumerate(limited)
            if rule.negated and any(a.parts == contents for a in rule.alternatives)
        ]
        first = everything[-1] + 1 if everything else 0
        rules = [rule for rule in limited[first:] if rule.alternatives]
        yield from _block(self._without_reopened(rules, len(directory)))
        for closed in self._directories.opening(directory).closed:
            yield from (Line(line, origin) for line in ignore_lines((*closed, GLOBSTAR), ""))

    def _without_reopened(
        self, rules: Iterable[TranslatedRule], depth: int = 0
    ) -> list[TranslatedRule]:
        """Return rules without those that match only below directories with later lines."""
        later = {directory for directory in self._reopened if len(directory) > depth}

        def is_later(parts: Parts) -> bool:
            return any(parts[:end] in later for end in range(depth + 1, len(parts)))

        return [rule for rule in rules if not all(is_later(a.parts) for a in rule.alternatives)]


def _block(rules: Sequence[TranslatedRule]) -> Iterator[Line]:
    """Yield the lines for rules, without the directories that need lines of their own."""
    reincluded = OverlapIndex(
        (0, tokens) for rule in rules if rule.negated for tokens in line_tokens(rule.file_lines)
    )
    closing = RuleList(rules).closing()
    last: list[Line] = []
    for place, rule in enumerate(rules):
        sign = "!" if rule.negated else ""
        yield from (Line(f"{sign}{line}", rule.origin) for line in rule.file_lines)
        if place not in closing:
            continue
        if reincluded.find_all(line_tokens(rule.content_lines)):
            last += [Line(line, rule.origin) for line in rule.content_lines]
        else:
            yield from (Line(line, rule.origin) for line in rule.directory_lines)
    yield from last


def _limited(lines: Iterable[Line]) -> Iterator[Line]:
    length = 0
    for line in lines:
        length += len(line.text) + 1
        if length > MAX_IGNORE_FILE:
            raise TooManyLinesError
        yield line


def _without_repeats(lines: Iterable[Line]) -> Iterator[Line]:
    """Yield lines, except a repetition with no negated line in between."""
    seen: set[str] = set()
    for line in lines:
        if line.text.startswith("!"):
            seen.clear()
        if line.text not in seen:
            seen.add(line.text)
            yield line
