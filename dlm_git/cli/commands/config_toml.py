"""An effective config as TOML, each key with where it comes from."""

from __future__ import annotations

import json
from typing import Any

from dlm_git.config.load import EffectiveConfig, as_toml_table
from dlm_git.formats.escape import escape


def toml(effective: EffectiveConfig) -> str:
    """The config as lines `key = value  # origin`; what is not compared is a comment."""
    values = as_toml_table(effective.config)
    width = max(len(_assignment(key, value)) for key, value in values.items())
    lines = [
        f"{_assignment(key, value):{min(width, 48)}}  # {escape(effective.origins[key])}"
        for key, value in values.items()
    ]
    return "\n".join(lines) + "\n"


def _assignment(key: str, value: Any) -> str:
    if value is None or (key == "base" and not value):
        return f"# {key} is not compared"
    return f"{key} = {_value(value)}"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        pairs = (
            f"{_string(key)} = {_value(item)}" for key, item in value.items() if item is not None
        )
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    return _string(value)


def _string(value: str) -> str:
    # JSON's escapes are TOML's, and TOML refuses a bare DEL
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
