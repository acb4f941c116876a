"""Verdicts as CI systems want them: each finding placed in the checkout, and told from others."""

from __future__ import annotations

import hashlib
import json
import posixpath
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dlm_git.formats.escape import escape, escape_path
from dlm_git.report import CheckFailure, CheckOutcome, Finding


@dataclass(frozen=True, slots=True)
class LocatedFinding:
    """A finding, its path from the top of the checkout, and what it is known by in the next run.

    The fingerprint tells by rule, path and line, not by the number of the line; that of a further
    finding with the same ones counts on, so that no two in a report are equal.
    """

    finding: Finding
    path: str
    fingerprint: str

    @property
    def place(self) -> str:
        """Path, line and column, safe to show."""
        span = self.finding.span
        return escape_path(self.path) + (f":{span.line}:{span.column}" if span else "")

    @property
    def words(self) -> str:
        """What is wrong, and in a second line the way out, safe to show."""
        return f"{self.finding.rule}: {full_message(self.finding)}"


def locate_findings(
    verdicts: Sequence[CheckOutcome], prefix: str = ""
) -> Iterator[tuple[CheckOutcome, list[LocatedFinding]]]:
    """Each verdict with its issues; one that was not judged has none.

    `prefix` leads from the top of the checkout to what paths and names are relative to: '', or
    with a slash at its end. The name of a repository leads on from there, that of a ref does not.
    """
    seen: Counter[str] = Counter()
    for verdict in verdicts:
        findings = () if isinstance(verdict, CheckFailure) else verdict.findings
        folder = _folder(verdict.name, prefix)
        marks = [_mark(verdict.name, finding, seen) for finding in findings]
        found = zip(findings, marks, strict=True)
        yield verdict, [LocatedFinding(each, f"{folder}{each.path}", mark) for each, mark in found]


def full_message(said: Finding | CheckFailure) -> str:
    """A message, and in a second line its help if there is any, safe to show."""
    help_ = f"\nhelp: {escape(said.hint)}" if said.hint else ""
    return escape(said.message) + help_


def _folder(name: str, prefix: str) -> str:
    if not name or name.startswith("refs/"):
        return prefix
    folder = posixpath.normpath(posixpath.join(prefix, name.lstrip("/")))
    return "" if folder == "." else f"{folder}/"


def _mark(name: str, finding: Finding, seen: Counter[str]) -> str:
    key = json.dumps([name, finding.rule, finding.path, finding.quote.strip()])
    seen[key] += 1
    return hashlib.sha256(f"{key}{seen[key]}".encode()).hexdigest()
