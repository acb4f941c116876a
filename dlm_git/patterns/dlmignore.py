"""Git's ignore patterns as lines of a `.dlm/ignore`, one at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dlm_git.patterns.gitignore import DEEP, Alternative, Pattern, alternatives
from dlm_git.patterns.glob import glob

_SEPARATORS = re.compile("[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")  # what ends a line
_MAX_DEEP = 4  # each of them doubles the lines
ABOVE = "."  # what is left of a pattern that names a directory around all that matters; so many
# of them as that is above


def rebase(pattern: Pattern, top: str) -> Iterator[Alternative]:
    """A pattern as components from `top`; nothing if it says nothing of what is there."""
    folder = tuple(filter(None, pattern.folder.split("/")))
    for each in alternatives(pattern):
        literal = tuple(_plain(name) for name in folder)
        for parts in _below_top((*literal, *each.parts), tuple(filter(None, top.split("/")))):
            crowded = parts.count(DEEP) > _MAX_DEEP
            kept = parts[-1] == parts[-1].rstrip()  # dlm strips the end of a line
            exact = each.exact and literal == folder and kept and not crowded
            yield Alternative(parts, exact, each.coarse or crowded or not kept)


def _below_top(parts: tuple[str, ...], top: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """What is left of components when those of `top` are taken away."""
    rests = {parts}
    for number, name in enumerate(top):
        around = (ABOVE,) * (len(top) - number)  # this directory is named: all is below it
        rests |= {rest[1:] or around for rest in rests if rest[0] == DEEP}
        kept = {rest for rest in rests if rest[0] in (DEEP, ABOVE)}
        rests = kept | {rest[1:] or around for rest in rests - kept if glob(rest[0]).match(name)}
    yield from sorted(rests)


def ignore_lines(parts: tuple[str, ...], suffix: str) -> Iterator[str]:
    """The lines of `.dlm/ignore` that match the path of these components, or what is below it."""
    floating = parts[0] == DEEP
    if parts == (DEEP,):
        yield DEEP
        return
    *rest, last = [part for part in parts if part != DEEP]
    between = ["/", "/**//"] if parts.count(DEEP) <= _MAX_DEEP else ["/**/"]  # which covers both
    bodies = [""]
    deep = False
    for part in parts[floating:]:
        if part == DEEP:
            deep = True
            continue
        # `**` swallows a slash that follows it, so the second one stands for itself
        joints = [""] if bodies == [""] else between if deep else ["/"]
        bodies = [body + joint + part for body in bodies for joint in joints]
        deep = False
    end = suffix or ("/**" if parts[-1] == DEEP and len(parts) > 1 else "")
    for body in bodies:
        whole = _kept_right(body + end)
        if not floating:
            yield f"/{whole}"
        elif re.match(r"[#!/\s]", whole):
            yield from (f"/{whole}", f"**//{whole}")
        elif not rest and suffix:
            yield f"{last}/"
        else:
            yield whole


def _kept_right(line: str) -> str:
    """A line whose white space at the end dlm would strip."""
    kept = line.rstrip()
    return kept + "?" * (len(line) - len(kept))


def exact_line(path: str) -> str:
    """The line that matches one path, or all below it if it ends with a slash."""
    return _kept_right(f"/{_plain(path)}") + ("**" if path.endswith("/") else "")


def _plain(name: str) -> str:
    """A name as a pattern."""
    return _SEPARATORS.sub("?", re.sub(r"[*?\udc80-\udcff]", "?", name))


def glob_line(pattern: str) -> str:
    """The line that matches what a glob does, from the same place, or more."""
    return _kept_right(f"/{_SEPARATORS.sub('?', pattern)}")
