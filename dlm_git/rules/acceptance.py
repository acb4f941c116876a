"""Accept findings by `[[ignore-path]]`, by comments and by the baseline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from dlm_git.config.load import IgnoredPath
from dlm_git.document.ignore_comments import IgnoreComment
from dlm_git.paths import BASELINE
from dlm_git.patterns.globset import glob_set
from dlm_git.report import AcceptedFinding, CheckResult, Finding, Note, Span, position
from dlm_git.rules.baseline import Baseline, fingerprint
from dlm_git.rules.commented_files import CommentedFile
from dlm_git.rules.context import Exceptions, RuleContext
from dlm_git.rules.groups import quoted
from dlm_git.rules.registry import RULES, unknown_rule_hint

# rules that report something in some states of a repository only, or in runs that check several
_STATE_RULES = {"changed-id", "shared-id", "ignored-training-file", "untracked-training-file"}
_UNUSED = "unused-ignore"
_HINT = "write `# dlm-git: ignore[RULE] REASON`"
_SHOWN = 3

_Accept = Callable[[Finding], AcceptedFinding | None]


def accept(result: CheckResult, context: RuleContext, exceptions: Exceptions) -> CheckResult:
    """Separate the findings of a result that someone has accepted from the others.

    Comments without effect become findings, and other exceptions without effect notes. A finding is
    looked up in the baseline only if nothing else accepts it.
    """
    decided = _decided_rules(context, result.selected)
    comments = _Comments(context.commented_files if exceptions.comments else ())
    paths = _Paths(context.config.ignore_path, exceptions.today)
    baseline = _BaselineEntries(exceptions.baseline, context.snapshot.label)
    findings, accepted = _separate(result.findings, [comments.accept, paths.accept])
    reports_unused = not result.selected or _UNUSED in result.selected
    unused = _separate(comments.unused(context, decided) if reports_unused else (), [paths.accept])
    findings = sorted([*findings, *unused[0]], key=position)
    findings, in_baseline = _separate(findings, [baseline.accept])
    accepted += [*unused[1], *in_baseline]
    notes = [*paths.notes(decided, context.config_file), *baseline.notes(decided)]
    notes += _uncounted(context, exceptions)
    return result.replace(
        findings=tuple(findings),
        accepted=tuple(sorted(accepted, key=lambda one: position(one.finding))),
        notes=(*result.notes, *notes),
    )


def comment_problems(context: RuleContext) -> Iterator[Finding]:
    """Yield a finding for each comment that is not written as it must be."""
    for file in context.commented_files:
        for comment in file.comments:
            for message, hint in _problems(comment):
                yield context.finding(file.path, message, hint, text=file.text, span=comment.span)


def _problems(comment: IgnoreComment) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a comment, and how to solve it."""
    if not comment.rules:
        yield "the comment names no rule", _HINT
    elif not comment.reason:
        yield "the comment has no reason", _HINT
    for name in comment.rules:
        if name == _UNUSED:
            yield f"a comment cannot ignore '{name}'", "remove the name"
        elif name not in RULES:
            yield f"the comment names the unknown rule '{name}'", unknown_rule_hint(name)


def _decided_rules(context: RuleContext, selected: Sequence[str]) -> frozenset[str]:
    """Return the rules that have certainly reported whatever there is in this state."""
    if context.snapshot.missing:
        return frozenset()
    has_corpora = context.accepted.keys() >= {*context.corpora}
    names = (name for name in selected or RULES if has_corpora or not RULES[name].needs_corpus)
    return frozenset(names) - _STATE_RULES - context.config.ignore.keys()


def _separate(
    findings: Iterable[Finding], ways: Sequence[_Accept]
) -> tuple[list[Finding], list[AcceptedFinding]]:
    """Return the findings that no way accepts, and the others as the first way accepts them.

    Each way sees each finding, because it remembers what it was needed for.
    """
    reported, accepted = [], []
    for finding in findings:
        answers = [answer for way in ways if (answer := way(finding))]
        if answers:
            accepted.append(answers[0])
        else:
            reported.append(finding)
    return reported, accepted


class _Comments:
    """The comments of the checked files."""

    def __init__(self, files: Sequence[CommentedFile]) -> None:
        self._files = {file.path: file for file in files}
        self._used: set[tuple[Span, str]] = set()

    def accept(self, finding: Finding) -> AcceptedFinding | None:
        """Accept a finding that begins on the line of a comment for its rule."""
        file = self._files.get(finding.path)
        if not file or not finding.span:
            return None
        for comment in file.comments:
            if _accepts(comment, finding.rule, finding.span):
                self._used.add((comment.span, finding.rule))
                where = f"{finding.path}:{comment.span.line}"
                return AcceptedFinding(finding, "comment", comment.reason, where)
        return None

    def unused(self, context: RuleContext, decided: frozenset[str]) -> Iterator[Finding]:
        """Yield a finding for each rule of a comment that has accepted none."""
        if _UNUSED in context.config.ignore:
            return
        for file in self._files.values():
            for comment in file.comments if file.is_valid else ():
                unused = [rule for rule in comment.rules if rule in decided - {_UNUSED}]
                unused = [rule for rule in unused if (comment.span, rule) not in self._used]
                if unused and comment.reason:
                    verb = "reports" if len(unused) == 1 else "report"
                    message = f"{' and '.join(unused)} {verb} nothing on the line of the comment"
                    hint = "remove the comment, or write it on the line of the finding or above it"
                    finding = context.finding(
                        file.path, message, hint, text=file.text, span=comment.span
                    )
                    yield finding.replace(rule=_UNUSED)


