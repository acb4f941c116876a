"""Rules about sources and documents that are missing or different in other clones."""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import normpath

from dlm_git.paths import ATTRIBUTES_FILE, is_absolute, is_utf8, join, leaves_repository
from dlm_git.report import Finding, Fix
from dlm_git.rules.context import Corpus, RuleContext
from dlm_git.rules.registry import corpus_rule, rule
from dlm_git.snapshots.entry import Entry
from dlm_git.snapshots.snapshot import Snapshot
from dlm_git.training.training_set import MAX_SOURCES, SourceFiles
from dlm_git.validation import KeyPath

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dlm_git.snapshots.conversion import Conversion


@corpus_rule("portability", fixable=True, since="0.1.0")
def absolute_source_path(context: RuleContext, corpus: Corpus) -> Iterator[Finding]:
    """A source path is absolute.

    **Why.** The path exists on one machine only. A clone refuses to train under the policy
    `strict`; under `permissive` it trains on another checkout, if there is one. The path also
    publishes the name of a home directory. The trainer's own scaffold writes such a path.

    **Example.** `path: "/home/ann/shop"`; `path: ~/shop`.

    **Fix.** Write the path relative to the repository root: `path: "."`.
    """
    for index, path in _source_paths(corpus):
        if is_absolute(path):
            relative, certain = _relative(context.snapshot, corpus.root, path)
            yield corpus.finding_at(
                _path_key(index),
                f"source path '{path}' is absolute: it exists on one machine only",
                f"write it relative to {corpus.root_name}: `path: {relative}`",
                _path_fix(corpus, index, relative, safe=certain),
            )


@corpus_rule("portability", fixable=True, since="0.1.0")
def escaping_source_path(context: RuleContext, corpus: Corpus) -> Iterator[Finding]:
    """A source path points outside the repository.

    **Why.** Source paths start at the directory that contains `.dlm/`, the repository root or that
    of a `[[corpus]]`. Under the policy `strict` the trainer refuses a path outside of it; under
    `permissive` it trains on whatever is there. Another directory of the repository is the same in
    every clone, so with `permissive` it is not reported.

    **Example.** `path: ../src`, written as if it started at `.dlm/`; a tracked symbolic link to
    `/srv/data`.

    **Fix.** Write the path from the root: `path: src`.
    """
    for index, path in _source_paths(corpus):
        tracked = context.snapshot.tracked
        if is_absolute(path) or corpus.resolve(tracked, path) is not None:
            continue
        inside = normpath("/" + path).lstrip("/")
        stays = corpus.resolve(tracked, inside) is not None  # links can lead outside
        hint, fix = f"source paths start at {corpus.root_name}", None
        if corpus.root and not leaves_repository(join(corpus.root, path)):
            hint += ", unless its sources policy is 'permissive'"
        if not corpus.leaves(path):
            hint = "a symbolic link leads there: name a tracked directory, or commit the files"
        elif stays and _is_tracked(context.snapshot, corpus.root, inside):
            hint = f"{hint}: did you mean '{inside}'?"
            fix = _path_fix(corpus, index, inside, safe=False)
        place = corpus.root_name if corpus.root else "the repository"
        message = f"source path '{path}' points outside {place}"
        yield corpus.finding_at(_path_key(index), message, hint, fix)


@corpus_rule("portability", fixable=True, since="0.1.0")
def missing_source_path(context: RuleContext, corpus: Corpus) -> Iterator[Finding]:
    """A source path is not tracked.

    **Why.** Git tracks neither empty directories nor ignored files: the path may exist for its
    author, but in every other clone the missing source stops the training.

    **Example.** `path: data`, but `data/` is ignored; a submodule, which is empty in a plain clone.

    **Fix.** Run `git add` on the files to train on, or name a tracked directory.
    """
    count = len(corpus.sources)
    if count > MAX_SOURCES:
        yield corpus.finding_at(
            _path_key(MAX_SOURCES),
            f"{count} sources, but dlm-git checks only the first {MAX_SOURCES}",
            "list the directories above them instead",
        )
    misplaced = _reported_by_wrong_globs(context, corpus)
    for index, path in _source_paths(corpus):
        if index in misplaced:
            continue
        target = corpus.resolve(context.snapshot.tracked, path)
        if target is None:  # another rule reports it
            continue
        submodule = _submodule(context.snapshot, target)
        if submodule:
            message = f"source path '{path}' is in the submodule '{submodule}'"
            hint = "name files of this repository: a plain clone does not fetch submodules"
            yield corpus.finding_at(_path_key(index), message, hint)
        elif not _exists(context.snapshot, target):
            from dlm_git.rules.source_hints import similar_path_hint  # late: for findings

            message = f"source path '{path}' is not a tracked file or directory"
            hint, similar = similar_path_hint(context.snapshot, corpus.root, path)
            fix = _path_fix(corpus, index, similar, safe=False) if similar else None
            yield corpus.finding_at(_path_key(index), message, hint, fix)


