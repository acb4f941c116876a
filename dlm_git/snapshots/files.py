"""The files of one state, as a walk from a source meets them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from dlm_git.snapshots.entry import Blob, Limits


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the trainer refuses a source, and with it the whole training."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Root:
    """Where a source leads: `top` is a path from the root of the repository, '' for that itself,
    or absolute where it lies elsewhere. `anchors` are the directories at or below it that hold a
    `.dlm` directory, `single` whether it is one file."""

    path: str
    config_directories: tuple[str, ...] = ()
    is_file: bool = False


@dataclass(frozen=True, slots=True)
class Walk:
    """What a walk below a Root meets (dlm format, 3.2).

    `paths` are the files, links to files among them, in the walk's order; `targets` is where those
    links lead. `foreign` are links that lead to what the state does not hold, `modules` the
    submodules, whose content it does not hold either. All paths are as in Root.
    """

    paths: Sequence[str]
    targets: Mapping[str, str] = field(default_factory=dict)
    external_links: tuple[str, ...] = ()
    submodules: tuple[str, ...] = ()


class Files(Protocol):
    """The files of one state."""

    def root(self, path: str, *, strict: bool) -> Root | Refusal:
        """Where the source of that path leads (dlm format, 3.1)."""

    def walk(self, root: Root) -> Walk:
        """The files at or below it."""

    def contents(self, paths: Sequence[str], limits: Limits = ()) -> Iterator[Blob | None]:
        """The contents of files, links followed; None where there is none to be had, and without
        `data` where it is longer than the limit of that file."""


TrackingStatus = Literal["tracked", "untracked", "ignored"]


@dataclass(frozen=True, slots=True)
class Checkout:
    """What lies in a worktree, and what Git knows of each path there."""

    files: Files
    status: Callable[[str], TrackingStatus]
    exists: Callable[[str], bool]
