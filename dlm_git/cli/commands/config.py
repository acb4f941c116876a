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
from dlm_git.config import schema
from dlm_git.config.load import EffectiveConfig, as_toml_table
from dlm_git.config.template import toml_value
from dlm_git.formats.escape import escape_json

EXAMPLES = """\
  dlm-git config              # every key with its origin
  dlm-git config --schema     # for validation in editors
"""
_COLUMN = 48  # longest assignment that moves the comments to the right


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments of the command."""
    options.add_state(parser.add_argument_group("What to read"))
    parser.add_argument_group("Output").add_argument(
        "--schema", action="store_true", help="Print the JSON Schema of the config"
    )
    options.add_config(parser)


def run(arguments: Namespace) -> int:
    """Print the effective config, or the JSON Schema of a config."""
    if arguments.schema:
        dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
        print_out(json.dumps({**dialect, **schema.Config.model_json_schema()}, indent=2))
    else:
        with load_target(at_push(options.check_options(arguments), os.environ)) as (_, effective):
            print_out(as_toml(effective), end="")
    return CLEAN


def as_toml(effective: EffectiveConfig) -> str:
    """Return a config as lines `key = value  # origin`; keys that are not set are comments."""
    values = as_toml_table(effective.config)
    assignments = {key: _assignment(key, value) for key, value in values.items()}
    width = min(max(map(len, assignments.values())), _COLUMN)
    return "".join(
        f"{assignment:{width}}  # {effective.origins[key]}\n"
        for key, assignment in assignments.items()
    )


def _assignment(key: str, value: Any) -> str:
    if value is None or (key == "base" and not value):
        return f"# {key} is not set"
    return f"{key} = {escape_json(toml_value(value))}"
