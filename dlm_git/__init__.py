"""Keeps exactly one committed, portable, agreed `.dlm/corpus.dlm` in a Git repository.

As a library: `check` judges a repository and gives a Report, `init` scaffolds its corpus document
and gives a ScaffoldResult; both raise CannotCheck. Importing the package loads none of its modules.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # as in `typing`, which costs more than a remembered verdict
if TYPE_CHECKING:
    from dlm_git.checking import check
    from dlm_git.finding import CannotCheck, Finding, Span
    from dlm_git.judge import Ignored, Report
    from dlm_git.scaffolding import ScaffoldResult, init

__version__ = "0.1.0"
REPOSITORY = "https://github.com/dlm-git/dlm-git"

_HOMES = {
    "check": "checking",
    "CannotCheck": "finding",
    "Finding": "finding",
    "Span": "finding",
    "Ignored": "judge",
    "Report": "judge",
    "ScaffoldResult": "scaffolding",
    "init": "scaffolding",
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
