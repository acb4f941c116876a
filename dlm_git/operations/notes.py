"""Notes: what a check does not compare, and what it does not read."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from posixpath import normpath

from dlm_git.config.load import EffectiveConfig, resolve_config
from dlm_git.digest import new_digest
from dlm_git.errors import DlmGitError, MissingObjectError
from dlm_git.fs import read_file
from dlm_git.git.repository import (
    attributes,
    find_ignore_pattern,
    find_repository,
    hiding_flags,
)
from dlm_git.paths import (
    BASELINE,
    CONFIG_FILES,
    MISPLACED_CONFIGS,
    OWN_CONFIG,
    PYPROJECT,
    directory_config_files,
)
from dlm_git.report import Note
from dlm_git.rules.groups import quoted
from dlm_git.rules.registry import RULES
from dlm_git.snapshots.entry import MAX_BLOB, Entry
from dlm_git.snapshots.snapshot import Snapshot

_CONVERSIONS = ("filter", "ident", "working-tree-encoding")  # attributes that change contents


def config_notes(snapshot: Snapshot, effective: EffectiveConfig) -> Iterator[Note]:
    """Yield notes on the keys that are not configured, and on those that match nothing."""
    yield from _not_selected(effective)
    yield from _not_configured(effective)
    unused = [path for path in effective.config.allowed if not snapshot.entries(path)]
    if unused:
        message = f"'allow' lists {quoted(unused)}, not found in {snapshot.label}"
        hint = "correct it, relative to the root of the repository, or remove it"
        yield Note(message, hint)


def file_notes(
    snapshot: Snapshot, effective: EffectiveConfig, own_config: bool, own_baseline: bool
) -> Iterator[Note]:
    """Yield notes on files that the check does not read, in the snapshot and in the working tree.

    These are configs in places where no config is read, and for the index also changes that are
    not staged. For a revision, the working tree does not count.

    own_config: whether the config is that of the snapshot.
    own_baseline: whether the baseline is that of the snapshot.
    """
    root = "" if snapshot.revision else snapshot.root()
    if own_config:
        yield from _misplaced(snapshot, root, effective.own_files)
        yield from _linked_pyproject(snapshot, root)
    if root and snapshot.disk_files is None:
        own = (*CONFIG_FILES, *effective.own_files) if own_config else ()
        configs = (*own, *([BASELINE] if own_baseline else ()))
        allowed = [path for path in effective.config.allowed if snapshot.entries(path)]
        corpora = effective.config.corpora
        documents = (*(corpus.corpus_path for corpus in corpora), *allowed)
        others = directory_config_files([corpus.root for corpus in corpora])
        for path in dict.fromkeys((*configs, *documents, *others)):
            yield from _not_staged(snapshot, path, root)


def missing_notes(snapshot: Snapshot) -> Iterator[Note]:
    """Yield a note on contents that rules looked for, but that the repository does not have."""
    if paths := sorted(snapshot.missing):
        is_one = len(paths) == 1
        message = f"{quoted(paths)} {'is' if is_one else 'are'} not in this repository, so not read"
        yield Note(message, snapshot.missing[paths[0]], paths[0] if is_one else "")


def _not_selected(effective: EffectiveConfig) -> Iterator[Note]:
    if effective.selected:
        message = f"only {quoted(effective.selected)} ran, of {len(RULES)} rules"
        yield Note(message, "omit --select to check everything")


def _not_configured(effective: EffectiveConfig) -> Iterator[Note]:
    roots: dict[tuple[bool, bool], list[str]] = {}
    for corpus in effective.config.corpora:
        missing = not corpus.bases, corpus.expected_sources is None
        roots.setdefault(missing, []).append(corpus.root or ".")
    file = effective.config_file
    for (missing_base, missing_patterns), names in roots.items():
        of = f" for {quoted(names)}" if effective.config.corpus else ""
        if missing_base and missing_patterns:
            message = f"base model and patterns are not configured{of}, so they are not compared"
            yield Note(message, f"set 'base', 'include' and 'exclude' in {file}")
        elif missing_base:
            message = f"base model is not configured{of}, so it is not compared"
            yield Note(message, f"set 'base' in {file}", optional=True)
        elif missing_patterns:
            message = f"patterns are not configured{of}, so they are not compared"
            yield Note(message, f"set 'include' and 'exclude' in {file}", optional=True)


def _misplaced(snapshot: Snapshot, root: str, read: Sequence[str]) -> Iterator[Note]:
    tracked = [entry.path for entry in snapshot.dotfile_entries(b"dlm-git.toml\0")]
    usual = (*MISPLACED_CONFIGS, f"{snapshot.prefix}{OWN_CONFIG}") if root else ()
    found = [path for path in usual if os.path.lexists(os.path.join(root, path))]
    names = (OWN_CONFIG, "dlm-git.toml")
    configs = {path for path in (*tracked, *found) if path.rpartition("/")[2] in names}
    if paths := sorted(configs - {OWN_CONFIG, *read}):
        yield Note(
            f"{quoted(paths)} {'is' if len(paths) == 1 else 'are'} not read: the config is"
            f" '{OWN_CONFIG}' at the root of the repository",
            f"move the config to '{OWN_CONFIG}' at the root, or remove the file",
            paths[0] if len(paths) == 1 else "",
        )


def _linked_pyproject(snapshot: Snapshot, root: str) -> Iterator[Note]:
    for entry in snapshot.entries(PYPROJECT):
        if entry.is_link and _configures(_linked_content(snapshot, entry, root)):
            yield Note(
                f"'{PYPROJECT}' is a symbolic link, so its [tool.dlm-git] is not read",
                f"move the table to '{OWN_CONFIG}', without 'tool.dlm-git'",
                PYPROJECT,
            )


def _linked_content(snapshot: Snapshot, link: Entry, root: str) -> bytes:
    """Return the content that a link at the root leads to, b'' if that is not a file."""
    with suppress(MissingObjectError):
        (blob,) = snapshot.read([link])
        targets = snapshot.entries(normpath(os.fsdecode(blob.data or b"")))
        if targets and targets[0].is_file:
            (blob,) = snapshot.read(targets[:1])
            return blob.data or b""
    directory, name = os.path.split(os.path.realpath(os.path.join(root, link.path)))
    return (_content(directory, name) or b"") if root else b""


def _not_staged(snapshot: Snapshot, path: str, root: str) -> Iterator[Note]:
    entries = snapshot.entries(path)
    exists = os.path.lexists(os.path.join(root, path))
    shell_path = snapshot.shell_path(path)
    if not entries:
        if exists and _is_read(path, root):
            message = f"'{path}' is not in the index, so it is not read"
            yield Note(message, f"`{_add_ignored(path, root)} {shell_path}`", path)
    elif not entries[0].is_file or entries[0].stage:
        return  # rules report it
    elif not exists:
        from dlm_git.git.sparse import addable, outside_sparse_checkout, sparse_hint  # late: rare

        message = f"'{path}' is in the index, but not in the working tree"
        hint = f"`git restore {shell_path}`"
        if outside_sparse_checkout(find_repository(root).git, [path]):
            hint = sparse_hint(addable([path]))
        yield Note(message, hint, path)
    elif _differs(snapshot, entries[0], root):
        message = f"'{path}' has changes that are not staged, so they are not checked"
        yield Note(message, f"`{_unhide(path, root, shell_path)}git add {shell_path}`", path)


def _add_ignored(path: str, root: str) -> str:
    """Return the command that adds a file, also if Git ignores it."""
    ignored = find_ignore_pattern(find_repository(root), path)
    return "git add --force" if ignored else "git add"


def _unhide(path: str, root: str, shell_path: str) -> str:
    """Return the start of a command, so that `git add` sees the changes of a file."""
    flags = hiding_flags(find_repository(root), path)
    return "".join(f"git update-index --no-{flag} {shell_path} && " for flag in flags)


def _is_read(path: str, root: str) -> bool:
    """Return whether a check would read an untracked file if it were staged.

    A document that is not staged is a finding.
    """
    if path == PYPROJECT:
        return _configures(_content(root, path) or b"")
    return not path.endswith(".dlm")


def _differs(snapshot: Snapshot, entry: Entry, root: str) -> bool:
    """Return whether the working tree has another content than the index.

    Line ends do not count, which Git may convert. Of pyproject.toml only dlm-git's table counts.
    """
    content = _content(root, entry.path)
    if content is None:
        return True
    if entry.oid == _object_id(content, "sha1" if len(entry.oid) == 40 else "sha256"):
        return False
    (blob,) = snapshot.read([entry])
    staged = blob.data or b""
    if entry.path == PYPROJECT:
        return _settings(content) != _settings(staged)
    if content.replace(b"\r\n", b"\n") == staged.replace(b"\r\n", b"\n"):
        return False
    return not attributes(find_repository(root), entry.path, _CONVERSIONS)


def _object_id(content: bytes, algorithm: str) -> str:
    """Return the object id of a blob (gitformat-loose(5))."""
    digest = new_digest(algorithm, len(content))
    digest.update(b"blob %d\0" % len(content))
    digest.update(content)
    return digest.hexdigest()


def _content(root: str, path: str) -> bytes | None:
    """Return the content of a file in the working tree, None if it is not a readable file."""
    with suppress(DlmGitError):
        return read_file(root, path, MAX_BLOB)
    return None


def _configures(pyproject: bytes) -> bool:
    return b"dlm-git" in pyproject and _settings(pyproject) != _settings(b"")


def _settings(pyproject: bytes) -> EffectiveConfig | str:
    """Return the config in a pyproject.toml, or the error in it."""
    try:
        return resolve_config({PYPROJECT: pyproject}, {})
    except DlmGitError as error:
        return error.message
