"""The values that a check returns: findings with their fixes, notes, and errors of repositories."""

from __future__ import annotations

from dlm_git.values import Value


class Span(Value):
    """A range of characters in a file.

    Lines and columns count from 1, columns in characters. The end is exclusive. `start` and `end`
    are character offsets into the decoded file; a byte order mark and carriage returns count.
    """

    line: int
    column: int
    end_line: int
    end_column: int
    start: int
    end: int


class Edit(Value):
    """A replacement of the characters from `start` up to `end`, offsets as in Span."""

    start: int
    end: int
    text: str


class Fix(Value):
    """A change that resolves a finding.

    title: the change in words.
    edits: non-overlapping edits of the finding's file.
    safe: False if the fix guesses the intention; then only `--unsafe-fixes` applies it.
    """

    title: str
    edits: tuple[Edit, ...]
    safe: bool = True


class Finding(Value):
    """A violation of a rule.

    Strings are not escaped; each output format escapes them for its reader.

    rule: name of the rule.
    path: file, relative to the root of the repository; surrogate escapes stand for bytes that are
        not UTF-8.
    message: the problem.
    hint: how to solve it.
    span: range in the file, None for the whole file.
    quote: the source line at `span`, "" if it is very long.
    fix: a change of the file that `--fix` can apply.
    line_hash: hash of the file from the line of `span` on, by which GitHub recognizes a finding
        whose line has moved; "" without a span, or if the file is very long.
    """

    rule: str
    path: str
    message: str
    hint: str
    span: Span | None = None
    quote: str = ""
    fix: Fix | None = None
    line_hash: str = ""


def position(finding: Finding) -> tuple[str, int, int]:
    """Return the sort key of findings: path, line and column."""
    span = finding.span
    return finding.path, span.line if span else 0, span.column if span else 0


class SuppressedRule(Value):
    """A rule that the config ignores.

    rule: name of the rule.
    reason: the reason that the config gives.
    count: number of findings that the rule would have reported.
    """

    rule: str
    reason: str
    count: int


class AcceptedFinding(Value):
    """A finding that does not fail the check, because someone has accepted it.

    finding: the finding.
    kind: 'path' for an entry of `[[ignore-path]]`, 'comment', or 'baseline'.
    reason: the reason that the entry or the comment gives; '' for the baseline, which has none.
    where: the pattern of the entry, 'PATH:LINE' of the comment, or the path of the baseline.
    """

    finding: Finding
    kind: str
    reason: str
    where: str


class Note(Value):
    """A remark on what was not checked. It is not a finding, and never changes the exit code.

    message: what was not checked, or not read.
    hint: how to change that.
    path: the file that the note is about, '' for none.
    optional: whether it is about a choice, as of a config that sets only some keys. `--quiet`
        leaves it out.
    """

    message: str
    hint: str = ""
    path: str = ""
    optional: bool = False


class CheckResult(Value):
    """The result of a check. It is true, and `clean`, if there are no findings.

    label: the state that was checked, such as 'the index' or 'revision 1a2b3c4'.
    revision: object id of the checked commit, None for the index and the working tree.
    documents: paths of the documents that were read.
    findings: in the order of their paths and lines.
    suppressed: the rules that the config ignores.
    name: repository or ref, where one run checks several; else ''.
    ids: the `dlm_id` of each document that has a valid one.
    notes: what was not checked.
    seconds: how long each rule took, if that was measured.
    accepted: the findings that `[[ignore-path]]`, a comment or the baseline accepts.
    """

    label: str
    revision: str | None
    documents: tuple[str, ...]
    findings: tuple[Finding, ...]
    suppressed: tuple[SuppressedRule, ...] = ()
    name: str = ""
    ids: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    seconds: tuple[tuple[str, float], ...] = ()
    accepted: tuple[AcceptedFinding, ...] = ()

    def __bool__(self) -> bool:
        """Return True if there are no findings, for callers of the API; dlm-git reads `clean`."""
        return self.clean

    @property
    def clean(self) -> bool:
        """Return True if there are no findings."""
        return not self.findings


class Origin(Value):
    """Where the commits of a checked repository come from.

    url: address of the repository, without credentials.
    revision: object id of the checked commit, '' for the index and the working tree.
    branch: the branch that is checked out, '' for none.
    """

    url: str
    revision: str = ""
    branch: str = ""


class CheckFailure(Value):
    """A repository or ref that could not be checked, in a run that checks several.

    name: repository or ref.
    message: the problem.
    hint: how to solve it.
    """

    name: str
    message: str
    hint: str = ""


CheckOutcome = CheckResult | CheckFailure
