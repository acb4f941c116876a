"""The files of one state, as the trainer finds them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dlm_git.snapshots.entry import Blob, Limits
from dlm_git.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from dlm_git.snapshots.statuses import TrackingStatus
else:
    Protocol = object


class Refusal(Value):
    """A source path, and why the trainer refuses it and thus does not train."""

    path: str
    reason: str


class Root(Value):
    """The file or directory that a source path names.

    `path` is relative to the root of the repository, '' for the root itself, and absolute outside
    the repository. `config_directories` are the directories at or below it that contain a `.dlm`
    directory.
    """

    path: str
    config_directories: tuple[str, ...] = ()
    is_file: bool = False


class Walk(Value):
    """The result of a walk below a Root (dlm format, 3.2).

    `paths` are the files and the links to files, in the trainer's order. The state contains neither
    the targets of `external_links` nor the content of `submodules`. All paths are written as in
    Root.
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
        """Return a regular expression for a path, in bytes, and the NUL after it."""

    @property
    def suffix(self) -> str:
        """Return a text that ends every match, or ''. '/' also stands for the start of a path."""

    @property
    def literal(self) -> str:
        """Return a text in every match, or ''. '/' also stands for the start of a path."""


class Files(Protocol):
    """The files of one state.

    An index can hold a million paths. `below`, `matching`, `search` and `candidates` therefore do
    not walk a state that is not on disk; their results then lack symbolic links.
    """

    @property
    def on_disk(self) -> bool:
        """Return whether these are the files of a working tree, including untracked ones."""

    @property
    def noun(self) -> str:
        """Return the noun for one of the files in messages: 'file' or 'tracked file'."""

    def root(self, path: str, *, strict: bool, base: str = "") -> Root | Refusal:
        """Resolve the path of a source (dlm format, 3.1).

        strict: refuse what is not below the base.
        base: the directory that the path is relative to, '' for the root of the repository.
        """

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
        """Yield a superset of the files of a root that a matcher matches, some perhaps twice.

        For callers that stop early: it yields the first files before it has found all of them.
        """

    def candidates(
        self, root: Root, matchers: Sequence[Matcher], *, any_case: bool = False
    ) -> Iterator[str]:
        """Yield a superset of the files of a root that a matcher matches.

        For many matchers: it searches for all of them at once.

        any_case: the matchers are in lower case, and the case of ASCII letters does not count.
        """

    def linked(self, root: Root) -> Iterator[tuple[str, str]]:
        """Yield the links to files below a root, each with the file that it leads to."""

    def target(self, path: str) -> str:
        """Return the path that the link at a path points to, '' if it is not a link."""

    def status(self, path: str) -> TrackingStatus:
        """Return the status of a path in Git."""

    def exists(self, path: str) -> bool:
        """Return whether there is a file or directory at a path."""
