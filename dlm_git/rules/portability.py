"""Rules about sources that mean something else in another clone."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from posixpath import normpath

from dlm_git.paths import is_absolute
from dlm_git.report import Finding, Fix
from dlm_git.rules.context import MAX_SOURCES, RuleContext, finding
from dlm_git.rules.registry import rule
from dlm_git.snapshots.entry import Entry
from dlm_git.snapshots.snapshot import Snapshot


@rule("portability")
def absolute_source_path(case: RuleContext) -> Iterator[Finding]:
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
            yield _at_path(case, index, message, help_, _relative(case, index, source.path))


@rule("portability")
def escaping_source_path(case: RuleContext) -> Iterator[Finding]:
    """A source path leads out of the repository.

    **Why.** Paths start at the repository root, not at `.dlm/`. Under the policy `strict` the
    trainer refuses one that leaves it; under `permissive` it trains on whatever lies there.

    **Example.** `path: ../src`, meant from `.dlm/`; a tracked symbolic link to `/srv/data`.

    **Fix.** Write it from the root: `path: src`.
    """
    for index, source in enumerate(case.sources[:MAX_SOURCES]):
        if not is_absolute(source.path) and case.tracked.resolve(source.path) is None:
            inside = normpath("/" + source.path).lstrip("/") or "."
            message = f"source path '{source.path}' leads out of the repository"
            help_ = f"paths start at the repository root: perhaps '{inside}'"
            fix = _path(case, index, inside, safe=False) if _is_tracked(case, inside) else None
            yield _at_path(case, index, message, help_, fix)


@rule("portability")
def missing_source_path(case: RuleContext) -> Iterator[Finding]:
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
        path = case.tracked.resolve(source.path)
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


@rule("portability")
def escaping_symlink(case: RuleContext) -> Iterator[Finding]:
    """A tracked symbolic link leads out of the repository, and the model reads what lies there.

    **Why.** The policy `strict` looks at the root of a source only. dlm follows such a link, and
    matches it by its own last name, so that neither `exclude: ["data/**"]` nor a `.dlm/ignore`
    keeps it out. What it finds differs from machine to machine.

    **Example.** `data/users.csv`, a link to `/srv/data/users.csv`.

    **Fix.** Remove the link, or exclude it by its last name: `exclude: ["users.csv"]`.
    """
    for path in case.tracked.links:
        name = path.rpartition("/")[2]
        around = [
            e for e in case.lookup.sources if f"{path}/".startswith(f"{e.root.path}/".lstrip("/"))
        ]
        taken = any(e.selection.includes(name, inside=False) for e in around)
        if taken and case.tracked.resolve(path) is None:
            message = f"this link leads out of the repository, to '{case.tracked.links[path]}'"
            help_ = (
                f"`git rm --cached {case.shell_path(path)}`,"
                f" or add '{name}' to 'exclude' of the source"
            )
            yield finding(path, f"{message}, and the model reads what lies there", help_)


def _at_path(
    case: RuleContext, index: int, message: str, help_: str, fix: Fix | None = None
) -> Finding:
    assert case.corpus  # noqa: S101  (sources come from nowhere else)
    span = case.corpus.value_span(("training", "sources", index, "path"))
    return finding(case.corpus_path, message, help_, case.corpus, span, fix=fix)


def _relative(case: RuleContext, index: int, path: str) -> Fix | None:
    """An absolute path from the root: for certain below this one, or by what is tracked."""
    root, plain = case.snapshot.root(), normpath(path)
    if root and f"{plain}/".startswith(f"{root}/"):
        return _path(case, index, plain[len(root) + 1 :] or ".", safe=True)
    parts = plain.split("/")
    ends = ("/".join(parts[at:]) for at in range(1, len(parts)))
    return _path(case, index, next(filter(partial(_is_tracked, case), ends), "."), safe=False)


def _is_tracked(case: RuleContext, path: str) -> bool:
    return path not in ("", ".") and _exists(case.snapshot, path)


def _path(case: RuleContext, index: int, path: str, *, safe: bool) -> Fix | None:
    return case.yaml.set_value(("training", "sources", index, "path"), path, safe=safe)


def _exists(snapshot: Snapshot, path: str) -> bool:
    return not path or bool(_at(snapshot, path)) or snapshot.holds_directory(path)


def _submodule(snapshot: Snapshot, path: str) -> str:
    while path:
        if any(entry.is_submodule for entry in _at(snapshot, path)):
            return path
        path = path.rpartition("/")[0]
    return ""


def _at(snapshot: Snapshot, path: str) -> list[Entry]:
    # a document can name what no file name can hold
    return [] if "\0" in path else snapshot.entries(path)
