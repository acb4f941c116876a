"""The errand of scaffolding: make or reuse a repository's corpus document, and stage it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from dlm_git import bases, checking, config, document, edit, plumbing, porcelain, scaffold, worktree
from dlm_git.config import Config, Effective
from dlm_git.document import Document
from dlm_git.finding import CannotCheck
from dlm_git.judge import check_config
from dlm_git.repository import Repository, attributes, ignoring
from dlm_git.rules.portability import is_absolute
from dlm_git.schema import Source
from dlm_git.snapshot import Snapshot

_FOLDER = ".dlm"
# attributes that make the index hold something else than the file
_CONVERTING = ("filter", "working-tree-encoding")


@dataclass(frozen=True, slots=True)
class ScaffoldResult:
    """The corpus document of a repository: `path`, whether it was `scaffolded` or reused, its id.

    `text` is its content; `plan` what it was scaffolded from; `staged` whether it was staged now.
    `hook_args` are the flags by which `dlm-git check` expects what it says, as far as no config
    file does; `unstaged` the paths that it rests on and that are still to be added. `dropped` is
    what a rescaffolded document said and no longer says, `kept` the object id of the old one, which
    `git cat-file blob` prints.
    """

    path: Path
    scaffolded: bool
    dlm_id: str
    text: str
    plan: scaffold.Plan | None = None
    staged: bool = False
    hook_args: tuple[str, ...] = ()
    unstaged: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    kept: str = ""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the arguments ask for, and no config."""

    base: str | None
    sources: Sequence[str]
    recursive: bool
    flags: Mapping[str, object]

    @property
    def include(self) -> object:
        given = self.flags.get("include")
        return ["*"] if given is None and not self.recursive else given


@dataclass(frozen=True, slots=True)
class _Site:
    """A worktree, where in it the user stands, and what is expected there and asked for."""

    repository: Repository
    here: Path
    root: Path
    effective: Effective
    asked: _Asked
    index: Snapshot

    @property
    def config(self) -> Config:
        return self.effective.config

    @property
    def name(self) -> str:
        return f"{self.config.name}.dlm"

    def is_flag(self, key: str) -> bool:
        return self.effective.origins[key].startswith("--")

    def documents(self) -> list[str]:
        names = worktree.names(str(self.root), _FOLDER)
        return [name for name in names if name.endswith(".dlm")]

    def read(self, name: str) -> bytes | None:
        return worktree.read(str(self.root), f"{_FOLDER}/{name}")


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
    dry_run: bool = False,
) -> ScaffoldResult:
    """Make `.dlm/corpus.dlm` at the root of the worktree around `directory`, and stage it.

    An existing document is reused, by the trainer's rules (dlm format, 4.2); with `rescaffold` it
    is written anew and keeps its id. What is not given comes from the config in the worktree.
    `sources` are paths as seen from `directory`. With `dry_run` nothing is written.

    Raises CannotCheck, with nothing written, where there is no worktree, the base model is unknown
    (unless `unlisted_base`), the arguments disagree with the document that is there, Git would not
    take the file, or the disk does not.
    """
    flags = config.given(include=include, exclude=exclude, sources_policy=policy, name=name)
    site = _site(directory, _Asked(base, sources, recursive, flags))
    taken = _taken(site)
    name = taken or site.name
    _refuse_hidden(site, name)
    if taken and not rescaffold:
        return _reuse(site, name, dry_run)
    old = site.read(name) if taken else None
    plan = _plan(site, old)
    if not (unlisted_base or bases.resolves(plan.base)):
        raise _unknown_base(plan.base)
    _check_path(site, name)
    return _scaffold(site, name, plan, old, dry_run)


def _site(directory: str | os.PathLike[str] | None, asked: _Asked) -> _Site:
    here = Path(directory or ".").resolve()
    if not here.is_dir():
        raise CannotCheck(f"'{directory}' is not a directory", "name one inside the repository")
    repository = checking.find(directory)
    if repository.bare:
        raise CannotCheck("a bare repository has no worktree", "scaffold in a clone of it")
    root = Path(repository.root).resolve()
    files = {path: worktree.read(str(root), path) for path in config.FILES}
    found = {path: data for path, data in files.items() if data is not None}
    effective = config.effective(found, asked.flags)
    check_config(effective.config)
    return _Site(repository, here, root, effective, asked, plumbing.index(repository))


def _refuse_hidden(site: _Site, name: str) -> None:
    """Raises CannotCheck where the index knows the document and the worktree does not show it."""
    path = f"{_FOLDER}/{name}"
    entries = site.index.entries(path)
    if any(entry.stage for entry in entries):
        raise CannotCheck(f"'{path}' is unmerged", f"edit it, then `git add {quote(path)}`")
    if entries and site.read(name) is None:
        raise CannotCheck(
            f"'{path}' is tracked, but not in the worktree",
            f"`git restore {quote(path)}`, or in a sparse checkout `git sparse-checkout add .dlm`",
        )


