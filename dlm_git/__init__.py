"""Keep exactly one committed, portable `.dlm/corpus.dlm` in a Git repository.

`check` checks a repository and returns a CheckResult, `init` creates its corpus document and
returns an InitResult; both raise DlmGitError. Importing the package imports no other module.
"""

from __future__ import annotations

from importlib import import_module

from dlm_git.about import __version__

TYPE_CHECKING = False  # importing `typing` would slow a cached check
if TYPE_CHECKING:
    from dlm_git.errors import DlmGitError
    from dlm_git.operations.check import check
    from dlm_git.operations.init import InitResult, init
    from dlm_git.report import CheckResult, Finding, Span, SuppressedRule

_MODULES = {
    "CheckResult": "report",
    "DlmGitError": "errors",
    "Finding": "report",
    "InitResult": "operations.init",
    "Span": "report",
    "SuppressedRule": "report",
    "check": "operations.check",
    "init": "operations.init",
}

__all__ = [
    "CheckResult",
    "DlmGitError",
    "Finding",
    "InitResult",
    "Span",
    "SuppressedRule",
    "__version__",
    "check",
    "init",
]


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module 'dlm_git' has no attribute '{name}'")
    return getattr(import_module(f"dlm_git.{_MODULES[name]}"), name)
