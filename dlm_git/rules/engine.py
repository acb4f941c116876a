"""Run every rule on one snapshot."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import islice

from dlm_git.config.load import Config
from dlm_git.document.base_models import is_known_base, suggest_base
from dlm_git.document.parser import Document, parse_document
from dlm_git.errors import DlmGitError
from dlm_git.report import CheckResult, Finding, SuppressedRule
from dlm_git.rules.context import RuleContext
from dlm_git.rules.registry import RULES, Rule
from dlm_git.snapshots.entry import Blob
from dlm_git.snapshots.snapshot import Snapshot
from dlm_git.validation import closest_match

MAX_FINDINGS = 10_000  # of one rule


def run_rules(
    snapshot: Snapshot,
    config: Config,
    origins: Mapping[str, str] | None = None,
    ids_in_other_repos: Mapping[str, Sequence[str]] | None = None,
) -> CheckResult:
    """Check a snapshot with every rule and return the result.

    `origins` says where each config key comes from. `ids_in_other_repos` lists, for an id, the
    other repositories that have it.
    """
    repository = _read(snapshot, config, origins or {}, ids_in_other_repos or {})
    corpora = [repository]
    if config.corpus:
        corpora = [repository.replace(config=each) for each in config.corpora]
    findings = {}
    for name, rule in RULES.items():
        if some := _run(rule, corpora if rule.each_corpus else [repository]):
            findings[name] = [_named(finding, name, snapshot) for finding in _limited(some)]
    suppressed = [
        SuppressedRule(name, reason, len(findings.pop(name, ())))
        for name, reason in config.ignore.items()
    ]
    documents = repository.documents.values()
    return CheckResult(
        snapshot.label,
        snapshot.revision,
        tuple(repository.documents),
        tuple(sorted((f for group in findings.values() for f in group), key=_position)),
        tuple(suppressed),
        ids=tuple(doc.frontmatter.dlm_id for doc in documents if doc.frontmatter),
    )


def _run(rule: Rule, contexts: Sequence[RuleContext]) -> list[Finding]:
    """Return the findings of a rule, up to a limit."""
    if len(contexts) == 1:
        return [*islice(rule.run(contexts[0]), MAX_FINDINGS)]
    findings = (finding for context in contexts for finding in rule.run(context))
    # one corpus may train on files of another one
    return [*dict.fromkeys(islice(findings, MAX_FINDINGS))]


def _read(
    snapshot: Snapshot,
    config: Config,
    origins: Mapping[str, str],
    ids_in_other_repos: Mapping[str, Sequence[str]],
) -> RuleContext:
    entries = tuple(e for e in snapshot.containing(b".dlm\0") if _is_document(e.path))
    files = [entry for entry in entries if entry.is_file and not entry.stage]
    blobs = {e.path: blob for e, blob in zip(files, snapshot.read(files), strict=True)}
    corpora = tuple(each.corpus_path for each in config.corpora)
    documents = _parse(blobs, corpora)
    return RuleContext(
        snapshot, config, entries, blobs, documents, origins, ids_in_other_repos, corpora
    )


def _is_document(path: str) -> bool:
    """Return whether a path is a document's; a file called just `.dlm` is one in a `.dlm/` only."""
    directory, _, name = path.rpartition("/")
    return name.endswith(".dlm") and (name != ".dlm" or f"/{directory}".endswith("/.dlm"))


def _parse(blobs: Mapping[str, Blob], corpora: Collection[str]) -> dict[str, Document]:
    """Parse the documents, except a corpus document that is a Git LFS pointer."""
    return {
        path: parse_document(blob.data)
        for path, blob in blobs.items()
        if blob.data is not None and not (path in corpora and blob.is_pointer)
    }


def _limited(findings: list[Finding]) -> list[Finding]:
    """Return the findings of one rule; instead of those beyond a limit, one that says so."""
    if len(findings) < MAX_FINDINGS:
        return findings
    message = f"more than {MAX_FINDINGS - 1:,} findings of this rule, others are not listed"
    last = Finding("", findings[-1].path, message, "fix the listed ones, then check again")
    return [*findings[:-1], last]


def _named(finding: Finding, rule: str, snapshot: Snapshot) -> Finding:
    """Return a finding with the name of its rule, and without a fix unless the file is regular."""
    entries = snapshot.entries(finding.path) if finding.fix else ()
    is_file = all(entry.is_file and not entry.stage for entry in entries)
    return finding.replace(rule=rule, fix=finding.fix if is_file else None)


def _position(finding: Finding) -> tuple[str, int, int]:
    span = finding.span
    return finding.path, span.line if span else 0, span.column if span else 0


def validate_config(config: Config) -> None:
    """Raise DlmGitError if the config ignores an unknown rule or expects an unknown base model."""
    for name in config.ignore:
        if name not in RULES:
            rule = closest_match(name, list(RULES))
            hint = f"did you mean '{rule}'?" if rule else "`dlm-git rule` lists the rules"
            raise DlmGitError(f"unknown rule '{name}' in 'ignore'", hint)
    bases = {name: "allow" for names in config.allowed.values() for name in names}
    bases |= {name: "base" for corpus in config.corpora for name in corpus.bases}
    bases |= dict.fromkeys(config.bases, "base")
    for name, key in bases.items():
        if "unknown-base" not in config.ignore and not is_known_base(name):
            base = suggest_base(name)
            known = "`dlm-git bases` lists the base models"
            allow = f"{known}; to expect it anyway, ignore 'unknown-base' with a reason"
            hint = f"did you mean '{base}'? {known}" if base else allow
            raise DlmGitError(f"unknown base model '{name}' in '{key}'", hint)