def _accepts(comment: IgnoreComment, rule: str, span: Span) -> bool:
    target = comment.target if comment.reason and rule != _UNUSED else None
    is_there = target is not None and target.start <= span.start <= target.end
    return is_there and rule in comment.rules


class _Paths:
    """The entries of `[[ignore-path]]`."""

    def __init__(self, entries: Sequence[IgnoredPath], today: str) -> None:
        self._expired = [entry for entry in entries if entry.until and entry.until < today]
        self._entries = [entry for entry in entries if entry not in self._expired]
        self._used: set[tuple[int, str]] = set()

    def accept(self, finding: Finding) -> AcceptedFinding | None:
        """Accept a finding of a listed rule at a listed path."""
        first = None
        for number, entry in enumerate(self._entries):
            if finding.rule in entry.rules:
                for pattern in entry.paths:
                    if glob_set((pattern,)).match(finding.path):
                        self._used.add((number, pattern))
                        first = first or AcceptedFinding(finding, "path", entry.reason, pattern)
        return first

    def notes(self, decided: frozenset[str], file: str) -> Iterator[Note]:
        """Yield notes on entries that have ended, and on patterns without a finding.

        file: the config file.
        """
        for entry in self._expired:
            message = f"'ignore-path' for {quoted(entry.paths)} ended on {entry.until}"
            yield Note(
                f"{message}: {' and '.join(entry.rules)} counts again there",
                f"fix the findings and remove the entry from {file}, or set a later 'until'",
            )
        unused = [
            pattern
            for number, entry in enumerate(self._entries)
            for pattern in entry.paths
            if (number, pattern) not in self._used and decided >= {*entry.rules}
        ]
        if unused:
            message = f"'ignore-path' lists {quoted(unused)}, where its rules report nothing"
            hint = f"remove it from {file}, or correct it: the grammar is that of dlm, not of Git"
            yield Note(message, hint)


class _BaselineEntries:
    """The entries of a baseline that no finding has used up yet."""

    def __init__(self, baseline: Baseline | None, label: str) -> None:
        self._left = Counter(baseline.counts if baseline else {})
        self._label = label

    def accept(self, finding: Finding) -> AcceptedFinding | None:
        """Accept a finding that the baseline lists."""
        if not self._left:
            return None
        key = (finding.rule, finding.path, fingerprint(finding, self._label))
        if not self._left[key]:
            return None
        self._left[key] -= 1
        return AcceptedFinding(finding, "baseline", "", BASELINE)

    def notes(self, decided: frozenset[str]) -> Iterator[Note]:
        """Yield a note on the entries that no longer occur."""
        left = +self._left
        stale = [key for key in left if key[0] in decided or key[0] not in RULES]
        if stale:
            count = sum(left[key] for key in stale)
            listed = ", ".join(f"{rule} in '{path}'" for rule, path, _ in stale[:_SHOWN])
            more = len(stale) - _SHOWN
            listed += f" and {more} more" if more > 0 else ""
            findings = (
                "a finding that no longer occurs"
                if count == 1
                else (f"{count} findings that no longer occur")
            )
            yield Note(
                f"'{BASELINE}' lists {findings}: {listed}",
                "`dlm-git check --write-baseline` removes what no longer occurs",
                BASELINE,
            )


def _uncounted(context: RuleContext, exceptions: Exceptions) -> Iterator[Note]:
    """Yield notes on comments that do not count, and on a baseline that a lock forbids."""
    locked_by = exceptions.locked_by
    hint = f"accept the findings under [[ignore-path]] in {locked_by or context.config_file}"
    if context.commented_files and not exceptions.comments:
        shown = quoted([file.path for file in context.commented_files])
        if locked_by:
            message = (
                f"comments `# dlm-git: ignore` do not count: 'ignore' is locked in {locked_by}"
            )
            yield Note(f"{message}; there are some in {shown}", hint)
        else:
            message = "comments `# dlm-git: ignore` count only with the config of the checked state"
            yield Note(f"{message}, not in {shown}", hint)
    if locked_by and context.snapshot.entries(BASELINE):
        message = f"'{BASELINE}' does not count: 'ignore' is locked in {locked_by}"
        yield Note(message, hint, BASELINE)
