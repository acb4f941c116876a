"""`dlm-git config`."""

from __future__ import annotations

import argparse
import json

from dlm_git import configmodel
from dlm_git.commands import CLEAN
from dlm_git.commands.expected import prepared
from dlm_git.render.toml import toml
from dlm_git.terminal import say


def config(arguments: argparse.Namespace) -> int:
    """Print the effective config, or its JSON Schema."""
    if arguments.schema:
        dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
        say(json.dumps({**dialect, **configmodel.Config.model_json_schema()}, indent=2))
    else:
        say(toml(prepared(arguments)[1]), end="")
    return CLEAN
