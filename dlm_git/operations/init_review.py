"""What `check` would report about a document that `init` is about to write."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from posixpath import basename
from typing import Literal

from dlm_git.config.load import Config
from dlm_git.document.frontmatter import Source
from dlm_git.document.parser import parse_document
from dlm_git.document.template import Plan, render_document
from dlm_git.errors import DlmGitError
from dlm_git.operations.check import current_day, read_exceptions
from dlm_git.operations.configs import CheckOptions, read_baseline, read_config
from dlm_git.operations.init_checks import InitContext
from dlm_git.patterns.suggest import Suggestion
from dlm_git.report import Finding
from dlm_git.rules.dead_patterns import correction_hint, dead_message, explain_pattern
from dlm_git.rules.engine import run_rules
from dlm_git.snapshots.files import Files
from dlm_git.snapshots.overlay import OverlaidFiles, with_files
from dlm_git.training.lookup import FileLookup
from dlm_git.training.training_set import SourceFiles, expand_sources
from dlm_git.values import Value

_Lookups = Sequence[Callable[[], FileLookup]]
_Key = Literal["include", "exclude"]
_KEYS: tuple[_Key, ...] = ("include", "exclude")
_REFUSED = (
    *("wrong-base", "wrong-globs", "wrong-sources-policy"),
    *("absolute-source-path", "escaping-source-path"),
)


class Correction(Value):
    """A pattern of an option that matches nothing, and what `init` writes instead.

    pattern: the pattern.
    replacements: the patterns that `init` writes.
    reason: why the pattern matches nothing.
    """

    pattern: str
    replacements: tuple[str, ...]
    reason: str


def correct_patterns(
    context: InitContext, plan: Plan, path: str, dlm_id: str
) -> tuple[Plan, tuple[Correction, ...]]:
    """Return a plan with those patterns replaced that certainly mean others.

    A pattern that matches an untracked file stays; `check` reports it until the file is staged. In
    a repository without tracked files each valid pattern stays. Raises DlmGitError for any other
    pattern that matches nothing.
    """
    data = render_document(plan, dlm_id).encode()
    lookups = [
        cache(partial(_lookup, files, path, data))
        for files in (context.index.files, context.working_tree.files)
    ]
    corrections: list[Correction] = []
    sources = [
        _correct_source(context, lookups, index, source, corrections)
        for index, source in enumerate(plan.sources)
    ]
    return plan.replace(sources=sources), tuple(dict.fromkeys(corrections))


def _lookup(files: Files, path: str, data: bytes) -> FileLookup:
    """Return the files that the sources of a document select from."""
    overlaid = OverlaidFiles(files, {path: data})
    expanded = expand_sources(parse_document(data), path, overlaid)
    return FileLookup(overlaid, [source for source in expanded if isinstance(source, SourceFiles)])


def _correct_source(
    context: InitContext,
    lookups: _Lookups,
    index: int,
    source: Source,
    corrections: list[Correction],
) -> Source:
    """Return a source with corrected patterns, and append the corrections."""

    def corrected(key: _Key) -> Iterator[str]:
        for pattern in getattr(source, key):
            correction = _correct(context, lookups, index, key, pattern)
            corrections.extend([correction] if correction else [])
            yield from correction.replacements if correction else [pattern]

    include, exclude = (tuple(dict.fromkeys(corrected(key))) for key in _KEYS)
    return source.replace(include=include, exclude=exclude)


def _correct(
    context: InitContext,
    lookups: _Lookups,
    index: int,
    key: _Key,
    pattern: str,
) -> Correction | None:
    """Return the correction of a pattern, None if it needs none."""
    suggestions: list[Suggestion] = []
    for lookup in lookups:
        for source in (s for s in lookup().sources if s.index == index):
            suggestion = explain_pattern(lookup(), source, key, pattern)
            if suggestion is None:
                return None
            suggestions.append(suggestion)
    is_own = bool(context.added) and context.is_flag(key)
    configured = context.configured.config.expected_sources is not None and not is_own
    for suggestion in suggestions:
        if suggestion.certain and not configured:
            return Correction(pattern, suggestion.patterns, suggestion.reason)
    for suggestion in suggestions:
        if suggestion.reason or not _is_empty(context):
            message = dead_message(lookups[0](), key, pattern, suggestion)
            where = f", in {context.config_file}" if configured else ""
            where += f", or pass --{key} for this corpus" if configured and context.added else ""
            raise DlmGitError(message, correction_hint(suggestion) + where)
    return None


def _is_empty(context: InitContext) -> bool:
    return next(iter(context.index), None) is None


def review(context: InitContext, contents: Mapping[str, bytes], path: str) -> tuple[Finding, ...]:
    """Return what `check` will report about the index, once it has these contents.

    Without a config file, the options of `init` are enforced.

    contents: the files that `init` is about to stage.
    path: the document among them.
    """
    effective = context.whole if context.config_file else context.effective
    if context.editable_config in contents:
        effective = read_config(with_files(context.working_tree, contents), CheckOptions())
    config = _for_document(context, effective.config, path)
    options = CheckOptions(today=current_day())
    accepting = effective.replace(baseline=lambda: read_baseline(context.index))
    exceptions = read_exceptions(accepting, options)
    state = with_files(context.index, contents)
    return run_rules(
        state,
        config,
        effective.origins,
        exceptions=exceptions,
        config_file=effective.config_file,
    ).findings


def refuse(findings: Sequence[Finding], path: str) -> None:
    """Raise DlmGitError for a finding about a new document that its author can avoid."""
    for finding in findings:
        if finding.path == path and finding.rule in _REFUSED:
            message = f"`dlm-git check` would report {finding.rule}: {finding.message}"
            raise DlmGitError(message, finding.hint)


def _for_document(context: InitContext, config: Config, path: str) -> Config:
    """Return a config that expects a document in place of the corpus document."""
    if path in [corpus.corpus_path for corpus in config.corpora]:
        return config
    if config.corpus:
        name = basename(path).removesuffix(".dlm")
        root = context.config.root or "."
        tables = (t.replace(name=name) if t.root == root else t for t in config.corpus)
        return config.replace(corpus=tuple(tables))
    others = tuple(other for other in context.documents() if other != path)
    name = path.removeprefix(".dlm/").removesuffix(".dlm")
    return Config(
        base=config.allowed.get(path, ()),
        sources_policy=context.config.sources_policy,
        name=name,
        allow=(*config.allow, *others),
        secrets=config.secrets,
        ignore=config.ignore,
        ignore_path=config.ignore_path,
    )