def _unstaged(site: _Site, sources: Sequence[str]) -> tuple[str, ...]:
    """The config file and the sources, as far as a commit would not have them as they are here."""
    missing = [path for path in config.FILES if _differs(site, path)]
    for path in sources:
        if path != "." and not site.index.entries(path) and not site.index.holds_directory(path):
            missing.append(path)
    return tuple(missing)


def _differs(site: _Site, path: str) -> bool:
    if path not in site.effective.origins.values():
        return False
    entries = site.index.entries(path)
    contents = [blob.data for blob in site.index.read(entries)]
    return contents != [worktree.read(str(site.root), path)]


def _taken(site: _Site) -> str | None:
    """The name of the document that the trainer would take, if it would take one."""
    existing = site.documents()
    if site.name in existing:
        return site.name
    if site.effective.origins["name"] != "default" or not existing:
        return None
    if len(existing) > 1:
        listed = ", ".join(f"'{_FOLDER}/{name}'" for name in existing)
        stem = existing[0].removesuffix(".dlm")
        raise CannotCheck(f"there are several documents: {listed}", f"choose one: --name {stem}")
    return existing[0]


def _reuse(site: _Site, name: str, dry_run: bool) -> ScaffoldResult:
    path = f"{_FOLDER}/{name}"
    data = site.read(name) or b""
    found = document.parse(data)
    if not found.frontmatter or not found.accepted:
        raise CannotCheck(
            f"'{path}' is there, but dlm refuses it{_why(found)}",
            "mend it, or write it anew with --rescaffold",
        )
    difference = scaffold.difference(found.frontmatter, _wanted(site))
    if difference:
        raise CannotCheck(
            f"'{path}' is there and says otherwise: {'; '.join(difference)}",
            "edit it, or write it anew with --rescaffold",
        )
    tracked = bool(site.index.entries(path))
    declared = [source.path for source in found.frontmatter.training.sources or ()]
    if not (tracked or dry_run):
        _check_path(site, name)
        porcelain.stage(site.repository, path)
    return ScaffoldResult(
        site.root / path,
        scaffolded=False,
        dlm_id=found.frontmatter.dlm_id,
        text=data.decode(),
        staged=not (tracked or dry_run),
        hook_args=_hook_args(site, name, found.frontmatter.base_model, declared),
        unstaged=_unstaged(site, declared),
    )


def _wanted(site: _Site) -> dict[str, object]:
    """What the arguments alone ask of a document."""
    asked = site.asked
    wanted = {
        "base": asked.base,
        "policy": asked.flags.get("sources-policy"),
        "include": asked.include,
        "exclude": asked.flags.get("exclude"),
        "sources": [_relative(site, path) for path in asked.sources] or None,
    }
    return {key: value for key, value in wanted.items() if value is not None}


def _why(found: Document) -> str:
    if found.broken:
        return f": {found.broken.reason} (line {found.broken.span.line})"
    if found.faults:
        keys = ", ".join(f"'{'.'.join(map(str, fault.path))}'" for fault in found.faults)
        return f": see {keys}"
    return "".join(f": {fault.reason}" for fault in found.body.faults[:1])


def _plan(site: _Site, old: bytes | None) -> scaffold.Plan:
    asked, expected = site.asked, site.config
    include = expected.include or ("**/*",)
    if asked.include and not site.is_flag("include"):
        include = ("*",)
    exclude = expected.exclude or ()
    if expected.sources is not None and not asked.sources:
        sources = [
            Source(path=s.path, include=s.include or include, exclude=s.exclude or ())
            for s in expected.sources
        ]
    else:
        paths = dict.fromkeys([_relative(site, path) for path in asked.sources] or ["."])
        sources = [Source(path=path, include=include, exclude=exclude) for path in paths]
    return scaffold.Plan(asked.base or _base(expected, old), sources, expected.sources_policy)


def _base(expected: Config, old: bytes | None) -> str:
    if len(expected.bases) == 1:
        return expected.bases[0]
    before = document.parse(old).frontmatter if old else None
    if before and (not expected.bases or before.base_model in expected.bases):
        return before.base_model
    choice = expected.bases or ("qwen2.5-coder-1.5b", "smollm2-135m", "hf:ORGANISATION/NAME")
    listed = ", ".join(f"'{base}'" for base in choice)
    raise CannotCheck("a new document needs a base model", f"pass --base, such as {listed}")


