"""Corrections of patterns that match nothing, such as those in the syntax of other tools."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import islice, product
from unicodedata import normalize

from dlm_git.patterns.glob import GLOBSTAR, QUESTION, STAR, glob
from dlm_git.regex import compile_late
from dlm_git.values import Value

OTHER_FORM = "the file names have another Unicode form"
_MAX = 20  # patterns in one suggestion
_BRACES = compile_late(r"\{([^{}]*,[^{}]*)\}")
_BRACKETS = compile_late(r"\[([^\]!^][^\]]*)\]")
_OTHER_SYNTAX = compile_late(r"[{}\[\]\\]|^[/!~\s]|^\.{1,2}/|[/\s]$")
# `match_case` runs a backtracking regular expression
_MAX_TOKENS = 90
_MAX_STARS = 4


class Suggestion(Value):
    """The reason why a pattern matches nothing, and the patterns to write instead.

    certain: no other correction is likely, and each of the patterns matches something.
    """

    reason: str
    patterns: tuple[str, ...] = ()
    certain: bool = False


def is_other_syntax(pattern: str) -> bool:
    """Return whether a pattern has the syntax of another tool, or cannot match any path."""
    return bool(_OTHER_SYNTAX.search(pattern)) or not pattern


def suggest_pattern(pattern: str, matches: Callable[[str], bool]) -> Suggestion | None:
    """Return the first correction of a pattern that matches something.

    If no correction matches anything, return only the reason, and only for the syntax of another
    tool.
    """
    if suggestion := suggest_form(pattern, matches):
        return suggestion
    corrections = _corrections(pattern)
    for correction in corrections:
        patterns = tuple(filter(matches, correction.patterns))
        if patterns:
            certain = correction.certain and patterns == correction.patterns
            return Suggestion(correction.reason, patterns, certain)
    if not is_other_syntax(pattern):
        return None
    of_syntax = (c.reason for c in corrections if c.reason not in (_CONTENT.reason, _DEPTH.reason))
    reason = next(of_syntax, _BRACKET.reason if "[" in pattern else "")
    return Suggestion(reason) if reason else None


def suggest_syntax(pattern: str) -> Suggestion | None:
    """Return the first correction of a pattern to dlm's syntax, whether or not it matches."""
    for correction in _corrections(pattern):
        if correction.reason != _DEPTH.reason and not any(
            map(is_other_syntax, correction.patterns)
        ):
            return correction.replace(certain=False)
    return None


def suggest_form(pattern: str, matches: Callable[[str], bool]) -> Suggestion | None:
    """Return the correction of a pattern that matches something in another Unicode form.

    macOS tools write decomposed letters (NFD), most others composed ones (NFC).
    """
    if pattern.isascii():
        return None
    forms = {normalize("NFC", pattern), normalize("NFD", pattern)} - {pattern}
    found = [form for form in sorted(forms) if matches(form)]
    return Suggestion(OTHER_FORM, tuple(found[:1]), certain=True) if found else None


def suggest_line(pattern: str) -> Suggestion | None:
    """Return the correction of the pattern in a line of a `.dlm/ignore`, if its syntax is wrong."""
    for step in _STEPS:
        patterns = step.rewrite(pattern)
        if patterns != [pattern]:
            return Suggestion(step.reason, tuple(patterns)) if step.in_lines else None
    return None


class _Step(Value):
    """A correction of one difference between the syntax of dlm and another one.

    certain: no other correction is likely.
    in_lines: it applies to the lines of a `.dlm/ignore` too.
    """

    reason: str
    rewrite: Callable[[str], list[str]]
    certain: bool = False
    in_lines: bool = False


@lru_cache(maxsize=256)
def _corrections(pattern: str) -> tuple[Suggestion, ...]:
    return tuple(_correct(pattern))


def _correct(pattern: str) -> Iterator[Suggestion]:
    """Yield the correction by each step, and after it the one by all steps so far."""
    patterns, all_certain = [pattern], True
    reasons: list[str] = []
    for step in _STEPS:
        alone = step.rewrite(pattern)
        certain = step.certain and len(alone) < _MAX
        if alone != [pattern]:
            yield Suggestion(step.reason, tuple(alone), certain)
        rewritten = [new for old in patterns for new in step.rewrite(old)][:_MAX]
        if rewritten != patterns:
            patterns, reasons = rewritten, [*reasons, step.reason]
            all_certain = all_certain and certain and len(rewritten) < _MAX
        if len(reasons) > 1:
            yield Suggestion(", and ".join(reasons), tuple(patterns), all_certain)


