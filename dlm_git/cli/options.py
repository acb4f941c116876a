"""Options that several commands share, and the values that operations take for them."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace, _ActionsContainer
from collections.abc import Mapping

from dlm_git.cli.parser import unknown_value
from dlm_git.cli.stamps import today
from dlm_git.cli.terminal import COLOR_CHOICES
from dlm_git.config.load import overrides
from dlm_git.formats import FORMATS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dlm_git.operations.configs import CheckOptions


def add_directory(parser: ArgumentParser) -> None:
    """Add DIRECTORY, a directory of the repository."""
    parser.add_argument(
        "directory",
        nargs="?",
        metavar="DIRECTORY",
        help="A directory of the repository (default: the current one)",
    )


def add_state(group: _ActionsContainer) -> None:
    """Add --rev and --worktree."""
    add = group.add_mutually_exclusive_group().add_argument
    add("--rev", metavar="REV", help="Read this revision instead of the index")
    add(
        "--worktree",
        action="store_true",
        help="Read the working tree, untracked files included, instead of the index",
    )


def add_config(parser: ArgumentParser) -> None:
    """Add the options that override the config file, and those that replace it."""
    group = parser.add_argument_group("Expected values (override the config file)")
    add = group.add_argument
    add("--base", action="append", metavar="KEY", help="Allowed base model (repeatable)")
    add_patterns(group)
    add_policy(group, "Expected sources policy: strict or permissive")
    _add_name(group)
    add("--allow", action="append", metavar="PATH", help="Allow a further document (repeatable)")
    add("--ignore", action="append", metavar="RULE[=REASON]", help="Suppress a rule (repeatable)")
    _add_config_source(group)


def add_corpus(group: _ActionsContainer) -> None:
    """Add --corpus, which selects one of the corpora that a config lists."""
    text = (
        "The corpus, as [[corpus]] in the config names it (default: the one around this directory)"
    )
    group.add_argument("--corpus", metavar="ROOT", help=text)


def add_document(parser: ArgumentParser) -> None:
    """Add the options that name the corpus document, or the config that does."""
    group = parser.add_argument_group("Which document")
    add_corpus(group)
    _add_name(group)
    _add_config_source(group)


def _add_name(group: _ActionsContainer) -> None:
    group.add_argument("--name", metavar="NAME", help="Use .dlm/NAME.dlm as the corpus document")


def _add_config_source(group: _ActionsContainer) -> None:
    either = group.add_mutually_exclusive_group()
    either.add_argument("--config", metavar="FILE", help="Read the config from this file")
    either.add_argument("--config-rev", metavar="REV", help="Read the config from this revision")


def add_policy(group: _ActionsContainer, text: str) -> None:
    """Add --policy, with its help text."""
    group.add_argument("--policy", choices=("strict", "permissive"), metavar="POLICY", help=text)


def add_patterns(group: _ActionsContainer) -> None:
    """Add --include and --exclude."""
    for name in ("include", "exclude"):
        text = f"Pattern of files to {name}, in dlm's syntax (repeatable)"
        group.add_argument(f"--{name}", action="append", metavar="GLOB", help=text)


def add_formats(group: _ActionsContainer) -> None:
    """Add --format and --output."""
    group.add_argument(
        "--format",
        action="append",
        type=_format,
        metavar="NAME[=FILE]",
        help=f"Output format: {', '.join(FORMATS)}; with =FILE, write it to a file"
        " (repeatable; default: text)",
    )
    group.add_argument(
        "--output",
        type=_file,
        metavar="FILE",
        help="Write the format to this file, and text to standard error",
    )


def add_text_or_json(group: _ActionsContainer) -> None:
    """Add --format of a command that prints text or JSON."""
    group.add_argument(
        "--format",
        choices=("text", "json"),
        default="text",
        metavar="NAME",
        help="Output format: text or json (default: text)",
    )


def add_select(group: _ActionsContainer) -> None:
    """Add --select."""
    group.add_argument(
        "--select",
        action="append",
        metavar="RULE[,RULE]",
        help="Run only these rules, or the rules of these families (repeatable)",
    )


def selected_rules(arguments: Namespace) -> tuple[str, ...]:
    """Return the rules of --select, () for all. Raises DlmGitError for one that does not exist."""
    names = [name.strip() for value in arguments.select or () for name in value.split(",")]
    if not names:
        return ()
    from dlm_git.rules.registry import select_rules  # late: not every command runs rules

    return select_rules(names)


def add_color(group: _ActionsContainer) -> None:
    """Add --color."""
    group.add_argument(
        "--color",
        choices=COLOR_CHOICES,
        metavar="WHEN",
        help="Color the output: auto (default), always or never",
    )


def add_verbose(group: _ActionsContainer) -> None:
    """Add --verbose."""
    group.add_argument(
        "-v",
        "--verbose",
        action="store_true",
        help="Print the checked state, the origin of the config, and the time of each git command",
    )


def positive(value: str) -> int:
    """Parse a positive integer, as the `type` of an option."""
    if not value.isdecimal() or not 0 < int(value) < 1 << 20:
        raise ArgumentTypeError(f"expected a positive integer, found '{value}'")
    return int(value)


def config_overrides(arguments: Namespace) -> dict[str, object]:
    """Return the config values from the options of `add_config` or `add_document`."""
    given = vars(arguments).get
    ignore = given("ignore")
    return overrides(
        base=given("base"),
        include=given("include"),
        exclude=given("exclude"),
        sources_policy=given("policy"),
        name=given("name"),
        allow=given("allow"),
        ignore=ignore and dict(map(_suppressed, ignore)),
    )


def check_options(
    arguments: Namespace, contents: Mapping[str, bytes] | None = None
) -> CheckOptions:
    """Return the options of `add_state`, and `add_config` or `add_document`, as CheckOptions.

    contents: the content of the file of --config by its path, if it was read already.

    Raises DlmGitError if that file cannot be read.
    """
    # late: not every command runs rules
    from dlm_git.operations.configs import CheckOptions, read_config_file

    path, contents = arguments.config, contents or {}
    config_files = {path: contents[path]} if path in contents else read_config_file(path)
    return CheckOptions(
        overrides=config_overrides(arguments),
        # not every command that checks has these two
        rev=getattr(arguments, "rev", None),
        worktree=getattr(arguments, "worktree", False),
        config_files=config_files,
        config_rev=arguments.config_rev,
        today=today(),
    )


def _suppressed(value: str) -> tuple[str, str]:
    rule, _, reason = value.partition("=")
    return rule, reason or "suppressed by --ignore"


def _format(value: str) -> str:
    name, equals, file = value.partition("=")
    if name not in FORMATS:
        raise ArgumentTypeError(unknown_value(name, list(FORMATS)))
    if equals and not file:
        raise ArgumentTypeError(f"expected a file name after '{value}'")
    return value


def _file(value: str) -> str:
    if not value:
        raise ArgumentTypeError("expected a file name")
    return value
