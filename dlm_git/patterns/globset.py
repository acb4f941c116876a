"""Many patterns put to many paths at once: most patterns are a prefix, a suffix or both."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import groupby

from dlm_git.patterns.glob import IgnoreRule, glob

# of these tokens a path, with a slash before it, is what the pattern matches as a whole
Tokens = tuple[str, ...]

DEEP, STAR, ANY = "**", "*", "?"
WILDCARDS = (DEEP, STAR, ANY)
_MAX_PATH = 4096  # beyond it, and where a path holds a newline, `Glob` and `IgnoreRule` answer


class GlobSet:
    """Patterns of the trainer's grammar (dlm format, 3.4), each of a whole path."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self.patterns = tuple(patterns)
        self._fast = _Union(map(path_tokens, self.patterns))

    @cached_property
    def _each(self) -> list[GlobSet]:
        return [GlobSet([pattern]) for pattern in self.patterns]

    def match(self, path: str) -> bool:
        """Whether one of the patterns matches the path."""
        if "\n" in path or len(path) > _MAX_PATH:
            return any(glob(pattern).match(path) for pattern in self.patterns)
        return self._fast.match("/" + path)

    def first(self, path: str) -> int | None:
        """The index of the first pattern that matches the path."""
        return next((n for n, each in enumerate(self._each) if each.match(path)), None)


class IgnoreSet:
    """The rules of one `.dlm/ignore` (dlm format, 3.6)."""

    def __init__(self, rules: Iterable[IgnoreRule]) -> None:
        self.rules = tuple(rules)
        runs = [(negated, list(run)) for negated, run in groupby(self.rules, _negated)]
        self._runs = [
            (negated, _Union([*map(rule_tokens, run)])) for negated, run in reversed(runs)
        ]

    def match(self, path: str) -> IgnoreRule | None:
        """The last rule that speaks of the path."""
        if self.excludes(path) is None:
            return None
        return next(rule for rule in reversed(self.rules) if rule.match(path))

    def excludes(self, path: str) -> bool | None:
        """What the last rule that speaks of the path says; None if none does."""
        if "\n" in path or len(path) > _MAX_PATH:
            spoken = (rule for rule in reversed(self.rules) if rule.match(path))
            return next((not rule.negated for rule in spoken), None)
        rooted = "/" + path
        return next((not negated for negated, run in self._runs if run.match(rooted)), None)


def _negated(rule: IgnoreRule) -> bool:
    return rule.negated


def path_tokens(pattern: str) -> Tokens:
    """The tokens of a pattern that is to match a path as a whole."""
    return _joined("/", *glob(pattern).tokens)


@lru_cache(maxsize=1024)
def rule_tokens(rule: IgnoreRule) -> Tokens | None:
    """The tokens of a line of a `.dlm/ignore`; None if it matches no path."""
    tokens = glob(rule.pattern).tokens
    if not rule.directory:
        return _joined("/", *tokens) if rule.anchored else _joined(DEEP, "/", *tokens)
    if rule.anchored or "/" in tokens:
        return None  # the trainer asks about single components, and never of an anchored one
    component = (STAR if token == DEEP else token for token in tokens)
    return _joined(DEEP, "/", *component, "/", DEEP)


def _joined(*tokens: str) -> Tokens:
    """Tokens, literals in one piece, without what changes nothing where there is no newline."""
    joined: list[str] = []
    for wild, run in groupby(tokens, WILDCARDS.__contains__):
        if not wild:
            joined.append("".join(run))
            continue
        for token in run:
            if token == DEEP and joined[-1:] == [STAR]:
                joined[-1] = DEEP
            elif not (token in (STAR, DEEP) and joined[-1:] in ([token], [DEEP])):
                joined.append(token)
    if joined[:2] == ["/", DEEP] and not (joined[2:] and joined[2].startswith("/")):
        del joined[0]  # a path, with a slash before it, begins with one
    return tuple(joined)


class _Union:
    """What matches if one of several lists of tokens does."""

    def __init__(self, lists: Iterable[Tokens | None]) -> None:
        exact, prefixes, suffixes, infixes = set(), [], [], []
        others: list[Tokens] = []
        self._all = False
        for tokens in lists:
            match tokens:
                case None:
                    pass
                case (only,) if only == DEEP:
                    self._all = True
                case (only,) if only not in WILDCARDS:
                    exact.add(only)
                case (first, last) if last == DEEP and first not in WILDCARDS:
                    prefixes.append(first)
                case (first, last) if first == DEEP and last not in WILDCARDS:
                    suffixes.append(last)
                case (first, middle, last) if first == last == DEEP and middle not in WILDCARDS:
                    infixes.append(middle)
                case _:
                    others.append(tokens)
        self._exact = frozenset(exact)
        self._prefixes, self._suffixes = tuple(prefixes), tuple(suffixes)
        self._infixes, self._others = tuple(infixes), others

    def match(self, rooted: str) -> bool:
        return (
            self._all
            or rooted in self._exact
            or rooted.startswith(self._prefixes)
            or rooted.endswith(self._suffixes)
            or any(infix in rooted for infix in self._infixes)
            or (bool(self._others) and self._regex.match(rooted) is not None)
        )

    @cached_property
    def _regex(self) -> re.Pattern[str]:
        return re.compile(
            "|".join(f"(?:{linear_regex(tokens)})" for tokens in self._others), re.DOTALL
        )


