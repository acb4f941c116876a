"""The commands; COMMANDS is the registry.

A command is a module of this package, or a class in one, that defines EXAMPLES, `add_arguments` and
`run`. Only the module of the command that the user runs is imported.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from importlib import import_module

from dlm_git.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol
else:
    Protocol = object


class Command(Protocol):
    """A command of dlm-git."""

    EXAMPLES: str
    """Command lines with comments, for the end of its help."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments of the command."""

    def run(self, arguments: Namespace) -> int:
        """Run the command and return the exit code."""


class Entry(Value):
    """An entry of the registry.

    location: the module of this package that has the command, or `module:class`.
    summary: one line for the help.
    """

    location: str
    summary: str


COMMANDS = {
    "init": Entry("init", "Create the corpus document and stage it"),
    "check": Entry("check", "Check the index, a revision or the working tree"),
    "files": Entry("files", "List the files that the model will be trained on"),
    "diff": Entry("diff", "Show what a change does to the model"),
    "ignore": Entry("ignore", "Translate .gitignore into .dlm/ignore"),
    "install": Entry("hooks:Install", "Install the Git hooks, or the merge and diff drivers"),
    "uninstall": Entry("hooks:Uninstall", "Remove the Git hooks, and the merge and diff drivers"),
    "status": Entry("hooks:Status", "Show which Git hooks and drivers are installed"),
    "doctor": Entry("doctor", "Show what protects a repository, and what is off"),
    "rule": Entry("rule", "List the rules, or print the documentation of one"),
    "bases": Entry("bases", "List the base models that the trainer knows"),
    "config": Entry("config", "Print the effective config, or its JSON Schema"),
    "pre-push": Entry("push:PrePush", "Check what is about to be pushed (Git's pre-push hook)"),
    "pre-receive": Entry("push:PreReceive", "Check what was pushed (Git's pre-receive hook)"),
    "merge-driver": Entry("drivers:MergeDriver", "Merge a document (Git's merge driver)"),
    "textconv": Entry("drivers:Textconv", "Print a document for `git diff` (Git's text converter)"),
    "completion": Entry("completion", "Print a completion script for a shell"),
    "help": Entry("help", "Print help for dlm-git or for a command"),
}


def load(name: str) -> Command:
    """Import a command."""
    module, _, attribute = COMMANDS[name].location.partition(":")
    imported = import_module(f"dlm_git.cli.commands.{module}")
    command: Command = getattr(imported, attribute) if attribute else imported
    return command
