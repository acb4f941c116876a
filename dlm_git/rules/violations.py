"""Hints and fixes for keys and values that a schema does not accept."""

from __future__ import annotations

from dlm_git.document.yaml_fixes import YamlFixer
from dlm_git.report import Fix
from dlm_git.validation import Violation


def violation_hint(violation: Violation, otherwise: str) -> str:
    """Return the suggestion of a violation as a question, or `otherwise` without a suggestion."""
    return f"did you mean '{violation.suggestion}'?" if violation.suggestion else otherwise


def violation_fix(violation: Violation, fixer: YamlFixer | None) -> Fix | None:
    """Return the fix that writes the suggested key or value, if there is a suggestion."""
    if not (violation.suggestion and fixer):
        return None
    write = fixer.rename_key if violation.kind == "unknown" else fixer.set_value
    return write(violation.path, violation.suggestion)
