"""What Git's ignore rules make of directories."""

from __future__ import annotations

from functools import cache

from dlm_git.patterns.components import Parts, covers, matching
from dlm_git.patterns.dlmignore import ignore_lines
from dlm_git.patterns.glob import GLOBSTAR
from dlm_git.patterns.translated_rule import RuleList
from dlm_git.values import Value

MAX_DEPTH = 100  # of a directory; each directory above it costs a search


class Opening(Value):
    """What Git's rules make of the directories that some components match.

    state: 'open' if Git ignores none of them, except for `closed`; 'closed' if it ignores them
        all; else 'unknown'.
    closed: narrower components of directories that Git may ignore.
    """

    state: str
    closed: tuple[Parts, ...] = ()


class IgnoredDirectories:
    """The directories that rules ignore. A directory is given as components without GLOBSTAR."""

    def __init__(self, rules: RuleList) -> None:
        self._rules = rules
        self._apart = cache(self._find_apart)

    def opening(self, directory: Parts) -> Opening:
        """Return what the rules make of a directory; they may ignore one above it."""
        closed: list[Parts] = []
        for depth in range(1, len(directory) + 1):
            opening = self._apart(directory[:depth])
            if opening.state != "open":
                return opening
            closed += [(*parts, *directory[depth:]) for parts in opening.closed]
        return Opening("open", tuple(dict.fromkeys(closed)))

    def are_above(self, parts: Parts) -> bool:
        """Return whether Git ignores a directory above each path that components match."""
        end = parts.index(GLOBSTAR) if GLOBSTAR in parts else len(parts) - 1
        depths = range(1, min(end, MAX_DEPTH) + 1)
        return any(self._apart(parts[:depth]).state == "closed" for depth in depths)

    def _find_apart(self, directory: Parts) -> Opening:
        """Return what the rules for a directory make of it, without those for directories above."""
        closed: list[Parts] = []
        negated: list[Parts] = []
        places = self._rules.naming(ignore_lines(directory, ""))
        for rule in (self._rules[place] for place in sorted(places, reverse=True)):
            parts = [alternative.parts for alternative in rule.alternatives]
            common = [
                c for p in parts for c in sorted(matching(p, directory, widen=not rule.negated))
            ]
            if rule.negated:
                negated += parts
                if directory in common:
                    break
            elif directory in common:
                is_exact = rule.exact and any(covers(p, directory) for p in parts)
                return Opening("closed" if is_exact else "unknown")
            else:
                closed += [c for c in common if not any(covers(p, c) for p in negated)]
        return Opening("open", tuple(closed))
