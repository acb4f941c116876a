"""Paths gathered by directory, so that a thousand files of one are told in one line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from posixpath import dirname, normpath


def group_by_directory(paths: Iterable[str], others: Iterable[str]) -> dict[str, list[str]]:
    """The paths below the topmost directories that hold none of the others.

    The keys are those directories, with a slash at their end, or a path that stands alone.
    """
    mixed = {""}
    for path in others:
        for folder in parents(path):
            if folder in mixed:
                break
            mixed.add(folder)
    groups: dict[str, list[str]] = {}
    for path in paths:
        whole = None
        for folder in parents(path):
            if folder in mixed:
                break
            whole = folder
        groups.setdefault(f"{whole}/" if whole else path, []).append(path)
    return {paths[0] if len(paths) == 1 else key: paths for key, paths in groups.items()}


def parents(path: str) -> Iterator[str]:
    """The directories around a path, from the innermost."""
    while path := dirname(path):
        yield path


TRAINING_CONFIG = ".dlm/training.yaml"


IGNORE_FILE = ".dlm/ignore"


def join(directory: str, path: str) -> str:
    """A path below a directory, which may be the root ''."""
    return f"{directory}/{path}" if directory else path


# also the absolute paths of Windows, which are relative ones elsewhere
_ABSOLUTE = re.compile(r"[/~]|[A-Za-z]:[/\\]|\\\\")


def is_absolute(path: str) -> bool:
    """Whether the trainer, on some system, takes a source path for an absolute one."""
    return _ABSOLUTE.match(path) is not None


def leaves_repository(path: str) -> bool:
    """Whether a source path, as it is written, does not stay below the root."""
    return is_absolute(path) or normpath(path).split("/")[0] == ".."


def walk_order(path: str) -> str:
    """What a walk sorts by: the components of a path (dlm format, 3.2)."""
    return path.replace("/", "\0")


def relative_to(path: str, top: str) -> str:
    """A path that lies below `top`, relative to it."""
    return path if not top else path[len(top) + 1 :]


OWN_CONFIG = ".dlm-git.toml"


PYPROJECT = "pyproject.toml"


CONFIG_FILES = (OWN_CONFIG, PYPROJECT)


def directory_config_files(anchors: Sequence[str]) -> list[str]:
    """The files that the trainer reads in the `.dlm` directories of these directories."""
    return [join(anchor, name) for anchor in anchors for name in (TRAINING_CONFIG, IGNORE_FILE)]
