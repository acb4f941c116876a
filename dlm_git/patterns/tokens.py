"""Patterns of the trainer as tokens: wildcards, and the literal text between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import groupby

from dlm_git.patterns.glob import GLOBSTAR, STAR, WILDCARDS, IgnoreRule, glob, parse_ignore_lines

# they match a path as a whole, with a slash before it
Tokens = tuple[str, ...]


@lru_cache(maxsize=1024)
def path_tokens(pattern: str) -> Tokens:
    """Return the tokens of a pattern for whole paths."""
    return _join("/", *glob(pattern).tokens)


def rule_tokens(rule: IgnoreRule) -> Tokens | None:
    """Return the tokens of a line of a `.dlm/ignore`, None if it matches no path."""
    return _rule_tokens(rule.pattern, rule.anchored, rule.directory)


@lru_cache(maxsize=1024)
def _rule_tokens(pattern: str, anchored: bool, directory: bool) -> Tokens | None:
    tokens = glob(pattern).tokens
    if not directory:
        return _join("/", *tokens) if anchored else _join(GLOBSTAR, "/", *tokens)
    if anchored or "/" in tokens:
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
            if not (token in (STAR, GLOBSTAR) and joined[-1:] in ([token], [GLOBSTAR])):
                joined.append(token)
    if joined[:2] == ["/", GLOBSTAR] and not (joined[2:] and joined[2].startswith("/")):
        del joined[0]  # `**` matches the slash before the path
    return tuple(joined)


def line_tokens(lines: Iterable[str]) -> Iterator[Tokens]:
    """Return the tokens of the lines of a `.dlm/ignore` that match some path."""
    rules = (rule for line in lines for rule in parse_ignore_lines(line))
    return filter(None, map(rule_tokens, rules))
