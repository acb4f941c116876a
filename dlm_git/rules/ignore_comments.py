"""The rule about comments `# dlm-git: ignore[RULE] REASON`, and where they are."""

from __future__ import annotations

from collections.abc import Iterator

from dlm_git.rules.context import RuleContext
from dlm_git.rules.registry import RULES, rule, unknown_rule_hint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dlm_git.document.ignore_comments import IgnoreComment
    from dlm_git.report import Finding

UNUSED = "unused-ignore"
HINT = "write `# dlm-git: ignore[RULE] REASON`"


@rule("expectation", since="0.1.0")
def unused_ignore(context: RuleContext) -> Iterator[Finding]:
    """A comment `# dlm-git: ignore[RULE] REASON` has no effect.

    **Why.** The comment accepts findings on its line, or on the next line if it stands alone. One
    without a finding is left over, or it is in the wrong place or misspelt. It would hide the next
    finding there, which nobody has accepted.

    **Example.** A comment without a reason, or with the name of an unknown rule; a comment whose
    finding has been fixed.

    **Fix.** Remove the comment, or correct it. No comment accepts a finding of this rule.
    """
    for file in context.commented_files:
        for comment in file.comments:
            for message, hint in _problems(comment):
                yield context.finding(file.path, message, hint, text=file.text, span=comment.span)


def _problems(comment: IgnoreComment) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a comment, and how to solve it."""
    if not comment.rules:
        yield "the comment names no rule", HINT
    elif not comment.reason:
        yield "the comment has no reason", HINT
    for name in comment.rules:
        if name == UNUSED:
            yield f"a comment cannot ignore '{name}'", "remove the name"
        elif name not in RULES:
            yield f"the comment names the unknown rule '{name}'", unknown_rule_hint(name)
