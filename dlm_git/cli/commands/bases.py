"""`dlm-git bases`."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator

from dlm_git.cli.exit_codes import CLEAN
from dlm_git.cli.options import add_text_or_json
from dlm_git.cli.terminal import print_lines, print_out
from dlm_git.document.base_models import BASE_MODELS, RegisteredModel

EXAMPLES = """\
  dlm-git bases                  # the base models that the trainer knows
  dlm-git bases --format json    # for programs
"""
_HEADER = ("key", "parameters", "license", "gated", "hub id")


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments of the command."""
    add_text_or_json(parser)


def run(arguments: Namespace) -> int:
    """List the base models in the trainer's registry."""
    if arguments.format == "json":
        models = [model.as_dict() for model in BASE_MODELS.values()]
        print_out(json.dumps({"version": 1, "bases": models}, indent=2))
    else:
        print_lines(_table())
    return CLEAN


def _table() -> Iterator[str]:
    rows = [_HEADER, *map(_row, BASE_MODELS.values())]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for key, parameters, license_, gated, hub_id in rows:
        yield (
            f"{key:{widths[0]}}  {parameters:>{widths[1]}}  {license_:{widths[2]}}"
            f"  {gated:{widths[3]}}  {hub_id}"
        )


def _row(model: RegisteredModel) -> tuple[str, str, str, str, str]:
    millions = model.parameters // 1_000_000
    size = f"{millions}M" if millions < 1000 else f"{millions / 1000:g}B"
    return model.key, size, model.license, "yes" if model.gated else "no", model.hub_id
