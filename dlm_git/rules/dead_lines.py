"""The lines of a `.dlm/ignore` that exclude nothing, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from posixpath import basename

from dlm_git.document.text import Text
from dlm_git.patterns.defaults import DIRECTORY_NAMES
from dlm_git.patterns.glob import IgnoreRule
from dlm_git.patterns.suggest import Suggestion, suggest_form, suggest_line
from dlm_git.patterns.tokens import rule_tokens
from dlm_git.report import Edit, Fix, Span
from dlm_git.training.directory_config import DirectoryConfig
from dlm_git.training.ignore_block import line_numbers
from dlm_git.training.lookup import FileLookup

_MAX_LINES = 4  # lines that a hint proposes
_MAX_SEARCHED = 1000  # lines of a file; each costs several searches of all paths


def dead_lines(
    lookup: FileLookup, config: DirectoryConfig, text: Text
) -> Iterator[tuple[IgnoreRule, Suggestion]]:
    """Yield each dead line outside the block of `dlm-git ignore`, with what to write instead."""
    generated = line_numbers(text.normalized)
    all_lines = {str(line) for line in config.rules.rules}
    own_lines = (line for line in config.rules.rules if line.line not in generated)
    for line in islice(own_lines, _MAX_SEARCHED):
        suggestion = _explain(lookup, config, line, all_lines)
        if suggestion:
            yield line, suggestion


def _explain(
    lookup: FileLookup, config: DirectoryConfig, line: IgnoreRule, all_lines: set[str]
) -> Suggestion | None:
    """Return why a line excludes nothing and what to write instead, None if it is not dead."""
    if rule_tokens(line) is None:
        other = "at both ends" if line.anchored else "at the end and another one inside"
        reason = f"dlm does not support a slash {other}"
        return Suggestion(reason, (f"{'!' * line.negated}/{line.pattern}/**",))
    if line.directory or lookup.matches_any(config, line):
        return None
    if {str(_below(line)), str(line.replace(directory=True))} & all_lines:
        return None  # another line excludes the directory of that name
    return (
        _other_form(lookup, config, line)
        or _directory_name(lookup, config, line)
        or _comment(line)
        or _other_syntax(line)
    )


def _below(line: IgnoreRule) -> IgnoreRule:
    return line.replace(pattern=f"{line.pattern}/**")


def _directory_name(
    lookup: FileLookup, config: DirectoryConfig, line: IgnoreRule
) -> Suggestion | None:
    if basename(line.pattern) == ".git":  # a file in a linked worktree and in a submodule
        return None
    if line.pattern not in DIRECTORY_NAMES and not lookup.matches_any(config, _below(line)):
        return None
    is_name = not line.anchored and "/" not in line.pattern
    corrected = line.replace(directory=True) if is_name else _below(line)
    return Suggestion("it names a directory, and dlm matches files only", (str(corrected),))


def _other_form(lookup: FileLookup, config: DirectoryConfig, line: IgnoreRule) -> Suggestion | None:
    """Return the line in the Unicode form of the file names that it then matches."""

    def matches(pattern: str) -> bool:
        return lookup.matches_any(config, line.replace(pattern=pattern))

    suggestion = suggest_form(line.pattern, matches)
    if suggestion is None:
        return None
    (pattern,) = suggestion.patterns
    return suggestion.replace(patterns=(str(line.replace(pattern=pattern)),))


def _comment(line: IgnoreRule) -> Suggestion | None:
    pattern, mark, _ = line.pattern.partition(" #")
    if not mark:
        return None
    corrected = line.replace(pattern=pattern.rstrip())
    return Suggestion("dlm does not support a comment after a pattern", (str(corrected),))


def _other_syntax(line: IgnoreRule) -> Suggestion | None:
    """Return the correction of a line with the brackets, braces or slashes of other tools."""
    suggestion = suggest_line(line.pattern)
    if suggestion is None:
        return None
    patterns = suggestion.patterns[:_MAX_LINES]
    return Suggestion(
        suggestion.reason, tuple(str(line.replace(pattern=pattern)) for pattern in patterns)
    )


def line_hint(suggestion: Suggestion) -> str:
    """Return the hint to write the suggested lines."""
    return "write " + " and ".join(f"'{line}'" for line in suggestion.patterns)


def line_fix(text: Text, span: Span, suggestion: Suggestion) -> Fix:
    """Return the fix that writes the suggested lines; it is not safe, as it is a guess."""
    edit = Edit(span.start, span.end, text.newline.join(suggestion.patterns))
    return Fix(line_hint(suggestion), (edit,), safe=False)
