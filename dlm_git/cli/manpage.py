"""The manual page, in the macros of man(7)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dlm_git.cli.introspect import Argument, Command

_SYNOPSIS = "[\\-C DIRECTORY] COMMAND ..."
_EXIT = (
    ("0", "no findings"),
    ("1", "findings, or --fix changed a file"),
    ("2", "could not check"),
    ("3", "a bug in dlm-git"),
)
_FILES = (
    (".dlm/corpus.dlm", "the corpus document: the base model, and the files to train on"),
    (".dlm/ignore", "files that the trainer does not read"),
    (".dlm-git.toml", "the config; or [tool.dlm-git] in pyproject.toml"),
    ("/etc/xdg/dlm-git/config.toml", "the organization's config, unless DLM_GIT_CONFIG names one"),
)


def man(commands: Sequence[Command]) -> str:
    """Return the page of the program and its commands."""
    program, *named = commands
    parts = [
        '.TH DLM-GIT 1 "" "dlm-git" "Git Manual"',
        ".ad l",
        ".SH NAME",
        f"dlm-git \\- {_text(program.help[0].lower() + program.help[1:].rstrip('.'))}",
        ".SH SYNOPSIS",
        ".B dlm-git",
        _SYNOPSIS,
        ".br",
        ".B git dlm",
        _SYNOPSIS,
        ".SH OPTIONS",
        *(line for argument in program.arguments for line in _argument(argument)),
        ".SH COMMANDS",
        *(line for command in named for line in _command(command)),
        ".SH EXIT STATUS",
        *_table(_EXIT),
        ".SH FILES",
        *_table(_FILES),
        ".SH SEE ALSO",
        ".BR git (1),",
        ".BR githooks (5),",
        ".BR gitignore (5)",
    ]
    return "".join(f"{part}\n" for part in parts)


def _command(command: Command) -> Iterator[str]:
    yield f".SS {_text(command.name)}"
    yield _text(command.help)
    yield ".PP"
    yield f".I {_text(command.usage)}"
    for argument in command.arguments:
        yield from _argument(argument)


def _argument(argument: Argument) -> Iterator[str]:
    yield ".TP"
    yield _heading(argument)
    yield _text(argument.help)


def _heading(argument: Argument) -> str:
    flags = ", ".join(f"\\fB{_text(flag)}\\fR" for flag in argument.flags)
    value = f"\\fI{_text(argument.value)}\\fR" if argument.value else ""
    return " ".join(filter(None, (flags, value)))


def _table(rows: Sequence[tuple[str, str]]) -> Iterator[str]:
    for term, description in rows:
        yield ".TP"
        yield f".B {_text(term)}"
        yield _text(description)


def _text(text: str) -> str:
    """Escape a line for roff: backslashes, hyphens, quotes, and a dot at the beginning."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    return f"\\&{escaped}" if escaped.startswith(".") else escaped
