"""One of Git's ignore patterns, with the lines of a `.dlm/ignore` that it is translated to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from dlm_git.patterns.components import Parts, below, without_globstar
from dlm_git.patterns.dlmignore import ignore_lines
from dlm_git.patterns.gitignore import Alternative, Pattern
from dlm_git.patterns.glob import GLOBSTAR, STAR
from dlm_git.patterns.overlap import OverlapIndex
from dlm_git.patterns.tokens import Tokens, line_tokens
from dlm_git.values import Value


class TranslatedRule(Value):
    """A pattern with its alternatives in the trainer's grammar."""

    pattern: Pattern
    alternatives: tuple[Alternative, ...]

    __eq__ = object.__eq__  # by identity: they are compared and hashed often
    __hash__ = object.__hash__

    @property
    def exact(self) -> bool:
        """Return whether the alternatives match what the pattern matches, and nothing else."""
        return all(alternative.exact for alternative in self.alternatives)

    @property
    def coarse(self) -> bool:
        """Return whether the alternatives match many other paths."""
        return any(alternative.coarse for alternative in self.alternatives)

    @property
    def negated(self) -> bool:
        """Return whether the pattern re-includes what it matches."""
        return self.pattern.negated

    @property
    def origin(self) -> str:
        """Return the file and the text of the pattern."""
        return self.pattern.origin

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
    def named_lines(self) -> list[str]:
        """Return the lines for all files and directories that the pattern names."""
        return list(dict.fromkeys(self.path_lines + self.file_lines))

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
    def affected_lines(self) -> list[str]:
        """Return the lines for all files that the pattern ignores or re-includes."""
        return self.file_lines + self.content_lines

    @cached_property
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

    def limited(self, directory: Parts) -> TranslatedRule:
        """Return the rule for what is below a directory; it may have no alternatives."""
        alternatives = (
            alternative.replace(parts=parts)
            for alternative in self.alternatives
            for parts in sorted(below(alternative.parts, directory, widen=not self.negated))
        )
        return self.replace(alternatives=tuple(dict.fromkeys(alternatives)))

    def names_all_directories(self, other: TranslatedRule) -> bool:
        """Return whether it names every directory that another rule names."""
        rest = [a.parts for a in other.alternatives if a.parts not in self.named]
        return all(any(parts[:-1][: len(d)] == d for d in self.whole) for parts in rest)

    @cached_property
    def named(self) -> frozenset[Parts]:
        """Return the components of what it names."""
        return frozenset(alternative.parts for alternative in self.alternatives)

    @cached_property
    def whole(self) -> list[Parts]:
        """Return the directories below which it names everything."""
        every_path = [parts[:-2] for parts in self.named if parts[-2:] == (GLOBSTAR, STAR)]
        return every_path + [parts[:-1] for parts in self.named if parts[-1] == GLOBSTAR]

    @property
    def _of_paths(self) -> list[Parts]:
        return [a.parts for a in self.alternatives if a.parts[-1] != GLOBSTAR]

    @property
    def _of_contents(self) -> list[Parts]:
        return [a.parts for a in self.alternatives if a.parts[-1] == GLOBSTAR]


class RuleList(Value):
    """Rules in Git's order; each has its place in the list as its number."""

    rules: Sequence[TranslatedRule]

    __eq__ = object.__eq__  # by identity: they are compared and hashed often
    __hash__ = object.__hash__

    def __getitem__(self, place: int) -> TranslatedRule:
        return self.rules[place]

    def __iter__(self) -> Iterator[TranslatedRule]:
        return iter(self.rules)

    def naming(self, lines: Iterable[str]) -> set[int]:
        """Return the places of the rules that name a path which one of the lines matches."""
        return self._named.find_all(line_tokens(lines))

    def closing(self) -> set[int]:
        """Return the places of rules whose directories no later rule re-includes all."""
        by_parts: dict[Parts, list[int]] = {}
        for place, rule in enumerate(self.rules):
            if rule.reincludes_directories:
                for parts in (*rule.named, *rule.whole):
                    by_parts.setdefault(parts, []).append(place)

        def is_closing(place: int, rule: TranslatedRule) -> bool:
            parts = rule.alternatives[0].parts
            near = [at for end in range(len(parts) + 1) for at in by_parts.get(parts[:end], ())]
            later = (self.rules[at] for at in near if at > place)
            return not any(other.names_all_directories(rule) for other in later)

        ignoring = ((place, rule) for place, rule in enumerate(self.rules) if not rule.negated)
        return {place for place, rule in ignoring if is_closing(place, rule)}

    def undisputed(self) -> set[int]:
        """Return the places of rules that name nothing that a later negated rule names.

        Git obeys them all.
        """
        negated = OverlapIndex(self._tokens(negated_only=True))
        return {
            place
            for place, rule in enumerate(self.rules)
            if not rule.negated
            and all(at < place for at in negated.find_all(line_tokens(rule.named_lines)))
        }

    @cached_property
    def _named(self) -> OverlapIndex:
        return OverlapIndex(self._tokens())

    def _tokens(self, *, negated_only: bool = False) -> Iterator[tuple[int, Tokens]]:
        for place, rule in enumerate(self.rules):
            if rule.negated or not negated_only:
                yield from ((place, tokens) for tokens in line_tokens(rule.named_lines))
