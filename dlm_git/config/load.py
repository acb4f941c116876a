"""What a team expects of its repositories: `.dlm-git.toml`, or `[tool.dlm-git]`, and flags."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal

from dlm_git.errors import DlmGitError
from dlm_git.paths import PYPROJECT
from dlm_git.validation import Violation, is_plain_string, plain_strings

if TYPE_CHECKING:
    from dlm_git.config import schema


_NAME = re.compile(r"\w[\w-]*")
_POLICIES = ("strict", "permissive")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedSource:
    """A source that the corpus document must declare; what is not given is not compared."""

    path: str
    include: tuple[str, ...] | None = None
    exclude: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What is expected of a repository's corpus document; what is not given is not compared.

    `configmodel` says what each key means, and what it may be.
    """

    base: str | tuple[str, ...] = ()
    include: tuple[str, ...] | None = None
    exclude: tuple[str, ...] | None = None
    sources: tuple[ExpectedSource, ...] | None = None
    sources_policy: Literal["strict", "permissive"] = "strict"
    name: str = "corpus"
    allow: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    ignore: Mapping[str, str] = field(default_factory=dict)

    @property
    def bases(self) -> tuple[str, ...]:
        """The allowed base models; none if any is."""
        return (self.base,) if isinstance(self.base, str) else self.base

    @property
    def corpus(self) -> str:
        """The path of the corpus document."""
        return f".dlm/{self.name}.dlm"

    @property
    def expected_sources(self) -> tuple[ExpectedSource, ...] | None:
        """The expected sources, `include` and `exclude` being those of the one source '.'."""
        if self.include is None and self.exclude is None:
            return self.sources
        return (ExpectedSource(path=".", include=self.include, exclude=self.exclude),)


@dataclass(frozen=True, slots=True)
class EffectiveConfig:
    """A config and where each key of it comes from: a file, a flag, or 'default'."""

    config: Config
    origins: Mapping[str, str]


def resolve_config(files: Mapping[str, bytes], overrides: Mapping[str, object]) -> EffectiveConfig:
    """The config of the files (by path, at most one of which may hold one), and flags over it.

    Lists given as flags replace those of the file, but `allow` and `ignore` add to them. Raises
    CannotCheck for a file that is no TOML, an unknown key, a value out of its range.
    """
    source, table = _table(files)
    if source:
        _checked(table, source)
    if {"include", "exclude"} & overrides.keys():
        table.pop("sources", None)
    merged = {**table, **{key: _merged(key, table, value) for key, value in overrides.items()}}
    config = _checked(merged, "")
    origins = dict.fromkeys(config_keys(), "default") | dict.fromkeys(table, source)
    return EffectiveConfig(config, origins | {key: f"--{_flag(key)}" for key in overrides})


def _flag(key: str) -> str:
    return "policy" if key == "sources-policy" else key


def overrides(**flags: object) -> dict[str, object]:
    """The flags that were given, by the keys they override."""
    return {key.replace("_", "-"): value for key, value in flags.items() if value is not None}


def config_keys() -> list[str]:
    """The keys of a config, as they are written."""
    return [field.name.replace("_", "-") for field in fields(Config)]


def as_toml_table(config: Config) -> dict[str, Any]:
    """The values of a config, by the keys as they are written."""
    return {key.replace("_", "-"): value for key, value in asdict(config).items()}


def _merged(key: str, table: Mapping[str, Any], value: Any) -> object:
    match key:
        case "allow":
            return [*table.get(key, ()), *value]
        case "ignore":
            return {**table.get(key, {}), **value}
    return value


def _table(files: Mapping[str, bytes]) -> tuple[str, dict[str, Any]]:
    found = {path: table for path, data in files.items() if (table := _own_table(path, data))}
    if len(found) > 1:
        both = " and ".join(f"'{path}'" for path in found)
        raise DlmGitError(f"both {both} configure dlm-git", "keep one of them")
    return next(iter(found.items()), ("", {}))


def _own_table(path: str, data: bytes) -> dict[str, Any] | None:
    shared = path.rpartition("/")[2] == PYPROJECT
    if shared and not re.search(rb"dlm[-_]git", data):
        return None  # another tool's file; whether it is valid is not our business
    import tomllib  # late: most repositories have no config of ours

    try:
        table: Any = tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DlmGitError(
            f"cannot read '{path}': {error}", "mend the TOML at that place"
        ) from error
    if not shared:
        return dict(table)
    tool = table.get("tool", {})
    tool = tool if isinstance(tool, dict) else {}
    if "dlm_git" in tool:
        raise DlmGitError(
            f"unknown table 'tool.dlm_git' in '{path}'", "did you mean 'tool.dlm-git'?"
        )
    own = tool.get("dlm-git")
    if own is not None and not isinstance(own, dict):
        raise DlmGitError(f"'tool.dlm-git' in '{path}' is not a table", "write [tool.dlm-git]")
    return own


def _checked(table: Mapping[str, Any], source: str) -> Config:
    return plain_config(table) or _validated(table, source)


def plain_config(table: Mapping[str, Any]) -> Config | None:
    """The config if it is of the plainest form, which cannot be at fault."""
    values = {key.replace("-", "_"): _plain(key, value) for key, value in table.items()}
    return None if None in values.values() else Config(**values)


def _plain(key: str, value: Any) -> Any:
    """The value of a key, None if it may be at fault."""
    match key:
        case "base":
            return value if is_plain_string(value) else plain_strings(value) or None
        case "include" | "exclude" | "allow" | "secrets":
            return plain_strings(value)
        case "sources-policy":
            return value if value in _POLICIES else None
        case "name" if is_plain_string(value) and _NAME.fullmatch(value):
            return value
        case "ignore" if isinstance(value, dict) and plain_strings([*value]) is not None:
            return (
                value
                if all(is_plain_string(each) and each.strip() for each in value.values())
                else None
            )
    return None


def _validated(table: Mapping[str, Any], source: str) -> Config:
    from dlm_git.config import schema

    result = schema.validate_config(table)
    if isinstance(result, tuple):
        raise DlmGitError("; ".join(_words(fault, source) for fault in result), _help(result))
    return config_from_model(result)


def config_from_model(found: schema.Config) -> Config:
    """What is read of a validated config."""
    sources = None if found.sources is None else tuple(map(_read_source, found.sources))
    return Config(**{**dict(found), "sources": sources})


def _read_source(found: schema.ExpectedSource) -> ExpectedSource:
    return ExpectedSource(**dict(found))


def _words(fault: Violation, source: str) -> str:
    key = ".".join(map(str, fault.path))
    if not source:
        return f"--{_flag(key.partition('.')[0])} is to be {fault.expected}"
    where = f" in {source}"
    if fault.kind == "unknown":
        return f"unknown key '{key}'{where}"
    return (
        f"'{key}'{where} is to be {fault.expected}" if key else f"expected {fault.expected}{where}"
    )


def _help(faults: Sequence[Violation]) -> str:
    meant = [f"'{fault.suggestion}'" for fault in faults if fault.suggestion]
    if meant:
        return f"did you mean {' and '.join(meant)}?"
    if any(fault.kind == "unknown" for fault in faults):
        return "the keys are " + ", ".join(f"'{key}'" for key in config_keys())
    return "`dlm-git config --schema` describes each key"
