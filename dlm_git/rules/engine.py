"""Run every rule on one snapshot."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import islice
from time import perf_counter

from dlm_git.config.load import Config
from dlm_git.document.base_models import is_known_base, suggest_base
from dlm_git.document.parser import Document, parse_document
from dlm_git.errors import DlmGitError
from dlm_git.paths import OWN_CONFIG
from dlm_git.report import CheckResult, Finding, SuppressedRule, position
from dlm_git.rules.context import Corpus, Exceptions, RuleContext
from dlm_git.rules.registry import RULES, Rule, unknown_rule_hint
from dlm_git.snapshots.entry import Blob
from dlm_git.snapshots.snapshot import Snapshot

MAX_FINDINGS = 10_000  # of one rule
_NO_EXCEPTIONS = Exceptions()


def run_rules(
    snapshot: Snapshot,
    config: Config,
    origins: Mapping[str, str] | None = None,
    ids_in_other_repos: Mapping[str, Sequence[str]] | None = None,
    *,
    exceptions: Exceptions = _NO_EXCEPTIONS,
    timed: bool = False,
    config_file: str = OWN_CONFIG,
    selected: tuple[str, ...] = (),
) -> CheckResult:
    """Check a snapshot with the rules and return the result.

    `origins` says where each config key comes from. `ids_in_other_repos` lists, for an id, the
    other repositories that have it. `exceptions` are what is accepted besides what the config says.
    `config_file` is the file to write further keys to. `selected` names the rules to run, () for
    all. `timed` measures how long each rule takes.
    """
    repository = _read(snapshot, config, origins or {}, ids_in_other_repos or {})
    repository = repository.replace(config_file=config_file)
    corpora = _corpora(repository)
    findings, seconds = {}, {}
    for name in selected or RULES:
        rule, began = RULES[name], perf_counter()
        if some := _run(rule, corpora if rule.each_corpus else [repository]):
            findings[name] = [_named(finding, name, snapshot) for finding in _limited(some)]
        seconds[name] = perf_counter() - began
    suppressed = [
        SuppressedRule(name, reason, len(findings.pop(name, ())))
        for name, reason in config.ignore.items()
        if not selected or name in selected
    ]
    documents = repository.documents.values()
    result = CheckResult(
        snapshot.label,
        snapshot.revision,
        tuple(repository.documents),
        tuple(sorted((f for group in findings.values() for f in group), key=position)),
        tuple(suppressed),
        ids=tuple(doc.frontmatter.dlm_id for doc in documents if doc.frontmatter),
        seconds=tuple(seconds.items()) if timed else (),
        selected=selected,
    )
    if snapshot.tracked.submodules and not snapshot.files.on_disk:
        from dlm_git.rules.submodules import submodule_notes  # late: few repositories have any

        result = result.replace(notes=tuple(submodule_notes(corpora)))
    if not (config.ignore_path or exceptions.baseline or repository.commented_files):
        return result
    from dlm_git.rules.acceptance import accept  # late: few repositories accept findings

    return accept(result, repository, exceptions)


def _corpora(repository: RuleContext) -> list[RuleContext]:
    """Return a context for each corpus of a repository."""
    config = repository.config
    if not config.corpus:
        return [repository]
    from dlm_git.config.corpus_tables import table_origins  # late: few configs have tables

    return [
        repository.replace(config=corpus, origins=table_origins(table, repository.origins))
        for table, corpus in zip(config.corpus, config.corpora, strict=True)
    ]


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
    accepted = {
        path: Corpus(path, document, document.frontmatter, snapshot.files)
        for path, document in documents.items()
        if document.frontmatter
    }
    return RuleContext(
        snapshot=snapshot,
        config=config,
        entries=entries,
        blobs=blobs,
        documents=documents,
        accepted=accepted,
        origins=origins,
        ids_in_other_repos=ids_in_other_repos,
        corpora=corpora,
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


def validate_config(config: Config, origins: Mapping[str, str] | None = None) -> None:
    """Raise DlmGitError if the config ignores an unknown rule or expects an unknown base model.

    origins: the file or flag that each config key comes from.
    """
    in_paths = ((name, "ignore-path") for entry in config.ignore_path for name in entry.rules)
    for name, key in (*((name, "ignore") for name in config.ignore), *in_paths):
        if name not in RULES:
            message = f"{_place(origins, key)}unknown rule '{name}' in '{key}'"
            raise DlmGitError(message, unknown_rule_hint(name))
    bases = {name: "allow" for names in config.allowed.values() for name in names}
    bases |= {name: "base" for corpus in config.corpora for name in corpus.bases}
    bases |= dict.fromkeys(config.bases, "base")
    for name, key in bases.items():
        if "unknown-base" not in config.ignore and not is_known_base(name):
            base = suggest_base(name)
            known = "`dlm-git bases` lists the base models"
            allow = f"{known}; to expect it anyway, ignore 'unknown-base' with a reason"
            hint = f"did you mean '{base}'? {known}" if base else allow
            message = f"{_place(origins, key)}unknown base model '{name}' in '{key}'"
            raise DlmGitError(message, hint)


def _place(origins: Mapping[str, str] | None, key: str) -> str:
    origin = (origins or {}).get(key, "default")
    return "" if origin == "default" else f"{origin}: "
