"""Findings located for CI systems: paths from the top of the checkout, and stable fingerprints."""

from __future__ import annotations

import hashlib
import json
import posixpath
from collections import Counter
from collections.abc import Iterator, Sequence

from dlm_git.formats.escape import escape, escape_path
from dlm_git.report import CheckFailure, CheckOutcome, Finding, Note
from dlm_git.values import Value


class LocatedFinding(Value):
    """A finding with its place in the checkout.

    path: relative to the top of the checkout.
    fingerprint: a hash of rule, path and text of the line, which stays the same when lines move.
        Equal findings are numbered.
    """

    finding: Finding
    path: str
    fingerprint: str

    @property
    def place(self) -> str:
        """Return path, line and column, escaped."""
        span = self.finding.span
        return escape_path(self.path) + (f":{span.line}:{span.column}" if span else "")

    @property
    def message(self) -> str:
        """Return rule and message, and the hint on a second line, escaped."""
        return f"{self.finding.rule}: {full_message(self.finding)}"


def locate_findings(
    outcomes: Sequence[CheckOutcome], prefix: str = ""
) -> Iterator[tuple[CheckOutcome, list[LocatedFinding]]]:
    """Yield each outcome with its findings located; a failure has none.

    prefix: the path from the top of the checkout to the directory that paths and names are relative
        to; '' or with a slash at its end. It is followed by the name of a repository, but not by
        that of a ref.
    """
    seen: Counter[str] = Counter()
    for outcome in outcomes:
        findings = () if isinstance(outcome, CheckFailure) else outcome.findings
        directory = directory_prefix(outcome.name, prefix)
        yield (
            outcome,
            [
                LocatedFinding(
                    finding,
                    f"{directory}{finding.path}",
                    _fingerprint(outcome.name, finding, seen),
                )
                for finding in findings
            ],
        )


def full_message(problem: Finding | CheckFailure | Note) -> str:
    """Return a message, and its hint on a second line, escaped."""
    hint = f"\nhelp: {escape(problem.hint)}" if problem.hint else ""
    return escape(problem.message) + hint


def directory_prefix(name: str, prefix: str) -> str:
    """Return what leads from the top of the checkout to the paths of an outcome with this name."""
    if not name or name.startswith("refs/"):
        return prefix
    directory = posixpath.normpath(posixpath.join(prefix, name.lstrip("/")))
    return "" if directory == "." else f"{directory}/"


def _fingerprint(name: str, finding: Finding, seen: Counter[str]) -> str:
    key = json.dumps([name, finding.rule, finding.path, finding.quote.strip()])
    seen[key] += 1
    return hashlib.sha256(f"{key}{seen[key]}".encode()).hexdigest()
