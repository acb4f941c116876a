"""The block of lines in a `.dlm/ignore` that `dlm-git ignore` translates from `.gitignore`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import groupby
from operator import attrgetter
from posixpath import basename

from dlm_git.document.text import Text, fix_in_file
from dlm_git.errors import DlmGitError
from dlm_git.paths import IGNORE_FILE, join
from dlm_git.patterns.defaults import DEFAULT_EXCLUDES
from dlm_git.patterns.gitignore import GITIGNORE, LOCAL_FILES, parse_gitignore
from dlm_git.patterns.glob import MAX_IGNORE_FILE
from dlm_git.patterns.line_plan import GUARDS, TooManyLinesError
from dlm_git.patterns.translate import Translation, UntranslatedPattern, translate
from dlm_git.regex import compile_late
from dlm_git.report import Edit, Fix
from dlm_git.snapshots.snapshot import Snapshot
from dlm_git.training.directory_config import BLOCK_START
from dlm_git.training.training_set import SourceFiles

BEGIN = f"{BLOCK_START}: translated from .gitignore; changes here are overwritten >>>"
END = "# <<< dlm-git ignore <<<"
FROM = "# from "  # begins the comment above the lines of a pattern
_MARKER = compile_late(r"(?:^|(?<=\A\ufeff))# (>>>|<<<) dlm-git ignore\b.*(?:\n|\Z)", re.MULTILINE)
_MARKERS = [">>>", "<<<"]
_BOM = "\ufeff"
_LOCAL = compile_late(rf"# ({'|'.join(map(re.escape, LOCAL_FILES))}): (.*)")
# no pattern of a `.gitignore` may begin a line of the block, or keep it from being UTF-8
_CONTROL = compile_late("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_MAX_PATTERNS = 256 * 1024  # bytes
_MAX_COMPARISONS = 300_000_000  # each character of a pattern with each of a `!` pattern


_SHORTEN = "shorten the .gitignore files, or write .dlm/ignore by hand, without the block"


def tracked_gitignores(snapshot: Snapshot) -> dict[str, bytes]:
    """Return the contents of the tracked `.gitignore` files, by path."""
    entries = [
        entry
        for entry in snapshot.dotfile_entries(GITIGNORE.encode() + b"\0")
        if basename(entry.path) == GITIGNORE and entry.is_file
    ]
    blobs = snapshot.read(entries)
    return {entry.path: blob.data or b"" for entry, blob in zip(entries, blobs, strict=True)}


def make_blocks(
    sources: Sequence[SourceFiles],
    gitignores: Mapping[str, bytes],
    local: Mapping[str, Mapping[str, bytes]],
    root: str = "",
) -> dict[str, Translation]:
    """Translate `.gitignore` files to the blocks of `.dlm/ignore` files, by path.

    Each directory that a source names has a block: the trainer reads no config above a source.

    sources: the sources of a document.
    gitignores: the tracked `.gitignore` files, by path.
    local: for paths of `.dlm/ignore` files, the contents of LOCAL_FILES that their blocks contain.
    root: as in `block_paths`.

    Raises DlmGitError if there are too many patterns to translate in reasonable time, or if the
    block would be too long.
    """
    return {
        path: _translate(gitignores, directory, sources, local.get(path, {}))
        for path, directory in block_paths(sources, root).items()
    }


def block_paths(sources: Sequence[SourceFiles], root: str = "") -> dict[str, str]:
    """Return the paths of the `.dlm/ignore` files with a block, each with its directory.

    root: the root of the corpus, which has a block if no source is a directory.
    """
    directories = dict.fromkeys(s.root.path for s in sources if not s.root.is_file) or {root: None}
    return {join(d, IGNORE_FILE): d for d in directories if not d.startswith("/")}


def recorded_patterns(text: str) -> dict[str, bytes]:
    """Return the patterns of LOCAL_FILES that the block of a `.dlm/ignore` contains, by file.

    Raises DlmGitError for a broken block.
    """
    found = [match.groups() for line in block_lines(text) or () if (match := _LOCAL.match(line))]
    return {
        name: "".join(f"{pattern}\n" for file, pattern in found if file == name).encode()
        for name in dict.fromkeys(file for file, _ in found)
    }


def recordable_patterns(
    files: Mapping[str, bytes],
) -> tuple[dict[str, bytes], list[UntranslatedPattern]]:
    """Return the patterns of LOCAL_FILES that a block can contain, by file, and the others."""
    patterns = [p for name, data in files.items() for p in parse_gitignore(data, "", name)]
    others = [pattern for pattern in patterns if _CONTROL.search(pattern.text)]
    texts = dict.fromkeys(files, "")
    for pattern in patterns:
        if not _CONTROL.search(pattern.text):
            texts[pattern.file] += f"{pattern.text}\n"
    reason = "not translated: a block contains text in UTF-8 only, without control characters"
    recordable = {name: text.encode() for name, text in texts.items()}
    return recordable, [UntranslatedPattern(p.source, p.text, reason) for p in others]


def _translate(
    gitignores: Mapping[str, bytes],
    directory: str,
    sources: Iterable[SourceFiles],
    local: Mapping[str, bytes],
) -> Translation:
    """Translate ignore files for one directory. Raises DlmGitError for a long result."""
    _check_size([*local.values(), *gitignores.values()])
    with suppress(TooManyLinesError):
        translation = translate(gitignores, directory, _excluded(directory, sources), local)
        if sum(len(line) + 1 for line in commented_lines(translation)) <= MAX_IGNORE_FILE:
            return translation
    raise DlmGitError(
        f"the lines for the .gitignore files would be longer than {MAX_IGNORE_FILE} characters",
        _SHORTEN,
    )


def commented_lines(translation: Translation) -> Iterator[str]:
    """Yield the lines of a block: those of one pattern together, below a comment that names it.

    The patterns of files that Git does not track come before these, so that other clones, which
    lack the files, can bring the block up to date.
    """
    yield from (f"# {origin}" for origin in translation.local)
    for origin, lines in groupby(translation.groups, attrgetter("origin")):
        yield f"{FROM}{_CONTROL.sub('?', origin)}"
        yield from (line.text for line in lines)


def without_comments(lines: Iterable[str]) -> tuple[str, ...]:
    """Return the lines of a block that are patterns."""
    return tuple(line for line in lines if not line.startswith("#"))


def changed_patterns(lines: Iterable[str], translation: Translation) -> tuple[list[str], list[str]]:
    """Return the patterns that a block lacks, and those that `.gitignore` no longer has."""
    current = {line.text for line in translation.groups}
    old: dict[str, str] = {}
    origin = ""
    for line in lines:
        if line.startswith(FROM):
            origin = line.removeprefix(FROM)
        elif not line.startswith("#"):
            old[line] = origin or line
    added = [line.origin for line in translation.groups if line.text not in old]
    removed = [origin for text, origin in old.items() if text not in current]
    common = set(added) & set(removed) | {GUARDS}
    return (
        [origin for origin in dict.fromkeys(added) if origin not in common],
        [origin for origin in dict.fromkeys(removed) if origin not in common],
    )


def _check_size(contents: Iterable[bytes]) -> None:
    """Raise DlmGitError for patterns whose comparison would take minutes."""
    lines = [line for data in contents for line in data.split(b"\n")]
    negated = sum(len(line) for line in lines if line.startswith(b"!"))
    total = sum(map(len, lines))
    if total > _MAX_PATTERNS or negated * total > _MAX_COMPARISONS:
        raise DlmGitError(
            f"the .gitignore files have too many patterns to translate: {total} bytes,"
            f" {negated} of them in lines with '!'",
            _SHORTEN,
        )


def _excluded(directory: str, sources: Iterable[SourceFiles]) -> list[str]:
    """Return the globs that exclude files of a source without any `.dlm/ignore`."""
    selections = [source.selection for source in sources if source.root.path == directory]
    globs = [glob for selection in selections for glob in selection.exclude.patterns]
    defaults: Sequence[str] = DEFAULT_EXCLUDES
    for selection in selections:
        for relative, directory_config in selection.directory_configs.items():
            if config := directory_config.config:
                globs += [join(relative, glob) for glob in config.exclude]
                if not (relative or config.exclude_defaults):
                    defaults = ()
    return [*dict.fromkeys(globs), *defaults]


def block_lines(text: str) -> tuple[str, ...] | None:
    """Return the lines of the block in a `.dlm/ignore`, None if it has no block.

    Raises DlmGitError if a marker is missing, or if there is a second block.
    """
    block = _find_block(text)
    return tuple(text[block[1] : block[2]].splitlines()) if block else None


def line_numbers(text: str) -> range:
    """Return the numbers of the lines in the block of a `.dlm/ignore`, none for a broken one."""
    markers = list(_MARKER.finditer(text))
    if [marker[1] for marker in markers] != _MARKERS:
        return range(0)
    begin, end = (text[: marker.start()].count("\n") + 1 for marker in markers)
    return range(begin, end)


def block_origins(text: str) -> dict[int, str]:
    """Return the `.gitignore` and pattern behind each line of the block, by the line's number."""
    numbers, origin, origins = line_numbers(text), "", {}
    for number, line in enumerate(text.splitlines(), start=1):
        if number in numbers and line.startswith(FROM):
            origin = line.removeprefix(FROM)
        elif number in numbers and origin:
            origins[number] = origin
    return origins


