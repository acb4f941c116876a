"""`dlm-git completion`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from dlm_git.cli.completion import SCRIPTS
from dlm_git.cli.exit_codes import CLEAN
from dlm_git.cli.terminal import print_verbatim

EXAMPLES = """\
  eval "$(dlm-git completion bash)"          # in ~/.bashrc
  source <(dlm-git completion zsh)           # in ~/.zshrc, or as _dlm-git in fpath
  dlm-git completion fish | source           # in ~/.config/fish/config.fish
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument(
        "shell", choices=SCRIPTS, metavar="SHELL", help=f"One of {', '.join(SCRIPTS)}"
    )


def run(arguments: Namespace) -> int:
    """Print a completion script for a shell."""
    from dlm_git.cli.introspect import describe_commands  # late: it imports every command

    print_verbatim(SCRIPTS[arguments.shell](describe_commands()), end="")
    return CLEAN
