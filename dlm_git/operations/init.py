"""Create or reuse the corpus document of a repository, and stage it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from posixpath import split

from dlm_git.config.load import overrides
from dlm_git.document.parser import Document, find_id, parse_document
from dlm_git.document.template import new_id, render_document
from dlm_git.errors import DlmGitError
from dlm_git.fs import create_file, replace_file
from dlm_git.git import write
from dlm_git.operations.ignore import update_ignore_files
from dlm_git.operations.init_checks import (
    InitContext,
    InitOptions,
    check_stageable,
    check_visible,
    load_context,
    unstaged,
)
from dlm_git.operations.init_compare import differences, dropped
from dlm_git.operations.init_plan import hook_args, make_plan


@dataclass(frozen=True, slots=True, kw_only=True)
class InitResult:
    """The corpus document of a repository after `init`.

    path: absolute path of the document.
    created: True if the document was written, False if an existing one was reused.
    dlm_id: its id.
    base_model: its base model.
    sources: paths of its sources.
    text: its content.
    staged: True if `init` staged it; False if it was already tracked, or after a dry run.
    hook_args: `dlm-git check` arguments for the settings that no config file contains.
    unstaged: config file and sources that the user also has to stage.
    dropped: contents of the replaced document that the new one lacks, in words.
    previous_blob: object id of the replaced document, for `git cat-file blob`; '' if there is none.
    ignore_files: paths of the `.dlm/ignore` files that were written and staged.
    gitignore_files: paths of the `.gitignore` files that were translated.
    untranslated: patterns that the translation drops or changes, as 'FILE:LINE'.
    newly_ignored: tracked files that the translation removes from the training set.
    ignore_error: why `.gitignore` was not translated; '' if it was.
    """

    path: Path
    created: bool
    dlm_id: str
    base_model: str
    sources: tuple[str, ...]
    text: str
    staged: bool
    hook_args: tuple[str, ...]
    unstaged: tuple[str, ...]
    dropped: tuple[str, ...] = ()
    previous_blob: str = ""
    ignore_files: tuple[str, ...] = ()
    gitignore_files: tuple[str, ...] = ()
    untranslated: tuple[str, ...] = ()
    newly_ignored: tuple[str, ...] = ()
    ignore_error: str = ""


def init(
    directory: str | os.PathLike[str] | None = None,
    *,
    base: str | None = None,
    sources: Sequence[str] = (),
    include: Sequence[str] | None = None,
    exclude: Sequence[str] | None = None,
    recursive: bool = True,
    name: str | None = None,
    policy: str | None = None,
    rescaffold: bool = False,
    unlisted_base: bool = False,
    ignore: bool = True,
    dry_run: bool = False,
) -> InitResult:
    """Create `.dlm/corpus.dlm` at the root of a repository, or reuse it, and stage it.

    Arguments that are not given take their values from the config of the working tree. A document
    is reused by the rules of the trainer (dlm format, 4.2).

    directory: a directory of the working tree; None for the current one.
    base: base model, a key of the trainer's registry or 'hf:ORGANIZATION/NAME'.
    sources: paths to train on, relative to `directory`; none for the whole repository.
    include: include patterns of the sources.
    exclude: exclude patterns of the sources.
    recursive: False to train only on the files directly in a source.
    name: name of the document, 'corpus' for `.dlm/corpus.dlm`.
    policy: sources policy, 'strict' or 'permissive'.
    rescaffold: replace an existing document, and keep its id.
    unlisted_base: accept a base model that is not in the trainer's registry.
    ignore: translate `.gitignore` files into `.dlm/ignore` files, and stage them.
    dry_run: write nothing.

    Raises DlmGitError, with nothing written, if there is no working tree, the base model is
    missing or unknown, an existing document differs from the arguments or is refused by the
    trainer, Git would not stage the document, or it cannot be written.
    """
    flags = overrides(include=include, exclude=exclude, sources_policy=policy, name=name)
    context = load_context(directory, InitOptions(base, sources, recursive, flags))
    existing = _find_existing(context)
    path = existing or context.config.corpus
    check_visible(context, path)
    if existing and not rescaffold:
        result = _reuse(context, path, dry_run=dry_run)
    else:
        old = context.read(path) if existing else None
        result = _create(context, path, old, unlisted_base=unlisted_base, dry_run=dry_run)
    return _write_ignore_files(context, path, result) if ignore and not dry_run else result


def _find_existing(context: InitContext) -> str | None:
    """Return the path of the document that the trainer would use, None if it would make one."""
    documents = context.documents()
    if context.config.corpus in documents:
        return context.config.corpus
    if context.effective.origins["name"] != "default" or not documents:
        return None
    if len(documents) > 1:
        paths = ", ".join(f"'{path}'" for path in documents)
        name = split(documents[0])[1].removesuffix(".dlm")
        raise DlmGitError(f"found several documents: {paths}", f"choose one, as in --name {name}")
    return documents[0]


def _reuse(context: InitContext, path: str, *, dry_run: bool) -> InitResult:
    """Stage an existing document, if it is not tracked."""
    data = context.read(path) or b""
    document = parse_document(data)
    frontmatter = document.frontmatter
    if not frontmatter or not document.accepted:
        message = f"'{path}' already exists, but dlm refuses it{_refusal(document)}"
        raise DlmGitError(message, "fix it, or replace it with --rescaffold")
    different = differences(context, frontmatter)
    if different:
        found = ", ".join(f"{name} {value!r}" for name, value, _ in different)
        requested = ", ".join(f"{name} {value!r}" for name, _, value in different)
        raise DlmGitError(
            f"'{path}' already exists with {found}; you asked for {requested}",
            "edit it, or replace it with --rescaffold",
        )
    stage = not (dry_run or context.index.entries(path))
    if stage:
        check_stageable(context, path)
        write.add(context.repository, path)
    sources = tuple(source.path for source in frontmatter.training.sources or ())
    return InitResult(
        path=context.root / path,
        created=False,
        dlm_id=frontmatter.dlm_id,
        base_model=frontmatter.base_model,
        sources=sources,
        text=data.decode(),
        staged=stage,
        hook_args=hook_args(context, path, frontmatter.base_model, sources),
        unstaged=unstaged(context, sources),
    )


def _refusal(document: Document) -> str:
    """Return the reason for which the trainer refuses a document, after a colon."""
    if document.parse_error:
        return f": {document.parse_error.reason} (line {document.parse_error.span.line})"
    if document.violations:
        paths = [".".join(map(str, violation.path)) for violation in document.violations]
        return ": see " + ", ".join(f"'{path}'" for path in paths)
    return "".join(f": {violation.reason}" for violation in document.body.violations[:1])


def _create(
    context: InitContext, path: str, old: bytes | None, *, unlisted_base: bool, dry_run: bool
) -> InitResult:
    """Write and stage a new document, or one that replaces `old`."""
    plan = make_plan(context, old, unlisted_base=unlisted_base)
    check_stageable(context, path)
    dlm_id = find_id(old or b"") or new_id()
    text = render_document(plan, dlm_id)
    if not parse_document(text.encode()).accepted:
        raise DlmGitError("dlm would refuse a document with these values", "use plain UTF-8 text")
    previous_blob = "" if dry_run else _write(context, path, text, old)
    sources = tuple(source.path for source in plan.sources)
    return InitResult(
        path=context.root / path,
        created=True,
        dlm_id=dlm_id,
        base_model=plan.base,
        sources=sources,
        text=text,
        staged=not dry_run,
        hook_args=hook_args(context, path, plan.base, sources),
        unstaged=unstaged(context, sources),
        dropped=() if old is None else dropped(old, text),
        previous_blob=previous_blob,
    )


def _write(context: InitContext, path: str, text: str, old: bytes | None) -> str:
    """Write and stage the document; return the object id of the replaced one."""
    root, (folder, name) = str(context.root), split(path)
    previous_blob = ""
    if old is not None:
        previous_blob = write.hash_object(context.repository, path)
        replace_file(root, folder, name, text.encode())
    elif not create_file(root, folder, name, text.encode()):
        message = f"'{path}' was written by another process"
        raise DlmGitError(message, "run the command again to reuse it")
    write.add(context.repository, path)
    return previous_blob


def _write_ignore_files(context: InitContext, path: str, result: InitResult) -> InitResult:
    """Write and stage the `.dlm/ignore` files of a document; an error does not undo `init`."""
    try:
        translation = update_ignore_files(context.working_tree, path)
        ignore_files = tuple(change.path for change in translation.changes if change.needed)
        for ignore_file in ignore_files:
            write.add(context.repository, ignore_file)
    except DlmGitError as error:
        return replace(result, ignore_error=f"{error.message}: {error.hint}")
    return replace(
        result,
        ignore_files=ignore_files,
        gitignore_files=translation.gitignore_files,
        untranslated=tuple(pattern.source for pattern in translation.untranslated),
        newly_ignored=translation.newly_ignored,
    )