@corpus_rule("portability", since="0.1.0")
def escaping_symlink(context: RuleContext, corpus: Corpus) -> Iterator[Finding]:
    """A tracked symbolic link points outside the repository.

    **Why.** dlm follows the link and trains on its target, which differs from machine to machine.
    The policy `strict` checks only the root of each source. Patterns match the name of the link
    alone, so neither `exclude: ["data/**"]` nor `.dlm/ignore` excludes it.

    **Example.** `data/users.csv`, a link to `/srv/data/users.csv`.

    **Fix.** Remove the link, or exclude its name: `exclude: ["users.csv"]`.
    """
    for path, target in context.snapshot.tracked.links.items():
        if _is_selected(corpus, path) and context.snapshot.tracked.resolve(path) is None:
            name = path.rpartition("/")[2]
            remove = context.command(f"git rm --cached {context.shell_path(path)}")
            yield context.finding(
                path,
                f"symbolic link to '{target}', outside the repository: dlm trains on its target",
                f"{remove}, or add '{name}' to `exclude` of the source",
            )


@corpus_rule("portability", since="0.1.0")
def unreadable_source(context: RuleContext, corpus: Corpus) -> Iterator[Finding]:
    """The trainer fails while it reads a source.

    **Why.** It ends with a traceback and trains on nothing. It fails on a file whose name is not
    UTF-8, on a symbolic link to a name of more than 255 bytes, and on a directory or a
    `.dlm/training.yaml` without the permission to read it.

    **Example.** `caf\\xe9.md`, a name in Latin-1 from an old archive.

    **Fix.** Rename or exclude the file, remove the link, or correct the permissions.
    """
    for index, refusal in corpus.refusals:
        if not _is_reported(context.snapshot, corpus, refusal.path):
            yield corpus.finding_at(
                _path_key(index),
                f"dlm fails on source '{refusal.path}' and trains on nothing: {refusal.reason}",
                "remove or rename that file, or correct its permissions",
            )
    for source in corpus.lookup.sources:
        for file in source.read(_not_utf8(context.snapshot, source)):
            if file.is_fatal:
                message = "dlm fails on this file and trains on nothing: its name is not UTF-8"
                exclude = corpus.lookup.exclude_hint(source, file.path)
                hint = f"rename the file, or {exclude}, where '?' is any character"
                yield context.finding(file.path, message, hint)


def _is_reported(snapshot: Snapshot, corpus: Corpus, path: str) -> bool:
    """Return whether another rule reports the source path that the trainer refuses."""
    target = corpus.resolve(snapshot.tracked, path)
    return target is None or bool(_submodule(snapshot, target)) or not _exists(snapshot, target)


def _not_utf8(snapshot: Snapshot, source: SourceFiles) -> Iterator[str]:
    """Yield the files that the patterns include and whose path is not UTF-8."""
    if not source.files.on_disk and snapshot.is_utf8:
        return iter(())
    return source.selected_paths(path for path in source.walk.paths if not is_utf8(path))


@rule("portability", since="0.1.0")
def converted_document(context: RuleContext) -> Iterator[Finding]:
    """Git converts a document, or its configuration, at each checkout.

    **Why.** Git stores another content than the one that the trainer reads in a clone. dlm-git
    checks the stored content, and the working tree with `--worktree`. A filter also needs a program
    that each clone configures, and with `working-tree-encoding=UTF-16` the trainer refuses the
    file. `ident` matters only where the file contains `$Id$`. Line ends (`eol`, `text`) do not
    matter: the trainer accepts all of them.

    This rule checks documents, `.dlm/training.yaml`, `.dlm/ignore` and `.dlm-git.toml`. It reads
    the `.gitattributes` of the checked state, not `.git/info/attributes`.

    **Example.** `* filter=git-crypt` in `.gitattributes`; `*.dlm working-tree-encoding=UTF-16`.

    **Fix.** Unset the attribute in a `.gitattributes` beside the file: `* -filter`.
    """
    paths = [path for path in context.own_files if path in context.conversions]
    blobs = context.snapshot.read([context.own_files[path] for path in paths])
    for path, blob in zip(paths, blobs, strict=True):
        if path in context.corpora and blob.is_pointer:
            continue  # irregular-corpus reports it
        for attribute, effect in _effects(context.conversions[path], blob.data or b""):
            message = f"{effect}, so a clone has another content than Git stores"
            yield context.finding(path, message, _unset_hint(context, path, attribute))


