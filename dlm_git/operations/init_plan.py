"""The content of a new document, and the arguments of `check` that enforce it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from posixpath import basename, normpath
from typing import Any

from dlm_git.config.corpus_tables import CorpusTable
from dlm_git.config.load import AllowedDocument, Config, ExpectedSource, as_toml_table
from dlm_git.document.base_models import is_known_base, suggest_base
from dlm_git.document.frontmatter import Source
from dlm_git.document.parser import parse_document
from dlm_git.document.template import Plan
from dlm_git.errors import DlmGitError
from dlm_git.operations.init_checks import InitContext, relative_source
from dlm_git.paths import OWN_CONFIG, is_text, leaves_repository

_CORPUS = ".dlm/corpus.dlm"
_UNLISTED = "not in the registry of dlm"
_EXAMPLE_BASES = ("qwen2.5-coder-1.5b", "smollm2-135m", "hf:ORGANIZATION/NAME")

Globs = tuple[str, ...]


def make_plan(context: InitContext, old: bytes | None, *, unlisted_base: bool) -> Plan:
    """Return the content of a new document, from the options and the config.

    old: the document that it replaces; its base model is the default.
    unlisted_base: accept a base model that is not in the trainer's registry.

    Raises DlmGitError if the base model is missing or unknown, or if a source cannot be one.
    """
    base = context.options.base or _default_base(context.bases, old)
    if not (unlisted_base or is_known_base(base)):
        raise _unknown_base(base)
    return Plan(base, _sources(context), context.config.sources_policy)


def _default_base(allowed: Sequence[str], old: bytes | None) -> str:
    if len(allowed) == 1:
        return allowed[0]
    frontmatter = parse_document(old).frontmatter if old else None
    if frontmatter and (not allowed or frontmatter.base_model in allowed):
        return frontmatter.base_model
    bases = ", ".join(f"'{base}'" for base in allowed or _EXAMPLE_BASES)
    raise DlmGitError(
        "a new document needs a base model",
        f"pass --base, for example {bases}; `dlm-git bases` lists them all",
    )


def _unknown_base(base: str) -> DlmGitError:
    suggestion = suggest_base(base)
    did_you_mean = f"did you mean '{suggestion}'? " if suggestion else ""
    hint = (
        "`dlm-git bases` lists the base models; use 'hf:ORGANIZATION/NAME' for a model of the hub,"
        " or --unlisted-base for any name"
    )
    return DlmGitError(f"dlm does not know base model '{base}'", did_you_mean + hint)


def _sources(context: InitContext) -> list[Source]:
    options, config = context.options, context.config
    all_files: Globs = ("**/*",) if options.recursive else ("*",)
    if config.sources is not None and not options.sources:
        return [_source(s.path, s.include, s.exclude, all_files) for s in config.sources]
    include = config.include
    if not options.recursive and not context.is_flag("include"):
        include = all_files  # the flag --no-recursive overrides the config
    paths = [relative_source(context, path) for path in options.sources] or ["."]
    return [_source(path, include, config.exclude, all_files) for path in dict.fromkeys(paths)]


def _source(path: str, include: Globs | None, exclude: Globs | None, all_files: Globs) -> Source:
    include = all_files if include is None else include
    return Source(path=path, include=include, exclude=exclude or ())


def make_config(
    context: InitContext, path: str, base: str, sources: Sequence[Source]
) -> Config | None:
    """Return the config that makes `check` enforce a document, None if there is a config already.

    It has the base model and the patterns of the document; `without_inherited` omits those that
    apply anyway. A further document beside
    `.dlm/corpus.dlm` is allowed, with its base model.

    base: the base model to enforce, '' for none.
    """
    if context.config_file or os.path.lexists(context.root / OWN_CONFIG):
        return None
    others = [other for other in context.documents() if other != path]
    known = not base or is_known_base(base)
    ignored = {} if known else {"unknown-base": _UNLISTED}
    if others == [_CORPUS]:
        return Config(allow=(AllowedDocument(path=path, base=base or None),), ignore=ignored)
    return Config(
        base=base or (),
        **_expected_sources(sources),
        sources_policy=context.config.sources_policy,
        name=basename(path).removesuffix(".dlm"),
        allow=tuple(_allow(context, other, base) for other in others * context.is_flag("name")),
        ignore=ignored,
    )


def without_inherited(context: InitContext, config: Config) -> Config:
    """Return a new config without the values that the organization's config has, or locks."""
    configured = context.configured
    values, outer = as_toml_table(config), as_toml_table(configured.config)
    table = {
        key: value
        for key, value in values.items()
        if key not in configured.locked
        and (configured.origins[key] == "default" or value != outer[key])
    }
    default = Config()
    names = {key.replace("-", "_") for key in values.keys() - table.keys()}
    return config.replace(**{name: getattr(default, name) for name in names})


