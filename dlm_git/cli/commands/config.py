"""`dlm-git config`."""

from __future__ import annotations

import argparse
import json

from dlm_git.cli.commands.config_toml import toml
from dlm_git.cli.exit_codes import CLEAN
from dlm_git.cli.target import prepared
from dlm_git.cli.terminal import print_out
from dlm_git.config import schema


def config(arguments: argparse.Namespace) -> int:
    """Print the effective config, or its JSON Schema."""
    if arguments.schema:
        dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
        print_out(json.dumps({**dialect, **schema.Config.model_json_schema()}, indent=2))
    else:
        print_out(toml(prepared(arguments)[1]), end="")
    return CLEAN
