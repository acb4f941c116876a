"""Keep exactly one committed, portable `.dlm/corpus.dlm` in a Git repository.

`check` checks a repository, `init` creates its corpus document, and `files` lists the files that
the document trains on. They raise DlmGitError. docs/api.md has examples.

The names are imported when they are used: importing the package loads `about` alone.
"""

from __future__ import annotations

from dlm_git.about import __version__

TYPE_CHECKING = False  # importing `typing` would slow a cached check
if TYPE_CHECKING:
    from dlm_git.errors import DlmGitError
    from dlm_git.operations.check import check
    from dlm_git.operations.files import FilesResult, ListedFile, files
    from dlm_git.operations.init import InitResult, init
    from dlm_git.operations.init_review import Correction
    from dlm_git.report import (
        AcceptedFinding,
        CheckResult,
        Edit,
        Finding,
        Fix,
        Note,
        Span,
        SuppressedRule,
    )

_MODULES = {
    "AcceptedFinding": "report",
    "CheckResult": "report",
    "Correction": "operations.init_review",
    "DlmGitError": "errors",
    "Edit": "report",
    "FilesResult": "operations.files",
    "Finding": "report",
    "Fix": "report",
    "InitResult": "operations.init",
    "ListedFile": "operations.files",
    "Note": "report",
    "Span": "report",
    "SuppressedRule": "report",
    "check": "operations.check",
    "files": "operations.files",
    "init": "operations.init",
}

__all__ = [
    "AcceptedFinding",
    "CheckResult",
    "Correction",
    "DlmGitError",
    "Edit",
    "FilesResult",
    "Finding",
    "Fix",
    "InitResult",
    "ListedFile",
    "Note",
    "Span",
    "SuppressedRule",
    "__version__",
    "check",
    "files",
    "init",
]


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module 'dlm_git' has no attribute '{name}'")
    from importlib import import_module  # late: a cached check needs none of the names

    return getattr(import_module(f"dlm_git.{_MODULES[name]}"), name)