def _effects(conversion: Conversion, data: bytes) -> Iterator[tuple[str, str]]:
    """Yield the attributes that convert a file, and what each of them does."""
    if conversion.filter:
        yield "filter", f"the filter '{conversion.filter}' converts this file"
    if conversion.encoding:
        yield "working-tree-encoding", f"a checkout encodes this file as {conversion.encoding}"
    if conversion.ident:
        from dlm_git.snapshots.conversion import expands_ident  # late: rare

        if expands_ident(data):
            yield "ident", "the attribute 'ident' expands '$Id$' in this file"


def _unset_hint(context: RuleContext, path: str, attribute: str) -> str:
    directory, _, name = path.rpartition("/")
    pattern = "*" if directory else f"/{name}"
    file = join(directory, ATTRIBUTES_FILE)
    convert = " and save the file as UTF-8" if attribute == "working-tree-encoding" else ""
    add = f"git add {context.shell_path(file)}"
    renormalize = f"git add --renormalize {context.shell_path(path)}"
    line = f"{pattern} -{attribute}"
    return f"add the line '{line}' to {file}{convert}, then `{add} && {renormalize}`"


def _source_paths(corpus: Corpus) -> Iterator[tuple[int, str]]:
    for index, source in enumerate(corpus.sources[:MAX_SOURCES]):
        yield index, source.path


def _reported_by_wrong_globs(context: RuleContext, corpus: Corpus) -> set[int]:
    """Return the indexes of the sources whose path is not the configured one."""
    from dlm_git.rules.source_pairs import misplaced_indexes  # late: few configs list sources

    expected = context.config.expected_sources
    if expected is None or "wrong-globs" in context.config.ignore:
        return set()
    return misplaced_indexes(expected, corpus.sources)


def _path_key(index: int) -> KeyPath:
    return ("training", "sources", index, "path")


def _path_fix(corpus: Corpus, index: int, path: str, *, safe: bool) -> Fix | None:
    return corpus.fixer.set_value(_path_key(index), path, safe=safe)


def _relative(snapshot: Snapshot, corpus_root: str, path: str) -> tuple[str, bool]:
    """Return an absolute path relative to the root of a corpus, and whether that is certain.

    It is certain below that root in this worktree. Otherwise the result is the longest tracked
    suffix of the path, or the root.
    """
    root, path = snapshot.root(), normpath(path.replace("\\", "/"))
    if root and corpus_root:
        root = f"{root}/{corpus_root}"
    if root and f"{path}/".startswith(f"{root}/"):
        return path[len(root) + 1 :] or ".", True
    parts = path.split("/")
    ends = ("/".join(parts[start:]) for start in range(1, len(parts)))
    return next((end for end in ends if _is_tracked(snapshot, corpus_root, end)), "."), False


def _is_tracked(snapshot: Snapshot, corpus_root: str, path: str) -> bool:
    return path not in ("", ".") and _exists(snapshot, join(corpus_root, path))


def _exists(snapshot: Snapshot, path: str) -> bool:
    return not path or bool(_entries(snapshot, path)) or snapshot.holds_directory(path)


def _submodule(snapshot: Snapshot, path: str) -> str:
    """Return the submodule that a path is or is in, or ''."""
    while path:
        if any(entry.is_submodule for entry in _entries(snapshot, path)):
            return path
        path = path.rpartition("/")[0]
    return ""


def _entries(snapshot: Snapshot, path: str) -> list[Entry]:
    # a YAML string can contain NUL, a path cannot
    return [] if "\0" in path else snapshot.entries(path)


def _is_selected(corpus: Corpus, link: str) -> bool:
    """Return whether a source contains a link and its patterns include the link's name."""
    name = link.rpartition("/")[2]
    return any(
        source.selection.includes(name, inside=False)
        for source in corpus.lookup.sources
        if f"{link}/".startswith(f"{source.root.path}/".lstrip("/"))
    )
