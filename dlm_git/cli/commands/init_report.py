"""What `init` tells: what it did, and the two steps that come next."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote

from dlm_git.about import __version__
from dlm_git.document.base_models import BASE_MODELS
from dlm_git.document.yaml_loader import double_quoted
from dlm_git.formats.escape import escape, escape_path
from dlm_git.operations.init import InitResult

_HOOK = """\
put this into .pre-commit-config.yaml, then `pre-commit install`:

default_install_hook_types: [pre-commit, pre-merge-commit, pre-push]
repos:
  - repo: {repository}
    rev: v{version}
    hooks:
      - id: dlm-git-check
"""


def scaffolded(result: InitResult, repository: str) -> str:
    """The lines that `init` prints; `repository` is where pre-commit finds the hook."""
    listed = ", ".join(map(double_quoted, result.hook_args))
    arguments = f"        args: [{listed}]\n" if listed else ""
    hook = _HOOK.format(repository=repository, version=__version__) + arguments
    steps = [f"git add {escape(quote(path))}" for path in result.unstaged]
    if result.staged:
        steps.append('git commit -m "Add the training corpus"')
    numbered = [f"  {number}. {step}" for number, step in enumerate([*steps, hook], start=1)]
    return "\n".join([*_told(result), "next:", *numbered])


def _told(result: InitResult) -> Iterator[str]:
    path = escape_path(f".dlm/{result.path.name}")
    done = "wrote" if result.created else "reused"
    staged = " and staged it" if result.staged else ""
    yield f"{done} {path} (id {result.dlm_id}){staged}"
    if result.created:
        yield f"  base model: {escape(result.base_model)}{_gate(result.base_model)}"
        yield f"  learns from: {', '.join(map(escape_path, result.sources))}"
    yield from _ignored(result)
    if result.dropped:
        yield f"  dropped: {escape(', '.join(result.dropped))}"
    if result.previous_blob:
        yield f"  the old document: `git cat-file blob {result.previous_blob}`"


def _gate(base: str) -> str:
    if base in BASE_MODELS and BASE_MODELS[base].gated:
        return " (gated: each `dlm train` needs --i-accept-license)"
    return ""


def _ignored(result: InitResult) -> Iterator[str]:
    if result.ignore_error:
        yield f"  .gitignore is not carried over: {escape(result.ignore_error)}"
    for path in result.ignore_files:
        files = ", ".join(map(escape_path, result.gitignore_files))
        yield f"  leaves out what {files} says: wrote {escape_path(path)}, staged"
    unsaid = len(result.untranslated) + len(result.newly_ignored)
    if unsaid:
        yield f"  not said there just as in .gitignore: {unsaid}; `dlm-git ignore --dry-run` tells"
