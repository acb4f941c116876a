"""Rules about files in the training set that do not belong there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from posixpath import basename, dirname

from dlm_git.errors import DlmGitError
from dlm_git.paths import group_by_directory
from dlm_git.patterns.defaults import SECRETS
from dlm_git.patterns.gitignore import alternatives, parse_gitignore
from dlm_git.patterns.glob import parse_ignore_lines
from dlm_git.patterns.globset import IgnoreSet
from dlm_git.report import Finding
from dlm_git.rules.context import RuleContext, finding
from dlm_git.rules.registry import rule
from dlm_git.snapshots.files import TrackingStatus
from dlm_git.snapshots.overlay import OverlaidFiles
from dlm_git.training.ignore_block import (
    BEGIN,
    block_fix,
    block_lines,
    make_blocks,
    tracked_gitignores,
    with_block,
)
from dlm_git.training.training_set import SourceFiles, expand_sources

_POINTER_SIZE = 1024  # a pointer is smaller (its specification)
_LFS = re.compile(
    rb"^\s*(?!#)(\"(?:[^\"\\\n]|\\.)*\"|\S+)[^\n]*?\sfilter=lfs(?:\s|$)", re.MULTILINE
)
_SHOWN = 3


@rule("training")
def secret_in_training_set(case: RuleContext) -> Iterator[Finding]:
    """A file that by its name holds credentials is learned.

    **Why.** dlm's default excludes know `.env`, `*.pem` and a few more; `.npmrc`, `.netrc`,
    `.aws/credentials`, `id_ecdsa`, `kubeconfig`, `credentials.json` and many others pass. A model
    gives back what it has learned.

    **Example.** A tracked `.npmrc` under `include: ["**/*"]`; `!.env` in a `.dlm/ignore`.

    **Fix.** The line of the help in `.dlm/ignore` keeps it from the model; if it does hold a
    credential, replace that, for Git's history holds it too. `secrets` in the configuration adds
    names, in the grammar of `.dlm/ignore`, and with `!` takes some away.
    """
    names = _names(case.config.secrets)
    for expansion in case.lookup.sources:
        for path in case.lookup.candidates(expansion, names.rules):
            if names.excludes(path):
                message = "this file holds credentials by its name, and the model reads it"
                help_ = f"{case.lookup.exclude_hint(expansion, path)}; if it is harmless, '!{path}'"
                yield finding(path, message, f"{help_} under {case.config_location('secrets')}")
        if not expansion.root.path and expansion.selection.includes(".git/config"):
            message = "every clone has this file, the model reads it, and it can hold a token"
            yield finding(".git/config", message, case.lookup.exclude_hint(expansion, ".git/"))


@lru_cache(maxsize=16)
def _names(more: tuple[str, ...]) -> IgnoreSet:
    return IgnoreSet(parse_ignore_lines("\n".join((*SECRETS, *more))))


@rule("training")
def pointer_in_training_set(case: RuleContext) -> Iterator[Finding]:
    """A Git LFS pointer is learned in the place of the file.

    **Why.** Where `git lfs` has not fetched the content, as in many CI checkouts, a file is three
    lines of text with a hash, and dlm takes them for prose.

    **Example.** `*.csv filter=lfs` in `.gitattributes`, and `include: ["**/*"]`.

    **Fix.** Leave it out by the line of the help in `.dlm/ignore`; in a worktree, `git lfs pull`
    brings the content.
    """
    for expansion in case.lookup.sources:
        members = expansion.read(_perhaps_pointers(case, expansion))
        pointers = [member.path for member in members if member.is_pointer]
        for path, group in group_by_directory(
            sorted(pointers), _others(case, expansion, pointers)
        ).items():
            pull = "`git lfs pull`, or " if case.snapshot.files.on_disk else ""
            message = f"dlm learns {_these(group)} as a Git LFS pointer, not as the content"
            help_ = f"{pull}{case.lookup.exclude_hint(expansion, path)}"
            yield finding(path, message, help_)


@rule("training")
def stale_ignore(case: RuleContext) -> Iterator[Finding]:
    """The block of `dlm-git ignore` no longer says what `.gitignore` says.

    **Why.** `.gitignore` was changed since: what Git ignores now, dlm may read.

    **Example.** A new line `data/` in `.gitignore`, and a `.dlm/ignore` made before.

    **Fix.** `dlm-git ignore`, then `git add` the file.
    """
    texts = {
        each.ignore_path: each.ignore.text
        for each in case.lookup.directory_configs
        if each.ignore and each.ignore.text and BEGIN[:20] in each.ignore.text.normalized
    }
    if not texts:
        return
    wanted = make_blocks(case.lookup.sources, tracked_gitignores(case.snapshot))
    for path, text in texts.items():
        try:
            lines = block_lines(text.normalized)
        except DlmGitError as error:
            yield finding(path, error.message, error.hint)
            continue
        carried = wanted.get(path)
        if lines is None or (carried and lines != carried.lines):
            message = "its block no longer says what .gitignore says"
            help_ = f"`dlm-git ignore`, then `git add {case.shell_path(path)}`"
            fix = block_fix(text, carried.lines) if carried else None
            yield finding(path, message, help_, fix=fix)


@rule("training")
def ignored_training_file(case: RuleContext) -> Iterator[Finding]:
    """A file that Git ignores is learned here. Judged with `--worktree` only.

    **Why.** dlm walks the directory and asks no `.gitignore`: build output, logs, local settings
    and their passwords go in, and differ from one clone to the next.

    **Example.** `config/local.yaml`; `web/node_modules/`, as the default excludes know only the
    one at the root.

    **Fix.** `dlm-git ignore` carries `.gitignore` over to `.dlm/ignore`.
    """
    yield from _not_tracked(case, "ignored", "Git ignores")


@rule("training")
def untracked_training_file(case: RuleContext) -> Iterator[Finding]:
    """A file that Git does not track is learned here. Judged with `--worktree` only.

    **Why.** dlm walks the directory: notes, other repositories, the content of submodules and
    their `.git` go in, and no other clone learns the same.

    **Example.** `notes.txt`, never added; `third_party/` with a repository of its own.

    **Fix.** `git add` what belongs to the corpus, and leave the rest out by the line of the help.
    """
    yield from _not_tracked(case, "untracked", "Git does not track")


def _not_tracked(case: RuleContext, standing: TrackingStatus, which: str) -> Iterator[Finding]:
    files = case.snapshot.files
    if not files.on_disk:
        return
    for expansion in case.lookup.sources:
        taken = [(path, files.status(path)) for path in expansion.selected_paths()]
        paths = [path for path, known in taken if known == standing]
        others = [path for path in expansion.walk.paths if files.status(path) != standing]
        groups = group_by_directory(paths, others)
        mended = _mended(case, expansion, paths) if standing == "ignored" else set()
        for path, group in groups.items():
            it = "it" if len(group) == 1 else "them"
            message = f"{which} {_these(group)}, and dlm learns {it} here"
            line = case.lookup.exclude_hint(expansion, path)
            help_ = (
                "`dlm-git ignore` leaves out what .gitignore says" if {*group} <= mended else line
            )
            if standing == "untracked":
                help_ = f"`git add` what belongs to the corpus, or {line}"
            yield finding(path, message, help_)


def _mended(case: RuleContext, expansion: SourceFiles, paths: Sequence[str]) -> set[str]:
    """Those of the taken paths that the blocks of `dlm-git ignore` would leave out."""
    if not paths or not case.corpus:
        return set()
    changed = {}
    for path, carried in make_blocks(
        case.lookup.sources, tracked_gitignores(case.snapshot)
    ).items():
        (blob,) = case.lookup.files.contents([path])
        text = (blob.data or b"").decode(errors="replace") if blob else ""
        try:
            changed[path] = with_block(text, carried.lines).encode()
        except DlmGitError:
            return set()
    after = expand_sources(case.corpus, case.corpus_path, OverlaidFiles(case.lookup.files, changed))
    same = [
        each for each in after if isinstance(each, SourceFiles) and each.index == expansion.index
    ]
    return {path for each in same for path in paths if not each.includes(path)}


def _these(paths: Sequence[str]) -> str:
    if len(paths) == 1:
        return "this file"
    shown = ", ".join(f"'{basename(path)}'" for path in paths[:_SHOWN])
    return f"{len(paths)} files ({shown}{', ...' if len(paths) > _SHOWN else ''})"


def _others(case: RuleContext, expansion: SourceFiles, paths: Sequence[str]) -> Iterator[str]:
    """What else is in the directories of some paths."""
    chosen = set(paths)
    for folder in {dirname(path) for path in paths}:
        names = case.lookup.files.below(expansion.root, folder)
        yield from islice((path for path in names if path not in chosen), 1)


def _perhaps_pointers(case: RuleContext, expansion: SourceFiles) -> list[str]:
    """The files that can be pointers: by the attributes, and in a worktree the small ones."""
    if case.snapshot.files.on_disk:
        names = list(expansion.selected_paths())
        blobs = expansion.files.contents(names, [0] * len(names))
        sized = zip(names, blobs, strict=True)
        return [path for path, blob in sized if blob and 0 < blob.size < _POINTER_SIZE]
    lines: list[str] = []
    entries = [e for e in case.snapshot.dotfile_entries(b".gitattributes\0") if e.is_file]
    for entry, blob in zip(entries, case.snapshot.read(entries), strict=True):
        for found in _LFS.finditer(blob.data or b""):
            lines += _covering(found[1], dirname(entry.path))
    rules = list(parse_ignore_lines("\n".join(lines)))
    covered = IgnoreSet(rules)
    return [path for path in case.lookup.candidates(expansion, rules) if covered.excludes(path)]


def _covering(pattern: bytes, folder: str) -> Iterator[str]:
    """Lines of `.dlm/ignore` that match what a pattern of `.gitattributes` does, or more."""
    for each in parse_gitignore(pattern.strip(b'"'), folder):
        for written in alternatives(each):
            path = "/".join(part for part in written.parts)
            yield (
                f"/{folder}/{path}" if folder else path if written.parts[0] == "**" else f"/{path}"
            )
