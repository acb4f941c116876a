"""Output formats: check results as text, lines, JSON, GitHub, GitLab, SARIF and JUnit.

FORMATS is the registry. Each entry imports its module when it is first used, so that a check pays
only for the formats that it writes.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dlm_git.report import CheckOutcome


def _text(outcomes: Sequence[CheckOutcome], prefix: str) -> str:  # noqa: ARG001
    from dlm_git.formats.text import text

    return text(outcomes)


def _concise(outcomes: Sequence[CheckOutcome], prefix: str) -> str:
    from dlm_git.formats.concise import concise

    return concise(outcomes, prefix=prefix)


def _json(outcomes: Sequence[CheckOutcome], prefix: str) -> str:  # noqa: ARG001
    from dlm_git.formats.json import json

    return json(outcomes)


def _github(outcomes: Sequence[CheckOutcome], prefix: str) -> str:
    from dlm_git.formats.github import github

    return github(outcomes, prefix=prefix)


def _gitlab(outcomes: Sequence[CheckOutcome], prefix: str) -> str:
    from dlm_git.formats.gitlab import gitlab

    return gitlab(outcomes, prefix=prefix)


def _sarif(outcomes: Sequence[CheckOutcome], prefix: str) -> str:
    from dlm_git.formats.sarif import sarif

    return sarif(outcomes, prefix=prefix)


def _junit(outcomes: Sequence[CheckOutcome], prefix: str) -> str:
    from dlm_git.formats.junit import junit

    return junit(outcomes, prefix=prefix)


# by the names that `--format` takes; `prefix` is the path of the repository in the checkout
FORMATS: dict[str, Callable[[Sequence[CheckOutcome], str], str]] = {
    "text": _text,
    "concise": _concise,
    "json": _json,
    "github": _github,
    "gitlab": _gitlab,
    "sarif": _sarif,
    "junit": _junit,
}