def _strip(pattern: str) -> list[str]:
    return [pattern.strip()]


def _use_slashes(pattern: str) -> list[str]:
    return [pattern.replace("\\", "/")]


def _remove_dot(pattern: str) -> list[str]:
    return [re.sub(r"^(?:\./)+", "", pattern)]


def _remove_root(pattern: str) -> list[str]:
    return [pattern.lstrip("/")]


def _split_at_commas(pattern: str) -> list[str]:
    outside_braces = _BRACES.sub("", pattern)
    if "," not in outside_braces:
        return [pattern]
    return [part.strip() for part in pattern.split(",")]


def _expand_braces(pattern: str) -> list[str]:
    parts = _BRACES.split(pattern)
    choices = [part.split(",") if at % 2 else [part] for at, part in enumerate(parts)]
    return ["".join(choice) for choice in islice(product(*choices), _MAX)]


def _expand_brackets(pattern: str) -> list[str]:
    parts = _BRACKETS.split(pattern)
    choices = [_members(part) if at % 2 else [part] for at, part in enumerate(parts)]
    return ["".join(choice) for choice in islice(product(*choices), _MAX)]


def _members(content: str) -> list[str]:
    """Return the characters of a bracket expression, or `?` if they are too many."""
    ranges = re.findall(r"(.)-(.)|(.)", content, re.DOTALL)
    characters = [
        char
        for low, high, single in ranges
        for char in (single or map(chr, range(ord(low), ord(high) + 1)))
    ]
    return list(dict.fromkeys(characters)) if 0 < len(characters) <= _MAX else [QUESTION]


def _match_content(pattern: str) -> list[str]:
    is_name = pattern.strip("/") and not pattern.endswith(STAR)
    return [f"{pattern.rstrip('/')}/**"] if is_name else [pattern]


def _match_any_depth(pattern: str) -> list[str]:
    is_name = pattern and "/" not in pattern and not pattern.startswith(GLOBSTAR)
    return [f"**/{pattern}"] if is_name else [pattern]


_BRACKET = _Step("dlm matches brackets literally", _expand_brackets, in_lines=True)
_CONTENT = _Step("the name of a directory does not match the files in it", _match_content)
_DEPTH = _Step("'*' does not match '/'", _match_any_depth)
_STEPS = (
    _Step("spaces at the start or end are part of a pattern", _strip),
    _Step("dlm matches '\\' literally, and paths use '/'", _use_slashes, in_lines=True),
    _Step("patterns are relative, without './'", _remove_dot, certain=True, in_lines=True),
    _Step(
        "patterns are relative, without a '/' at the start",
        _remove_root,
        certain=True,
        in_lines=True,
    ),
    _Step("a comma is part of a pattern", _split_at_commas),
    _Step("dlm matches braces literally", _expand_braces, certain=True, in_lines=True),
    _BRACKET,
    _CONTENT,
    _DEPTH,
)


def match_case(pattern: str, path: str) -> str | None:
    """Return a pattern with its letters in the case of a path, if it then matches the path."""
    tokens = re.findall(r"\*\*/?|.", pattern, re.DOTALL)
    if len(tokens) > _MAX_TOKENS or sum(token[0] == STAR for token in tokens) > _MAX_STARS:
        return None
    wildcards = {GLOBSTAR: "(.*?)", f"{GLOBSTAR}/": "(.*?)", STAR: "([^/]*?)", QUESTION: "([^/])"}
    groups = [wildcards.get(token) or f"({re.escape(token)})" for token in tokens]
    match = re.fullmatch("".join(groups), path, re.IGNORECASE | re.DOTALL)
    if not match:
        return None
    pairs = zip(tokens, match.groups(), strict=True)
    corrected = "".join(token if token in wildcards else text for token, text in pairs)
    return corrected if glob(corrected).match(path) else None
