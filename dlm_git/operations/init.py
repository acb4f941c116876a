"""Create or reuse the corpus document of a repository, and stage it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from posixpath import split

from dlm_git.config.load import Config, overrides
from dlm_git.config.template import render_config
from dlm_git.document.base_models import is_known_base
from dlm_git.document.frontmatter import Source
from dlm_git.document.parser import Document, find_id, parse_document
from dlm_git.document.template import new_id, render_document
from dlm_git.errors import DlmGitError
from dlm_git.git import write
from dlm_git.operations.configs import CheckOptions, snapshot_config
from dlm_git.operations.ignore import update_ignore_files
from dlm_git.operations.init_checks import (
    InitContext,
    InitOptions,
    check_stageable,
    check_staged,
    check_unconverted,
    check_visible,
    is_unstaged,
    load_context,
    unstaged,
)
from dlm_git.operations.init_compare import check_config, differences, dropped
from dlm_git.operations.init_corpus import list_corpora
from dlm_git.operations.init_plan import (
    hook_args,
    make_config,
    make_plan,
    make_tables,
    without_inherited,
)
from dlm_git.operations.init_review import Correction, correct_patterns, refuse, review
from dlm_git.operations.init_write import NewFile, write_files
from dlm_git.paths import OWN_CONFIG, shell_quote
from dlm_git.report import Finding
from dlm_git.snapshots.overlay import with_files
from dlm_git.values import Value


class InitResult(Value, kw_only=True):
    """The corpus document of a repository after `init`.

    path: absolute path of the document.
    root: root of its corpus, relative to that of the repository; '' for the repository's own.
    created: True if the document was written, False if an existing one was reused.
    dlm_id: its id.
    base_model: its base model.
    sources: paths of its sources.
    text: its content.
    staged: True if `init` staged it; False if it was already tracked, or after a dry run.
    config_path: absolute path of the config file that `init` writes and stages; None if it writes
        none.
    config_text: the content of that file.
    hook_args: `dlm-git check` arguments for the settings that no config file contains.
    unstaged: config file, `.dlm/ignore` files and sources that the user also has to stage.
    dropped: contents of the replaced document that the new one lacks, in words.
    previous_blob: object id of the replaced document, for `git cat-file blob`; '' if there is none.
    ignore_files: paths of the `.dlm/ignore` files that were written and staged.
    gitignore_files: paths of the `.gitignore` files that were translated.
    untranslated: patterns that the translation drops or changes, as 'FILE:LINE'.
    newly_ignored: tracked files that the translation removes from the training set.
    ignore_error: why `.gitignore` was not translated; '' if it was.
    corrections: patterns that match nothing, with their replacements in the document.
    findings: the findings that `dlm-git check` will report about the index.
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
    config_path: Path | None = None
    config_text: str = ""
    dropped: tuple[str, ...] = ()
    previous_blob: str = ""
    ignore_files: tuple[str, ...] = ()
    gitignore_files: tuple[str, ...] = ()
    untranslated: tuple[str, ...] = ()
    newly_ignored: tuple[str, ...] = ()
    ignore_error: str = ""
    corrections: tuple[Correction, ...] = ()
    findings: tuple[Finding, ...] = ()
    root: str = ""


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
    config: bool = True,
    dry_run: bool = False,
) -> InitResult:
    """Create `.dlm/corpus.dlm` at the root of a repository, or reuse it, and stage it.

    If no file configures dlm-git yet, write and stage `.dlm-git.toml` too, so that `check` enforces
    the base model, the sources policy and the patterns. In a directory below the root, create a
    corpus of its own there, and list it as `[[corpus]]` in the config.

    Arguments that are not given default to the config of the working tree. The trainer's
    rules decide which document is reused (dlm format, 4.2).

    directory: the root of the corpus; None for the root of the repository or, where the config
        lists corpora, for that of the innermost one around the current directory.
    base: base model, a key of the trainer's registry or 'hf:ORGANIZATION/NAME'.
    sources: paths to train on, relative to `directory`; none for the whole corpus.
    include: include patterns of the sources.
    exclude: exclude patterns of the sources.
    recursive: False to train only on the files directly in a source.
    name: name of the document, 'corpus' for `.dlm/corpus.dlm`.
    policy: sources policy, 'strict' or 'permissive'.
    rescaffold: replace an existing document, and keep its id.
    unlisted_base: accept a base model that is not in the trainer's registry.
    ignore: translate `.gitignore` files into `.dlm/ignore` files, and stage them.
    config: write `.dlm-git.toml`; an existing config only gets `[[corpus]]` tables at its end.
    dry_run: write nothing.

    Raises DlmGitError, with nothing written, if there is no working tree, the base model is
    missing or unknown, an existing document or config differs from the arguments, a document is
    refused by the trainer, `check` would refuse it, Git would not stage it, or it cannot be
    written.
    """
    flags = overrides(include=include, exclude=exclude, sources_policy=policy, name=name)
    context = load_context(directory, InitOptions(base, sources, recursive, flags))
    check_config(context, dry_run=dry_run)
    existing = _find_existing(context)
    path = existing or context.config.corpus_path
    if rescaffold and path != context.config.corpus_path:
        name = split(path)[1].removesuffix(".dlm")
        raise DlmGitError(
            f"--rescaffold would replace '{path}', which is not '{context.config.corpus_path}'",
            f"pass --name {shell_quote(name)} to replace it",
        )
    check_visible(context, path)
    settings = _Settings(path, unlisted_base, ignore, config, dry_run)
    if existing and not rescaffold:
        result = _reuse(context, settings)
    else:
        result = _create(context, settings, context.read(path) if existing else None)
    return _write_ignore_files(context, path, result) if ignore and not dry_run else result


