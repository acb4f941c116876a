"""`dlm-git rule`."""

from __future__ import annotations

import argparse

from dlm_git.commands import CLEAN
from dlm_git.fault import near
from dlm_git.finding import CannotCheck
from dlm_git.rules import FAMILIES, RULES, book, name_of, page, summary
from dlm_git.terminal import say


def rule(arguments: argparse.Namespace) -> int:
    """List the rules, or print the page of one."""
    if arguments.all:
        say(book(), end="")
    elif arguments.name is None:
        for family, rules in FAMILIES.items():
            say(f"{family}:")
            for each in rules:
                say(f"  {name_of(each):22} {summary(each)}")
    elif arguments.name in RULES:
        say(f"# {arguments.name}\n\n{page(RULES[arguments.name])}")
    else:
        meant = near(arguments.name, list(RULES))
        help_ = f"did you mean '{meant}'?" if meant else "`dlm-git rule` lists the rules"
        raise CannotCheck(f"there is no rule '{arguments.name}'", help_)
    return CLEAN
