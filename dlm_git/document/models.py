"""The trainer's pydantic models of a frontmatter and a `.dlm/training.yaml` (dlm format, 1.6).

The fields have the trainer's names, ranges and defaults. Their meaning is the trainer's business.
Importing this module takes longer than a check, so `frontmatter` does it only when necessary.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from dlm_git.document.names import ADAPTER_NAME, ULID
from dlm_git.validation import Violation, validate

Adapter = Literal["lora", "qlora", "dora"]
Modules = Literal["auto"] | list[str]
Fraction = Annotated[float, Field(ge=0, le=1)]
Half = Annotated[float, Field(ge=0, le=0.5)]
Positive = Annotated[int, Field(ge=1)]
Rank = Annotated[int, Field(ge=1, le=256)]
Rate = Annotated[float, Field(gt=0)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Hyperparams(_Strict):
    beta: Fraction = 0.1
    alpha: Fraction = 0.1
    learning_rate: Rate = 5e-6
    num_epochs: Positive = 1


class Preference(_Strict):
    enabled: bool = False
    method: Literal["dpo", "orpo"] = "dpo"
    hyperparams: Hyperparams = Hyperparams()
    loss_type: Literal["sigmoid", "hinge", "ipo"] = "sigmoid"
    reference: Literal["base", "pre_adapter"] = "pre_adapter"


class Cpt(_Strict):
    schedule: Literal["auto", "dapt", "sft"] = "auto"
    embed_warmup_steps: Annotated[int, Field(ge=0)] = 0


class Gate(_Strict):
    enabled: bool = False
    hidden_proj_dim: Annotated[int, Field(ge=8, le=2048)] = 64
    steps: Annotated[int, Field(ge=1, le=10_000)] = 200
    lr: Annotated[float, Field(gt=0, le=1)] = 3e-4
    cold_start_floor: Annotated[int, Field(ge=1, le=1024)] = 4
    entropy_lambda: Fraction = 0.01


class Cache(_Strict):
    enabled: bool = True
    max_bytes: Positive = 10 * 1024**3
    prune_older_than_days: Positive = 90


class Audio(_Strict):
    auto_resample: bool = False


class NamedAdapter(_Strict):
    """The settings of one adapter; without `adapters`, `training` itself has them."""

    adapter: Adapter = "lora"
    lora_r: Rank = 8
    lora_alpha: Positive = 16
    lora_dropout: Half = 0.05
    target_modules: Modules = "auto"
    learning_rate: Rate = 2e-4


class Source(_Strict):
    path: Annotated[str, Field(min_length=1)]
    include: tuple[str, ...] = ("**/*",)
    exclude: tuple[str, ...] = ()
    max_bytes_per_file: Positive | None = None
    max_files: Positive | None = None


class Training(NamedAdapter):
    sequence_len: Annotated[int, Field(ge=64, le=32_768)] = 2048
    micro_batch_size: Literal["auto"] | Positive = "auto"
    grad_accum: Literal["auto"] | Positive = "auto"
    num_epochs: Positive = 3
    optimizer: Literal[
        "adamw_torch", "adamw_bnb_8bit", "paged_adamw_8bit", "galore_adamw", "galore_adamw_8bit"
    ] = "adamw_torch"
    lr_scheduler: Literal["cosine", "linear", "constant"] = "cosine"
    warmup_ratio: Half = 0.1
    precision: Literal["bf16", "fp16", "fp32"] | None = None
    seed: int = 42
    preference: Preference = Preference()
    cpt: Cpt = Cpt()
    gate: Gate = Gate()
    cache: Cache = Cache()
    audio: Audio = Audio()
    adapters: dict[str, NamedAdapter] | None = None
    sources: tuple[Source, ...] | None = None
    sources_policy: Literal["permissive", "strict"] = "permissive"

    @field_validator("adapters")
    @classmethod
    def _check_names(
        cls, adapters: dict[str, NamedAdapter] | None
    ) -> dict[str, NamedAdapter] | None:
        if adapters is not None and not adapters:
            raise ValueError("at least one adapter")
        for name in adapters or ():
            if not ADAPTER_NAME.fullmatch(name):
                raise ValueError(f"adapter names that match {ADAPTER_NAME.pattern}, not {name!r}")
        return adapters

    @model_validator(mode="after")
    def _check_adapters(self) -> Self:
        if self.gate.enabled and len(self.adapters or ()) < 2:
            raise ValueError("two or more 'adapters' when 'gate.enabled' is true")
        if self.adapters:
            for name, field in NamedAdapter.model_fields.items():
                if getattr(self, name) != field.default:
                    raise ValueError(f"'{name}' inside each of the 'adapters', not beside them")
        return self


class Export(_Strict):
    default_quant: Literal["Q4_K_M", "Q5_K_M", "Q6_K", "Q8_0"] = "Q4_K_M"
    default_temperature: Annotated[float, Field(gt=0, le=2)] | None = None
    default_top_p: Annotated[float, Field(gt=0, le=1)] | None = None


class Frontmatter(_Strict):
    """The frontmatter of a document at the current schema version (dlm format, 1.6)."""

    dlm_id: str
    dlm_version: int
    base_model: Annotated[str, Field(min_length=1)]
    training: Training = Training()
    export: Export = Export()
    system_prompt: str | None = None

    @field_validator("dlm_id")
    @classmethod
    def _check_ulid(cls, value: str) -> str:
        if not ULID.fullmatch(value):
            raise ValueError("a ULID: 26 digits and uppercase letters without I, L, O and U")
        return value


class TrainingConfig(_Strict):
    """A `.dlm/training.yaml` (dlm format, 3.6)."""

    dlm_training_version: Literal[1] = 1
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    exclude_defaults: bool = True
    metadata: dict[str, str] = {}
    weights: dict[str, dict[str, float]] = {}

    @field_validator("weights")
    @classmethod
    def _check_weights(cls, weights: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
        if any(weight < 0 for scale in weights.values() for weight in scale.values()):
            raise ValueError("non-negative weights")
        return weights


def validate_frontmatter(
    value: Mapping[Any, object], version: int, newest: int
) -> Frontmatter | tuple[Violation, ...]:
    """Validate a loaded frontmatter of a schema version up to the newest (dlm format, 1.4)."""
    return validate(Frontmatter, {**_migrate(value, version), "dlm_version": newest})


def validate_training_config(value: Mapping[Any, object]) -> TrainingConfig | tuple[Violation, ...]:
    """Validate a loaded `.dlm/training.yaml` (dlm format, 3.6)."""
    return validate(TrainingConfig, value)


def _migrate(value: Mapping[Any, object], version: int) -> Mapping[Any, object]:
    """Rename the `dpo` key of version 1; no later version changes a key."""
    training = value.get("training")
    if version > 1 or not isinstance(training, dict) or "dpo" not in training:
        return value
    training = dict(training)
    dpo = training.pop("dpo")
    if dpo is not None:
        training["preference"] = _preference(dpo) if isinstance(dpo, dict) else dpo
    return {**value, "training": training}


def _preference(dpo: Mapping[Any, object]) -> dict[str, object]:
    preference = {key: dpo[key] for key in ("enabled", "loss_type", "reference") if key in dpo}
    if preference.get("reference") == "pre_dpo_adapter":
        preference["reference"] = "pre_adapter"
    hyperparams = {key: dpo[key] for key in ("beta", "learning_rate", "num_epochs") if key in dpo}
    return {"method": "dpo", **preference, **({"hyperparams": hyperparams} if hyperparams else {})}
