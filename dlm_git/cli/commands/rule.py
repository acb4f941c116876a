"""`dlm-git rule`."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence

from dlm_git.cli.exit_codes import CLEAN
from dlm_git.cli.options import add_color, add_text_or_json
from dlm_git.cli.parser import did_you_mean
from dlm_git.cli.terminal import print_lines, print_out, print_page
from dlm_git.errors import DlmGitError
from dlm_git.rules.registry import RULES, Rule, by_family, render_rules_md
from dlm_git.validation import closest_match

EXAMPLES = """\
  dlm-git rule               # list the rules
  dlm-git rule wrong-base    # why a rule exists, and how to fix its findings
  dlm-git rule --format json # for other programs
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument(
        "name", nargs="?", metavar="NAME", help="Name of a rule (default: list all)"
    )
    parser.add_argument(
        "--all", action="store_true", help="Print the documentation of all rules, in Markdown"
    )
    add_text_or_json(parser)
    add_color(parser)


def run(arguments: Namespace) -> int:
    """List the rules, or print the documentation of one or all."""
    if arguments.format == "json":
        if arguments.all:
            raise DlmGitError("--all prints Markdown, not JSON", "omit --all: JSON has all rules")
        rules = [_find(arguments.name)] if arguments.name else [*RULES.values()]
        print_out(_json(rules), end="")
    elif arguments.all:
        print_out(render_rules_md(), end="")
    elif arguments.name is None:
        print_lines(_list())
    else:
        print_page(arguments.name, _find(arguments.name).page)
    return CLEAN


def _list() -> Iterator[str]:
    for family, rules in by_family():
        yield f"{family}:"
        yield from (f"  {rule.name:22} {rule.summary}" for rule in rules)


def _json(rules: Sequence[Rule]) -> str:
    """Return rules as JSON, in ASCII; an array even for one."""
    entries = [
        {
            "name": rule.name,
            "family": rule.family,
            "summary": rule.summary,
            "fixable": rule.fixable,
            "since": rule.since,
            "documentation": rule.documentation,
            "url": rule.url,
        }
        for rule in rules
    ]
    return json.dumps(entries, indent=2) + "\n"


def _find(name: str) -> Rule:
    if name not in RULES:
        hint = did_you_mean(closest_match(name, list(RULES)))
        raise DlmGitError(f"unknown rule '{name}'", hint or "`dlm-git rule` lists the rules")
    return RULES[name]
