"""The files of one state, as the trainer finds them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple, Protocol

from dlm_git.snapshots.entry import Blob, Limits

TrackingStatus = Literal["tracked", "untracked", "ignored"]


class Refusal(NamedTuple):
    """The reason for which the trainer refuses a source, and with it the whole training."""

    path: str
    reason: str


class Root(NamedTuple):
    """The file or directory that a source path leads to.

    `path` is relative to the root of the repository, '' for that root, and absolute outside of it.
    `config_directories` are the directories at or below it that hold a `.dlm` directory.
    """

    path: str
    config_directories: tuple[str, ...] = ()
    is_file: bool = False


class Walk(NamedTuple):
    """The result of a walk below a Root (dlm format, 3.2).

    `paths` are the files and the links to files, in the order of the trainer. `external_links` lead
    to what the state does not hold; neither does it hold the content of `submodules`. The paths are
    written as in Root.
    """

    paths: Sequence[str]
    external_links: tuple[str, ...] = ()
    submodules: tuple[str, ...] = ()


class Matcher(Protocol):
    """A pattern, in the forms that a search of paths needs."""

    def match(self, name: str) -> bool:
        """Return whether the pattern matches a path as a whole."""

    @property
    def row_regex(self) -> bytes:
        """Return a regular expression for a path, in bytes, and the NUL behind it."""

    @property
    def suffix(self) -> str:
        """Return a text that ends every match, or ''. '/' stands for the start of a path too."""

    @property
    def literal(self) -> str:
        """Return a text that is in every match, or ''. '/' stands for the start of a path too."""


class Files(Protocol):
    """The files of one state.

    An index can hold a million paths. `below`, `matching`, `search` and `candidates` therefore
    answer without a walk where the state is not on disk, and then leave out symbolic links.
    """

    @property
    def on_disk(self) -> bool:
        """Return whether these are the files of a working tree, with those Git does not track."""

    @property
    def noun(self) -> str:
        """Return the noun for one of the files in messages: 'file' or 'tracked file'."""

    def root(self, path: str, *, strict: bool) -> Root | Refusal:
        """Resolve the path of a source (dlm format, 3.1)."""

    def walk(self, root: Root) -> Walk:
        """List the files at or below a root."""

    def contents(self, paths: Sequence[str], limits: Limits = ()) -> Iterator[Blob | None]:
        """Yield the contents of files, links followed.

        Yield None for a file that cannot be read, and a Blob without data for one over its limit.
        """

    def below(self, root: Root, directory: str) -> Iterator[str]:
        """Yield the files of a root below a directory."""

    def matching(self, root: Root, matcher: Matcher, directory: str | None = None) -> Iterator[str]:
        """Yield the files of a root whose path relative to it, or to a directory in it, matches."""

    def search(self, root: Root, matchers: Iterable[Matcher]) -> Iterator[str]:
        """Yield the files of a root that a matcher matches, perhaps others, some perhaps twice.

        For a caller that stops early: the first files come without a search for all of them.
        """

    def candidates(self, root: Root, matchers: Sequence[Matcher]) -> Iterator[str]:
        """Yield the files of a root that a matcher matches, and perhaps others.

        For many matchers: all of them are searched for at once.
        """

    def target(self, path: str) -> str:
        """Return the path of the file that the link at a path leads to, '' if it is not a link."""

    def status(self, path: str) -> TrackingStatus:
        """Return the status of a path in Git."""

    def exists(self, path: str) -> bool:
        """Return whether there is a file or directory at a path."""
