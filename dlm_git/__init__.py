"""Keeps exactly one committed, portable, agreed `.dlm/corpus.dlm` in a Git repository.

As a library: `check` judges a repository and gives a Report, `init` scaffolds its corpus document
and gives a ScaffoldResult; both raise CannotCheck. Importing the package loads none of its modules.
"""

from __future__ import annotations

from importlib import import_module

from dlm_git.about import __version__

TYPE_CHECKING = False  # as in `typing`, which costs more than a remembered verdict
if TYPE_CHECKING:
    from dlm_git.errors import CannotCheck
    from dlm_git.operations.check import check
    from dlm_git.operations.init import ScaffoldResult, init
    from dlm_git.report import Finding, Ignored, Report, Span

_HOMES = {
    "check": "operations.check",
    "CannotCheck": "errors",
    "Finding": "report",
    "Span": "report",
    "Ignored": "report",
    "Report": "report",
    "ScaffoldResult": "operations.init",
    "init": "operations.init",
}

__all__ = [
    "CannotCheck",
    "Finding",
    "Ignored",
    "Report",
    "ScaffoldResult",
    "Span",
    "__version__",
    "check",
    "init",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'dlm_git' has no attribute '{name}'")
    return getattr(import_module(f"dlm_git.{_HOMES[name]}"), name)
