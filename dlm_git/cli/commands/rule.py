"""`dlm-git rule`."""

from __future__ import annotations

import argparse

from dlm_git.cli.exit_codes import CLEAN
from dlm_git.cli.terminal import say
from dlm_git.errors import CannotCheck
from dlm_git.rules.registry import RULES, by_family, render_rules_md
from dlm_git.validation import near


def rule(arguments: argparse.Namespace) -> int:
    """List the rules, or print the page of one."""
    if arguments.all:
        say(render_rules_md(), end="")
    elif arguments.name is None:
        for family, rules in by_family():
            say(f"{family}:")
            for each in rules:
                say(f"  {each.name:22} {each.summary}")
    elif arguments.name in RULES:
        say(f"# {arguments.name}\n\n{RULES[arguments.name].documentation}")
    else:
        meant = near(arguments.name, list(RULES))
        help_ = f"did you mean '{meant}'?" if meant else "`dlm-git rule` lists the rules"
        raise CannotCheck(f"there is no rule '{arguments.name}'", help_)
    return CLEAN
