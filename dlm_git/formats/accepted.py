"""Accepted findings in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from dlm_git.formats.escape import escape, escape_path
from dlm_git.report import AcceptedFinding

_SHOWN = 3  # patterns of `[[ignore-path]]`


def accepted_counts(accepted: Sequence[AcceptedFinding]) -> str:
    """Return how many findings are accepted and by what, as in '3 accepted: 2 baseline, 1 a/**'.

    The text is escaped.
    """
    kinds = Counter(one.kind for one in accepted)
    patterns = Counter(one.where for one in accepted if one.kind == "path").most_common()
    parts = [f"{kinds[kind]} {kind}" for kind in ("baseline", "comment") if kinds[kind]]
    parts += [f"{count} {escape_path(pattern)}" for pattern, count in patterns[:_SHOWN]]
    rest = sum(count for _, count in patterns[_SHOWN:])
    parts += [f"{rest} by other patterns"] if rest else []
    return f"{len(accepted)} accepted: {', '.join(parts)}"


def acceptance(accepted: AcceptedFinding) -> str:
    """Return by what a finding is accepted, and the reason; escaped."""
    where = escape_path(accepted.where)
    match accepted.kind:
        case "path":
            return f"accepted by {where} in 'ignore-path': {escape(accepted.reason)}"
        case "comment":
            return f"accepted by the comment at {where}: {escape(accepted.reason)}"
    return f"accepted by {where}"
