"""The effective config: `.dlm-git.toml` or `[tool.dlm-git]`, overridden by flags."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

from dlm_git.config.plain_forms import is_plain
from dlm_git.errors import DlmGitError
from dlm_git.paths import DLM, PYPROJECT, join
from dlm_git.validation import Violation, with_tuples
from dlm_git.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal

    from dlm_git.config import schema
    from dlm_git.config.corpus_tables import CorpusTable

_MAX_VIOLATIONS = 10  # in a message; the line of each is searched for in the whole file


class ExpectedSource(Value, kw_only=True):
    """A source that the corpus document must have. Unset keys are not enforced."""

    path: str
    include: tuple[str, ...] | None = None
    exclude: tuple[str, ...] | None = None


class AllowedDocument(Value, kw_only=True):
    """A further document that the repository may contain.

    path: its path.
    base: its base model, or a list of allowed ones; None for those of the corpus document.
    """

    path: str
    base: str | tuple[str, ...] | None = None


class Config(Value, kw_only=True):
    """The corpus document that a repository must have. Unset keys are not enforced.

    `schema.Config` describes the keys. `root` is none of them, but the directory of the corpus, ''
    for the root of the repository.
    """

    base: str | tuple[str, ...] = ()
    include: tuple[str, ...] | None = None
    exclude: tuple[str, ...] | None = None
    sources: tuple[ExpectedSource, ...] | None = None
    sources_policy: Literal["strict", "permissive"] = "strict"
    name: str = "corpus"
    corpus: tuple[CorpusTable, ...] = ()
    allow: tuple[str | AllowedDocument, ...] = ()
    secrets: tuple[str, ...] = ()
    ignore: Mapping[str, str] = {}
    root: str = ""

    @property
    def bases(self) -> tuple[str, ...]:
        """Return the allowed base models, none if every base model is allowed."""
        return _names(self.base)

    @property
    def allowed(self) -> dict[str, tuple[str, ...]]:
        """Return the base models of each further document, none if it may have every one.

        The keys are the paths. An entry with a base model overrides one that has only the path.
        """
        bases = {entry: self.bases for entry in self.allow if isinstance(entry, str)}
        documents = (entry for entry in self.allow if not isinstance(entry, str))
        return bases | {
            document.path: self.bases if document.base is None else _names(document.base)
            for document in documents
        }

    @property
    def corpora(self) -> tuple[Config, ...]:
        """Return the config of each corpus: those of the `[[corpus]]` tables, or this one."""
        if not self.corpus:
            return (self,)
        # the base model of an allowed document is the same, whichever corpus is checked
        allow = tuple(AllowedDocument(path=path, base=base) for path, base in self.allowed.items())
        whole = self.replace(allow=allow, corpus=())
        return tuple(whole.replace(**table.changes) for table in self.corpus)

    @property
    def corpus_path(self) -> str:
        """Return the path of the corpus document."""
        return f"{self.directory}/{self.name}.dlm"

    @property
    def directory(self) -> str:
        """Return the path of the directory that contains the corpus document."""
        return join(self.root, DLM)

    @property
    def expected_sources(self) -> tuple[ExpectedSource, ...] | None:
        """Return the expected sources, where `include` and `exclude` belong to the source '.'."""
        if self.include is None and self.exclude is None:
            return self.sources
        return (ExpectedSource(path=".", include=self.include, exclude=self.exclude),)


class EffectiveConfig(Value):
    """A config with the origins of its values.

    config: the config.
    origins: for each key the file or flag that sets it, or 'default'.
    """

    config: Config
    origins: Mapping[str, str]


def resolve_config(files: Mapping[str, bytes], overrides: Mapping[str, object]) -> EffectiveConfig:
    """Return the config in one of the files, with the overrides applied.

    Lists replace those of the file, but `allow` and `ignore` extend them. Raises DlmGitError for
    invalid TOML, unknown keys, invalid values, or if two files configure dlm-git.

    files: contents of the config files, by path.
    overrides: values of flags, as the function `overrides` returns them.
    """
    source, table = _find_table(files)
    if source:
        _validate(table, source, files[source])
    _drop_overridden(table, overrides)
    values = {**table, **{key: _merge(key, table, value) for key, value in overrides.items()}}
    config = _validate(values, "")
    origins = dict.fromkeys(config_keys(), "default") | dict.fromkeys(table, source)
    return EffectiveConfig(config, origins | {key: f"--{_flag(key)}" for key in overrides})


def _drop_overridden(table: dict[str, Any], overrides: Mapping[str, object]) -> None:
    """Remove the keys of a config that flags replace in a way that `_merge` does not."""
    sources = ["sources"] if {"include", "exclude"} & overrides.keys() else []
    for key in sources:
        table.pop(key, None)
    if "corpus" in table:
        from dlm_git.config.corpus_tables import without_keys  # late: few configs have tables

        table["corpus"] = without_keys(table["corpus"], {*overrides, *sources})


def overrides(**flags: object) -> dict[str, object]:
    """Return the flags that are not None, by the keys that they override."""
    return {key.replace("_", "-"): value for key, value in flags.items() if value is not None}


def _names(base: str | tuple[str, ...]) -> tuple[str, ...]:
    return (base,) if isinstance(base, str) else base


@cache
def config_keys() -> tuple[str, ...]:
    """Return the keys of a config, as they are written in TOML."""
    return (*as_toml_table(Config()),)


def as_toml_table(config: Config) -> dict[str, Any]:
    """Return the values of a config, by the keys as they are written in TOML."""
    values = config.as_dict()
    del values["root"]
    return _with_toml_keys(values)


def _with_toml_keys(values: Mapping[str, object]) -> dict[str, Any]:
    return {key.replace("_", "-"): _plain(value) for key, value in values.items()}


def _plain(value: object) -> object:
    if isinstance(value, Value):
        return _with_toml_keys(value.as_dict())
    return tuple(map(_plain, value)) if isinstance(value, tuple) else value


def _flag(key: str) -> str:
    return "policy" if key == "sources-policy" else key.replace(".", " ", 1)


def _merge(key: str, table: Mapping[str, Any], value: Any) -> object:
    match key:
        case "allow":
            return [*table.get(key, ()), *value]
        case "ignore":
            return {**table.get(key, {}), **value}
    return value


def _find_table(files: Mapping[str, bytes]) -> tuple[str, dict[str, Any]]:
    tables = {path: table for path, data in files.items() if (table := _parse(path, data))}
    if len(tables) > 1:
        names = " and ".join(f"'{path}'" for path in tables)
        raise DlmGitError(f"both {names} configure dlm-git", "keep one of them")
    return next(iter(tables.items()), ("", {}))


def _is_shared(path: str) -> bool:
    """Return whether a config file is one of other tools too."""
    return path.rpartition("/")[2] == PYPROJECT


def _parse(path: str, data: bytes) -> dict[str, Any] | None:
    """Return the table that configures dlm-git in a file, None if there is none."""
    shared = _is_shared(path)
    if shared and not re.search(rb"dlm[-_]git", data):
        return None  # dlm-git does not report errors in the config of other tools
    table = _load(path, data)
    if not shared:
        return table
    tool = table.get("tool", {})
    tool = tool if isinstance(tool, dict) else {}
    if "dlm_git" in tool:
        raise DlmGitError(f"unknown table [tool.dlm_git] in {path}", "did you mean [tool.dlm-git]?")
    own = tool.get("dlm-git")
    if own is not None and not isinstance(own, dict):
        raise DlmGitError(f"{path}: 'tool.dlm-git' must be a table", "write [tool.dlm-git]")
    return own


def _load(path: str, data: bytes) -> dict[str, Any]:
    from dlm_git.config.toml_plain import load_plain  # late: most repositories have no config

    if (plain := load_plain(data)) is not None:
        return plain
    from dlm_git.config.toml_text import load_toml  # late: it imports tomllib

    return load_toml(path, data)


def _validate(table: Mapping[str, Any], source: str, data: bytes = b"") -> Config:
    """Return the config in a table. Raises DlmGitError that names lines of the file, or flags.

    source: the file, '' for flags.
    data: its content.
    """
    return plain_config(table) or _validate_with_pydantic(table, source, data)


# The import of pydantic takes longer than a check, and most configs have ordinary values only.


def plain_config(table: Mapping[str, Any]) -> Config | None:
    """Return a config with ordinary values only, without pydantic, else None."""
    if not is_plain(table):
        return None
    values = _with_fields(table)
    values["allow"] = tuple(
        entry if isinstance(entry, str) else AllowedDocument(**with_tuples(entry))
        for entry in values.get("allow", ())
    )
    if "corpus" in values:
        from dlm_git.config.corpus_tables import CorpusTable  # late: few configs have tables

        values["corpus"] = tuple(CorpusTable(**_with_fields(each)) for each in values["corpus"])
    return Config(**values)


def _with_fields(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table by the names of fields, with its sources as values."""
    values = {key.replace("-", "_"): value for key, value in with_tuples(table).items()}
    if values.get("sources"):
        sources = (ExpectedSource(**with_tuples(source)) for source in values["sources"])
        values["sources"] = tuple(sources)
    return values


