"""Rules about which documents are there: exactly one corpus, a plain file in every clone."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote

from dlm_git.paths import OWN_CONFIG
from dlm_git.report import Finding
from dlm_git.rules.context import RuleContext, finding
from dlm_git.rules.registry import rule
from dlm_git.snapshots.entry import MAX_BLOB, Entry
from dlm_git.snapshots.snapshot import MissingPathStatus


@rule("presence")
def missing_corpus(case: RuleContext) -> Iterator[Finding]:
    """There is no `.dlm/corpus.dlm`.

    **Why.** `dlm train DIRECTORY` then asks for a base model and scaffolds a document of its own,
    so every clone trains on something else.

    **Example.** The file was written but never added, an ignore pattern such as `*.dlm` (which
    matches the directory `.dlm` too) keeps it out, or it has another name.

    **Fix.** What the help line says: `git add .dlm/corpus.dlm`, mend the ignore pattern, or make
    one with `dlm-git init`.
    """
    path = case.corpus_path
    if case.snapshot.entries(path) or _stands_for_corpus(case):
        return
    candidates = case.lookalikes or case.siblings
    if len(candidates) == 1 and case.snapshot.entries(candidates[0])[0].is_file:
        other = candidates[0]
        yield finding(
            path,
            f"no corpus document in {case.snapshot.label}, but one called '{other}'",
            f"`git mv {case.shell_path(other)} {case.shell_path(path)}`" + _or_name_it(case, other),
        )
    else:
        where = case.snapshot.explain_missing(path)
        yield finding(path, _absence(case, where), _way_back(case, where))


@rule("presence")
def ambiguous_corpus(case: RuleContext) -> Iterator[Finding]:
    """A second document stands beside the corpus document.

    **Why.** Without a `corpus.dlm` the trainer refuses to choose between several documents; with
    one, it takes that and silently leaves the others out. Names that differ only in case, in
    invisible characters or in trailing dots are one file on some machines and two on others.

    **Example.** `.dlm/corpus.dlm` and `.dlm/docs.dlm`; `.dlm/corpus.dlm` and `.DLM/Corpus.dlm`.

    **Fix.** Remove the one that is not meant, or list it under `allow` in `.dlm-git.toml` if it is
    trained on purpose with `dlm train --name docs`.
    """
    if case.snapshot.entries(case.corpus_path):
        for path in case.siblings:
            if path not in case.lookalikes:
                yield finding(
                    path,
                    f"second document beside '{case.corpus_path}'",
                    f"`git rm --cached {case.shell_path(path)}`, or list it under"
                    f" {case.config_location('allow')}",
                )
        for path in case.lookalikes:
            yield finding(
                path,
                f"some file systems take this path for '{case.corpus_path}'",
                f"`git rm --cached {case.shell_path(path)}`",
            )
    elif len(case.siblings) > 1:
        for path in case.siblings:
            yield finding(
                path,
                f"one of {len(case.siblings)} documents, none of them '{case.corpus_path}',"
                " so dlm cannot choose",
                f"`git mv {case.shell_path(path)} {case.shell_path(case.corpus_path)}`"
                " if this is the one",
            )


@rule("presence")
def nested_corpus(case: RuleContext) -> Iterator[Finding]:
    """A document stands in a `.dlm` directory below the root.

    **Why.** A repository is one training corpus. A nested `.dlm` marks a second one, and whoever
    trains in that directory gets another model.

    **Example.** `services/shop/.dlm/corpus.dlm`, from a copied project.

    **Fix.** Remove it, or list it under `allow` if the directory is a corpus of its own on purpose.
    """
    for path in dict.fromkeys(entry.path for entry in case.entries):
        directory, _, name = path.rpartition("/")
        if directory.endswith("/.dlm") and name and path not in case.config.allow:
            yield finding(
                path,
                f"a second corpus, in '{directory}'",
                f"`git rm --cached {case.shell_path(path)}`,"
                f" or list it under {case.config_location('allow')}",
            )


@rule("presence")
def irregular_corpus(case: RuleContext) -> Iterator[Finding]:
    """The corpus document is not a plain file of a size that can be judged.

    **Why.** A symbolic link, a submodule or a Git LFS pointer holds something else than a document,
    and what it leads to differs between clones.

    **Example.** `.dlm` is a link to `../common/dlm`; `*.dlm filter=lfs` in `.gitattributes`.

    **Fix.** Commit the document itself as a plain file.
    """
    path = case.corpus_path
    for entry in case.snapshot.entries(".dlm"):
        kind = "file" if entry.is_file else _kind(entry)
        yield finding(
            ".dlm", f"'.dlm' is a {kind}, not a directory", _replace_by_file(case, ".dlm")
        )
    if case.snapshot.holds_directory(path):
        yield finding(path, "the corpus document is a directory", _replace_by_file(case, path))
    for entry in case.snapshot.entries(path):
        if not entry.is_file:
            message = f"the corpus document is a {_kind(entry)}"
            yield finding(path, message, _replace_by_file(case, path))
    for other, blob in case.blobs.items():
        if blob.data is None:
            message = f"the document has {blob.size} bytes, more than {MAX_BLOB}"
            yield finding(other, message, "keep text in files of its own and name them as sources")
    content = case.blobs.get(path)
    if content and content.is_pointer:
        attributes = case.shell_path(".dlm/.gitattributes")
        yield finding(
            path,
            "the corpus document is a Git LFS pointer, so dlm reads the pointer",
            f"write '* -filter' into .dlm/.gitattributes, then `git add {attributes}` and"
            f" `git add --renormalize {case.shell_path(path)}`",
        )


@rule("presence")
def unmerged_corpus(case: RuleContext) -> Iterator[Finding]:
    """The corpus document is in conflict.

    **Why.** The index holds two or three versions of it and none that could be committed.

    **Example.** Both branches of a merge edited the list of sources.

    **Fix.** Edit the file, then `git add .dlm/corpus.dlm`.
    """
    if any(entry.stage for entry in case.snapshot.entries(case.corpus_path)):
        yield finding(
            case.corpus_path,
            "the corpus document is unmerged",
            f"edit it until it is right, then `git add {case.shell_path(case.corpus_path)}`",
        )


def _stands_for_corpus(case: RuleContext) -> bool:
    """Whether something stands in its place, of which `irregular-corpus` speaks."""
    return bool(case.snapshot.entries(".dlm") or case.snapshot.holds_directory(case.corpus_path))


def _absence(case: RuleContext, where: MissingPathStatus) -> str:
    if where.kind == "ignored":
        by = f"'{where.pattern}' at {where.source}"
        return f"the corpus document is ignored by {by}, so no clone will have it"
    return f"no corpus document in {case.snapshot.label}"


def _way_back(case: RuleContext, where: MissingPathStatus) -> str:
    path = case.shell_path(case.corpus_path)
    match where.kind:
        case "untracked":
            return f"it exists but is not tracked; `git add {path}`"
        case "ignored":
            return f"remove that pattern, or `git add --force {path}`"
        case "intent-to-add":
            return f"it is only announced (intent-to-add); `git add {path}`"
        case "left-out":
            return f"it is staged, but the commit names other paths; name {path} too"
        case "deleted":
            return f"it was deleted; `git restore --staged --worktree {path}` brings it back"
    base = next(iter(case.config.bases), "qwen2.5-coder-1.5b")
    name = "" if case.config.name == "corpus" else f" --name {quote(case.config.name)}"
    return f"`dlm-git init --base {quote(base)}{name}` makes one"


def _or_name_it(case: RuleContext, other: str) -> str:
    if other not in case.siblings:
        return ""
    name = other.removeprefix(".dlm/").removesuffix(".dlm")
    return f', or name it in {OWN_CONFIG}: name = "{name}"'


def _kind(entry: Entry) -> str:
    return "symbolic link" if entry.is_link else "submodule"


def _replace_by_file(case: RuleContext, path: str) -> str:
    return (
        f"`git rm -r --cached {case.shell_path(path)}`,"
        " and commit the document itself as a plain file"
    )
