"""What is read of a frontmatter and of a `.dlm/training.yaml` that the trainer takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from dlm_git.validation import Violation, is_plain_string, plain_strings

if TYPE_CHECKING:
    from dlm_git.document import models

SCHEMA_VERSION = 15

Policy = Literal["permissive", "strict"]

_ULID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
_KEYS = {"dlm_id", "dlm_version", "base_model", "training", "system_prompt"}
_SOURCE_KEYS = {"path", "include", "exclude"}
_CONFIG_KEYS = {"dlm_training_version", "include", "exclude", "exclude_defaults", "metadata"}


@dataclass(frozen=True, slots=True)
class Source:
    """A directory or file to learn, and the patterns that choose what of it."""

    path: str
    include: tuple[str, ...] = ("**/*",)
    exclude: tuple[str, ...] = ()
    max_bytes_per_file: int | None = None
    max_files: int | None = None


@dataclass(frozen=True, slots=True)
class Training:
    """What a document says of its training; `adapters` are their names."""

    adapters: tuple[str, ...] | None = None
    sources: tuple[Source, ...] | None = None
    sources_policy: Policy = "permissive"


@dataclass(frozen=True, slots=True)
class Frontmatter:
    """The frontmatter of a document."""

    dlm_id: str
    base_model: str
    training: Training = Training()


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """A `.dlm/training.yaml` (dlm format, 3.6)."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    exclude_defaults: bool = True
    metadata: Mapping[str, str] = field(default_factory=dict)


def validate_frontmatter(value: Mapping[Any, object]) -> Frontmatter | tuple[Violation, ...]:
    """Validate a loaded frontmatter of any version (dlm format, 1.4 to 1.7)."""
    version = value.get("dlm_version", 1)
    if isinstance(version, bool) or not isinstance(version, int):
        return (
            Violation("invalid", ("dlm_version",), f"a whole number from 1 to {SCHEMA_VERSION}"),
        )
    if not 1 <= version <= SCHEMA_VERSION:
        return (Violation("version", ("dlm_version",), f"1 to {SCHEMA_VERSION}"),)
    return plain_frontmatter(value) or _validated(value, version)


def validate_training_config(value: Mapping[Any, object]) -> TrainingConfig | tuple[Violation, ...]:
    """Validate a loaded `.dlm/training.yaml` (dlm format, 3.6)."""
    return plain_training_config(value) or _validated_config(value)


# Nearly every document says no more than `dlm-git init` writes. What plainly is in order is taken
# here; all else, and all that may be at fault, is for pydantic.


def plain_frontmatter(value: Mapping[Any, object]) -> Frontmatter | None:
    """The frontmatter if it is of the plainest form, which cannot be at fault."""
    match value:
        case {"dlm_id": str(dlm_id), "base_model": str(base)} if value.keys() <= _KEYS:
            training = _training(value.get("training", {}))
            prompt = value.get("system_prompt", "text")
            if (
                training
                and _ULID.fullmatch(dlm_id)
                and is_plain_string(base)
                and is_plain_string(prompt)
            ):
                return Frontmatter(dlm_id, base, training)
    return None


def plain_training_config(value: Mapping[Any, object]) -> TrainingConfig | None:
    """The config if it is of the plainest form, which cannot be at fault."""
    include, exclude = (
        plain_strings(value.get("include", [])),
        plain_strings(value.get("exclude", [])),
    )
    defaults, metadata = value.get("exclude_defaults", True), value.get("metadata", {})
    if include is None or exclude is None or not value.keys() <= _CONFIG_KEYS:
        return None
    if repr(value.get("dlm_training_version", 1)) != "1" or not isinstance(defaults, bool):
        return None
    if not isinstance(metadata, dict) or plain_strings([*metadata, *metadata.values()]) is None:
        return None
    return TrainingConfig(include, exclude, defaults, metadata)


def _training(value: object) -> Training | None:
    match value:
        case {"sources": [_, *_] as items, **rest}:
            sources = [found for found in map(_source, items) if found]
            return _policy(rest, tuple(sources)) if len(sources) == len(items) else None
        case {**rest}:
            return _policy(rest, None)
    return None


def _policy(rest: Mapping[Any, object], sources: tuple[Source, ...] | None) -> Training | None:
    match rest:
        case {"sources_policy": ("strict" | "permissive") as policy, **others} if not others:
            return Training(sources=sources, sources_policy=policy)
    return None if rest else Training(sources=sources)


def _source(value: object) -> Source | None:
    if not isinstance(value, dict) or not value.keys() <= _SOURCE_KEYS:
        return None
    path = value.get("path")
    include, exclude = (
        plain_strings(value.get("include", ["**/*"])),
        plain_strings(value.get("exclude", [])),
    )
    if not isinstance(path, str) or not is_plain_string(path) or include is None or exclude is None:
        return None
    return Source(path, include, exclude)


def frontmatter_from_model(found: models.Frontmatter) -> Frontmatter:
    """What is read of a validated frontmatter."""
    training = found.training
    sources = None if training.sources is None else tuple(map(_read_source, training.sources))
    adapters = tuple(training.adapters) if training.adapters else None
    return Frontmatter(
        found.dlm_id,
        found.base_model,
        Training(adapters, sources, training.sources_policy),
    )


def _read_source(found: models.Source) -> Source:
    return Source(**dict(found))


def training_config_from_model(found: models.TrainingConfig) -> TrainingConfig:
    """What is read of a validated `.dlm/training.yaml`."""
    return TrainingConfig(found.include, found.exclude, found.exclude_defaults, found.metadata)


def _validated(value: Mapping[Any, object], version: int) -> Frontmatter | tuple[Violation, ...]:
    from dlm_git.document import models

    found = models.validate_frontmatter(value, version, SCHEMA_VERSION)
    return found if isinstance(found, tuple) else frontmatter_from_model(found)


def _validated_config(value: Mapping[Any, object]) -> TrainingConfig | tuple[Violation, ...]:
    from dlm_git.document import models

    found = models.validate_training_config(value)
    return found if isinstance(found, tuple) else training_config_from_model(found)
