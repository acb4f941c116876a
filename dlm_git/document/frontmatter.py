"""The values that dlm-git uses from a document's frontmatter and from `.dlm/training.yaml`."""

from __future__ import annotations

from collections.abc import Mapping

from dlm_git.document.names import ADAPTER_NAME, ULID
from dlm_git.document.plain_forms import ADAPTER, FRONTMATTER, TRAINING_CONFIG
from dlm_git.validation import Violation, fits, with_tuples
from dlm_git.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal

    Policy = Literal["permissive", "strict"]
    from dlm_git.document import models

SCHEMA_VERSION = 15


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


# The import of pydantic takes longer than a check, and most documents have ordinary values only.
# The functions `plain_*` accept such values without pydantic. They return None for anything else,
# valid or not.


def plain_frontmatter(value: Mapping[Any, Any]) -> Frontmatter | None:
    """Return a frontmatter with ordinary values only, else None."""
    if not {"dlm_id", "base_model"} <= value.keys() or not fits(value, FRONTMATTER):
        return None
    training = _plain_training(value.get("training", {}))
    if not training or not ULID.fullmatch(value["dlm_id"]):
        return None
    return Frontmatter(value["dlm_id"], value["base_model"], training)


def plain_training_config(value: Mapping[Any, Any]) -> TrainingConfig | None:
    """Return a `.dlm/training.yaml` with ordinary values only, else None."""
    if not fits(value, TRAINING_CONFIG):
        return None
    used = {key: value[key] for key in TrainingConfig._fields.names if key in value}
    return TrainingConfig(**with_tuples(used))


def _plain_training(value: Mapping[str, Any]) -> Training | None:
    """Return a `training` that fits its form, None if its keys may contradict each other."""
    adapters, sources = value.get("adapters"), value.get("sources")
    names = tuple(adapters or ())
    valid = (
        adapters != {}
        and all(map(ADAPTER_NAME.fullmatch, names))
        and not (names and ADAPTER.keys() & value.keys())
        and (len(names) > 1 or not value.get("gate", {}).get("enabled"))
        and all("path" in source for source in sources or ())
    )
    if not valid:
        return None
    if sources is not None:
        sources = tuple(Source(**with_tuples(source)) for source in sources)
    return Training(names or None, sources, value.get("sources_policy", "permissive"))


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
