"""Do the sources mean the same in every clone?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import normpath

from dlm_git.finding import Finding
from dlm_git.rules.case import Case, Rule, finding
from dlm_git.snapshot import Entry, Snapshot

# also the absolute paths of Windows, which are relative ones elsewhere
_ABSOLUTE = re.compile(r"[/~]|[A-Za-z]:[/\\]|\\\\")
MAX_SOURCES = 256  # each is looked up in the whole listing
_MAX_LINKS = 40  # Linux follows no more


def absolute_source_path(case: Case) -> Iterator[Finding]:
    """A source path is absolute.

    **Why.** It exists on one machine. A clone refuses to train under the policy `strict`; under
    `permissive` it trains on the other checkout, if there is one. It also publishes a home
    directory. The trainer's own scaffold writes such a path.

    **Example.** `path: "/home/ann/shop"`; `path: ~/shop`.

    **Fix.** Write it relative to the repository root: `path: "."`.
    """
    for index, source in enumerate(case.sources[:MAX_SOURCES]):
        if is_absolute(source.path):
            message = f"source path '{source.path}' is absolute, so it exists on one machine only"
            help_ = "write it relative to the repository root, which is '.'"
            yield _at_path(case, index, message, help_)


def escaping_source_path(case: Case) -> Iterator[Finding]:
    """A source path leads out of the repository.

    **Why.** Paths start at the repository root, not at `.dlm/`. Under the policy `strict` the
    trainer refuses one that leaves it; under `permissive` it trains on whatever lies there.

    **Example.** `path: ../src`, meant from `.dlm/`; a tracked symbolic link to `/srv/data`.

    **Fix.** Write it from the root: `path: src`.
    """
    for index, source in enumerate(case.sources[:MAX_SOURCES]):
        if not is_absolute(source.path) and _resolved(case.snapshot, source.path) is None:
            inside = normpath("/" + source.path).lstrip("/") or "."
            message = f"source path '{source.path}' leads out of the repository"
            help_ = f"paths start at the repository root: perhaps '{inside}'"
            yield _at_path(case, index, message, help_)


def missing_source_path(case: Case) -> Iterator[Finding]:
    """A source path names nothing that is tracked.

    **Why.** Git keeps no empty directories and no ignored ones: the path may exist for its author,
    and in a clone one missing source stops the whole training.

    **Example.** `path: data`, where `data/` is ignored; a submodule, empty in a plain clone.

    **Fix.** Track what is to be learned, or name the directory that is tracked.
    """
    if len(case.sources) > MAX_SOURCES:
        message = f"{len(case.sources)} sources, of which only {MAX_SOURCES} are judged"
        yield _at_path(case, MAX_SOURCES, message, "name the directories above them")
    for index, source in enumerate(case.sources[:MAX_SOURCES]):
        if is_absolute(source.path):
            continue
        path = _resolved(case.snapshot, source.path)
        if path is None:
            continue
        module = _submodule(case.snapshot, path)
        if not module and _exists(case.snapshot, path):
            continue
        if module:
            message = f"source path '{source.path}' leads into the submodule '{module}'"
            help_ = "a plain clone leaves it empty: name files of this repository"
        else:
            message = f"source path '{source.path}' names no tracked file or directory"
            help_ = "`git add` what is to be learned, or correct the path"
        yield _at_path(case, index, message, help_)


RULES: tuple[Rule, ...] = (absolute_source_path, escaping_source_path, missing_source_path)


def is_absolute(path: str) -> bool:
    """Whether the trainer, on some system, takes a source path for an absolute one."""
    return _ABSOLUTE.match(path) is not None


def leaves_repository(path: str) -> bool:
    """Whether a source path, as it is written, does not stay below the root."""
    return is_absolute(path) or normpath(path).split("/")[0] == ".."


def _at_path(case: Case, index: int, message: str, help_: str) -> Finding:
    assert case.corpus  # noqa: S101  (sources come from nowhere else)
    span = case.corpus.place(("training", "sources", index, "path"))
    return finding(case.corpus_path, message, help_, case.corpus, span)


def _resolved(snapshot: Snapshot, path: str) -> str | None:
    """A path with tracked symbolic links followed, '' for the root; None if it leaves the root."""
    done, todo, links = "", path.split("/")[::-1], 0
    while todo:
        part = todo.pop()
        if part in ("", "."):
            continue
        if part == "..":
            if not done:
                return None
            done = done.rpartition("/")[0]
            continue
        step = f"{done}/{part}" if done else part
        target = _link(snapshot, step)
        if target is None or links == _MAX_LINKS:
            done = step
        elif target.startswith("/"):
            return None
        else:
            links += 1
            todo += target.split("/")[::-1]
    return done


def _link(snapshot: Snapshot, path: str) -> str | None:
    """Where the tracked symbolic link at a path leads, if there is one."""
    entries = [entry for entry in _at(snapshot, path) if entry.mode == "120000"]
    (blob,) = snapshot.read(entries[:1]) or (None,)
    return blob.data.decode(errors="surrogateescape") if blob and blob.data else None


def _exists(snapshot: Snapshot, path: str) -> bool:
    return not path or bool(_at(snapshot, path)) or snapshot.holds_directory(path)


def _submodule(snapshot: Snapshot, path: str) -> str:
    while path:
        if any(entry.mode == "160000" for entry in _at(snapshot, path)):
            return path
        path = path.rpartition("/")[0]
    return ""


def _at(snapshot: Snapshot, path: str) -> list[Entry]:
    # a document can name what no file name can hold
    return [] if "\0" in path else snapshot.entries(path)
