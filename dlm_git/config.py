"""What a team expects of its repositories: `.dlm-git.toml`, or `[tool.dlm-git]`, and flags."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from posixpath import normpath
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from dlm_git.fault import Fault, validate
from dlm_git.finding import CannotCheck

OWN_FILE = ".dlm-git.toml"
SHARED_FILE = "pyproject.toml"
FILES = (OWN_FILE, SHARED_FILE)

Name = Annotated[str, Field(min_length=1)]
Globs = Annotated[tuple[str, ...], Field(description="Patterns of dlm's own grammar")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ExpectedSource(_Strict):
    """A source that the corpus document must declare; what is not given is not compared."""

    path: Name
    include: Globs | None = None
    exclude: Globs | None = None


class Config(_Strict):
    """What is expected of a repository's corpus document; what is not given is not compared."""

    model_config = ConfigDict(title="dlm-git configuration")

    base: Name | Annotated[tuple[Name, ...], Field(min_length=1)] = Field(
        default=(), description="The base model, or the allowed ones"
    )
    include: Globs | None = Field(default=None, description="Patterns of the one source '.'")
    exclude: Globs | None = Field(default=None, description="Patterns of the one source '.'")
    sources: tuple[ExpectedSource, ...] | None = Field(
        default=None, description="The sources, where they are not just '.'"
    )
    sources_policy: Literal["strict", "permissive"] = Field(
        default="strict", alias="sources-policy"
    )
    name: str = Field(default="corpus", description="The document's name: '.dlm/NAME.dlm'")
    allow: tuple[str, ...] = Field(
        default=(), description="Further documents that stand in the repository"
    )
    secrets: tuple[str, ...] = Field(
        default=(), description="Further names of credentials, as lines of a .dlm/ignore"
    )
    ignore: dict[str, str] = Field(
        default={}, description="Rules switched off, each with its reason"
    )

    @field_validator("name")
    @classmethod
    def _plain(cls, name: str) -> str:
        if reason := bad_name(name):
            raise ValueError(reason)
        return name

    @field_validator("ignore")
    @classmethod
    def _reasoned(cls, ignore: dict[str, str]) -> dict[str, str]:
        for rule, reason in ignore.items():
            if not reason.strip():
                raise ValueError(f"a reason for '{rule}'")
        return ignore

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.sources is not None and (self.include, self.exclude) != (None, None):
            raise ValueError("either 'sources', or 'include' and 'exclude'")
        paths = [normpath(source.path) for source in self.sources or ()]
        if len(paths) != len(set(paths)) or any(path.startswith(("/", "..")) for path in paths):
            raise ValueError("'sources' that are different, and below the root")
        return self

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
class Effective:
    """A config and where each key of it comes from: a file, a flag, or 'default'."""

    config: Config
    origins: Mapping[str, str]


def bad_name(name: str) -> str:
    """What is wrong with a document's name, or ''; the trainer takes any (dlm format, 4.1)."""
    if not name or name.startswith((".", "-")):
        return "a name that is not empty and begins with neither '.' nor '-'"
    if re.search(r"[/\\\0-\x1f\x7f]", name):
        return "a name without separators and control characters"
    if name.endswith(".dlm"):
        return f"a name without the suffix: '{name.removesuffix('.dlm')}'"
    return ""


def effective(files: Mapping[str, bytes], flags: Mapping[str, object]) -> Effective:
    """The config of the files (by path, at most one of which may hold one), and flags over it.

    Lists given as flags replace those of the file, but `allow` and `ignore` add to them. Raises
    CannotCheck for a file that is no TOML, an unknown key, a value out of its range.
    """
    source, table = _table(files)
    if source:
        _checked(table, source)
    if {"include", "exclude"} & flags.keys():
        table.pop("sources", None)
    merged = {**table, **{key: _merged(key, table, value) for key, value in flags.items()}}
    config = _checked(merged, "")
    origins = dict.fromkeys(keys(), "default") | dict.fromkeys(table, source)
    return Effective(config, origins | {key: f"--{_flag(key)}" for key in flags})


def _flag(key: str) -> str:
    return "policy" if key == "sources-policy" else key


def given(**flags: object) -> dict[str, object]:
    """The flags that were given, by the keys they override."""
    return {key.replace("_", "-"): value for key, value in flags.items() if value is not None}


def keys() -> list[str]:
    """The keys of a config, as they are written."""
    return [field.alias or name for name, field in Config.model_fields.items()]


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
        raise CannotCheck(f"both {both} configure dlm-git", "keep one of them")
    return next(iter(found.items()), ("", {}))


def _own_table(path: str, data: bytes) -> dict[str, Any] | None:
    shared = path.rpartition("/")[2] == SHARED_FILE
    if shared and not re.search(rb"dlm[-_]git", data):
        return None  # another tool's file; whether it is valid is not our business
    try:
        table: Any = tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CannotCheck(
            f"cannot read '{path}': {error}", "mend the TOML at that place"
        ) from error
    if not shared:
        return dict(table)
    tool = table.get("tool", {})
    tool = tool if isinstance(tool, dict) else {}
    if "dlm_git" in tool:
        raise CannotCheck(
            f"unknown table 'tool.dlm_git' in '{path}'", "did you mean 'tool.dlm-git'?"
        )
    own = tool.get("dlm-git")
    if own is not None and not isinstance(own, dict):
        raise CannotCheck(f"'tool.dlm-git' in '{path}' is not a table", "write [tool.dlm-git]")
    return own


def _checked(table: Mapping[str, Any], source: str) -> Config:
    result = validate(Config, table)
    if isinstance(result, Config):
        return result
    raise CannotCheck("; ".join(_words(fault, source) for fault in result), _help(result))


def _words(fault: Fault, source: str) -> str:
    key = ".".join(map(str, fault.path))
    if not source:
        return f"--{_flag(key.partition('.')[0])} is to be {fault.wanted}"
    where = f" in {source}"
    if fault.kind == "unknown":
        return f"unknown key '{key}'{where}"
    return f"'{key}'{where} is to be {fault.wanted}" if key else f"expected {fault.wanted}{where}"


def _help(faults: Sequence[Fault]) -> str:
    meant = [f"'{fault.near}'" for fault in faults if fault.near]
    if meant:
        return f"did you mean {' and '.join(meant)}?"
    if any(fault.kind == "unknown" for fault in faults):
        return "the keys are " + ", ".join(f"'{key}'" for key in keys())
    return "`dlm-git config --schema` describes each key"
