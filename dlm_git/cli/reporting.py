"""Results in the formats that the user asks for, and the exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence

from dlm_git.about import RULES_URL
from dlm_git.cli.exit_codes import CLEAN, ERROR, FINDINGS
from dlm_git.cli.terminal import print_verbatim, use_color, use_links, width
from dlm_git.errors import DlmGitError
from dlm_git.formats import FORMATS
from dlm_git.git.repository import find_repository
from dlm_git.report import CheckFailure, CheckOutcome, CheckResult
from dlm_git.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

    from dlm_git.report import Origin


# formats for people, which a terminal colors; --statistics is the third
TEXTS = ("text", "concise", "statistics")


class TextOptions(Value, kw_only=True):
    """How text shows results.

    quiet: print only findings, and the notes of clean results.
    accepted: list the accepted findings, too.
    exit_zero: say that findings do not change the exit code.
    """

    quiet: bool = False
    accepted: bool = False
    exit_zero: bool = False


_USUAL = TextOptions()


class Output(Value):
    """A format and its destination.

    file: a path; '' for standard output.
    """

    format: str
    file: str = ""


def parse_outputs(formats: Sequence[str] | None, file: str | None = None) -> list[Output]:
    """Return the outputs of `--format NAME[=FILE]` and `--output FILE`; text by default.

    Raises DlmGitError if two formats have the same destination.
    """
    pairs = [value.partition("=") for value in formats or ["text"]]
    outputs = [Output(name, path) for name, _, path in pairs]
    if file is not None:
        unwritten = [number for number, output in enumerate(outputs) if not output.file]
        if len(unwritten) != 1:
            raise DlmGitError("--output needs exactly one format", "use --format NAME=FILE")
        outputs[unwritten[0]] = outputs[unwritten[0]].replace(file=file)
    files = [output.file for output in outputs]
    for path in files:
        if files.count(path) > 1:
            destination = f"'{path}'" if path else "standard output"
            raise DlmGitError(f"two formats go to {destination}", "use --format NAME=FILE")
    return outputs


def report(
    outcomes: Sequence[CheckOutcome], outputs: Sequence[Output], options: TextOptions = _USUAL
) -> int:
    """Write and print results, and return the exit code."""
    write_results(outcomes, outputs)
    print_results(outcomes, outputs, options)
    code = exit_code(outcomes)
    return CLEAN if options.exit_zero and code == FINDINGS else code


def write_results(outcomes: Sequence[CheckOutcome], outputs: Sequence[Output]) -> None:
    """Write results to the files of the outputs and, for GitHub, to the job summary."""
    for output in outputs:
        if output.file:
            from dlm_git.report_files import write_report  # late: most reports go to a terminal

            write_report(output.file, _render(outcomes, output.format))
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary and any(output.format == "github" for output in outputs):
        from dlm_git.formats.github_summary import github_summary
        from dlm_git.report_files import append_report

        relative, prefix = _located(outcomes)
        append_report(summary, github_summary(relative, prefix=prefix))


def print_results(
    outcomes: Sequence[CheckOutcome], outputs: Sequence[Output], options: TextOptions = _USUAL
) -> None:
    """Print results in the formats that go to standard output.

    If text is not among them, standard error gets it: of failures, or of everything if nothing goes
    to standard output.
    """
    formats = [output.format for output in outputs if not output.file]
    for name in formats:
        if name in TEXTS:
            _print_text(outcomes, name, options)
        else:
            print_verbatim(_render(outcomes, name), end="")
    if not {*TEXTS} & {*formats}:
        failures = [outcome for outcome in outcomes if isinstance(outcome, CheckFailure)]
        _print_text_to_stderr(failures if formats else outcomes, options)


def exit_code(outcomes: Sequence[CheckOutcome]) -> int:
    """Return the exit code, the same for every format."""
    if any(isinstance(outcome, CheckFailure) for outcome in outcomes):
        return ERROR
    clean = all(not isinstance(outcome, CheckFailure) and outcome.clean for outcome in outcomes)
    return CLEAN if clean else FINDINGS


def as_text(
    outcomes: Sequence[CheckOutcome],
    stream: TextIO,
    options: TextOptions = _USUAL,
    name: str = "text",
) -> str:
    """Return results in one of the formats of TEXTS, for a stream."""
    from dlm_git.formats.text import Style, text

    style = Style(
        color=use_color(os.environ, stream),
        width=width(stream),
        rules_url=RULES_URL if use_links(os.environ, stream) else "",
        **options.as_dict(),
    )
    if name == "concise":
        from dlm_git.formats.concise import concise

        located, prefix = _from_here(outcomes)
        return concise(located, style, prefix=prefix)
    if name == "statistics":
        from dlm_git.formats.statistics import statistics

        return statistics(outcomes, style)
    return text(outcomes, style)


def _render(outcomes: Sequence[CheckOutcome], name: str) -> str:
    if name in ("text", "json"):
        return FORMATS[name](outcomes, "")
    if name == "concise":
        return FORMATS[name](*_from_here(outcomes))
    relative, prefix = _located(outcomes)
    if name == "sarif":
        from dlm_git.formats.sarif import sarif  # late: most checks write none

        return sarif(relative, prefix=prefix, origin=_origin(outcomes))
    return FORMATS[name](relative, prefix)


def _origin(outcomes: Sequence[CheckOutcome]) -> Origin | None:
    """Return where the current repository comes from, None if it is not the one of the results."""
    if len(outcomes) != 1 or outcomes[0].name:
        return None
    from dlm_git.git.origin import read_origin

    outcome = outcomes[0]
    revision = outcome.revision or "" if isinstance(outcome, CheckResult) else ""
    on_branch = isinstance(outcome, CheckResult) and (
        not revision or outcome.label.endswith("(HEAD)")
    )
    try:
        return read_origin(find_repository(None), revision, on_branch=on_branch)
    except DlmGitError:
        if isinstance(outcome, CheckResult):
            raise
        return None  # there is no repository


def _located(outcomes: Sequence[CheckOutcome]) -> tuple[list[CheckOutcome], str]:
    """Return results with names relative to the current directory, and the prefix of paths in CI.

    The prefix is the path from the CI checkout to the repository, or to the current directory if
    results have names.
    """
    return _with_relative_names(outcomes), _prefix(outcomes, os.environ)


def _from_here(outcomes: Sequence[CheckOutcome]) -> tuple[list[CheckOutcome], str]:
    """Return results with relative names, and the path to the repository of those without one."""
    relative = _with_relative_names(outcomes)
    if not any(isinstance(o, CheckResult) and o.findings and not o.name for o in outcomes):
        return relative, ""
    repository = find_repository(None)
    try:
        path = os.path.relpath(os.path.realpath(repository.root), os.path.realpath("."))
    except DlmGitError:  # a bare repository
        return relative, ""
    return relative, "" if path == "." else f"{path}/"


def _with_relative_names(outcomes: Sequence[CheckOutcome]) -> list[CheckOutcome]:
    return [outcome.replace(name=_relative(outcome.name)) for outcome in outcomes]


def _relative(name: str) -> str:
    return os.path.relpath(name) if os.path.isabs(name) else name


def _prefix(outcomes: Sequence[CheckOutcome], environ: Mapping[str, str]) -> str:
    top = environ.get("GITHUB_WORKSPACE") or environ.get("CI_PROJECT_DIR")
    if not top:
        return ""
    named = any(outcome.name for outcome in outcomes)
    try:
        start = os.getcwd() if named else find_repository(None).root
    except DlmGitError:
        return ""
    path = os.path.relpath(os.path.realpath(start), os.path.realpath(top))
    return "" if path == "." or f"{path}/".startswith("../") else f"{path}/"


def _print_text(outcomes: Sequence[CheckOutcome], name: str, options: TextOptions) -> None:
    if len(outcomes) == 1 and isinstance(outcomes[0], CheckFailure) and not outcomes[0].name:
        _print_text_to_stderr(outcomes, options)
    else:
        print_verbatim(as_text(outcomes, sys.stdout, options, name), end="")


def _print_text_to_stderr(outcomes: Sequence[CheckOutcome], options: TextOptions) -> None:
    if outcomes and sys.stderr is not None:
        print_verbatim(as_text(outcomes, sys.stderr, options), sys.stderr, end="")