def _validate_with_pydantic(table: Mapping[str, Any], source: str, data: bytes) -> Config:
    from dlm_git.config import schema

    result = schema.validate_config(table, _MAX_VIOLATIONS + 1)
    if isinstance(result, tuple):
        listed = result[:_MAX_VIOLATIONS]
        messages = [_message(violation, _place(violation, source, data)) for violation in listed]
        messages += ["and more"] if result != listed else []
        raise DlmGitError("; ".join(messages), _hint(listed))
    return config_from_model(result)


def config_from_model(model: schema.Config) -> Config:
    """Convert a validated config."""
    from dlm_git.config.corpus_tables import CorpusTable

    allow = [e if isinstance(e, str) else AllowedDocument(**dict(e)) for e in model.allow]
    corpora = [CorpusTable(**_model_fields(corpus)) for corpus in model.corpus]
    return Config(**{**_model_fields(model), "allow": tuple(allow), "corpus": tuple(corpora)})


def _model_fields(model: schema.Config | schema.Corpus) -> dict[str, Any]:
    """Return the fields of a validated table, with its sources as values."""
    if model.sources is None:
        return dict(model)
    sources = tuple(ExpectedSource(**dict(source)) for source in model.sources)
    return {**dict(model), "sources": sources}


def _place(violation: Violation, source: str, data: bytes) -> str:
    """Return the file and the line of a violation, '' for one of a flag."""
    if not source:
        return ""
    from dlm_git.config.toml_text import key_line

    table = ("tool", "dlm-git") if _is_shared(source) else ()
    line = key_line(data, (*table, *violation.path))
    return f"{source}:{line}" if line else source


def _message(violation: Violation, place: str) -> str:
    key = ".".join(map(str, violation.path))
    if violation.kind == "unknown":
        return f"{place}: unknown key '{key}'"
    if not key:
        return f"{place}: expected {violation.expected}"
    subject = f"{place}: '{key}'" if place else f"--{_flag(key)}"
    missing = violation.kind == "missing"
    return f"{subject} is missing" if missing else f"{subject} must be {violation.expected}"


def _hint(violations: Sequence[Violation]) -> str:
    suggestions = [f"'{violation.suggestion}'" for violation in violations if violation.suggestion]
    if suggestions:
        return f"did you mean {' and '.join(suggestions)}?"
    if any(violation.kind == "unknown" for violation in violations):
        return "the keys are " + ", ".join(f"'{key}'" for key in config_keys())
    return "`dlm-git config --schema` describes each key"
