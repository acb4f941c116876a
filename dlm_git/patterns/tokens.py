"""Patterns of the trainer as tokens: wildcards, and the literal text between them."""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby

from dlm_git.patterns.glob import GLOBSTAR, STAR, WILDCARDS, IgnoreRule, glob

# they match a path as a whole, with a slash before it
Tokens = tuple[str, ...]


def path_tokens(pattern: str) -> Tokens:
    """Return the tokens of a pattern for whole paths."""
    return _join("/", *glob(pattern).tokens)


@lru_cache(maxsize=1024)
def rule_tokens(rule: IgnoreRule) -> Tokens | None:
    """Return the tokens of a line of a `.dlm/ignore`, None if it matches no path."""
    tokens = glob(rule.pattern).tokens
    if not rule.directory:
        return _join("/", *tokens) if rule.anchored else _join(GLOBSTAR, "/", *tokens)
    if rule.anchored or "/" in tokens:
        return None  # the trainer compares single names only, and an anchored line with files only
    name = (STAR if token == GLOBSTAR else token for token in tokens)
    return _join(GLOBSTAR, "/", *name, "/", GLOBSTAR)


def _join(*tokens: str) -> Tokens:
    """Join literal tokens, and drop those that change nothing for a path without a newline."""
    joined: list[str] = []
    for is_wildcard, run in groupby(tokens, WILDCARDS.__contains__):
        if not is_wildcard:
            joined.append("".join(run))
            continue
        for token in run:
            if token == GLOBSTAR and joined[-1:] == [STAR]:
                joined[-1] = GLOBSTAR
            elif not (token in (STAR, GLOBSTAR) and joined[-1:] in ([token], [GLOBSTAR])):
                joined.append(token)
    if joined[:2] == ["/", GLOBSTAR] and not (joined[2:] and joined[2].startswith("/")):
        del joined[0]  # `**` matches the slash before the path
    return tuple(joined)


def overlap(first: Tokens, second: Tokens) -> bool:
    """Return whether both match some path: whether the product of their NFAs accepts anything."""
    a, b = _characters(first), _characters(second)
    seen, todo = {(0, 0)}, [(0, 0)]
    while todo:
        i, j = todo.pop()
        if i == len(a) and j == len(b):
            return True
        steps = []
        if i < len(a) and _is_star(a[i]):
            steps.append((i + 1, j))
        if j < len(b) and _is_star(b[j]):
            steps.append((i, j + 1))
        if i < len(a) and j < len(b) and _share_character(a[i], b[j]):
            steps.append((i + (not _is_star(a[i])), j + (not _is_star(b[j]))))
        todo += [step for step in steps if step not in seen]
        seen |= set(steps)
    return False


def _characters(tokens: Tokens) -> list[str]:
    return [part for token in tokens for part in ([token] if token in WILDCARDS else token)]


def _is_star(token: str) -> bool:
    return token in (STAR, GLOBSTAR)


def _share_character(first: str, second: str) -> bool:
    """Return whether some character matches both."""
    if first not in WILDCARDS and second not in WILDCARDS:
        return first == second
    if first in WILDCARDS and second in WILDCARDS:
        return True
    wildcard, literal = (first, second) if first in WILDCARDS else (second, first)
    return wildcard == GLOBSTAR or literal != "/"