def with_block(text: str, lines: Sequence[str]) -> str:
    """Return a `.dlm/ignore` with these lines in its block, or without a block if there are none.

    A new block is the first, so that the user's own lines take precedence.
    """
    block = block_text(lines, "\r\n" if "\r\n" in text else "\n")
    first = len(_BOM) if text.startswith(_BOM) else 0
    start, _, _, end = _find_block(text) or (first,) * 4
    return text[:start] + block + text[end:]


def block_text(lines: Sequence[str], newline: str) -> str:
    """Return a block with these lines between its markers, '' if there are none."""
    return "".join(f"{line}{newline}" for line in [BEGIN, *lines, END]) if lines else ""


def split_at_block(text: str) -> tuple[str, str] | None:
    """Return what is before and after the block of a `.dlm/ignore`, None if it has no block.

    Raises DlmGitError as `block_lines` does.
    """
    block = _find_block(text)
    return (text[: block[0]], text[block[3] :]) if block else None


def block_fix(text: Text, lines: Sequence[str]) -> Fix | None:
    """Return the fix that replaces the lines of the block in a text that has one, or removes it."""
    block = _find_block(text.normalized)
    assert block  # noqa: S101
    start, first, last, end = block
    edit = Edit(first, last, "".join(f"{line}\n" for line in lines))
    return fix_in_file(
        text, "update the block", [edit if lines else Edit(start, end, "")], safe=True
    )


def _find_block(text: str) -> tuple[int, int, int, int] | None:
    """Return the offsets at which the block begins, its lines begin and end, and it ends."""
    markers = list(_MARKER.finditer(text))
    if not markers:
        return None
    if [marker[1] for marker in markers] != _MARKERS:
        raise DlmGitError(
            "broken `dlm-git ignore` block: expected one '# >>>' line and one '# <<<' line",
            f"remove the block from '{IGNORE_FILE}', then run `dlm-git ignore`",
        )
    begin, end = markers
    return begin.start(), begin.end(), end.start(), end.end()
