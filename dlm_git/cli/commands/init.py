"""`dlm-git init`."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from dlm_git.about import REPOSITORY, __version__
from dlm_git.cli import options
from dlm_git.cli.exit_codes import CLEAN
from dlm_git.cli.target import shell_path
from dlm_git.cli.terminal import print_lines, print_out
from dlm_git.config.toml_value import toml_value
from dlm_git.document.base_models import BASE_MODELS
from dlm_git.document.yaml_text import double_quoted
from dlm_git.errors import DlmGitError
from dlm_git.formats.escape import escape, escape_path
from dlm_git.hooks.pre_commit import PATH, PREK_PATH, PREK_PATHS
from dlm_git.operations.init import InitResult, init
from dlm_git.operations.init_review import Correction
from dlm_git.paths import join

EXAMPLES = """\
  dlm-git init --base qwen2.5-coder-1.5b                # train on all tracked files
  dlm-git init --base smollm2-135m --include '**/*.py'  # train on Python files
  dlm-git init services/a                               # a corpus of its own in a directory
"""
_MAX_FINDINGS = 10  # findings in the notes
_TOML_HOOK = """\
default_install_hook_types = ["pre-commit", "pre-merge-commit", "pre-push"]  # above all tables

[[repos]]
repo = "{repository}"
rev = "v{version}"
hooks = [{hook}]
"""
_YAML_HOOK = """\
default_install_hook_types: [pre-commit, pre-merge-commit, pre-push]
repos:
  - repo: {repository}
    rev: v{version}
    hooks:
      - id: dlm-git-check
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument(
        "directory",
        nargs="?",
        metavar="DIRECTORY",
        help="The root of the corpus; below the root of the repository, it is listed as [[corpus]]"
        " in the config (default: the root of the repository)",
    )
    document = parser.add_argument_group("Content of the document")
    add = document.add_argument
    add("--base", metavar="KEY", help="Base model: a key that dlm knows, or hf:ORG/NAME")
    add(
        "--source",
        dest="sources",
        action="append",
        default=[],
        metavar="PATH",
        help="Train only on this path (repeatable; default: the whole repository)",
    )
    options.add_patterns(document)
    add(
        "-r",
        "--recursive",
        action="store_true",
        default=True,
        help="Train on subdirectories too (default)",
    )
    add(
        "-R",
        "--no-recursive",
        dest="recursive",
        action="store_false",
        help="Train only on the files directly in a source",
    )
    options.add_policy(document, "Sources policy: strict or permissive (default: strict)")
    add("--unlisted-base", action="store_true", help="Accept a base model that dlm does not know")
    add = parser.add_argument_group("What to write").add_argument
    add("--name", metavar="NAME", help="Write .dlm/NAME.dlm (default: corpus)")
    add(
        "--rescaffold",
        action="store_true",
        help="Replace an existing document, but keep its dlm_id",
    )
    add("--no-ignore", dest="ignore", action="store_false", help="Do not write .dlm/ignore")
    add("--no-config", dest="config", action="store_false", help="Do not write .dlm-git.toml")
    add("--dry-run", action="store_true", help="Print the document and the config; write nothing")


def run(arguments: Namespace) -> int:
    """Create the corpus document."""
    result = init(**vars(arguments))  # the options have the names of its parameters
    if arguments.dry_run:
        print_out(result.text, end="")
        if result.config_path:
            print_out(f"\n{result.config_path.name}:\n{result.config_text}", end="")
        return CLEAN
    here = Path(os.path.realpath(arguments.directory or "."))
    unconfigured = _unconfigured(result) if arguments.config else ()
    is_checked = arguments.config and _runs_hook(result)  # a native hook has no flags
    steps = _next_steps(result, is_checked=is_checked)
    print_lines([*_summary(result, here), *_notes(result), *unconfigured, *steps])
    if not is_checked:
        print_out(f"\n{_hook(result)}", end="")
    return CLEAN


def _runs_hook(result: InitResult) -> bool:
    """Return whether a hook checks each commit already."""
    from dlm_git.hooks.install import status  # late: few commands read hooks

    with suppress(DlmGitError):  # as for a hooks path that is not a directory
        return any(hook.runs for hook in status(_repository(result), ["pre-commit"]))
    return False


