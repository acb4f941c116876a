"""Rules about which documents exist: one corpus document, a regular file in every clone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from posixpath import basename, dirname

from dlm_git.paths import ATTRIBUTES_FILE, document_root, is_text, join, parents, shell_quote
from dlm_git.report import Finding
from dlm_git.rules.context import RuleContext
from dlm_git.rules.registry import rule
from dlm_git.snapshots.entry import MAX_BLOB, Entry
from dlm_git.snapshots.snapshot import MissingPathStatus


@rule("presence", each_corpus=True, since="0.1.0")
def missing_corpus(context: RuleContext) -> Iterator[Finding]:
    """There is no `.dlm/corpus.dlm`.

    **Why.** Without one, `dlm train DIRECTORY` asks for a base model and writes a document of its
    own, so every clone trains on something else.

    **Example.** The file was never added; an ignore pattern such as `*.dlm`, which also matches the
    directory `.dlm`, excludes it; it has another name.

    **Fix.** Run `git add .dlm/corpus.dlm`, correct the ignore pattern, or create the document with
    `dlm-git init`.
    """
    path = context.corpus_path
    if context.snapshot.entries(path) or _has_irregular_corpus(context):
        return
    others = _lookalikes(context) or _siblings(context)
    if len(others) == 1 and context.snapshot.entries(others[0])[0].is_file:
        message = f"expected the corpus document '{path}', found '{others[0]}'"
        yield context.finding(path, message, _rename_hint(context, others[0]))
    else:
        status = context.snapshot.explain_missing(path)
        yield context.finding(
            path, _missing_message(context, status), _missing_hint(context, status)
        )


@rule("presence", each_corpus=True, since="0.1.0")
def ambiguous_corpus(context: RuleContext) -> Iterator[Finding]:
    """There is a second document beside the corpus document.

    **Why.** The trainer reads `corpus.dlm` and silently ignores the others; without a `corpus.dlm`
    it refuses to choose. Names that differ only in case, in invisible characters or in trailing
    dots are one file on some machines and two on others.

    **Example.** `.dlm/corpus.dlm` and `.dlm/docs.dlm`; `.dlm/corpus.dlm` and `.DLM/Corpus.dlm`.

    **Fix.** Remove the document that you do not need. If you train it on purpose, with
    `dlm train --name docs`, list it under `allow` in `.dlm-git.toml`.
    """
    siblings = _siblings(context)
    if not context.snapshot.entries(context.corpus_path):
        yield from _without_corpus(context, siblings)
        return
    lookalikes = _lookalikes(context)
    for path in siblings:
        if path not in lookalikes:
            message = f"a second document beside '{context.corpus_path}'"
            yield context.finding(path, message, _remove_or_allow(context, path))
    for path in lookalikes:
        message = f"the same file as '{context.corpus_path}' on some file systems"
        yield context.finding(path, message, _remove_hint(context, path))


@rule("presence", since="0.1.0")
def nested_corpus(context: RuleContext) -> Iterator[Finding]:
    """There is a document in a `.dlm` directory below the root.

    **Why.** A repository is one training corpus, unless the config lists several. A nested `.dlm`
    directory starts another one: `dlm train` in that directory trains a different model.

    **Example.** `services/shop/.dlm/corpus.dlm`, from a copied project.

    **Fix.** Remove it. If the directory is a corpus of its own, `dlm-git init services/shop` lists
    it as `[[corpus]]` in `.dlm-git.toml`, and each rule checks it. A document under `allow` is not
    compared with the config, except for its base model.
    """
    roots = {*map(document_root, context.corpora)}
    for path in dict.fromkeys(entry.path for entry in context.entries):
        directory = dirname(path)
        is_nested = f"/{directory}".endswith("/.dlm") and document_root(path) not in roots
        if is_nested and path not in context.config.allowed:
            several = context.are_listed
            message = f"a {'' if several else 'second '}corpus document, in '{directory}'"
            message += ", which the config does not list" if several else ""
            hint = _remove_or_allow(context, path)
            yield context.finding(path, message, hint + _or_list(context, document_root(path)))


@rule("presence", each_corpus=True, since="0.1.0")
def irregular_corpus(context: RuleContext) -> Iterator[Finding]:
    """The corpus document is not a regular file, or is too large to check.

    **Why.** A symbolic link, a submodule or a Git LFS pointer does not contain the document, and
    its target differs between clones.

    **Example.** `.dlm` is a link to `../common/dlm`; `*.dlm filter=lfs` in `.gitattributes`; the
    root of a `[[corpus]]` is a submodule.

    **Fix.** Commit the document itself, as a regular file.
    """
    path = context.corpus_path
    for entry in _in_place_of_directory(context):
        message = f"'{entry.path}' is a {_kind(entry)}, not a directory"
        hint = _replace_hint(context, entry.path)
        if entry.path != context.config.directory:
            hint = f"list a directory of this repository as {context.key_in_file('root')}"
        yield context.finding(entry.path, message, hint)
    if context.snapshot.holds_directory(path):
        message = "the corpus document is a directory"
        yield context.finding(path, message, _replace_hint(context, path))
    for entry in context.snapshot.entries(path):
        if not entry.is_file:
            message = f"the corpus document is a {_kind(entry)}"
            yield context.finding(path, message, _replace_hint(context, path))
    yield from _too_large(context)
    yield from _lfs_pointer(context)


@rule("presence", each_corpus=True, since="0.1.0")
def unmerged_corpus(context: RuleContext) -> Iterator[Finding]:
    """The corpus document has a merge conflict.

    **Why.** The index holds two or three versions of it, and Git cannot commit any of them.

    **Example.** Both branches of a merge edited the list of sources.

    **Fix.** Resolve the conflict in the file, then run `git add .dlm/corpus.dlm`.
    """
    path = context.corpus_path
    if any(entry.stage for entry in context.snapshot.entries(path)):
        hint = f"resolve the conflict, then `git add {context.shell_path(path)}`"
        yield context.finding(path, "the corpus document is unmerged", hint)


def _siblings(context: RuleContext) -> list[str]:
    """Return the documents beside the corpus document (dlm format, 4.2) that are not allowed."""
    allowed = {context.corpus_path, *context.config.allowed}
    paths = dict.fromkeys(entry.path for entry in context.entries)
    directory = context.config.directory
    return [p for p in paths if p.endswith(".dlm") and dirname(p) == directory and p not in allowed]


def _lookalikes(context: RuleContext) -> list[str]:
    """Return the paths that some file systems confuse with that of the corpus document."""
    corpus = _folded(context.corpus_path)
    paths = dict.fromkeys(entry.path for entry in _unusual_entries(context))
    return [path for path in paths if path != context.corpus_path and _folded(path) == corpus]


def _unusual_entries(context: RuleContext) -> Iterator[Entry]:
    """Yield the entries of a corpus in a directory whose name may fold to `.dlm`, and others."""
    if context.config.root:
        return context.snapshot.dotfile_entries(b"\t" + os.fsencode(f"{context.config.root}/"))
    directories = {*context.snapshot.unusual_first_components()} - {b".dlm"}
    if any(_folded(os.fsdecode(name)).startswith(".dlm") for name in directories):
        # only a dot and characters beyond ASCII fold to a dot
        return context.snapshot.matching_prefix(rb"[.\x80-\xff]")
    return context.snapshot.dotfile_entries(b"\t.dlm")


def _folded(path: str) -> str:
    """Return a path as the least distinguishing file system sees it."""
    if not path.isascii():
        from unicodedata import category, normalize  # late: rare

        path = "".join(char for char in normalize("NFKC", path) if category(char) != "Cf")
    parts = path.casefold().replace("\\", "/").split("/")
    return "/".join(part.partition(":")[0].rstrip(" .") for part in parts)


def _without_corpus(context: RuleContext, documents: list[str]) -> Iterator[Finding]:
    """Report each of several documents, none of them the corpus document."""
    if len(documents) < 2:
        return
    corpus = context.corpus_path
    message = f"one of {len(documents)} documents, none of them '{corpus}': dlm cannot choose"
    for path in documents:
        move = f"git mv {context.shell_path(path)} {context.shell_path(corpus)}"
        hint = f"if this is the corpus document, {context.command(move)}"
        yield context.finding(path, message, hint)


def _has_irregular_corpus(context: RuleContext) -> bool:
    """Return whether `irregular-corpus` reports what is in place of the corpus document."""
    snapshot = context.snapshot
    in_place = next(_in_place_of_directory(context), None)
    return in_place is not None or snapshot.holds_directory(context.corpus_path)


def _in_place_of_directory(context: RuleContext) -> Iterator[Entry]:
    """Yield the entries in place of the directory of the corpus document, or of one around it."""
    directory = context.config.directory
    for path in (directory, *parents(directory)):
        yield from context.snapshot.entries(path)


def _missing_message(context: RuleContext, status: MissingPathStatus) -> str:
    if status.kind == "ignored":
        pattern = f"'{status.pattern}' ({status.source})"
        return f"the corpus document is ignored by {pattern}, so clones do not have it"
    return f"no corpus document in {context.snapshot.label}"


def _missing_hint(context: RuleContext, status: MissingPathStatus) -> str:
    path, folder = map(context.shell_path, (context.corpus_path, context.config.directory))
    match status.kind:
        case "untracked":
            return f"the file exists but is not tracked: `git add {path}`"
        case "ignored":
            return f"remove the pattern, or `git add --force {path}`"
        case "intent-to-add":
            return f"only its name was added (`--intent-to-add`): `git add {path}`"
        case "left-out":
            return f"the file is staged, but not part of this commit: add {path} to its paths"
        case "sparse":
            return f"it is outside of the sparse checkout: `git sparse-checkout add {folder}`"
        case "deleted":
            return f"the file was deleted: `git restore --staged --worktree {path}`"
    if context.snapshot.revision and not context.snapshot.label.endswith("(HEAD)"):
        log = f"`git log --all --oneline -- {path}` lists those that have it"
        return f"add the document in a later commit; {log}"
    base = next(iter(context.config.bases), "qwen2.5-coder-1.5b")
    name = "" if context.config.name == "corpus" else f" --name {shell_quote(context.config.name)}"
    root = f" {context.shell_path(context.config.root or '.')}" if context.are_listed else ""
    return f"create one: {context.command(f'dlm-git init{root} --base {shell_quote(base)}{name}')}"


def _rename_hint(context: RuleContext, other: str) -> str:
    from dlm_git.document.yaml_text import double_quoted  # late: for findings

    paths = f"{context.shell_path(other)} {context.shell_path(context.corpus_path)}"
    hint = context.command(f"git mv {paths}")
    name = basename(other).removesuffix(".dlm")
    if other not in _siblings(context) or not is_text(name):
        return hint
    return f"{hint}, or set {context.config_location('name')} to {double_quoted(name)}"


def _remove_hint(context: RuleContext, path: str) -> str:
    return context.command(f"git rm --cached {context.shell_path(path)}")


def _or_list(context: RuleContext, root: str) -> str:
    """Return the end of a hint: how to list the directory of a document as a corpus."""
    if not is_text(root):
        return ""
    init = context.command(f"dlm-git init {context.shell_path(root or '.')}")
    return f"; for a corpus of its own, {init} lists it as [[corpus]]"


def _remove_or_allow(context: RuleContext, path: str) -> str:
    remove, allow = _remove_hint(context, path), context.allow_hint(path)
    return f"{remove}, or {allow}" if allow else remove


def _replace_hint(context: RuleContext, path: str) -> str:
    remove = context.command(f"git rm -r --cached {context.shell_path(path)}")
    return f"{remove}, then commit the document itself as a regular file"


def _kind(entry: Entry) -> str:
    if entry.is_file:
        return "file"
    return "symbolic link" if entry.is_link else "submodule"


def _too_large(context: RuleContext) -> Iterator[Finding]:
    for path, blob in context.blobs.items():
        if blob.data is None:
            message = f"the document has {blob.size} bytes, more than the limit of {MAX_BLOB}"
            hint = "move text into separate files and list them under `training.sources`"
            yield context.finding(path, message, hint)


def _lfs_pointer(context: RuleContext) -> Iterator[Finding]:
    path = context.corpus_path
    blob = context.blobs.get(path)
    if blob and blob.is_pointer:
        file = join(context.config.directory, ATTRIBUTES_FILE)
        attributes = context.shell_path(file)
        add = f"git add {attributes} && git add --renormalize {context.shell_path(path)}"
        yield context.finding(
            path,
            "the corpus document is a Git LFS pointer: dlm reads the pointer, not the document",
            f"add the line `* -filter` to {file}, then {context.command(add)}",
        )
