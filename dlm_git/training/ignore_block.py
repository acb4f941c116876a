"""The block of a `.dlm/ignore` that says what `.gitignore` says, and what it is to hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from posixpath import basename

from dlm_git.document.text import Text
from dlm_git.document.yaml_fixes import fix_in_file
from dlm_git.errors import DlmGitError
from dlm_git.paths import IGNORE_FILE, join
from dlm_git.patterns.defaults import DEFAULT_EXCLUDES
from dlm_git.patterns.gitignore import GITIGNORE
from dlm_git.patterns.translate import Translation, translate
from dlm_git.report import Edit, Fix
from dlm_git.snapshots.snapshot import Snapshot
from dlm_git.training.training_set import SourceFiles

BEGIN = "# >>> dlm-git ignore: what .gitignore says, in dlm's grammar; rewritten in place >>>"
END = "# <<< dlm-git ignore <<<"
_MARK = re.compile(r"(?:^|(?<=\A\ufeff))# (>>>|<<<) dlm-git ignore\b.*(?:\n|\Z)", re.MULTILINE)


def tracked_gitignores(snapshot: Snapshot) -> dict[str, bytes]:
    """The `.gitignore` files that Git tracks, by path."""
    entries = [
        entry
        for entry in snapshot.dotfile_entries(GITIGNORE.encode() + b"\0")
        if basename(entry.path) == GITIGNORE and entry.is_file
    ]
    blobs = snapshot.read(entries)
    return {entry.path: blob.data or b"" for entry, blob in zip(entries, blobs, strict=True)}


def make_blocks(
    sources: Sequence[SourceFiles], files: Mapping[str, bytes]
) -> dict[str, Translation]:
    """What the block of each `.dlm/ignore` is to hold, by its path.

    The trainer reads nothing above a source, so each directory that a source names has one.
    """
    tops = dict.fromkeys(s.root.path for s in sources if not s.root.is_file) or {"": None}
    return {
        join(top, IGNORE_FILE): translate(files, top, _left_out(top, sources))
        for top in tops
        if not top.startswith("/")
    }


def _left_out(top: str, sources: Iterable[SourceFiles]) -> list[str]:
    """The globs, relative to `top`, of what is left out before any `.dlm/ignore` speaks."""
    mine = [source for source in sources if source.root.path == top]
    globs = [glob for source in mine for glob in source.selection.exclude.patterns]
    defaults: Sequence[str] = DEFAULT_EXCLUDES
    for source in mine:
        for anchor, each in source.selection.directory_configs.items():
            if each.config:
                globs += [join(anchor, glob) for glob in each.config.exclude]
            if not anchor and each.config and not each.config.exclude_defaults:
                defaults = ()
    return [*dict.fromkeys(globs), *defaults]


def block_lines(text: str) -> tuple[str, ...] | None:
    """The lines of the block in a `.dlm/ignore`, None if it has none.

    Raises CannotCheck for a block that has lost a mark, and for a second one.
    """
    place = _place(text)
    return tuple(text[place[1] : place[2]].splitlines()) if place else None


def line_numbers(text: str) -> range:
    """The numbers of the lines of the block in a `.dlm/ignore`, if it is whole."""
    marks = list(_MARK.finditer(text))
    numbers = [text[: mark.start()].count("\n") + 1 for mark in marks]
    return range(*numbers) if len(numbers) == 2 else range(0)


def with_block(text: str, lines: Sequence[str]) -> str:
    """A `.dlm/ignore` with these lines in its block: at its place, or before all else.

    What stands outside of the block stays; what stands after it has the last word.
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    block = "".join(f"{line}{newline}" for line in [BEGIN, *lines, END]) if lines else ""
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    start, _, _, end = _place(text) or (len(mark),) * 4
    return text[:start] + block + text[end:]


def block_fix(text: Text, lines: Sequence[str]) -> Fix | None:
    """The change that brings the block of a `.dlm/ignore` up to date."""
    place = _place(text.normalized)
    if place is None:
        return None
    start, first, last, end = place
    edit = Edit(first, last, "".join(f"{line}\n" for line in lines))
    return fix_in_file(
        text, "bring the block up to date", [edit if lines else Edit(start, end, "")]
    )


def _place(text: str) -> tuple[int, int, int, int] | None:
    """Where the block begins, its lines begin and end, and it ends."""
    marks = list(_MARK.finditer(text))
    if not marks:
        return None
    if [mark[1] for mark in marks] != [">>>", "<<<"]:
        reason = "the block of `dlm-git ignore` has lost a mark, or there is a second one"
        raise DlmGitError(reason, f"remove its lines, from '# >>>' to '# <<<', in '{IGNORE_FILE}'")
    begin, end = marks
    return begin.start(), begin.end(), end.start(), end.end()
