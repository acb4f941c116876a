"""The effective config: `.dlm-git.toml` or `[tool.dlm-git]`, overridden by flags."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache

from dlm_git.config.layers import (
    Layer,
    decided_keys,
    find_table,
    flag,
    merge,
    parse_table,
    place,
)
from dlm_git.config.plain_forms import FILE_FORMS, FORMS, is_plain
from dlm_git.errors import DlmGitError
from dlm_git.paths import DLM, OWN_CONFIG, join
from dlm_git.validation import Violation, with_tuples
from dlm_git.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
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


class IgnoredPath(Value, kw_only=True):
    """Paths in which findings of some rules are accepted.

    paths: globs of the trainer's grammar, relative to the root.
    rules: names of the rules.
    reason: why.
    until: the last day on which it applies, as in '2027-01-31'; None for no end.
    """

    paths: tuple[str, ...]
    rules: tuple[str, ...]
    reason: str
    until: str | None = None


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
    ignore_path: tuple[IgnoredPath, ...] = ()
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
    baseline: returns the content of the baseline that goes with it, None if there is none. Raises
        DlmGitError if it cannot be read.
    origins: for each key the file or flag that sets it, or 'default'; for a key whose values are
        joined, the innermost one.
    joined: the files and flags of each key whose value is joined from several.
    locked: the keys that only an outer layer may set, with the file that locks each.
    files: the config files, the outermost first.
    organization: the one of them that is the organization's config, '' if there is none.
    selected: the rules to run, () for all; only a flag can select some.
    """

    config: Config
    origins: Mapping[str, str]
    selected: tuple[str, ...] = ()
    baseline: Callable[[], bytes | None] = lambda: None
    joined: Mapping[str, tuple[str, ...]] = {}
    locked: Mapping[str, str] = {}
    files: tuple[str, ...] = ()
    organization: str = ""

    @property
    def own_files(self) -> tuple[str, ...]:
        """Return the config files without the organization's."""
        return self.files[1:] if self.organization else self.files

    def setters(self, key: str) -> tuple[str, ...]:
        """Return the files and flags that a value comes from, the outermost first."""
        origin = self.origins[key]
        return self.joined.get(key) or (() if origin == "default" else (origin,))

    @property
    def config_file(self) -> str:
        """Return the file to write further keys to."""
        return next(reversed(self.own_files), OWN_CONFIG)


def resolve_config(
    files: Mapping[str, bytes],
    overrides: Mapping[str, object],
    *,
    organization: Mapping[str, bytes] | None = None,
    read: Callable[[str], bytes] | None = None,
) -> EffectiveConfig:
    """Return the config in one of the files, merged with those around it and the overrides.

    The nearest layer wins, key by key: the overrides, the file, those that it extends, and the
    organization's config. `allow`, `secrets` and `ignore` join the values of all layers. Raises
    DlmGitError for invalid TOML, unknown keys, invalid values, changes of locked keys, a file to
    extend that cannot be read, or if two files configure dlm-git.

    files: contents of the config files, by path.
    overrides: values of flags, as the function `overrides` returns them.
    organization: content of the organization's config, by its path; None or empty for none.
    read: returns the content of a file that another one extends, by path, or raises DlmGitError;
        None if no file may extend another.
    """
    outer = [_organization_layer(path, data) for path, data in (organization or {}).items()]
    layers = [*outer, *_file_layers(files, read)]
    effective = _merge_layers([*layers, Layer("", dict(overrides))])
    paths = tuple(layer.path for layer in layers)
    return effective.replace(files=paths, organization=paths[0] if outer else "")


def _organization_layer(path: str, data: bytes) -> Layer:
    layer = _layer(path, parse_table(path, data), data)
    if layer.extends:
        where = place(path, data, ("extends",))
        message = f"{where}: the organization's config cannot extend another file"
        raise DlmGitError(message, "write the keys of both files into one")
    return layer


def _file_layers(
    files: Mapping[str, bytes], read: Callable[[str], bytes] | None
) -> Sequence[Layer]:
    """Return the layers of the file that configures dlm-git, the outermost first."""
    path, table = find_table(files)
    if not path:
        return ()
    layers = [_layer(path, table, files[path])]
    while layers[0].extends:
        from dlm_git.config.extends import read_extended  # late: rare

        path, data = read_extended(layers, read)
        layers.insert(0, _layer(path, parse_table(path, data), data))
    return layers


def _layer(path: str, table: dict[str, Any] | None, data: bytes) -> Layer:
    """Return the layer of a file. Raises DlmGitError if it is invalid."""
    if table is None:
        message = f"'{path}' does not configure dlm-git"
        raise DlmGitError(message, "add the table [tool.dlm-git], or name another file")
    _validate(table, path, data)
    values = {key: value for key, value in table.items() if key not in ("extends", "locked")}
    return Layer(path, values, data, table.get("extends", ""), tuple(table.get("locked", ())))


