"""Rules about sources and settings that select nothing, or more than the document says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from dlm_git.errors import DlmGitError
from dlm_git.paths import join, relative_to
from dlm_git.report import Finding
from dlm_git.rules.context import RuleContext, finding
from dlm_git.rules.registry import rule
from dlm_git.training.directory_config import DirectoryConfig, TrainingYaml
from dlm_git.training.training_set import SourceFiles
from dlm_git.validation import Violation

_COUNTED = 100
_READ = 16  # files at a time, until one is text


@rule("training")
def empty_training_set(case: RuleContext) -> Iterator[Finding]:
    """A source selects no text at all.

    **Why.** The trainer says nothing about it and learns the document's body alone, which in a
    scaffolded one is a comment.

    **Example.** `include: ["**/*.rs"]` in a repository of Python; a repository in which nothing
    but `.dlm/` is tracked yet.

    **Fix.** `git add` what is to be learned, or correct the patterns: `dlm-git files --excluded`
    says why each file is left out.
    """
    for expansion in case.lookup.sources:
        if not _selects_text(case, expansion):
            path = expansion.selection.source.path
            noun = case.snapshot.files.noun
            message = f"source '{path}' selects no {noun} with text: the model learns nothing"
            help_ = "`git add` what it is to learn, or see `dlm-git files --excluded`"
            assert case.corpus  # noqa: S101  (expansions come from nowhere else)
            span = case.corpus.value_span(("training", "sources", expansion.index, "path"))
            yield finding(case.corpus_path, message, help_, case.corpus, span)


@rule("training")
def broken_training_config(case: RuleContext) -> Iterator[Finding]:
    """A `.dlm/training.yaml` or `.dlm/ignore` is one that dlm does not take.

    **Why.** The trainer notes it in its log and goes on as if the file were not there, so all that
    the file excludes is learned. A date that does not exist even ends it with a traceback.

    **Example.** `excludes: ["*.csv"]`, an unknown key; YAML that does not load; a file in Latin-1;
    `.dlm/training.yml`, which is never read.

    **Fix.** Mend the key or the YAML at the place that is named.
    """
    for each in case.lookup.directory_configs:
        if each.settings:
            yield from _not_taken(each.training_path, each.settings)
        if each.ignore and each.ignore.error:
            message = f"dlm ignores this file: {each.ignore.error}"
            yield finding(each.ignore_path, message, "save it as UTF-8, or all of it is learned")
    misnamed = (entry.path for entry in case.snapshot.dotfile_entries(b".dlm/training.yml\0"))
    for path in misnamed:
        right = path.removesuffix(".yml") + ".yaml"
        message = f"dlm never reads this file: it looks for '{right}'"
        yield finding(path, message, f"`git mv {case.shell_path(path)} {case.shell_path(right)}`")


@rule("training")
def widening_training_config(case: RuleContext) -> Iterator[Finding]:
    """A `.dlm` directory below the root lets in what the document does not.

    **Why.** A nested `training.yaml` replaces the document's `include` for all that is below it and
    can switch the default excludes off, a `!` in a nested `ignore` overrides every exclude: a
    submodule or a vendored package can so put itself, its keys too, into the training.

    **Example.** `third_party/pkg/.dlm/training.yaml` with `include: ["**/*"]`.

    **Fix.** Leave the directory out by a line such as `/third_party/pkg/**` in `.dlm/ignore`, or
    remove the nested file.
    """
    for expansion in case.lookup.sources:
        for anchor, each in expansion.selection.directory_configs.items():
            if not anchor or not (each.config or each.rules.rules):
                continue
            without = expansion.selection.without(each)
            below_it = (
                relative_to(path, expansion.root.path)
                for path in case.lookup.files.below(expansion.root, each.directory)
            )
            wider = (
                n for n in below_it if expansion.selection.includes(n) and not without.includes(n)
            )
            names = list(islice(wider, _COUNTED))
            if names:
                yield _widening(case, expansion, each, names)


def _not_taken(path: str, settings: TrainingYaml) -> Iterator[Finding]:
    """Why dlm does not take a `training.yaml`."""
    if settings.error:
        message = f"dlm ignores this file: {settings.error}"
        what = settings.fix.title if settings.fix else "mend it"
        help_ = f"{what}, or all that it excludes is learned"
        text, span = settings.text, settings.span
        yield finding(path, message, help_, text=text, span=span, fix=settings.fix)
    for fault in settings.violations:
        unknown = fault.kind == "unknown"
        key = ".".join(map(str, fault.path))
        what = f"unknown key '{key}'" if unknown else f"the value of '{key}'"
        message = f"dlm ignores this file because of {what}"
        yaml = settings.fixer if fault.suggestion else None
        write = yaml and (yaml.rename_key if unknown else yaml.set_value)
        fix = write(fault.path, fault.suggestion) if write else None
        span = settings.value_span(fault.path, at_key=unknown)
        yield finding(path, message, _wanted(fault), text=settings.text, span=span, fix=fix)


def _wanted(fault: Violation) -> str:
    if fault.suggestion:
        return f"did you mean '{fault.suggestion}'?"
    if fault.kind == "unknown":
        return "the keys are 'include', 'exclude', 'exclude_defaults', 'metadata', 'weights'"
    return f"expected {fault.expected}"


def _selects_text(case: RuleContext, expansion: SourceFiles) -> bool:
    paths = case.lookup.selected(expansion)
    while some := list(islice(paths, _READ)):
        try:
            if any(member.reason == "taken" for member in expansion.read(some)):
                return True
        except DlmGitError:  # of a partial clone: the contents are elsewhere, the names are here
            return True
    return False


def _widening(
    case: RuleContext, expansion: SourceFiles, each: DirectoryConfig, names: Sequence[str]
) -> Finding:
    config = each.config
    negated = next((rule for rule in each.rules.rules if rule.negated), None)
    count = f"{len(names)}{'+' * (len(names) == _COUNTED)} file{'s' * (len(names) > 1)}"
    example = join(expansion.root.path, names[0])
    message = f"lets in {count} that the document leaves out, such as '{example}'"
    line = case.lookup.exclude_hint(expansion, f"{each.directory}/")
    remove = f"remove '{each.directory}/.dlm'"
    if (
        negated
        and each.ignore
        and each.ignore.text
        and expansion.selection.decide(names[0]).file == each.ignore_path
    ):
        text = each.ignore.text
        help_ = f"remove the line, or {remove}: no other file can undo a '!' of it"
        return finding(
            each.ignore_path, message, help_, text=text, span=text.line_span(negated.line)
        )
    settings = each.settings
    key = "include" if config and config.include else "exclude_defaults"
    span = settings.value_span((key,)) if settings else None
    text_ = settings.text if settings else None
    return finding(each.training_path, message, f"{line}, or {remove}", text=text_, span=span)
