"""The errand of scaffolding: make or reuse a repository's corpus document, and stage it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from posixpath import normpath

from dlm_git.config.load import Config, overrides
from dlm_git.document import parser, template
from dlm_git.document.base_models import is_known_base, suggest_base
from dlm_git.document.frontmatter import Frontmatter, Source
from dlm_git.document.parser import Document, find_id
from dlm_git.errors import DlmGitError
from dlm_git.fs import create_file, replace_file
from dlm_git.git import write
from dlm_git.operations import ignore as carrying
from dlm_git.operations.init_checks import (
    FOLDER,
    InitContext,
    InitOptions,
    check_stageable,
    check_visible,
    load_context,
    relative_source,
    unstaged,
)


@dataclass(frozen=True, slots=True)
class InitResult:
    """The corpus document of a repository: `path`, whether it was `scaffolded` or reused, its id.

    `text` is its content; `plan` what it was scaffolded from; `staged` whether it was staged now.
    `hook_args` are the flags by which `dlm-git check` expects what it says, as far as no config
    file does; `unstaged` the paths that it rests on and that are still to be added. `dropped` is
    what a rescaffolded document said and no longer says, `kept` the object id of the old one, which
    `git cat-file blob` prints. `carried` tells of the ignore rules, `not_carried` why not.
    """

    path: Path
    scaffolded: bool
    dlm_id: str
    text: str
    plan: template.Plan | None = None
    staged: bool = False
    hook_args: tuple[str, ...] = ()
    unstaged: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    kept: str = ""
    carried: carrying.IgnoreResult | None = None
    not_carried: str = ""


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
    """Make `.dlm/corpus.dlm` at the root of the worktree around `directory`, and stage it.

    An existing document is reused, by the trainer's rules (dlm format, 4.2); with `rescaffold` it
    is written anew and keeps its id. What is not given comes from the config in the worktree.
    `sources` are paths as seen from `directory`. With `ignore` the repository's ignore rules are
    carried over to `.dlm/ignore`, which is staged too. With `dry_run` nothing is written.

    Raises CannotCheck, with nothing written, where there is no worktree, the base model is unknown
    (unless `unlisted_base`), the arguments disagree with the document that is there, Git would not
    take the file, or the disk does not.
    """
    flags = overrides(include=include, exclude=exclude, sources_policy=policy, name=name)
    ground = load_context(directory, InitOptions(base, sources, recursive, flags))
    taken = _taken(ground)
    name = taken or ground.name
    check_visible(ground, name)
    if taken and not rescaffold:
        return _carried(ground, name, _reuse(ground, name, dry_run), ignore and not dry_run)
    old = ground.read(name) if taken else None
    plan = _plan(ground, old)
    if not (unlisted_base or is_known_base(plan.base)):
        raise _unknown_base(plan.base)
    check_stageable(ground, name)
    result = _scaffold(ground, name, plan, old, dry_run)
    return _carried(ground, name, result, ignore and not dry_run)


def _carried(ground: InitContext, name: str, result: InitResult, wanted: bool) -> InitResult:
    """The result, with the ignore rules carried over; the document stands if they cannot be."""
    if not wanted:
        return result
    try:
        carried = carrying.update_ignore_files(ground.repository, f"{FOLDER}/{name}")
        for change in carried.changes:
            if change.stale:
                write.add(ground.repository, change.path)
    except DlmGitError as error:
        return replace(result, not_carried=f"{error.message}: {error.hint}")
    return replace(result, carried=carried)


def _taken(ground: InitContext) -> str | None:
    """The name of the document that the trainer would take, if it would take one."""
    existing = ground.documents()
    if ground.name in existing:
        return ground.name
    if ground.effective.origins["name"] != "default" or not existing:
        return None
    if len(existing) > 1:
        listed = ", ".join(f"'{FOLDER}/{name}'" for name in existing)
        stem = existing[0].removesuffix(".dlm")
        raise DlmGitError(f"there are several documents: {listed}", f"choose one: --name {stem}")
    return existing[0]


def _reuse(ground: InitContext, name: str, dry_run: bool) -> InitResult:
    path = f"{FOLDER}/{name}"
    data = ground.read(name) or b""
    found = parser.parse_document(data)
    if not found.frontmatter or not found.accepted:
        raise DlmGitError(
            f"'{path}' is there, but dlm refuses it{_why(found)}",
            "mend it, or write it anew with --rescaffold",
        )
    differences = difference(found.frontmatter, _wanted(ground))
    if differences:
        raise DlmGitError(
            f"'{path}' is there and says otherwise: {'; '.join(differences)}",
            "edit it, or write it anew with --rescaffold",
        )
    tracked = bool(ground.index.entries(path))
    declared = [source.path for source in found.frontmatter.training.sources or ()]
    if not (tracked or dry_run):
        check_stageable(ground, name)
        write.add(ground.repository, path)
    return InitResult(
        ground.root / path,
        scaffolded=False,
        dlm_id=found.frontmatter.dlm_id,
        text=data.decode(),
        staged=not (tracked or dry_run),
        hook_args=_hook_args(ground, name, found.frontmatter.base_model, declared),
        unstaged=unstaged(ground, declared),
    )


def _wanted(ground: InitContext) -> dict[str, object]:
    """What the arguments alone ask of a document."""
    asked = ground.asked
    wanted = {
        "base": asked.base,
        "policy": asked.flags.get("sources-policy"),
        "include": asked.include,
        "exclude": asked.flags.get("exclude"),
        "sources": [relative_source(ground, path) for path in asked.sources] or None,
    }
    return {key: value for key, value in wanted.items() if value is not None}


def _why(found: Document) -> str:
    if found.parse_error:
        return f": {found.parse_error.reason} (line {found.parse_error.span.line})"
    if found.violations:
        keys = ", ".join(f"'{'.'.join(map(str, fault.path))}'" for fault in found.violations)
        return f": see {keys}"
    return "".join(f": {fault.reason}" for fault in found.body.violations[:1])


def _plan(ground: InitContext, old: bytes | None) -> template.Plan:
    asked, expected = ground.asked, ground.config
    everything = ("**/*",) if asked.recursive else ("*",)
    if expected.sources is not None and not asked.sources:
        sources = [_source(s.path, s.include, s.exclude, everything) for s in expected.sources]
    else:
        include = expected.include
        if not asked.recursive and not ground.is_flag("include"):
            include = everything  # a flag goes before a config file
        paths = dict.fromkeys([relative_source(ground, path) for path in asked.sources] or ["."])
        sources = [_source(path, include, expected.exclude, everything) for path in paths]
    return template.Plan(asked.base or _base(expected, old), sources, expected.sources_policy)


def _source(
    path: str,
    include: tuple[str, ...] | None,
    exclude: tuple[str, ...] | None,
    everything: tuple[str, ...],
) -> Source:
    return Source(
        path=path, include=everything if include is None else include, exclude=exclude or ()
    )


def _base(expected: Config, old: bytes | None) -> str:
    if len(expected.bases) == 1:
        return expected.bases[0]
    before = parser.parse_document(old).frontmatter if old else None
    if before and (not expected.bases or before.base_model in expected.bases):
        return before.base_model
    choice = expected.bases or ("qwen2.5-coder-1.5b", "smollm2-135m", "hf:ORGANISATION/NAME")
    listed = ", ".join(f"'{base}'" for base in choice)
    raise DlmGitError("a new document needs a base model", f"pass --base, such as {listed}")


def _unknown_base(base: str) -> DlmGitError:
    meant = suggest_base(base)
    hint = f"did you mean '{meant}'? " if meant else ""
    return DlmGitError(
        f"base model '{base}' is not one that dlm knows",
        f"{hint}'hf:ORGANISATION/NAME' names one of the hub, --unlisted-base takes any",
    )


def _scaffold(
    ground: InitContext, name: str, plan: template.Plan, old: bytes | None, dry_run: bool
) -> InitResult:
    path = f"{FOLDER}/{name}"
    dlm_id = find_id(old or b"") or template.new_id()
    text = template.render_document(plan, dlm_id)
    data = text.encode()
    if not parser.parse_document(data).accepted:
        raise DlmGitError("a document with these values would not be read back", "give it UTF-8")
    kept = "" if dry_run else _write(ground, name, data, old)
    declared = [source.path for source in plan.sources]
    return InitResult(
        ground.root / path,
        scaffolded=True,
        dlm_id=dlm_id,
        text=text,
        plan=plan,
        staged=not dry_run,
        hook_args=_hook_args(ground, name, plan.base, declared),
        unstaged=unstaged(ground, declared),
        dropped=dropped(old, text) if old is not None else (),
        kept=kept,
    )


def _write(ground: InitContext, name: str, data: bytes, old: bytes | None) -> str:
    """Write and stage the document; gives the object id under which an old one is kept."""
    path, kept = f"{FOLDER}/{name}", ""
    if old is not None:
        kept = write.hash_object(ground.repository, path)
        replace_file(str(ground.root), FOLDER, name, data)
    elif not create_file(str(ground.root), FOLDER, name, data):
        raise DlmGitError(f"somebody else has just written '{path}'", "run it again to reuse it")
    write.add(ground.repository, path)
    return kept


def _hook_args(
    ground: InitContext, name: str, base: str, sources: Sequence[str]
) -> tuple[str, ...]:
    """The flags of `check` that say what no config file says."""
    args = [] if base in ground.config.bases else ["--base", base]
    if not is_known_base(base):
        args += ["--ignore", "unknown-base=it is not in the registry of dlm"]
    for key in ("include", "exclude"):
        if ground.is_flag(key) and list(sources) == ["."]:  # `check` has flags for this source only
            globs = getattr(ground.config, key)
            args += [word for glob in globs for word in (f"--{key}", glob)]
    if ground.is_flag("sources-policy"):
        args += ["--policy", ground.config.sources_policy]
    if ground.is_flag("name"):
        beside = [f"{FOLDER}/{other}" for other in ground.documents() if other != name]
        if beside == [f"{FOLDER}/corpus.dlm"]:  # a further document, not another corpus
            args += ["--allow", f"{FOLDER}/{name}"]
        else:
            args += ["--name", ground.config.name]
            args += [word for other in beside for word in ("--allow", other)]
    return tuple(args)


def difference(frontmatter: Frontmatter, wanted: Mapping[str, object]) -> list[str]:
    """In what a document is not what is wanted: any of base, policy, sources, include, exclude."""
    declared = frontmatter.training.sources or ()
    have: dict[str, object] = {
        "base": frontmatter.base_model,
        "policy": frontmatter.training.sources_policy,
        "sources": sorted({normpath(source.path) for source in declared}),
        "include": sorted({glob for source in declared for glob in source.include}),
        "exclude": sorted({glob for source in declared for glob in source.exclude}),
    }
    want = {k: sorted(set(v)) if isinstance(v, list | tuple) else v for k, v in wanted.items()}
    return [f"{key} is {have[key]!r}, not {want[key]!r}" for key in want if want[key] != have[key]]


def dropped(old: bytes, new: str) -> tuple[str, ...]:
    """What an old document says and the one in its place does not."""
    before, after = parser.parse_document(old), parser.parse_document(new.encode())
    told = [] if find_id(old) else ["its id, which cannot be read"]
    if before.parse_error:
        return (*told, "all it said: it did not parse")
    told += [f"'{key}'" for key in sorted(_keys(before) - _keys(after))]
    count = len(before.body.sections)
    if count and _contents(before) != _contents(after):
        told.append(f"the body of {count} section{'s' if count > 1 else ''}")
    return tuple(told)


def _contents(parsed: parser.Document) -> list[str]:
    return [section.content for section in parsed.body.sections]


def _keys(parsed: parser.Document) -> set[str]:
    value = parsed.tree.value if parsed.tree else None
    if not isinstance(value, dict):
        return set()
    training = value.get("training")
    inner = {f"training.{key}" for key in training} if isinstance(training, dict) else set()
    return {str(key) for key in value} | inner
