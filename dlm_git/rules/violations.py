"""Hints and fixes for keys and values that a schema does not accept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from dlm_git.document.parser import Document
from dlm_git.document.yaml_tree import YamlTree
from dlm_git.regex import compile_late
from dlm_git.report import Fix
from dlm_git.training.directory_config import TrainingYaml
from dlm_git.validation import LIST_OF_STRINGS, Violation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dlm_git.document.yaml_fixes import YamlFixer

_SEVERAL = compile_late(r"[\s,]")  # between the patterns of a string that was meant as several


def with_fixes(file: Document | TrainingYaml) -> Iterator[tuple[Violation, Fix | None]]:
    """Yield each violation of a file, with a fix if it can be fixed.

    Two keys that resemble the same known one are not fixed: only one of them can get its name.
    """
    fixer = file.fixer
    names = Counter((v.path[:-1], v.suggestion) for v in file.violations if v.kind == "unknown")
    for violation in file.violations:
        rivals = names[violation.path[:-1], violation.suggestion] > 1
        yield violation, None if rivals else _fix(violation, fixer)


def _fix(violation: Violation, fixer: YamlFixer) -> Fix | None:
    if violation.kind == "invalid" and violation.expected == LIST_OF_STRINGS:
        return _list_fix(violation, fixer)
    if not violation.suggestion:
        return None
    write = fixer.rename_key if violation.kind == "unknown" else fixer.set_value
    return write(violation.path, violation.suggestion)


def _list_fix(violation: Violation, fixer: YamlFixer) -> Fix | None:
    """Return the fix that writes a list where a string stands."""
    value = fixer.nodes.string(violation.path)
    if not value:
        return None
    return fixer.wrap_in_list(violation.path, safe=not _SEVERAL.search(value))


def invalid_keys(violations: Sequence[Violation], tree: YamlTree) -> set[int]:
    """Return the offsets of the keys whose value the schema refuses."""
    keys = (tree.find(violation.path)[0] for violation in violations if violation.kind == "invalid")
    return {key.start for key in keys if key}