class _Settings(Value):
    """How `init` writes a document.

    path: path of the document.
    unlisted_base: as in `init`.
    ignore: as in `init`.
    config: as in `init`.
    dry_run: as in `init`.
    """

    path: str
    unlisted_base: bool
    ignore: bool
    config: bool
    dry_run: bool


def _find_existing(context: InitContext) -> str | None:
    """Return the path of the document that the trainer would use, None if it would make one.

    Another document than the named one is used only for the name 'corpus', given or not.
    """
    documents = context.documents()
    if context.config.corpus_path in documents:
        return context.config.corpus_path
    if context.config.name != Config().name or not documents:
        return None
    if len(documents) > 1:
        paths = ", ".join(f"'{path}'" for path in documents)
        name = split(documents[0])[1].removesuffix(".dlm")
        raise DlmGitError(f"found several documents: {paths}", f"choose one, as in --name {name}")
    return documents[0]


def _reuse(context: InitContext, settings: _Settings) -> InitResult:
    """Stage an existing document, if it is not tracked."""
    path = settings.path
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
    stage = not context.index.entries(path)
    if stage:
        check_stageable(context, path)
    sources = frontmatter.training.sources or ()
    result = InitResult(
        path=context.root / path,
        root=context.config.root,
        created=False,
        dlm_id=frontmatter.dlm_id,
        base_model=frontmatter.base_model,
        sources=tuple(source.path for source in sources),
        text=data.decode(),
        staged=stage and not settings.dry_run,
        hook_args=(),
        unstaged=unstaged(context, [source.path for source in sources]),
    )
    known = is_known_base(frontmatter.base_model) or settings.unlisted_base
    result = _with_config(context, settings, result, sources, enforce=known)
    contents = _contents(context, settings, result)
    result = result.replace(findings=review(context, contents, path))
    if settings.dry_run:
        return result
    return _write(context, result, [], [path] if stage else [])


def _refusal(document: Document) -> str:
    """Return the reason for which the trainer refuses a document, after a colon."""
    if document.parse_error:
        return f": {document.parse_error.reason} (line {document.parse_error.span.line})"
    if document.violations:
        paths = [".".join(map(str, violation.path)) for violation in document.violations]
        return ": see " + ", ".join(f"'{path}'" for path in paths)
    return "".join(f": {violation.reason}" for violation in document.body.violations[:1])


def _create(context: InitContext, settings: _Settings, old: bytes | None) -> InitResult:
    """Write and stage a new document, or one that replaces `old`."""
    path = settings.path
    plan = make_plan(context, old, unlisted_base=settings.unlisted_base)
    check_stageable(context, path)
    dlm_id = find_id(old or b"") or new_id()
    plan, corrections = correct_patterns(context, plan, path, dlm_id)
    text = render_document(plan, dlm_id)
    if not parse_document(text.encode()).accepted:
        raise DlmGitError("dlm would refuse a document with these values", "use plain UTF-8 text")
    sources = tuple(source.path for source in plan.sources)
    result = InitResult(
        path=context.root / path,
        root=context.config.root,
        created=True,
        dlm_id=dlm_id,
        base_model=plan.base,
        sources=sources,
        text=text,
        staged=not settings.dry_run,
        hook_args=(),
        unstaged=unstaged(context, sources),
        dropped=() if old is None else dropped(old, text),
        corrections=corrections,
    )
    result = _with_config(context, settings, result, plan.sources)
    findings = review(context, _contents(context, settings, result), path)
    refuse(findings, path)
    result = result.replace(findings=findings)
    if settings.dry_run:
        return result
    if old is not None:
        result = result.replace(previous_blob=write.hash_object(context.repository, path))
    return _write(context, result, [NewFile(path, text.encode(), old)])


