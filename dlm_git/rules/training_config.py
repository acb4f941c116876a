"""Rules about sources and settings that select nothing, or more than the document says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from dlm_git.errors import CannotCheck
from dlm_git.paths import below, relative
from dlm_git.report import Finding
from dlm_git.rules.context import Case, finding
from dlm_git.rules.registry import rule
from dlm_git.training.directory_config import Descent, Settings
from dlm_git.training.training_set import Expansion
from dlm_git.validation import Fault

_COUNTED = 100
_READ = 16  # files at a time, until one is text


@rule("training")
def empty_training_set(case: Case) -> Iterator[Finding]:
    """A source selects no text at all.

    **Why.** The trainer says nothing about it and learns the document's body alone, which in a
    scaffolded one is a comment.

    **Example.** `include: ["**/*.rs"]` in a repository of Python; a repository in which nothing
    but `.dlm/` is tracked yet.

    **Fix.** `git add` what is to be learned, or correct the patterns: `dlm-git files --skipped`
    says why each file is left out.
    """
    for expansion in case.tree.expansions:
        if not _selects_text(case, expansion):
            path = expansion.selection.source.path
            tracked = "tracked " if case.snapshot.checkout is None else ""
            message = (
                f"source '{path}' selects no {tracked}file with text: the model learns nothing"
            )
            help_ = "`git add` what it is to learn, or see `dlm-git files --skipped`"
            assert case.corpus  # noqa: S101  (expansions come from nowhere else)
            span = case.corpus.place(("training", "sources", expansion.index, "path"))
            yield finding(case.corpus_path, message, help_, case.corpus, span)


@rule("training")
def broken_training_config(case: Case) -> Iterator[Finding]:
    """A `.dlm/training.yaml` or `.dlm/ignore` is one that dlm does not take.

    **Why.** The trainer notes it in its log and goes on as if the file were not there, so all that
    the file excludes is learned. A date that does not exist even ends it with a traceback.

    **Example.** `excludes: ["*.csv"]`, an unknown key; YAML that does not load; a file in Latin-1;
    `.dlm/training.yml`, which is never read.

    **Fix.** Mend the key or the YAML at the place that is named.
    """
    for each in case.tree.descents:
        if each.settings:
            yield from _not_taken(each.training_path, each.settings)
        if each.ignore and each.ignore.broken:
            message = f"dlm ignores this file: {each.ignore.broken}"
            yield finding(each.ignore_path, message, "save it as UTF-8, or all of it is learned")
    misnamed = (entry.path for entry in case.snapshot.hidden(b".dlm/training.yml\0"))
    for path in misnamed:
        right = path.removesuffix(".yml") + ".yaml"
        message = f"dlm never reads this file: it looks for '{right}'"
        yield finding(path, message, f"`git mv {case.pasted(path)} {case.pasted(right)}`")


@rule("training")
def widening_training_config(case: Case) -> Iterator[Finding]:
    """A `.dlm` directory below the root lets in what the document does not.

    **Why.** A nested `training.yaml` replaces the document's `include` for all that is below it and
    can switch the default excludes off, a `!` in a nested `ignore` overrides every exclude: a
    submodule or a vendored package can so put itself, its keys too, into the training.

    **Example.** `third_party/pkg/.dlm/training.yaml` with `include: ["**/*"]`.

    **Fix.** Leave the directory out by a line such as `/third_party/pkg/**` in `.dlm/ignore`, or
    remove the nested file.
    """
    for expansion in case.tree.expansions:
        for anchor, each in expansion.selection.anchored.items():
            if not anchor or not (each.config or each.rules.rules):
                continue
            without = expansion.selection.without(each)
            below_it = (
                relative(path, expansion.root.top)
                for path in case.tree.paths(expansion, each.anchor)
            )
            wider = (n for n in below_it if expansion.selection.takes(n) and not without.takes(n))
            names = list(islice(wider, _COUNTED))
            if names:
                yield _widening(case, expansion, each, names)


def _not_taken(path: str, settings: Settings) -> Iterator[Finding]:
    """Why dlm does not take a `training.yaml`."""
    if settings.broken:
        message = f"dlm ignores this file: {settings.broken}"
        what = settings.fix.title if settings.fix else "mend it"
        help_ = f"{what}, or all that it excludes is learned"
        text, span = settings.text, settings.span
        yield finding(path, message, help_, text=text, span=span, fix=settings.fix)
    for fault in settings.faults:
        unknown = fault.kind == "unknown"
        key = ".".join(map(str, fault.path))
        what = f"unknown key '{key}'" if unknown else f"the value of '{key}'"
        message = f"dlm ignores this file because of {what}"
        yaml = settings.yaml if fault.near else None
        write = yaml and (yaml.key if unknown else yaml.value)
        fix = write(fault.path, fault.near) if write else None
        span = settings.place(fault.path, at_key=unknown)
        yield finding(path, message, _wanted(fault), text=settings.text, span=span, fix=fix)


def _wanted(fault: Fault) -> str:
    if fault.near:
        return f"did you mean '{fault.near}'?"
    if fault.kind == "unknown":
        return "the keys are 'include', 'exclude', 'exclude_defaults', 'metadata', 'weights'"
    return f"expected {fault.wanted}"


def _selects_text(case: Case, expansion: Expansion) -> bool:
    paths = case.tree.taken(expansion)
    while some := list(islice(paths, _READ)):
        try:
            if any(member.reason == "taken" for member in expansion.looked_into(some)):
                return True
        except CannotCheck:  # of a partial clone: the contents are elsewhere, the names are here
            return True
    return False


def _widening(case: Case, expansion: Expansion, each: Descent, names: Sequence[str]) -> Finding:
    config = each.config
    negated = next((rule for rule in each.rules.rules if rule.negated), None)
    count = f"{len(names)}{'+' * (len(names) == _COUNTED)} file{'s' * (len(names) > 1)}"
    example = below(expansion.root.top, names[0])
    message = f"lets in {count} that the document leaves out, such as '{example}'"
    line = case.tree.leaving_out(expansion, f"{each.anchor}/")
    remove = f"remove '{each.anchor}/.dlm'"
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
    span = settings.place((key,)) if settings else None
    text_ = settings.text if settings else None
    return finding(each.training_path, message, f"{line}, or {remove}", text=text_, span=span)
