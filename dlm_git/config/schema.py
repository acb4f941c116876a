"""What a config may say, as pydantic validates it and as its JSON Schema tells."""

from __future__ import annotations

import re
from collections.abc import Mapping
from posixpath import normpath
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from dlm_git.validation import Violation, validate

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


def bad_name(name: str) -> str:
    """What is wrong with a document's name, or ''; the trainer takes any (dlm format, 4.1)."""
    if not name or name.startswith((".", "-")):
        return "a name that is not empty and begins with neither '.' nor '-'"
    if re.search(r"[/\\\0-\x1f\x7f]", name):
        return "a name without separators and control characters"
    if name.endswith(".dlm"):
        return f"a name without the suffix: '{name.removesuffix('.dlm')}'"
    return ""


def validate_config(table: Mapping[str, Any]) -> Config | tuple[Violation, ...]:
    """Validate a table of keys as they are written."""
    return validate(Config, table)
