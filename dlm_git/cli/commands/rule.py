"""`dlm-git rule`."""

from __future__ import annotations

import argparse

from dlm_git.cli.exit_codes import CLEAN
from dlm_git.cli.terminal import print_out
from dlm_git.errors import DlmGitError
from dlm_git.rules.registry import RULES, by_family, render_rules_md
from dlm_git.validation import closest_match


def rule(arguments: argparse.Namespace) -> int:
    """List the rules, or print the page of one."""
    if arguments.all:
        print_out(render_rules_md(), end="")
    elif arguments.name is None:
        for family, rules in by_family():
            print_out(f"{family}:")
            for each in rules:
                print_out(f"  {each.name:22} {each.summary}")
    elif arguments.name in RULES:
        print_out(f"# {arguments.name}\n\n{RULES[arguments.name].documentation}")
    else:
        meant = closest_match(arguments.name, list(RULES))
        help_ = f"did you mean '{meant}'?" if meant else "`dlm-git rule` lists the rules"
        raise DlmGitError(f"there is no rule '{arguments.name}'", help_)
    return CLEAN
