"""Rules about sources and directory configs that select nothing, or more than the document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from posixpath import basename

from dlm_git.errors import MissingObjectError
from dlm_git.paths import (
    IGNORE_FILE,
    OWN_CONFIG,
    TRAINING_CONFIG,
    fold_case,
    join,
    relative_to,
)
from dlm_git.report import Finding
from dlm_git.rules.context import Corpus, RuleContext, finding_at
from dlm_git.rules.registry import corpus_rule, rule
from dlm_git.training.directory_config import DirectoryConfig, TrainingYaml
from dlm_git.training.lookup import FileLookup
from dlm_git.training.training_set import SourceFiles
from dlm_git.validation import Violation

_MAX_COUNT = 100
_BATCH = 16  # files to read at once until one is text


@corpus_rule("training", since="0.1.0")
def empty_training_set(context: RuleContext, corpus: Corpus) -> Iterator[Finding]:
    """A source selects no file with text.

    **Why.** The trainer does not complain. It trains on the body of the document alone, which is
    only a comment in a new document.

    **Example.** `include: ["**/*.rs"]` in a Python repository; a repository that tracks only
    `.dlm/` and `.dlm-git.toml` so far.

    **Fix.** Run `git add` on the files to train on, or correct the patterns. To see why each file
    is excluded, run `dlm-git files --excluded`.
    """
    noun = context.snapshot.files.noun
    excluded = f"`dlm-git files --excluded{context.snapshot.option}{context.corpus_option}`"
    for source in corpus.lookup.sources:
        if not _selects_text(corpus.lookup, source):
            yield corpus.finding_at(
                ("training", "sources", source.index, "path"),
                f"source '{source.selection.source.path}' selects no {noun} with text:"
                " it adds nothing to the training set",
                f"`git add` the files to train on; {excluded} shows why each file is excluded",
            )


@rule("training", fixable=True, each_corpus=True, since="0.1.0")
def broken_training_config(context: RuleContext) -> Iterator[Finding]:
    """A `.dlm/training.yaml` or `.dlm/ignore` is not valid.

    **Why.** The trainer only logs the problem and continues without the file, so it trains on
    everything that the file excludes. A value such as `2024-13-45`, a date that does not exist,
    even ends the training with a traceback.

    **Example.** `excludes: ["*.csv"]`, an unknown key; invalid YAML; a file in Latin-1; a merge
    conflict; `.dlm/training.yml`, which dlm never reads; `.dlm/Ignore`, which it reads only where
    case does not matter, as on macOS and Windows.

    **Fix.** Correct the reported key or line.
    """
    for config in context.corpus.lookup.directory_configs if context.corpus else ():
        if config.settings:
            yield from _settings_findings(context, config.training_path, config.settings)
        if config.ignore and config.ignore.error:
            message = f"{config.ignore.effect}: {config.ignore.error}"
            hint = "shorten it" if config.ignore.text else "save the file as UTF-8"
            yield context.finding(config.ignore_path, message, hint)
    yield from _unmerged(context)
    for misnamed, path in _misnamed(context):
        move = f"git mv {context.shell_path(misnamed)} {context.shell_path(path)}"
        hint = context.command(move)
        yield context.finding(misnamed, f"dlm does not read this file, only '{path}'", hint)


@corpus_rule("training", since="0.1.0")
def widening_training_config(context: RuleContext, corpus: Corpus) -> Iterator[Finding]:
    """A nested `.dlm` directory adds files that the document excludes.

    **Why.** A nested `training.yaml` replaces the document's `include` for all files below it and
    can disable the default excludes. A `!` in a nested `ignore` overrides every exclude. So a
    submodule or a vendored package can add its files, even its keys, to the training set.

    **Example.** `third_party/pkg/.dlm/training.yaml` with `include: ["**/*"]`.

    **Fix.** Exclude the directory with a line such as `/third_party/pkg/**` in `.dlm/ignore`, or
    remove the nested file.
    """
    for source in corpus.lookup.sources:
        for directory, config in source.selection.directory_configs.items():
            if directory and (config.config or config.rules.rules):
                names = list(islice(_added_names(source, config), _MAX_COUNT))
                if names:
                    yield _widening_finding(context, corpus.lookup, source, config, names)


def _misnamed(context: RuleContext) -> Iterator[tuple[str, str]]:
    """Yield the paths in `.dlm` directories that are almost those of configs, and those paths."""
    names = {basename(path): path for path in (TRAINING_CONFIG, IGNORE_FILE)}
    for entry in context.snapshot.dotfile_entries(b".dlm/"):
        folder, _, name = entry.path.rpartition("/")
        meant = fold_case(name).replace(".yml", ".yaml")
        if f"/{folder}".endswith("/.dlm") and meant in names and name not in names:
            yield entry.path, f"{folder}/{meant}"


def _unmerged(context: RuleContext) -> Iterator[Finding]:
    """Report the configs with a merge conflict, of which the index holds several versions."""
    names = TRAINING_CONFIG, IGNORE_FILE
    entries = (e for name in names for e in context.snapshot.dotfile_entries(f"{name}\0".encode()))
    for path in dict.fromkeys(entry.path for entry in entries if entry.stage):
        hint = f"resolve the conflict, then `git add {context.shell_path(path)}`"
        yield context.finding(path, "the file is unmerged", hint)


def _selects_text(lookup: FileLookup, source: SourceFiles) -> bool:
    paths = (path for path in lookup.selected(source) if path != OWN_CONFIG)
    size = 1  # most first files are text
    while batch := list(islice(paths, size)):
        try:
            if any(file.is_included for file in source.read(batch)):
                return True
        except MissingObjectError:  # a partial clone has the names, but not the contents
            return True
        size = _BATCH
    return False


def _settings_findings(
    context: RuleContext, path: str, settings: TrainingYaml
) -> Iterator[Finding]:
    """Report why dlm does not accept a `training.yaml`."""
    if settings.error:
        correct = settings.fix.title if settings.fix else "correct the YAML"
        yield context.finding(
            path,
            f"{settings.effect}: {settings.error}",
            correct if settings.text else "save the file as UTF-8",
            text=settings.text,
            span=settings.span,
            fix=settings.fix,
        )
    if not settings.violations:
        return
    from dlm_git.rules.violations import with_fixes  # late: for findings

    for violation, fix in with_fixes(settings):
        yield context.finding(
            path,
            f"{settings.effect}: {_problem(violation)}",
            violation.hint(_otherwise(violation)),
            text=settings.text,
            span=settings.value_span(violation.path, at_key=violation.kind == "unknown"),
            fix=fix,
        )


def _problem(violation: Violation) -> str:
    key = ".".join(map(str, violation.path))
    if violation.kind == "unknown":
        return f"unknown key '{key}'"
    return f"'{key}' must be {violation.expected}"


def _otherwise(violation: Violation) -> str:
    if violation.kind == "unknown":
        return "the keys are 'include', 'exclude', 'exclude_defaults', 'metadata', 'weights'"
    return f"write {violation.expected}"


def _added_names(source: SourceFiles, config: DirectoryConfig) -> Iterator[str]:
    """Yield the files of a source that are included only because of a directory's config."""
    selection, without = source.selection, source.selection.without(config)
    for path in source.files.below(source.root, config.directory):
        name = relative_to(path, source.root.path)
        if selection.includes(name) and not without.includes(name):
            yield name


def _widening_finding(
    context: RuleContext,
    lookup: FileLookup,
    source: SourceFiles,
    config: DirectoryConfig,
    names: Sequence[str],
) -> Finding:
    count = f"{len(names)}{'+' * (len(names) == _MAX_COUNT)} file{'s' * (len(names) > 1)}"
    example = join(source.root.path, names[0])
    message = f"adds {count} that the document excludes, such as '{example}'"
    directory = f"{config.directory}/.dlm"
    decision = source.selection.decide(names[0])
    text = config.ignore.text if config.ignore else None
    if text and decision.file == config.ignore_path:
        span = text.line_span(decision.line)
        hint = f"remove this line or '{directory}': no other file can override its '!'"
        return context.finding(config.ignore_path, message, hint, text=text, span=span)
    key = "include" if config.include.patterns else "exclude_defaults"
    hint = f"{lookup.exclude_hint(source, f'{config.directory}/')}, or remove '{directory}'"
    settings = config.settings or TrainingYaml()
    return finding_at(config.training_path, settings, (key,), message, hint)
