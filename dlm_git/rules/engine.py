"""Puts every rule to one snapshot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from dlm_git.config.load import Config
from dlm_git.document.base_models import is_known_base, suggest_base
from dlm_git.document.parser import parse_document
from dlm_git.errors import DlmGitError
from dlm_git.report import CheckResult, Finding, SuppressedRule
from dlm_git.rules.context import RuleContext, is_document
from dlm_git.rules.registry import RULES
from dlm_git.snapshots.snapshot import Snapshot
from dlm_git.validation import closest_match


def run_rules(
    snapshot: Snapshot,
    config: Config,
    origins: Mapping[str, str] | None = None,
    elsewhere: Mapping[str, Sequence[str]] | None = None,
) -> CheckResult:
    """Put every rule to a snapshot; `origins` tell where the keys of the config come from,
    `elsewhere` for an id which other projects have it."""
    case = replace(_case(snapshot, config, origins or {}), ids_in_other_repos=elsewhere or {})
    found = {
        name: [replace(finding, rule=name) for finding in rule.check(case)]
        for name, rule in RULES.items()
    }
    ignored = [
        SuppressedRule(rule, reason, len(found.pop(rule))) for rule, reason in config.ignore.items()
    ]
    findings = sorted((f for group in found.values() for f in group), key=_place)
    paths = tuple(case.documents)
    ids = tuple(d.frontmatter.dlm_id for d in case.documents.values() if d.frontmatter)
    return CheckResult(
        snapshot.label, snapshot.revision, paths, tuple(findings), tuple(ignored), ids=ids
    )


def _case(snapshot: Snapshot, config: Config, origins: Mapping[str, str]) -> RuleContext:
    entries = [entry for entry in snapshot.containing(b".dlm\0") if is_document(entry.path)]
    files = [entry for entry in entries if entry.is_file and not entry.stage]
    contents = zip(files, snapshot.read(files), strict=True)
    blobs = {entry.path: blob for entry, blob in contents}
    documents = {
        path: parse_document(blob.data)
        for path, blob in blobs.items()
        if blob.data is not None and not (path == config.corpus and blob.is_pointer)
    }
    return RuleContext(snapshot, config, tuple(entries), blobs, documents, origins)


def validate_config(config: Config) -> None:
    """Raises CannotCheck for a config that ignores an unknown rule or expects an unknown base."""
    for name in config.ignore:
        if name not in RULES:
            meant = closest_match(name, list(RULES))
            help_ = f"did you mean '{meant}'?" if meant else "`dlm-git rule` lists the rules"
            raise DlmGitError(f"'ignore' names the unknown rule '{name}'", help_)
    for base in config.bases:
        if "unknown-base" not in config.ignore and not is_known_base(base):
            meant = suggest_base(base)
            help_ = (
                f"did you mean '{meant}'?" if meant else "or ignore 'unknown-base', with a reason"
            )
            raise DlmGitError(f"'base' expects '{base}', which dlm does not know", help_)


def _place(finding: Finding) -> tuple[str, int, int]:
    span = finding.span
    return finding.path, span.line if span else 0, span.column if span else 0
