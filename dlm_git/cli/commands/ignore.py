"""`dlm-git ignore`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence

from dlm_git.cli.exit_codes import CLEAN, FINDINGS
from dlm_git.cli.options import add_corpus, add_directory
from dlm_git.cli.target import shell_path
from dlm_git.cli.terminal import print_lines
from dlm_git.errors import DlmGitError
from dlm_git.formats.escape import escape, escape_path
from dlm_git.git.repository import find_repository
from dlm_git.operations.file_change import FileChange
from dlm_git.operations.ignore import IgnoreResult, ignore, remove_blocks
from dlm_git.paths import IGNORE_FILE
from dlm_git.patterns.dlmignore import exact_line
from dlm_git.training.ignore_block import with_block, without_comments

EXAMPLES = """\
  dlm-git ignore            # write .dlm/ignore
  dlm-git ignore --check    # fail in CI if .dlm/ignore is out of date
  dlm-git ignore --all-sources   # translate core.excludesFile and info/exclude too
  dlm-git ignore --remove   # take the block out again
"""
_MAX_FILES = 20


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments of the command."""
    add_directory(parser)
    add_corpus(parser)
    parser.add_argument("--name", metavar="NAME", help="Use .dlm/NAME.dlm as the corpus document")
    parser.add_argument(
        "--all-sources",
        action="store_true",
        help="Also translate core.excludesFile and .git/info/exclude; the block contains their"
        " patterns",
    )
    either = parser.add_mutually_exclusive_group()
    either.add_argument(
        "--check",
        action="store_true",
        help="Write nothing; exit with 1 if a file is out of date, or excludes a tracked file",
    )
    either.add_argument(
        "--remove", action="store_true", help="Take the block out of each .dlm/ignore"
    )
    either.add_argument("--dry-run", action="store_true", help="Print the lines; write nothing")


def run(arguments: Namespace) -> int:
    """Translate the .gitignore files into .dlm/ignore."""
    write = not (arguments.check or arguments.dry_run)
    if arguments.remove:
        if arguments.all_sources:
            raise DlmGitError("--remove takes out the whole block", "omit --all-sources")
        changes = remove_blocks(arguments.directory, name=arguments.name, corpus=arguments.corpus)
        print_lines(_removals(changes, find_repository(arguments.directory).root))
        return CLEAN
    result = ignore(
        arguments.directory,
        write=write,
        all_sources=arguments.all_sources,
        name=arguments.name,
        corpus=arguments.corpus,
    )
    root = find_repository(arguments.directory).root
    lines = _blocks(result) if arguments.dry_run else _changes(result, root)
    print_lines([*lines, *_remarks(result)])
    failed = result.stale or result.newly_ignored
    return FINDINGS if arguments.check and failed else CLEAN


def _removals(changes: Sequence[FileChange], root: str) -> Iterator[str]:
    for change in changes:
        yield f"Removed the block from {escape_path(change.path)}"
        yield f"  next: git add {shell_path(root, change.path)}"
    if not changes:
        yield "No .dlm/ignore has a block of `dlm-git ignore`"


def _blocks(result: IgnoreResult) -> Iterator[str]:
    """Yield the lines to write, under the path of their file."""
    for change in result.changes:
        yield f"{escape_path(change.path)}:"
        block = with_block("", result.blocks[change.path])
        lines = block.splitlines() or ["(nothing to translate)"]
        yield from (f"  {escape(line)}" for line in lines)


def _changes(result: IgnoreResult, root: str) -> Iterator[str]:
    for change in result.changes:
        yield from _change(result, change, root)


def _change(result: IgnoreResult, change: FileChange, root: str) -> Iterator[str]:
    path = escape_path(change.path)
    sources = (*result.gitignore_files, *result.local_files)
    if not sources and not change.needed:
        yield f"{path}: nothing to translate, no .gitignore is tracked"
    elif not change.needed:
        yield f"{path}: up to date"
    elif not result.written:
        yield f"{path}: out of date with .gitignore"
        yield "  help: run `dlm-git ignore`"
    else:
        lines = len(without_comments(result.blocks[change.path]))
        count = f"{lines} line{'' if lines == 1 else 's'}"
        files = ", ".join(map(escape_path, sources))
        yield f"Wrote {path}: {count}" + (f" from {files}" if files else "")
        yield f"  next: git add {shell_path(root, change.path)}"


def _remarks(result: IgnoreResult) -> Iterator[str]:
    """Yield what differs from .gitignore: patterns without a translation, and excluded files."""
    for pattern in result.untranslated:
        name = f"'{escape(pattern.pattern)}': " if pattern.pattern else ""
        reason = name + escape(pattern.reason)
        yield f"{escape_path(pattern.source)}: {reason}"
    for path in result.newly_ignored[:_MAX_FILES]:
        yield f"{escape_path(path)}: tracked, but only the block excludes it"
    if len(result.newly_ignored) > _MAX_FILES:
        yield f"and {len(result.newly_ignored) - _MAX_FILES} more tracked files"
    if result.newly_ignored:
        yield from _hints(result, result.newly_ignored[0])


def _hints(result: IgnoreResult, path: str) -> Iterator[str]:
    """Yield a hint for each `.dlm/ignore` with a block that excludes a file."""
    for change in result.changes:
        directory = change.path.removesuffix(IGNORE_FILE)
        if path.startswith(directory):
            line = escape(exact_line(path.removeprefix(directory)))
            yield (
                f"  help: below the block in {escape_path(change.path)}, add lines such as"
                f" '!{line}' to include files, or '{line}' to exclude them on purpose"
            )
