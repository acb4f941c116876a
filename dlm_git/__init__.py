"""Keep exactly one committed, portable `.dlm/corpus.dlm` in a Git repository.

`check` checks a repository, `init` creates its corpus document, `files` lists the files that the
document trains on, and `diff` compares the training sets of two states. They raise DlmGitError.
docs/api.md has examples.

The names are imported when they are used: importing the package loads `about` alone.
"""

from __future__ import annotations

from dlm_git.about import __version__

TYPE_CHECKING = False  # importing `typing` would slow a cached check
if TYPE_CHECKING:
    from dlm_git.document.section_changes import ChangedSection
    from dlm_git.document.setting_changes import ChangedSetting
    from dlm_git.errors import DlmGitError
    from dlm_git.operations.check import check
    from dlm_git.operations.diff import diff
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
    from dlm_git.training.changes import Cause, ChangedFile, DiffSide, TrainingDiff

_MODULES = {
    "AcceptedFinding": "report",
    "Cause": "training.changes",
    "ChangedFile": "training.changes",
    "ChangedSection": "document.section_changes",
    "ChangedSetting": "document.setting_changes",
    "CheckResult": "report",
    "Correction": "operations.init_review",
    "DiffSide": "training.changes",
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
    "TrainingDiff": "training.changes",
    "check": "operations.check",
    "diff": "operations.diff",
    "files": "operations.files",
    "init": "operations.init",
}

__all__ = [
    "AcceptedFinding",
    "Cause",
    "ChangedFile",
    "ChangedSection",
    "ChangedSetting",
    "CheckResult",
    "Correction",
    "DiffSide",
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
    "TrainingDiff",
    "__version__",
    "check",
    "diff",
    "files",
    "init",
]


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module 'dlm_git' has no attribute '{name}'")
    from importlib import import_module  # late: a cached check needs none of the names

    return getattr(import_module(f"dlm_git.{_MODULES[name]}"), name)