def _with_config(
    context: InitContext,
    settings: _Settings,
    result: InitResult,
    sources: Sequence[Source],
    *,
    enforce: bool = True,
) -> InitResult:
    """Add the config to write, and the arguments of `check` for what no config contains.

    enforce: False for a document whose base model no config may expect.
    """
    base = result.base_model if enforce else ""
    if context.added:
        return _with_tables(context, settings, result, base, sources)
    config = make_config(context, settings.path, base, sources) if settings.config else None
    if config:
        check_unconverted(context, OWN_CONFIG)
        path, text = context.root / OWN_CONFIG, render_config(without_inherited(context, config))
        result = result.replace(config_path=path, config_text=text)
    configured = config or context.configured.config
    args = hook_args(context, configured, settings.path, result.base_model, sources)
    return result.replace(hook_args=args)


def _with_tables(
    context: InitContext,
    settings: _Settings,
    result: InitResult,
    base: str,
    sources: Sequence[Source],
) -> InitResult:
    """Add the config with the `[[corpus]]` tables that it lacks."""
    if not settings.config:
        message = f"the config does not list a corpus '{context.config.root or '.'}'"
        raise DlmGitError(message, "omit --no-config, or list it as [[corpus]] first")
    file, tables = context.editable_config, make_tables(context, settings.path, base, sources)
    check_unconverted(context, file)
    old = context.read(file)
    text = render_config(Config(corpus=tables))
    if old is not None:
        check_staged(context, file)
        text = list_corpora(file, old, tables).decode()
    snapshot_config(with_files(context.working_tree, {file: text.encode()}), CheckOptions())
    return result.replace(config_path=context.root / file, config_text=text)


def _contents(context: InitContext, settings: _Settings, result: InitResult) -> dict[str, bytes]:
    """Return the contents of the files that `init` stages, by path."""
    contents = {settings.path: result.text.encode()}
    if result.config_path:
        contents[result.config_path.name] = result.config_text.encode()
    if settings.ignore:
        working_tree = with_files(context.working_tree, contents)
        with suppress(DlmGitError):  # reported when the files are to be written
            changes = update_ignore_files(working_tree, settings.path, write=False).changes
            contents |= {change.path: change.after.encode() for change in changes if change.needed}
    return contents


def _write(
    context: InitContext,
    result: InitResult,
    files: Sequence[NewFile],
    others: Sequence[str] = (),
) -> InitResult:
    """Write and stage files and the config, all or none, and stage other paths with them."""
    if not result.config_path:
        write_files(context, files, others)
        return result
    name = result.config_path.name
    old = context.read(name) if context.added else None
    config = NewFile(name, result.config_text.encode(), old, optional=not context.added)
    written = write_files(context, [*files, config], others)
    return result if name in written else result.replace(config_path=None, config_text="")


def _write_ignore_files(context: InitContext, path: str, result: InitResult) -> InitResult:
    """Write and stage the `.dlm/ignore` files of a document; an error does not undo `init`."""
    try:
        planned = update_ignore_files(context.working_tree, path, write=False)
        ignore_files = tuple(change.path for change in planned.changes if change.needed)
        for ignore_file in ignore_files:
            check_unconverted(context, ignore_file)
        translation = update_ignore_files(context.working_tree, path)
        for ignore_file in ignore_files:
            write.add(context.repository, ignore_file)
        written = [c.path for c in translation.changes if c.before is not None and not c.needed]
        earlier = [path for path in written if is_unstaged(context, path)]
    except DlmGitError as error:
        return result.replace(ignore_error=f"{error.message}: {error.hint}")
    return result.replace(
        unstaged=(*result.unstaged, *earlier),
        ignore_files=ignore_files,
        gitignore_files=translation.gitignore_files,
        untranslated=tuple(pattern.source for pattern in translation.untranslated),
        newly_ignored=translation.newly_ignored,
    )
