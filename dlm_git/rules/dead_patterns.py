"""The patterns that match no file: why, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from dlm_git.paths import join, relative_to
from dlm_git.patterns.suggest import (
    OTHER_FORM,
    Suggestion,
    is_other_syntax,
    match_case,
    suggest_pattern,
    suggest_syntax,
)
from dlm_git.report import Finding
from dlm_git.rules.context import Corpus, RuleContext, finding_at
from dlm_git.training.directory_config import DirectoryConfig
from dlm_git.training.lookup import MAX_PATTERNS, FileLookup
from dlm_git.training.training_set import SourceFiles

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal

    _Key = Literal["include", "exclude"]

_EVERYTHING = ("**/*", "**")  # if they match nothing, the pattern is not the cause


def dead_patterns(context: RuleContext, corpus: Corpus, source: SourceFiles) -> Iterator[Finding]:
    """Report the dead patterns of a source, and of the `training.yaml` files that concern it."""
    yield from _in_document(context, corpus, source, "include")
    yield from _in_document(context, corpus, source, "exclude")
    for config in source.selection.directory_configs.values():
        yield from _in_config_include(corpus.lookup, source, config)
        yield from _in_config_exclude(corpus.lookup, source, config)


def _in_document(
    context: RuleContext, corpus: Corpus, source: SourceFiles, key: _Key
) -> Iterator[Finding]:
    """Report the dead patterns of a source in the document."""
    globs = source.selection.include if key == "include" else source.selection.exclude
    for index, pattern in enumerate(globs.patterns[:MAX_PATTERNS]):
        suggestion = explain_pattern(corpus.lookup, source, key, pattern)
        if suggestion is None:
            continue
        key_path = ("training", "sources", source.index, key, index)
        hint, fix = correction_hint(suggestion), None
        if _is_configured(context, key, pattern):  # a fix of the document alone contradicts that
            hint += f", here and under {context.globs_location(key)}"
        elif suggestion.patterns:
            fix = corpus.fixer.replace_item(key_path, suggestion.patterns, safe=suggestion.certain)
        message = dead_message(corpus.lookup, key, pattern, suggestion)
        yield corpus.finding_at(key_path, message, hint, fix)


def _in_config_include(
    lookup: FileLookup, source: SourceFiles, config: DirectoryConfig
) -> Iterator[Finding]:
    """Report the dead `include` patterns of a `training.yaml`, which start at the source."""
    directory = relative_to(config.directory, source.root.path)
    for index, pattern in enumerate(config.include.patterns[:MAX_PATTERNS]):
        suggestion = explain_pattern(lookup, source, "include", pattern)
        if suggestion is None:
            continue
        full_pattern = join(directory, pattern)
        if directory and lookup.matches(source, full_pattern):
            reason = "it starts at the root of the source, not at this directory"
            suggestion = Suggestion(reason, (full_pattern,), certain=True)
        message = dead_message(lookup, "include", pattern, suggestion)
        yield _config_finding(config, "include", index, message, suggestion)


def _in_config_exclude(
    lookup: FileLookup, source: SourceFiles, config: DirectoryConfig
) -> Iterator[Finding]:
    """Report the dead `exclude` patterns of a `training.yaml`, which start at its directory."""
    directory = relative_to(config.directory, source.root.path)

    def matches(pattern: str) -> bool:
        return lookup.matches(source, join(directory, pattern))

    for index, pattern in enumerate(config.exclude.patterns[:MAX_PATTERNS]):
        suggestion = None if matches(pattern) else _exclude_suggestion(pattern, matches)
        if suggestion:
            message = f"exclude pattern '{pattern}' matches no file below this directory"
            message += f": {suggestion.reason}"
            yield _config_finding(config, "exclude", index, message, suggestion)


def _is_configured(context: RuleContext, key: _Key, pattern: str) -> bool:
    sources = context.config.expected_sources or ()
    return any(pattern in (getattr(source, key) or ()) for source in sources)


def _config_finding(
    config: DirectoryConfig, key: _Key, index: int, message: str, suggestion: Suggestion
) -> Finding:
    """Return a finding about a pattern of a `training.yaml`."""
    settings, key_path = config.settings, (key, index)
    assert settings  # noqa: S101  (they have the pattern)
    fix = None
    if suggestion.patterns:
        fix = settings.fixer.replace_item(key_path, suggestion.patterns, safe=suggestion.certain)
    return finding_at(
        config.training_path, settings, key_path, message, correction_hint(suggestion), fix
    )


def explain_pattern(
    lookup: FileLookup, source: SourceFiles, key: _Key, pattern: str
) -> Suggestion | None:
    """Return why a pattern matches nothing and what to write instead, None if it is not dead."""
    if pattern in _EVERYTHING or lookup.matches(source, pattern):
        return None
    matches = partial(lookup.matches, source)
    if key == "include":
        suggestion = suggest_pattern(pattern, matches)
        return suggestion or _in_other_case(lookup, source, pattern) or Suggestion("")
    suggestion = _exclude_suggestion(pattern, matches)
    suggestion = suggestion or _in_other_case(lookup, source, pattern)
    # one in dlm's syntax may match files that are added later
    return suggestion or (Suggestion("") if is_other_syntax(pattern) else None)


def _exclude_suggestion(pattern: str, matches: Callable[[str], bool]) -> Suggestion | None:
    """Return why an `exclude` pattern matches nothing, also if its correction does not yet."""
    suggestion = suggest_pattern(pattern, matches)
    if (suggestion and suggestion.patterns) or not is_other_syntax(pattern):
        return suggestion
    return suggest_syntax(pattern) or suggestion


def _in_other_case(lookup: FileLookup, source: SourceFiles, pattern: str) -> Suggestion | None:
    path = lookup.matched_in_any_case(source, pattern)
    corrected = match_case(pattern, path) if path else None
    return Suggestion("case matters", (corrected,)) if corrected else None


def dead_message(lookup: FileLookup, key: _Key, pattern: str, suggestion: Suggestion) -> str:
    """Return the message about a dead pattern, with the reason if there is one."""
    message = f"{key} pattern '{pattern}' matches no {lookup.files.noun}"
    return f"{message}: {suggestion.reason}" if suggestion.reason else message


def _escaped(pattern: str) -> str:
    from json import dumps  # late: rare

    return dumps(pattern)


def correction_hint(suggestion: Suggestion) -> str:
    """Return the hint to write other patterns, or to remove the pattern."""
    if suggestion.patterns:
        count = len(suggestion.patterns)
        is_escaped = suggestion.reason == OTHER_FORM  # the forms look the same
        quote = _escaped if is_escaped else "'{}'".format
        patterns = ", ".join(map(quote, suggestion.patterns))
        return f"write {count} patterns: {patterns}" if count > 1 else f"write {patterns}"
    if suggestion.reason:
        return "use only the wildcards '*', '**' and '?', or remove the pattern"
    return "correct the pattern, or remove it"