def _merge_layers(layers: Sequence[Layer]) -> EffectiveConfig:
    """Return the config of layers, the outermost first. Raises DlmGitError."""
    values: dict[str, Any] = {}
    setters: dict[str, tuple[str, ...]] = {}
    locks: dict[str, Layer] = {}
    for layer in layers:
        if locks:
            from dlm_git.config.locks import check_locks  # late: rare

            merged, _ = merge(values, layer.values)
            check_locks({**_defaults(), **values}, {**_defaults(), **merged}, layer, locks)
        inner = {key: value for key, value in layer.values.items() if key not in locks}
        values, joined = merge(values, inner)
        if not layer.path and "corpus" in values:  # flags are for all corpora
            from dlm_git.config.corpus_tables import without_keys  # late: few configs have tables

            values["corpus"] = without_keys(values["corpus"], decided_keys(inner))
        for key in inner:
            before = setters.get(key, ()) if key in joined else ()
            setters[key] = (*before, layer.origin(key))
        locks = {**layer.locks(), **locks}
    origins = dict.fromkeys(config_keys(), "default")
    return EffectiveConfig(
        _validate(values, ""),
        origins | {key: names[-1] for key, names in setters.items() if key in values},
        joined={key: names for key, names in setters.items() if len(names) > 1},
        locked={key: layer.path for key, layer in locks.items()},
    )


def overrides(**flags: object) -> dict[str, object]:
    """Return the flags that are not None, by the keys that they override."""
    return {key.replace("_", "-"): value for key, value in flags.items() if value is not None}


def _names(base: str | tuple[str, ...]) -> tuple[str, ...]:
    return (base,) if isinstance(base, str) else base


@cache
def _defaults() -> Mapping[str, Any]:
    return as_toml_table(Config())


@cache
def config_keys() -> tuple[str, ...]:
    """Return the keys of a config, as they are written in TOML."""
    return (*_defaults(),)


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


def _validate(table: Mapping[str, Any], source: str, data: bytes = b"") -> Config:
    """Return the config in a table. Raises DlmGitError that names lines of the file, or flags.

    source: the file, '' for flags.
    data: its content.
    """
    forms = FILE_FORMS if source else FORMS
    return plain_config(table, forms) or _validate_with_pydantic(table, source, data)


# The import of pydantic takes longer than a check, and most configs have ordinary values only.


def plain_config(table: Mapping[str, Any], forms: Mapping[str, Any] = FORMS) -> Config | None:
    """Return a config with ordinary values only, without pydantic, else None.

    forms: FORMS, or FILE_FORMS for the table of a file; the config has no `extends` and `locked`.
    """
    if not is_plain(table, forms):
        return None
    values = _with_fields({key: value for key, value in table.items() if key in FORMS})
    values["allow"] = tuple(
        entry if isinstance(entry, str) else AllowedDocument(**with_tuples(entry))
        for entry in values.get("allow", ())
    )
    values["ignore_path"] = tuple(
        IgnoredPath(**with_tuples(entry)) for entry in values.get("ignore_path", ())
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

    model = schema.ConfigFile if source else schema.Config
    result = schema.validate_config(table, _MAX_VIOLATIONS + 1, model)
    if isinstance(result, tuple):
        listed = result[:_MAX_VIOLATIONS]
        messages = [_message(each, place(source, data, each.path)) for each in listed]
        messages += ["and more"] if result != listed else []
        raise DlmGitError("; ".join(messages), _hint(listed))
    return config_from_model(result)


def config_from_model(model: schema.Config) -> Config:
    """Convert a validated config."""
    from dlm_git.config.corpus_tables import CorpusTable

    allow = [e if isinstance(e, str) else AllowedDocument(**dict(e)) for e in model.allow]
    fields = _model_fields(model)
    values = {
        "allow": tuple(allow),
        "ignore_path": tuple(IgnoredPath(**dict(entry)) for entry in model.ignore_path),
        "corpus": tuple(CorpusTable(**_model_fields(table)) for table in model.corpus),
    }
    return Config(**{**fields, **values})


def _model_fields(model: schema.Config | schema.Corpus) -> dict[str, Any]:
    """Return the fields of a validated table, with its sources as values."""
    fields = {key: value for key, value in model if key not in ("extends", "locked")}
    if model.sources is not None:
        fields["sources"] = tuple(ExpectedSource(**dict(source)) for source in model.sources)
    return fields


def _message(violation: Violation, place: str) -> str:
    key = ".".join(map(str, violation.path))
    if violation.kind == "unknown":
        return f"{place}: unknown key '{key}'"
    if not key:
        return f"{place}: expected {violation.expected}"
    subject = f"{place}: '{key}'" if place else flag(key)
    missing = violation.kind == "missing"
    return f"{subject} is missing" if missing else f"{subject} must be {violation.expected}"


def _hint(violations: Sequence[Violation]) -> str:
    suggestions = [f"'{violation.suggestion}'" for violation in violations if violation.suggestion]
    if suggestions:
        return f"did you mean {' and '.join(suggestions)}?"
    if any(violation.kind == "unknown" for violation in violations):
        return "the keys are " + ", ".join(f"'{key}'" for key in config_keys())
    return "`dlm-git config --schema` describes each key"
