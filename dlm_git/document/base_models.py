"""The trainer's registry of base models (dlm format, 5)."""

from __future__ import annotations

import re

from dlm_git.validation import closest_match
from dlm_git.values import Value


class RegisteredModel(Value):
    """A base model in the trainer's registry.

    key: name in a document and on the command line.
    hub_id: repository on the Hugging Face hub.
    parameters: number of parameters.
    license: SPDX identifier, or 'Gemma' or 'Other'.
    gated: whether `dlm train` requires `--i-accept-license`.
    """

    key: str
    hub_id: str
    parameters: int
    license: str
    gated: bool = False


_APACHE = "Apache-2.0"

BASE_MODELS = {
    model.key: model
    for model in (
        RegisteredModel("qwen2.5-0.5b", "Qwen/Qwen2.5-0.5B-Instruct", 500_000_000, _APACHE),
        RegisteredModel("qwen2.5-1.5b", "Qwen/Qwen2.5-1.5B-Instruct", 1_500_000_000, _APACHE),
        RegisteredModel("qwen2.5-3b", "Qwen/Qwen2.5-3B-Instruct", 3_000_000_000, "Other"),
        RegisteredModel(
            "qwen2.5-coder-1.5b", "Qwen/Qwen2.5-Coder-1.5B-Instruct", 1_500_000_000, _APACHE
        ),
        RegisteredModel("qwen3-1.7b", "Qwen/Qwen3-1.7B", 1_700_000_000, _APACHE),
        RegisteredModel("qwen3-1.7b-thinking", "Qwen/Qwen3-1.7B", 1_700_000_000, _APACHE),
        RegisteredModel("qwen3-4b", "Qwen/Qwen3-4B", 4_000_000_000, _APACHE),
        RegisteredModel("qwen3-8b", "Qwen/Qwen3-8B", 8_000_000_000, _APACHE),
        RegisteredModel(
            "llama-3.2-1b", "meta-llama/Llama-3.2-1B-Instruct", 1_000_000_000, "Other", gated=True
        ),
        RegisteredModel(
            "llama-3.2-3b", "meta-llama/Llama-3.2-3B-Instruct", 3_000_000_000, "Other", gated=True
        ),
        RegisteredModel(
            "llama-3.3-8b-instruct",
            "allura-forge/Llama-3.3-8B-Instruct",
            8_000_000_000,
            "Other",
            gated=True,
        ),
        RegisteredModel("smollm3-3b", "HuggingFaceTB/SmolLM3-3B", 3_000_000_000, _APACHE),
        RegisteredModel(
            "olmo-2-7b-instruct", "allenai/OLMo-2-1124-7B-Instruct", 7_000_000_000, _APACHE
        ),
        RegisteredModel(
            "gemma-2-2b-it", "google/gemma-2-2b-it", 2_600_000_000, "Gemma", gated=True
        ),
        RegisteredModel(
            "gemma-2-9b-it", "google/gemma-2-9b-it", 9_000_000_000, "Gemma", gated=True
        ),
        RegisteredModel(
            "smollm2-135m", "HuggingFaceTB/SmolLM2-135M-Instruct", 135_000_000, _APACHE
        ),
        RegisteredModel(
            "smollm2-360m", "HuggingFaceTB/SmolLM2-360M-Instruct", 360_000_000, _APACHE
        ),
        RegisteredModel(
            "smollm2-1.7b", "HuggingFaceTB/SmolLM2-1.7B-Instruct", 1_700_000_000, _APACHE
        ),
        RegisteredModel("phi-3.5-mini", "microsoft/Phi-3.5-mini-instruct", 3_800_000_000, "MIT"),
        RegisteredModel(
            "phi-4-mini-reasoning", "microsoft/Phi-4-mini-reasoning", 3_800_000_000, "MIT"
        ),
        RegisteredModel(
            "mixtral-8x7b-instruct", "mistralai/Mixtral-8x7B-Instruct-v0.1", 46_700_000_000, _APACHE
        ),
        RegisteredModel(
            "mistral-small-3.1-24b-instruct",
            "mistralai/Mistral-Small-3.1-24B-Instruct-2503",
            24_000_000_000,
            _APACHE,
        ),
        RegisteredModel(
            "paligemma-3b-mix-224",
            "google/paligemma-3b-mix-224",
            2_900_000_000,
            "Other",
            gated=True,
        ),
        RegisteredModel(
            "qwen2-vl-2b-instruct", "Qwen/Qwen2-VL-2B-Instruct", 2_200_000_000, _APACHE
        ),
        RegisteredModel("internvl2-2b", "OpenGVLab/InternVL2-2B", 2_200_000_000, "MIT"),
        RegisteredModel("internvl3-2b", "OpenGVLab/InternVL3-2B", 2_000_000_000, _APACHE),
        RegisteredModel(
            "qwen2-audio-7b-instruct", "Qwen/Qwen2-Audio-7B-Instruct", 8_400_000_000, _APACHE
        ),
    )
}


def is_known_base(name: str) -> bool:
    """Return whether the trainer accepts a base model, as far as it can tell offline.

    It accepts a registry key in its exact case, or `hf:` and a hub id such as 'owner/model'.
    """
    if name.startswith("hf:"):
        hub_id = name.removeprefix("hf:")
        return "/" in hub_id.strip("/") and hub_id == hub_id.strip("/")
    return name in BASE_MODELS


def suggest_base(name: str) -> str:
    """Return the known base model closest to an unknown name, or ''."""
    for model in BASE_MODELS.values():
        if name.lower().removeprefix("hf:") in (model.key, model.hub_id.lower()):
            return model.key
    if re.fullmatch(r"[\w.-]+/[\w.-]+", name):
        return f"hf:{name}"
    return closest_match(name, list(BASE_MODELS))
