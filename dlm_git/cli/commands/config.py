"""`dlm-git config`."""

from __future__ import annotations

import json
import os
from argparse import ArgumentParser, Namespace
from typing import Any

from dlm_git.cli import options
from dlm_git.cli.exit_codes import CLEAN
from dlm_git.cli.target import at_push, load_target
from dlm_git.cli.terminal import print_out
from dlm_git.config.load import EffectiveConfig, as_toml_table
from dlm_git.config.toml_value import toml_value
from dlm_git.formats.escape import escape_json, escape_path

EXAMPLES = """\
  dlm-git config              # every key with its origin
  dlm-git config --schema     # for validation in editors
  dlm-git config --format json
"""
_COLUMN = 48  # longest assignment that moves the comments to the right


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments of the command."""
    options.add_state(parser.add_argument_group("What to read"))
    group = parser.add_argument_group("Output")
    group.add_argument("--schema", action="store_true", help="Print the JSON Schema of the config")
    options.add_text_or_json(group)
    options.add_config(parser)


def run(arguments: Namespace) -> int:
    """Print the effective config, or the JSON Schema of a config."""
    if arguments.schema:
        from dlm_git.operations.config_schema import config_schema  # late: it imports pydantic

        print_out(json.dumps(config_schema(), indent=2))
        return CLEAN
    with load_target(at_push(options.check_options(arguments), os.environ)) as (_, effective):
        text = as_json(effective) if arguments.format == "json" else as_toml(effective)
        print_out(text, end="")
    return CLEAN


def as_toml(effective: EffectiveConfig) -> str:
    """Return a config as lines `key = value  # origin`; keys that are not set are comments."""
    values = as_toml_table(effective.config)
    assignments = {key: _assignment(key, value) for key, value in values.items()}
    width = min(max(map(len, assignments.values())), _COLUMN)
    return "".join(
        f"{assignment:{width}}  # {_origin(effective, key)}\n"
        for key, assignment in assignments.items()
    )


def _origin(effective: EffectiveConfig, key: str) -> str:
    """Return the files and flags that a value comes from, and the file that locks it."""
    setters, lock = effective.setters(key), effective.locked.get(key)
    origin = escape_path(", ".join(setters) or "default")
    if not lock:
        return origin
    return f"{origin} (locked)" if lock in setters else f"{origin} (locked in {escape_path(lock)})"


def as_json(effective: EffectiveConfig) -> str:
    """Return a config as JSON; `formats/config.schema.json` is its JSON Schema."""
    organization = effective.organization or None
    keys = {
        key: {
            "value": value,
            "origins": effective.setters(key),
            "locked": effective.locked.get(key),
        }
        for key, value in as_toml_table(effective.config).items()
    }
    report = {"version": 1, "files": effective.files, "organization": organization, "keys": keys}
    return json.dumps(report, indent=2) + "\n"


def _assignment(key: str, value: Any) -> str:
    if value is None or (key == "base" and not value):
        return f"# {key} is not set"
    return f"{key} = {escape_json(toml_value(value))}"