def _unknown_base(base: str) -> CannotCheck:
    meant = bases.suggestion(base)
    hint = f"did you mean '{meant}'? " if meant else ""
    return CannotCheck(
        f"base model '{base}' is not one that dlm knows",
        f"{hint}'hf:ORGANISATION/NAME' names one of the hub, --unlisted-base takes any",
    )


def _relative(site: _Site, path: str) -> str:
    """A path given from where the user stands, as one from the root."""
    resolved = (site.here / path).resolve()
    if not resolved.is_relative_to(site.root):
        raise CannotCheck(f"source '{path}' lies outside of the repository", "name a path in it")
    if not resolved.exists():
        raise CannotCheck(f"source '{path}' does not exist", f"it is looked for at '{resolved}'")
    relative = resolved.relative_to(site.root).as_posix()
    if relative.split("/")[0] == ".git":
        raise CannotCheck(f"source '{path}' is Git's own directory", "name files of the worktree")
    if any("\ud800" <= char <= "\udfff" for char in relative):
        raise CannotCheck(f"source '{path}' is not UTF-8, which a document must be", "rename it")
    return f"./{relative}" if is_absolute(relative) else relative  # a directory called '~x'


def _check_path(site: _Site, name: str) -> None:
    """Raises CannotCheck where `git add` would not take the document as it is."""
    path = f"{_FOLDER}/{name}"
    where = ignoring(site.repository, path)
    if where:
        raise CannotCheck(
            f"'{path}' is ignored by '{where.pattern}' at {where.source}: no clone would have it",
            "remove that pattern" + _or_negate(where.source),
        )
    for attribute, value in attributes(site.repository, path, _CONVERTING).items():
        raise CannotCheck(
            f"the attribute '{attribute}={value}' would make Git store '{path}' as something else",
            f"add the line '* -{attribute}' to {_FOLDER}/.gitattributes",
        )


def _or_negate(source: str) -> str:
    if source.startswith(f"{_FOLDER}/"):
        return ""  # nothing re-includes what lies below an ignored directory
    return ", or add '!.dlm/' and '!.dlm/**' below it"


def _scaffold(
    site: _Site, name: str, plan: scaffold.Plan, old: bytes | None, dry_run: bool
) -> ScaffoldResult:
    path = f"{_FOLDER}/{name}"
    dlm_id = scaffold.id_of(old or b"") or scaffold.new_id()
    text = scaffold.text(plan, dlm_id)
    data = text.encode(errors="surrogateescape")
    if not document.parse(data).accepted:
        raise CannotCheck("a document with these values would not be read back", "give it UTF-8")
    kept = "" if dry_run else _write(site, name, data, old)
    declared = [source.path for source in plan.sources]
    return ScaffoldResult(
        site.root / path,
        scaffolded=True,
        dlm_id=dlm_id,
        text=text,
        plan=plan,
        staged=not dry_run,
        hook_args=_hook_args(site, name, plan.base, declared),
        unstaged=_unstaged(site, declared),
        dropped=scaffold.dropped(old, text) if old is not None else (),
        kept=kept,
    )


def _write(site: _Site, name: str, data: bytes, old: bytes | None) -> str:
    """Write and stage the document; gives the object id under which an old one is kept."""
    path, kept = f"{_FOLDER}/{name}", ""
    if old is not None:
        kept = porcelain.keep(site.repository, path)
        edit.replace(str(site.root), _FOLDER, name, data)
    elif not edit.create(str(site.root), _FOLDER, name, data):
        raise CannotCheck(f"somebody else has just written '{path}'", "run it again to reuse it")
    porcelain.stage(site.repository, path)
    return kept


def _hook_args(site: _Site, name: str, base: str, sources: Sequence[str]) -> tuple[str, ...]:
    """The flags of `check` that say what no config file says."""
    args = [] if base in site.config.bases else ["--base", base]
    if not bases.resolves(base):
        args += ["--ignore", "unknown-base=it is not in the registry of dlm"]
    for key in ("include", "exclude"):
        if site.is_flag(key) and list(sources) == ["."]:  # `check` has flags for this source only
            globs = getattr(site.config, key)
            args += [word for glob in globs for word in (f"--{key}", glob)]
    if site.is_flag("sources-policy"):
        args += ["--policy", site.config.sources_policy]
    if site.is_flag("name"):
        beside = [f"{_FOLDER}/{other}" for other in site.documents() if other != name]
        if beside == [f"{_FOLDER}/corpus.dlm"]:  # a further document, not another corpus
            args += ["--allow", f"{_FOLDER}/{name}"]
        else:
            args += ["--name", site.config.name]
            args += [word for other in beside for word in ("--allow", other)]
    return tuple(args)
