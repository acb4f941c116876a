"""`dlm-git merge-driver` and `dlm-git textconv`, which Git runs."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace

from dlm_git.cli.exit_codes import CLEAN, FINDINGS
from dlm_git.cli.options import positive
from dlm_git.cli.terminal import print_error, print_lines, write_bytes
from dlm_git.errors import DlmGitError
from dlm_git.formats.escape import escape_path
from dlm_git.fs import read_file, replace_file
from dlm_git.limits import limit_time
from dlm_git.snapshots.entry import MAX_BLOB

_SECONDS = 60  # the time limit of a merge
_DEFAULT_LABELS = ("base", "ours", "theirs")


class MergeDriver:
    """`dlm-git merge-driver`."""

    EXAMPLES = """\
  dlm-git merge-driver base ours theirs 7 .dlm/corpus.dlm    # write the result to `ours`
  dlm-git merge-driver base ours theirs 7 .dlm/ignore BASE OURS THEIRS    # with labels
"""

    @staticmethod
    def add_arguments(parser: ArgumentParser) -> None:
        """Declare the arguments of the command."""
        add = parser.add_argument
        add("base", metavar="BASE", help="File with the version of the common ancestor")
        add("ours", metavar="OURS", help="File with our version; the result replaces it")
        add("theirs", metavar="THEIRS", help="File with the other version")
        add("size", metavar="SIZE", type=positive, help="Length of the conflict markers")
        add("path", metavar="PATH", help="Path of the merged file in the repository")
        parser.add_argument(
            "--ancestor",
            action="store_true",
            help="Merge common ancestors: a conflict becomes the version of BASE",
        )
        add("labels", metavar="LABEL", nargs="*", help="Labels of base, ours and theirs")

    @staticmethod
    def run(arguments: Namespace) -> int:
        """Merge the files; FINDINGS if there are conflicts."""
        return limit_time(
            lambda: _merge(arguments),
            seconds=_SECONDS,
            hint="Git merges the lines of the file",
            subject="the merge",
        )


class Textconv:
    """`dlm-git textconv`."""

    EXAMPLES = """\
  dlm-git textconv .dlm/corpus.dlm    # print the document as `git diff` compares it
  dlm-git textconv -- -x.dlm          # a name that begins with a dash
"""

    @staticmethod
    def add_arguments(parser: ArgumentParser) -> None:
        """Declare the arguments of the command."""
        parser.add_argument("file", metavar="FILE", help="The document")

    @staticmethod
    def run(arguments: Namespace) -> int:
        """Print the document: its frontmatter in one notation, a heading for each section."""
        from dlm_git.document.textconv import textconv

        data = _read(arguments.file)
        text = limit_time(lambda: textconv(data), seconds=_SECONDS, hint="", subject="textconv")
        write_bytes([text])
        return CLEAN


def _merge(arguments: Namespace) -> int:
    from dlm_git.git.merge_file import Labels, Versions
    from dlm_git.operations.merge_driver import merge_ancestors, merge_versions

    versions = Versions(*map(_read, (arguments.base, arguments.ours, arguments.theirs)))
    base, ours, theirs = _labels(arguments.labels)
    labels = Labels(base, ours, theirs, arguments.size)
    merge = merge_ancestors if arguments.ancestor else merge_versions
    result = merge(arguments.path, versions, labels)
    path = escape_path(arguments.path)
    for note in result.notes:
        print_error(f"dlm-git: {path}: {note}")
    if result.conflicts:
        count = f"{result.conflicts} conflict{'' if result.conflicts == 1 else 's'}"
        print_lines([f"dlm-git: {path}: {count}"])
    directory, name = os.path.split(os.path.abspath(arguments.ours))
    replace_file(directory, "", name, result.data)  # last: until then Git can merge the lines
    return FINDINGS if result.conflicts else CLEAN


def _labels(words: list[str]) -> list[str]:
    """Return labels for base, ours and theirs; older versions of git leave `%S` as it is."""
    given = [*words[:3], *[""] * 3][:3]
    return [
        default if (len(word) == 2 and word.startswith("%")) or not word else word
        for word, default in zip(given, _DEFAULT_LABELS, strict=True)
    ]


def _read(path: str) -> bytes:
    directory, name = os.path.split(os.path.abspath(path))
    data = read_file(directory, name, MAX_BLOB)
    if data is None:
        raise DlmGitError(f"cannot read '{path}': no such file", "check the path")
    return data
