"""Puts every rule to one snapshot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from dlm_git import bases, document
from dlm_git.config import Config
from dlm_git.fault import near
from dlm_git.finding import CannotCheck, Finding
from dlm_git.rules import RULES, Case
from dlm_git.rules.case import is_document
from dlm_git.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Ignored:
    """A rule that the config switches off, why, and how many findings it would have made."""

    rule: str
    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class Report:
    """What was judged, and what was found.

    `judged` names the state ('the index', 'revision 1a2b3c4'), `revision` is its commit's object
    id, None for the index; `documents` are the paths of the documents that were read, `ids` the
    ids of those that have one. `name` tells the repository or the ref where several are judged, ''
    where there is one.
    """

    judged: str
    revision: str | None
    documents: tuple[str, ...]
    findings: tuple[Finding, ...]
    ignored: tuple[Ignored, ...] = ()
    name: str = ""
    ids: tuple[str, ...] = ()

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


@dataclass(frozen=True, slots=True)
class Unjudged:
    """A repository or ref of several that could not be judged, and why."""

    name: str
    message: str
    help: str = ""


Verdict = Report | Unjudged


def judge(
    snapshot: Snapshot,
    config: Config,
    origins: Mapping[str, str] | None = None,
    elsewhere: Mapping[str, Sequence[str]] | None = None,
) -> Report:
    """Put every rule to a snapshot; `origins` tell where the keys of the config come from,
    `elsewhere` for an id which other projects have it."""
    case = replace(_case(snapshot, config, origins or {}), elsewhere=elsewhere or {})
    found = {
        name: [replace(finding, rule=name) for finding in rule(case)]
        for name, rule in RULES.items()
    }
    ignored = [
        Ignored(rule, reason, len(found.pop(rule))) for rule, reason in config.ignore.items()
    ]
    findings = sorted((f for group in found.values() for f in group), key=_place)
    paths = tuple(case.documents)
    ids = tuple(d.frontmatter.dlm_id for d in case.documents.values() if d.frontmatter)
    return Report(
        snapshot.label, snapshot.revision, paths, tuple(findings), tuple(ignored), ids=ids
    )


def _case(snapshot: Snapshot, config: Config, origins: Mapping[str, str]) -> Case:
    entries = [entry for entry in snapshot.containing(b".dlm\0") if is_document(entry.path)]
    files = [entry for entry in entries if entry.is_file and not entry.stage]
    contents = zip(files, snapshot.read(files), strict=True)
    blobs = {entry.path: blob for entry, blob in contents}
    documents = {
        path: document.parse(blob.data)
        for path, blob in blobs.items()
        if blob.data is not None and not (path == config.corpus and blob.is_pointer)
    }
    return Case(snapshot, config, tuple(entries), blobs, documents, origins)


def check_config(config: Config) -> None:
    """Raises CannotCheck for a config that ignores an unknown rule or expects an unknown base."""
    for name in config.ignore:
        if name not in RULES:
            meant = near(name, list(RULES))
            help_ = f"did you mean '{meant}'?" if meant else "`dlm-git rule` lists the rules"
            raise CannotCheck(f"'ignore' names the unknown rule '{name}'", help_)
    for base in config.bases:
        if "unknown-base" not in config.ignore and not bases.resolves(base):
            meant = bases.suggestion(base)
            help_ = (
                f"did you mean '{meant}'?" if meant else "or ignore 'unknown-base', with a reason"
            )
            raise CannotCheck(f"'base' expects '{base}', which dlm does not know", help_)


def _place(finding: Finding) -> tuple[str, int, int]:
    span = finding.span
    return finding.path, span.line if span else 0, span.column if span else 0