def _summary(result: InitResult, here: Path) -> Iterator[str]:
    verb = "Wrote" if result.created else "Reused"
    staged = " and staged it" if result.staged else ""
    path = join(result.root, f".dlm/{result.path.name}")
    yield f"{verb} {escape_path(path)} (id {result.dlm_id}){staged}"
    root = _repository(result)
    if not result.root and here != root:
        yield f"  at the root of the repository: {escape_path(str(root))}"
    if result.created:
        yield f"  base model: {escape(result.base_model)}{_license(result.base_model)}"
        yield from (f"  source: {_source(path, result.root)}" for path in result.sources)
        yield from map(_correction, result.corrections)
    if result.dropped:
        yield f"  dropped: {escape(', '.join(result.dropped))}"
    if result.previous_blob:
        yield f"  previous document: `git cat-file blob {result.previous_blob}`"
    if result.config_path:
        listed = ", which lists the corpus," if result.root else ""
        yield f"Wrote {result.config_path.name}{listed} and staged it"
    yield from _ignored(result)


def _correction(correction: Correction) -> str:
    replacements = " and ".join(f"'{pattern}'" for pattern in correction.replacements)
    reason = f": {correction.reason}" if correction.reason else ""
    return escape(f"  wrote {replacements} for '{correction.pattern}'{reason}")


def _notes(result: InitResult) -> Iterator[str]:
    """Yield what `check` reports about the repository as it is now."""
    for finding in result.findings[:_MAX_FINDINGS]:
        path = escape_path(finding.path)
        yield f"note: {path}: {finding.rule}: {escape(finding.message)}"
        yield f"  help: {escape(finding.hint)}"
    more = len(result.findings) - _MAX_FINDINGS
    if more > 0:
        yield f"note: {more} more; `dlm-git check` lists them"


def _unconfigured(result: InitResult) -> Iterator[str]:
    """Yield a note on the keys that an existing config does not set: native hooks have no flags."""
    flags = dict.fromkeys(arg[2:] for arg in result.hook_args if arg.startswith("--"))
    keys = ["sources-policy" if flag == "policy" else flag for flag in flags]
    if keys:
        names = ", ".join(f"'{key}'" for key in keys)
        yield f"note: the config does not set {names}, so `dlm-git install` does not enforce that"
        yield "  help: set it in the config, to the value in the hook below"


def _license(base: str) -> str:
    if base in BASE_MODELS and BASE_MODELS[base].gated:
        return " (gated: `dlm train` needs --i-accept-license)"
    return ""


def _source(path: str, root: str) -> str:
    name = escape_path(root) if root else "repository root"
    return f"{escape_path(path)}{f' ({name})' if path == '.' else ''}"


def _repository(result: InitResult) -> Path:
    """Return the root of the repository."""
    return result.path.parents[1 + len(Path(result.root).parts)]


def _ignored(result: InitResult) -> Iterator[str]:
    if result.ignore_error:
        yield f".gitignore was not translated: {escape(result.ignore_error)}"
    for path in result.ignore_files:
        files = ", ".join(map(escape_path, result.gitignore_files))
        yield f"Wrote {escape_path(path)} from {files} and staged it"
    differences = len(result.untranslated) + len(result.newly_ignored)
    if differences:
        yield f"  {differences} differences; `dlm-git ignore --dry-run` lists them"


def _next_steps(result: InitResult, *, is_checked: bool) -> Iterator[str]:
    root = str(_repository(result))
    steps = [f"git add {shell_path(root, path)}" for path in result.unstaged]
    if result.staged or result.config_path:
        steps.append('git commit -m "Add the training corpus"')
    if not is_checked:
        file = _hook_file(result)
        program = "pre-commit" if file == PATH else "prek"
        steps.append(f"add the hook to {file}, then run `{program} install`:")
    if steps:
        yield "Next steps:"
    yield from (f"  {number}. {step}" for number, step in enumerate(steps, start=1))


def _hook_file(result: InitResult) -> str:
    """Return the config of pre-commit or prek in the repository; by default, both read it."""
    root = result.path.parent.parent
    return next((file for file in PREK_PATHS if (root / file).is_file()), PATH)


def _hook(result: InitResult) -> str:
    """Return the entry for the config of pre-commit or prek."""
    if _hook_file(result) == PREK_PATH:
        arguments = {"args": result.hook_args} if result.hook_args else {}
        hook = toml_value({"id": "dlm-git-check", **arguments})
        return _TOML_HOOK.format(repository=REPOSITORY, version=__version__, hook=hook)
    entry = _YAML_HOOK.format(repository=REPOSITORY, version=__version__)
    listed = ", ".join(map(double_quoted, result.hook_args))
    return f"{entry}        args: [{listed}]\n" if listed else entry