@dataclass(frozen=True, slots=True)
class _Dialect:
    """How a regular expression says `*`, `?`, `**` and the end of a path."""

    one: str = "[^/]"
    char: str = "[^/]"
    deep: str = "."
    end: str = r"\Z"


_IN_ROWS = _Dialect(r"[^/\x00]", r"(?:[^/\x00\x80-\xbf][\x80-\xbf]*+)", r"[^\x00]", r"\x00")


def row_regex(tokens: Tokens) -> bytes:
    """A regular expression over bytes, for paths with a NUL at their end and no slash before."""
    first = tokens[0].removeprefix("/") if tokens[0] not in WILDCARDS else tokens[0]
    return linear_regex((first, *tokens[1:]), _IN_ROWS).encode("utf-8", "surrogateescape")


def linear_regex(tokens: Tokens, dialect: _Dialect = _Dialect()) -> str:
    """A regular expression for tokens that takes linear time, or nearly.

    The trainer's own is exponential in its stars. Here each stretch between two `**` is found at
    its first place and never looked for again, which is exact, as what follows may be anything.
    """
    one, deep, end = dialect.one, dialect.deep, dialect.end
    blocks = [list(run) for is_deep, run in groupby(tokens, DEEP.__eq__) if not is_deep]
    if tokens[:1] == (DEEP,):
        blocks.insert(0, [])
    *init, last = [*blocks, []] if tokens[-1:] == (DEEP,) else blocks
    if not init:
        return _pieces(last, dialect, end)
    regex = _pieces(init[0], dialect)
    regex += "".join(f"(?>{deep}*?{_pieces(block, dialect)})" for block in init[1:])
    if not last:
        return f"{regex}{deep}*+{end}"
    # the last stretch holds so many slashes, so it can begin in one component only
    slashes = sum(token.count("/") for token in last)
    component = f"(?>(?:{deep}*/)?(?={one}*+(?:/{one}*+){{{slashes}}}{end}))"
    return regex + component + _pieces([STAR, *last], dialect, end)


def _pieces(block: Sequence[str], dialect: _Dialect, end: str = "") -> str:
    """A stretch without `**`: its pieces, `*` between them, each at its first place."""
    first, *rest = ["".join(_literal(t, dialect) for t in piece) for piece in _split(block)]
    if not rest:
        return first + end
    *middle, last = rest
    regex = first + "".join(f"(?>{dialect.one}*?{piece})" for piece in middle)
    return regex + (
        f"(?>{dialect.one}*?{last}{end})" if last or not end else f"{dialect.one}*+{end}"
    )


def _split(block: Sequence[str]) -> list[list[str]]:
    pieces: list[list[str]] = [[]]
    for token in block:
        if token == STAR:
            pieces.append([])
        else:
            pieces[-1].append(token)
    return pieces


def _literal(token: str, dialect: _Dialect) -> str:
    return dialect.char if token == ANY else re.escape(token)


def overlap(one: Tokens, two: Tokens) -> bool:
    """Whether there is a path that both match."""
    a, b = _characters(one), _characters(two)
    seen, todo = {(0, 0)}, [(0, 0)]
    while todo:
        i, j = todo.pop()
        if i == len(a) and j == len(b):
            return True
        steps = []
        if i < len(a) and a[i] in (STAR, DEEP):
            steps.append((i + 1, j))
        if j < len(b) and b[j] in (STAR, DEEP):
            steps.append((i, j + 1))
        if i < len(a) and j < len(b) and _share(a[i], b[j]):
            steps.append((i + (a[i] not in (STAR, DEEP)), j + (b[j] not in (STAR, DEEP))))
        todo += [step for step in steps if step not in seen]
        seen |= set(steps)
    return False


def _characters(tokens: Tokens) -> list[str]:
    return [part for token in tokens for part in ([token] if token in WILDCARDS else token)]


def _share(one: str, two: str) -> bool:
    """Whether there is a character that both take."""
    if one in WILDCARDS and two in WILDCARDS:
        return True
    if one in WILDCARDS or two in WILDCARDS:
        wild, literal = (one, two) if one in WILDCARDS else (two, one)
        return wild == DEEP or literal != "/"
    return one == two
