"""The values that dlm-git uses from a document's frontmatter and from `.dlm/training.yaml`."""

from __future__ import annotations

from collections.abc import Mapping

from dlm_git.document.names import ULID
from dlm_git.validation import Violation, is_plain_string, plain_strings
from dlm_git.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal

    Policy = Literal["permissive", "strict"]
    from dlm_git.document import models

SCHEMA_VERSION = 15


_KEYS = {"dlm_id", "dlm_version", "base_model", "training", "system_prompt"}
_SOURCE_KEYS = {"path", "include", "exclude"}
_CONFIG_KEYS = {"dlm_training_version", "include", "exclude", "exclude_defaults", "metadata"}


class Source(Value):
    """A file or directory to train on, and the patterns that select files in it."""

    path: str
    include: tuple[str, ...] = ("**/*",)
    exclude: tuple[str, ...] = ()
    max_bytes_per_file: int | None = None
    max_files: int | None = None


class Training(Value):
    """The `training` key of a frontmatter; `adapters` holds only their names."""

    adapters: tuple[str, ...] | None = None
    sources: tuple[Source, ...] | None = None
    sources_policy: Policy = "permissive"


class Frontmatter(Value):
    """The frontmatter of a document (dlm format, 1.6)."""

    dlm_id: str
    base_model: str
    training: Training = Training()


class TrainingConfig(Value):
    """A `.dlm/training.yaml` (dlm format, 3.6)."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    exclude_defaults: bool = True
    metadata: Mapping[str, str] = {}


def validate_frontmatter(value: Mapping[Any, object]) -> Frontmatter | tuple[Violation, ...]:
    """Validate a loaded frontmatter of any schema version (dlm format, 1.4 to 1.7)."""
    version = value.get("dlm_version", 1)
    if isinstance(version, bool) or not isinstance(version, int):
        expected = f"an integer from 1 to {SCHEMA_VERSION}"
        return (Violation("invalid", ("dlm_version",), expected),)
    if not 1 <= version <= SCHEMA_VERSION:
        return (Violation("version", ("dlm_version",), f"1 to {SCHEMA_VERSION}"),)
    return plain_frontmatter(value) or _validate_frontmatter(value, version)


def validate_training_config(value: Mapping[Any, object]) -> TrainingConfig | tuple[Violation, ...]:
    """Validate a loaded `.dlm/training.yaml` (dlm format, 3.6)."""
    return plain_training_config(value) or _validate_training_config(value)


# The import of pydantic takes half the time of a check, and most documents have only the keys that
# `dlm-git init` writes. The functions `plain_*` accept such values without pydantic. They return
# None for anything else, valid or not.


def plain_frontmatter(value: Mapping[Any, object]) -> Frontmatter | None:
    """Return a frontmatter with common keys and values only, else None."""
    match value:
        case {"dlm_id": str(dlm_id), "base_model": str(base)} if value.keys() <= _KEYS:
            training = _plain_training(value.get("training", {}))
            prompt = value.get("system_prompt", "text")
            if (
                training
                and ULID.fullmatch(dlm_id)
                and is_plain_string(base)
                and is_plain_string(prompt)
            ):
                return Frontmatter(dlm_id, base, training)
    return None


def plain_training_config(value: Mapping[Any, object]) -> TrainingConfig | None:
    """Return a `.dlm/training.yaml` with common keys and values only, else None."""
    include = plain_strings(value.get("include", []))
    exclude = plain_strings(value.get("exclude", []))
    defaults, metadata = value.get("exclude_defaults", True), value.get("metadata", {})
    if include is None or exclude is None or not value.keys() <= _CONFIG_KEYS:
        return None
    if repr(value.get("dlm_training_version", 1)) != "1" or not isinstance(defaults, bool):
        return None
    if not isinstance(metadata, dict) or plain_strings([*metadata, *metadata.values()]) is None:
        return None
    return TrainingConfig(include, exclude, defaults, metadata)


def _plain_training(value: object) -> Training | None:
    match value:
        case {"sources": [_, *_] as items, **rest}:
            sources = [source for source in map(_plain_source, items) if source]
            return _plain_policy(rest, tuple(sources)) if len(sources) == len(items) else None
        case {**rest}:
            return _plain_policy(rest, None)
    return None


def _plain_policy(
    rest: Mapping[Any, object], sources: tuple[Source, ...] | None
) -> Training | None:
    match rest:
        case {"sources_policy": ("strict" | "permissive") as policy, **others} if not others:
            return Training(sources=sources, sources_policy=policy)
    return None if rest else Training(sources=sources)


def _plain_source(value: object) -> Source | None:
    if not isinstance(value, dict) or not value.keys() <= _SOURCE_KEYS:
        return None
    path = value.get("path")
    include = plain_strings(value.get("include", ["**/*"]))
    exclude = plain_strings(value.get("exclude", []))
    if not isinstance(path, str) or not is_plain_string(path) or include is None or exclude is None:
        return None
    return Source(path, include, exclude)


def _validate_frontmatter(
    value: Mapping[Any, object], version: int
) -> Frontmatter | tuple[Violation, ...]:
    from dlm_git.document import models

    result = models.validate_frontmatter(value, version, SCHEMA_VERSION)
    return result if isinstance(result, tuple) else frontmatter_from_model(result)


def _validate_training_config(
    value: Mapping[Any, object],
) -> TrainingConfig | tuple[Violation, ...]:
    from dlm_git.document import models

    result = models.validate_training_config(value)
    return result if isinstance(result, tuple) else training_config_from_model(result)


def frontmatter_from_model(model: models.Frontmatter) -> Frontmatter:
    """Convert a validated frontmatter."""
    training = model.training
    sources = None if training.sources is None else tuple(map(_source_from_model, training.sources))
    adapters = tuple(training.adapters) if training.adapters else None
    return Frontmatter(
        model.dlm_id, model.base_model, Training(adapters, sources, training.sources_policy)
    )


def _source_from_model(model: models.Source) -> Source:
    return Source(**dict(model))


def training_config_from_model(model: models.TrainingConfig) -> TrainingConfig:
    """Convert a validated `.dlm/training.yaml`."""
    return TrainingConfig(model.include, model.exclude, model.exclude_defaults, model.metadata)
