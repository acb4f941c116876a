"""The forms of ordinary values in a frontmatter and a `.dlm/training.yaml`, for `fits`.

A value that fits is valid for pydantic too. A test derives the forms from the models in `models`.
"""

from __future__ import annotations

from dlm_git.validation import LARGEST, Interval

_ABOVE_0 = 5e-324  # the smallest number above 0
_FRACTION = Interval(0, 1)
_HALF = Interval(0, 0.5)
_RATE = Interval(_ABOVE_0, LARGEST)
_POSITIVE = range(1, LARGEST + 1)
_INTEGER = range(-LARGEST, LARGEST + 1)

ADAPTER = {
    "adapter": ("lora", "qlora", "dora"),
    "lora_r": range(1, 257),
    "lora_alpha": _POSITIVE,
    "lora_dropout": _HALF,
    "target_modules": ("auto", [str]),
    "learning_rate": _RATE,
}

_PREFERENCE = {
    "enabled": bool,
    "method": ("dpo", "orpo"),
    "hyperparams": {
        "beta": _FRACTION,
        "alpha": _FRACTION,
        "learning_rate": _RATE,
        "num_epochs": _POSITIVE,
    },
    "loss_type": ("sigmoid", "hinge", "ipo"),
    "reference": ("base", "pre_adapter"),
}

_GATE = {
    "enabled": bool,
    "hidden_proj_dim": range(8, 2049),
    "steps": range(1, 10_001),
    "lr": Interval(_ABOVE_0, 1),
    "cold_start_floor": range(1, 1025),
    "entropy_lambda": _FRACTION,
}

_SOURCE = {
    "path": str,
    "include": [str],
    "exclude": [str],
    "max_bytes_per_file": (_POSITIVE, None),
    "max_files": (_POSITIVE, None),
}

_TRAINING = {
    **ADAPTER,
    "sequence_len": range(64, 32_769),
    "micro_batch_size": ("auto", _POSITIVE),
    "grad_accum": ("auto", _POSITIVE),
    "num_epochs": _POSITIVE,
    "optimizer": (
        *("adamw_torch", "adamw_bnb_8bit", "paged_adamw_8bit"),
        *("galore_adamw", "galore_adamw_8bit"),
    ),
    "lr_scheduler": ("cosine", "linear", "constant"),
    "warmup_ratio": _HALF,
    "precision": ("bf16", "fp16", "fp32", None),
    "seed": _INTEGER,
    "preference": _PREFERENCE,
    "cpt": {"schedule": ("auto", "dapt", "sft"), "embed_warmup_steps": range(LARGEST + 1)},
    "gate": _GATE,
    "cache": {"enabled": bool, "max_bytes": _POSITIVE, "prune_older_than_days": _POSITIVE},
    "audio": {"auto_resample": bool},
    "adapters": ({str: ADAPTER}, None),
    "sources": ([_SOURCE], None),
    "sources_policy": ("permissive", "strict"),
}

FRONTMATTER = {
    "dlm_id": str,
    "dlm_version": _INTEGER,
    "base_model": str,
    "training": _TRAINING,
    "export": {
        "default_quant": ("Q4_K_M", "Q5_K_M", "Q6_K", "Q8_0"),
        "default_temperature": (Interval(_ABOVE_0, 2), None),
        "default_top_p": (Interval(_ABOVE_0, 1), None),
    },
    "system_prompt": (str, None),
}

TRAINING_CONFIG = {
    "dlm_training_version": range(1, 2),
    "include": [str],
    "exclude": [str],
    "exclude_defaults": bool,
    "metadata": {str: str},
    "weights": {str: {str: Interval(0, LARGEST)}},
}
