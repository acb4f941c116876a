"""The declared hooks and the public names."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

import dlm_git
from tests.support import PROJECT

_STAGES = ["pre-commit", "pre-merge-commit", "pre-push", "manual"]


def _hook(language: str) -> dict[str, Any]:
    """Return the declaration of a hook, which runs always, once and without file names."""
    return {
        "entry": "dlm-git check",
        "language": language,
        "always_run": True,
        "pass_filenames": False,
        "require_serial": True,
        "stages": _STAGES,
        "minimum_pre_commit_version": "3.2.0",
    }


def test_hooks() -> None:
    hooks = yaml.safe_load((PROJECT / ".pre-commit-hooks.yaml").read_text())
    for hook in hooks:
        assert hook.pop("name")
        assert hook.pop("description")
    assert hooks == [
        {"id": "dlm-git-check", **_hook("python")},
        {"id": "dlm-git-check-system", **_hook("system")},
    ]


@pytest.mark.parametrize("name", dlm_git.__all__)
def test_public_name(name: str) -> None:
    assert getattr(dlm_git, name) is not None


def test_unknown_name() -> None:
    with pytest.raises(AttributeError, match="module 'dlm_git' has no attribute 'checks'"):
        dlm_git.checks  # noqa: B018