def make_tables(
    context: InitContext, path: str, base: str, sources: Sequence[Source]
) -> tuple[CorpusTable, ...]:
    """Return the `[[corpus]]` tables to add, the last of them with what `check` has to enforce.

    base: the base model to enforce, '' for none.
    """
    *others, table = context.added
    config, whole = context.config, context.whole.config
    values: dict[str, Any] = {}
    if base and base not in whole.bases:
        values["base"] = base
    expected = _expected_sources(sources)
    inherited = None if table.include else whole.expected_sources
    if expected and Config(**expected).expected_sources != inherited:
        values |= expected
    if config.sources_policy != whole.sources_policy:
        values["sources_policy"] = config.sources_policy
    name = basename(path).removesuffix(".dlm")
    if name != whole.name:
        values["name"] = name
    for key in context.whole.locked:
        values.pop(key.replace("-", "_"), None)
    return (*others, CorpusTable(root=table.root, **values))


def _allow(context: InitContext, path: str, base: str) -> str | AllowedDocument:
    """Return the entry of `allow` for a document, with its base model if it is another one."""
    own = _base_model(context, path)
    return path if own == base or not is_known_base(own) else AllowedDocument(path=path, base=own)


def _base_model(context: InitContext, path: str) -> str:
    frontmatter = parse_document(context.read(path) or b"").frontmatter
    return frontmatter.base_model if frontmatter else ""


def _expected_sources(sources: Sequence[Source]) -> dict[str, Any]:
    """Return the config keys that enforce the sources of a document."""
    expected = tuple(
        ExpectedSource(
            path=source.path,
            include=source.include if all(map(is_text, source.include)) else None,
            exclude=source.exclude if all(map(is_text, source.exclude)) else None,
        )
        for source in sources
    )
    if [source.path for source in expected] == ["."]:
        return {"include": expected[0].include, "exclude": expected[0].exclude}
    paths = [normpath(source.path) for source in expected]
    if not paths or len(set(paths)) < len(paths) or any(map(leaves_repository, paths)):
        return {}
    return {"sources": expected} if all(map(is_text, paths)) else {}


def hook_args(
    context: InitContext, config: Config, path: str, base: str, sources: Sequence[Source]
) -> tuple[str, ...]:
    """Return the arguments of `check` for those values of a document that `config` lacks."""
    if context.added or context.whole.config.corpus:
        return ()  # the options are for all corpora
    others = [other for other in context.documents() if other != path]
    further = context.is_flag("name") and others == [_CORPUS]
    differs = further and _base_model(context, _CORPUS) != base  # `--base` is for both
    args = [] if differs or base in config.bases or path in config.allowed else ["--base", base]
    if args and not is_known_base(base):
        args += ["--ignore", f"unknown-base={_UNLISTED}"]
    for key in ("include", "exclude"):
        if context.is_flag(key) and [source.path for source in sources] == ["."]:
            patterns = getattr(sources[0], key)  # the flags concern this source only
            args += [] if patterns == getattr(config, key) else _repeat(f"--{key}", patterns)
    policy = context.config.sources_policy
    if context.is_flag("sources-policy") and policy != config.sources_policy:
        args += ["--policy", policy]
    if context.is_flag("name") and path != config.corpus_path and path not in config.allowed:
        if further:
            args += ["--allow", path]
        else:
            args += ["--name", context.config.name, *_repeat("--allow", others)]
    return tuple(args)


def _repeat(flag: str, values: Sequence[str]) -> list[str]:
    return [word for value in values for word in (flag, value)]
