"""Lines of a `.dlm/ignore`: for one of Git's ignore patterns, for a path, for a glob."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dlm_git.patterns.gitignore import Alternative, Pattern, alternatives
from dlm_git.patterns.glob import GLOBSTAR, LINE_BREAK, glob

_MAX_GLOBSTARS = 4  # each of them doubles the number of lines
# the rest of a pattern that matches a directory above the one of the `.dlm/ignore`, once for each
# level that it is above
ABOVE = "."


def rebase(pattern: Pattern, top: str) -> Iterator[Alternative]:
    """Yield the alternatives of a pattern, relative to `top`; none if it matches nothing there."""
    folder = tuple(filter(None, pattern.folder.split("/")))
    top_names = tuple(filter(None, top.split("/")))
    literal = tuple(map(_escape, folder))
    for alternative in alternatives(pattern):
        for parts in _relative_to((*literal, *alternative.parts), top_names):
            has_many_globstars = parts.count(GLOBSTAR) > _MAX_GLOBSTARS
            is_stripped = parts[-1] != parts[-1].rstrip()  # dlm strips white space from a line
            is_coarser = has_many_globstars or is_stripped
            exact = alternative.exact and literal == folder and not is_coarser
            yield Alternative(parts, exact, alternative.coarse or is_coarser)


def _relative_to(parts: tuple[str, ...], top: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield the components that remain after those of `top`."""
    rests = {parts}
    for number, name in enumerate(top):
        above = (ABOVE,) * (len(top) - number)  # the pattern matches this directory
        rests |= {rest[1:] or above for rest in rests if rest[0] == GLOBSTAR}
        kept = {rest for rest in rests if rest[0] in (GLOBSTAR, ABOVE)}
        rests = kept | {rest[1:] or above for rest in rests - kept if glob(rest[0]).match(name)}
    yield from sorted(rests)


def ignore_lines(parts: tuple[str, ...], suffix: str) -> Iterator[str]:
    """Yield the lines that match the path of these components; with '/**', the paths below it."""
    if parts == (GLOBSTAR,):
        yield GLOBSTAR
        return
    any_depth = parts[0] == GLOBSTAR
    *directories, name = [part for part in parts if part != GLOBSTAR]
    end = suffix or ("/**" if parts[-1] == GLOBSTAR and len(parts) > 1 else "")
    for body in _join(parts[any_depth:], parts.count(GLOBSTAR)):
        line = _keep_trailing_space(body + end)
        if not any_depth:
            yield f"/{line}"
        elif re.match(r"[#!/\s]", line):
            yield from (f"/{line}", f"**//{line}")
        elif not directories and suffix:
            yield f"{name}/"
        else:
            yield line


def _join(parts: tuple[str, ...], globstars: int) -> list[str]:
    """Join components with slashes; GLOBSTAR between two stands for any number of directories."""
    # `**` takes in one slash behind it, so two are written; `/**/` matches what both do, and more
    around_globstar = ["/", "/**//"] if globstars <= _MAX_GLOBSTARS else ["/**/"]
    bodies, separators = [""], [""]
    for part in parts:
        if part == GLOBSTAR:
            separators = around_globstar if bodies != [""] else [""]
            continue
        bodies = [body + separator + part for body in bodies for separator in separators]
        separators = ["/"]
    return bodies


def exact_line(path: str) -> str:
    """Return the line that matches one path, or all paths below it if it ends with a slash."""
    line = _keep_trailing_space(f"/{_escape(path)}")
    return f"{line}**" if path.endswith("/") else line


def glob_line(pattern: str) -> str:
    """Return a line that matches at least what a glob matches from the same directory."""
    return _keep_trailing_space(f"/{LINE_BREAK.sub('?', pattern)}")


def _keep_trailing_space(line: str) -> str:
    """Replace white space at the end of a line, which dlm strips, by '?'."""
    stripped = line.rstrip()
    return stripped + "?" * (len(line) - len(stripped))


def _escape(name: str) -> str:
    """Return a pattern for a name; '?' stands for what the grammar cannot spell."""
    return LINE_BREAK.sub("?", re.sub(r"[*?\udc80-\udcff]", "?", name))
