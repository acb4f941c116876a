"""The pydantic model of a config, which is also the source of its JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from posixpath import normpath
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from dlm_git.config.plain_forms import is_root
from dlm_git.paths import is_absolute
from dlm_git.validation import Violation, validate

_Name = Annotated[str, Field(min_length=1)]
_Bases = _Name | Annotated[tuple[_Name, ...], Field(min_length=1)]
_Reason = Annotated[str, Field(pattern=r"\S")]
_Patterns = Annotated[tuple[str, ...], Field(description="Globs in the trainer's syntax")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ExpectedSource(_Strict):
    """A source that the corpus document must have. Unset keys are not enforced."""

    path: _Name = Field(description="Path, relative to the root of the repository")
    include: _Patterns | None = None
    exclude: _Patterns | None = None


class AllowedDocument(_Strict):
    """A further document, with a base model of its own."""

    path: _Name = Field(description="Path, relative to the root of the repository")
    base: _Bases | None = Field(
        default=None, description="Its base model, or a list of allowed ones (default: 'base')"
    )


class IgnoredPath(_Strict):
    """Paths in which findings of some rules are accepted."""

    paths: Annotated[tuple[_Name, ...], Field(min_length=1)] = Field(
        description="Globs in the trainer's syntax, relative to the root of the repository"
    )
    rules: Annotated[tuple[_Name, ...], Field(min_length=1)] = Field(
        description="Names of the rules"
    )
    reason: _Reason = Field(description="Why the findings are accepted")
    until: Annotated[str, Field(json_schema_extra={"format": "date"})] | None = Field(
        default=None, description="The last day on which it applies, such as 2027-01-31"
    )

    @field_validator("until", mode="before")
    @classmethod
    def _check_until(cls, until: object) -> object:
        text = until.isoformat() if type(until) is date else until
        if text is None or (isinstance(text, str) and _is_day(text)):
            return text
        raise ValueError("a date such as 2027-01-31")


def _is_day(text: str) -> bool:
    with suppress(ValueError):
        return date.fromisoformat(text).isoformat() == text  # it has other forms
    return False


# of the keys that each corpus can set for itself
_DESCRIPTIONS = {
    "base": "The base model, or a list of allowed ones",
    "include": "The files to train on, if '.' is the only source",
    "exclude": "The files to exclude, if '.' is the only source",
    "sources": "The sources, if '.' is not the only one",
    "sources-policy": "'strict' refuses sources outside the repository, 'permissive' reads them",
    "name": "The name of the corpus document: '.dlm/NAME.dlm'",
}


class _Document(_Strict):
    """The checks of the keys that describe a corpus document."""

    @field_validator("name", check_fields=False)
    @classmethod
    def _check_name(cls, name: str | None) -> str | None:
        if name is None:
            return name
        if not name or name.startswith((".", "-")):
            raise ValueError("a non-empty name that does not begin with '.' or '-'")
        if re.search(r"[/\\\0-\x1f\x7f]", name):
            raise ValueError("a name without slashes and control characters")
        if name.endswith(".dlm"):
            raise ValueError(f"'{name.removesuffix('.dlm')}', without '.dlm'")
        return name

    @field_validator("sources", check_fields=False)
    @classmethod
    def _check_sources(
        cls, sources: tuple[ExpectedSource, ...] | None
    ) -> tuple[ExpectedSource, ...] | None:
        paths = [normpath(source.path) for source in sources or ()]
        if len(paths) != len(set(paths)) or any(map(_is_outside, paths)):
            raise ValueError("a list of different paths inside the repository")
        return sources

    @model_validator(mode="after")
    def _check_keys(self) -> Self:
        globs = getattr(self, "include", None), getattr(self, "exclude", None)
        if getattr(self, "sources", None) is not None and globs != (None, None):
            raise ValueError("'sources', or 'include' and 'exclude', not both")
        return self


class Corpus(_Document):
    """One of several corpora. Keys that are not set have the values of the config."""

    root: _Name = Field(
        description="The directory that contains its '.dlm', relative to the root of the repository"
    )
    base: _Bases | None = Field(default=None, description=_DESCRIPTIONS["base"])
    include: _Patterns | None = Field(default=None, description=_DESCRIPTIONS["include"])
    exclude: _Patterns | None = Field(default=None, description=_DESCRIPTIONS["exclude"])
    sources: tuple[ExpectedSource, ...] | None = Field(
        default=None, description=_DESCRIPTIONS["sources"]
    )
    sources_policy: Literal["strict", "permissive"] | None = Field(
        default=None, alias="sources-policy", description=_DESCRIPTIONS["sources-policy"]
    )
    name: str | None = Field(default=None, description=_DESCRIPTIONS["name"])

    @field_validator("root")
    @classmethod
    def _check_root(cls, root: str) -> str:
        if not is_root(root):
            raise ValueError(
                "a path below the root of the repository, such as 'services/a', or '.'"
            )
        return root


class Config(_Document):
    """The corpus document that a repository must have. Unset keys are not enforced."""

    model_config = ConfigDict(title="dlm-git configuration")

    base: _Bases = Field(default=(), description=_DESCRIPTIONS["base"])
    include: _Patterns | None = Field(default=None, description=_DESCRIPTIONS["include"])
    exclude: _Patterns | None = Field(default=None, description=_DESCRIPTIONS["exclude"])
    sources: tuple[ExpectedSource, ...] | None = Field(
        default=None, description=_DESCRIPTIONS["sources"]
    )
    sources_policy: Literal["strict", "permissive"] = Field(
        default="strict",
        alias="sources-policy",
        description=_DESCRIPTIONS["sources-policy"],
    )
    name: str = Field(default="corpus", description=_DESCRIPTIONS["name"])
    corpus: tuple[Corpus, ...] = Field(
        default=(), description="The corpora, if there are others than that at the root"
    )
    allow: tuple[str | AllowedDocument, ...] = Field(
        default=(), description="Further documents that the repository may contain"
    )
    secrets: tuple[str, ...] = Field(
        default=(), description="More names of files with credentials, as lines of .dlm/ignore"
    )
    ignore: dict[str, _Reason] = Field(
        default={}, description="Rules to suppress, each with a reason"
    )
    ignore_path: tuple[IgnoredPath, ...] = Field(
        default=(),
        alias="ignore-path",
        description="Paths in which findings are accepted, each with a reason",
    )

    @field_validator("corpus")
    @classmethod
    def _check_corpora(cls, corpora: tuple[Corpus, ...]) -> tuple[Corpus, ...]:
        roots = [corpus.root for corpus in corpora]
        for root in roots:
            if roots.count(root) > 1:
                raise ValueError(f"tables with different roots; '{root}' is listed twice")
        return corpora


_KEYS = tuple(field.alias or name for name, field in Config.model_fields.items())
if TYPE_CHECKING:
    _Key = str
else:
    _Key = Literal[_KEYS]


class ConfigFile(Config):
    """The corpus document that a repository must have. Unset keys are not enforced."""

    extends: Annotated[str, Field(min_length=1)] = Field(
        default="",
        description="A config file of the repository, relative to this one, whose values apply to"
        " the keys that this file does not set",
    )
    locked: tuple[_Key, ...] = Field(
        default=(),
        description="Keys that a file which extends this one, and flags, must not change",
    )

    @field_validator("extends")
    @classmethod
    def _check_extends(cls, extends: str) -> str:
        if is_absolute(extends) or not extends.isprintable():
            raise ValueError("a relative path without control characters")
        return extends


def _is_outside(path: str) -> bool:
    return path.startswith(("/", "../")) or path == ".."


def validate_config(
    table: Mapping[str, Any], limit: int, model: type[Config] = Config
) -> Config | tuple[Violation, ...]:
    """Validate a table of keys as they are written in TOML; return violations up to a limit."""
    return validate(model, table, limit)
