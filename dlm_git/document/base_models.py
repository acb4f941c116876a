"""The trainer's registry of base models (dlm format, 5)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dlm_git.validation import closest_match


@dataclass(frozen=True, slots=True)
class BaseModel:
    """A base model: its registry key, its id on the Hugging Face hub, and how it is licensed.

    `gated` ones ask for `--i-accept-license` at every training run.
    """

    key: str
    hub_id: str
    licence: str
    gated: bool = False


_APACHE = "Apache-2.0"

BASE_MODELS = {
    base.key: base
    for base in (
        BaseModel("qwen2.5-0.5b", "Qwen/Qwen2.5-0.5B-Instruct", _APACHE),
        BaseModel("qwen2.5-1.5b", "Qwen/Qwen2.5-1.5B-Instruct", _APACHE),
        BaseModel("qwen2.5-3b", "Qwen/Qwen2.5-3B-Instruct", "Other"),
        BaseModel("qwen2.5-coder-1.5b", "Qwen/Qwen2.5-Coder-1.5B-Instruct", _APACHE),
        BaseModel("qwen3-1.7b", "Qwen/Qwen3-1.7B", _APACHE),
        BaseModel("qwen3-1.7b-thinking", "Qwen/Qwen3-1.7B", _APACHE),
        BaseModel("qwen3-4b", "Qwen/Qwen3-4B", _APACHE),
        BaseModel("qwen3-8b", "Qwen/Qwen3-8B", _APACHE),
        BaseModel("llama-3.2-1b", "meta-llama/Llama-3.2-1B-Instruct", "Other", gated=True),
        BaseModel("llama-3.2-3b", "meta-llama/Llama-3.2-3B-Instruct", "Other", gated=True),
        BaseModel(
            "llama-3.3-8b-instruct", "allura-forge/Llama-3.3-8B-Instruct", "Other", gated=True
        ),
        BaseModel("smollm3-3b", "HuggingFaceTB/SmolLM3-3B", _APACHE),
        BaseModel("olmo-2-7b-instruct", "allenai/OLMo-2-1124-7B-Instruct", _APACHE),
        BaseModel("gemma-2-2b-it", "google/gemma-2-2b-it", "Gemma", gated=True),
        BaseModel("gemma-2-9b-it", "google/gemma-2-9b-it", "Gemma", gated=True),
        BaseModel("smollm2-135m", "HuggingFaceTB/SmolLM2-135M-Instruct", _APACHE),
        BaseModel("smollm2-360m", "HuggingFaceTB/SmolLM2-360M-Instruct", _APACHE),
        BaseModel("smollm2-1.7b", "HuggingFaceTB/SmolLM2-1.7B-Instruct", _APACHE),
        BaseModel("phi-3.5-mini", "microsoft/Phi-3.5-mini-instruct", "MIT"),
        BaseModel("phi-4-mini-reasoning", "microsoft/Phi-4-mini-reasoning", "MIT"),
        BaseModel("mixtral-8x7b-instruct", "mistralai/Mixtral-8x7B-Instruct-v0.1", _APACHE),
        BaseModel(
            "mistral-small-3.1-24b-instruct",
            "mistralai/Mistral-Small-3.1-24B-Instruct-2503",
            _APACHE,
        ),
        BaseModel("paligemma-3b-mix-224", "google/paligemma-3b-mix-224", "Other", gated=True),
        BaseModel("qwen2-vl-2b-instruct", "Qwen/Qwen2-VL-2B-Instruct", _APACHE),
        BaseModel("internvl2-2b", "OpenGVLab/InternVL2-2B", "MIT"),
        BaseModel("internvl3-2b", "OpenGVLab/InternVL3-2B", _APACHE),
        BaseModel("qwen2-audio-7b-instruct", "Qwen/Qwen2-Audio-7B-Instruct", _APACHE),
    )
}


def is_known_base(name: str) -> bool:
    """Whether the trainer knows the base model, as far as it can tell without a network.

    It takes a key of the registry, in its exact case, or `hf:` and a hub id with an inner slash.
    """
    if name.startswith("hf:"):
        hub_id = name.removeprefix("hf:")
        return "/" in hub_id.strip("/") and hub_id == hub_id.strip("/")
    return name in BASE_MODELS


def suggest_base(name: str) -> str:
    """What was perhaps meant by a name that does not resolve, or ''."""
    for base in BASE_MODELS.values():
        if name.lower().removeprefix("hf:") in (base.key, base.hub_id.lower()):
            return base.key
    if re.fullmatch(r"[\w.-]+/[\w.-]+", name):
        return f"hf:{name}"
    return closest_match(name, list(BASE_MODELS))
