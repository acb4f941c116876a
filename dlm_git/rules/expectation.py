"""Rules that compare the corpus document with the config."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from posixpath import normpath

from dlm_git.config.load import ExpectedSource
from dlm_git.document.base_models import is_known_base, suggest_base
from dlm_git.document.yaml_loader import double_quoted, flow_list
from dlm_git.paths import leaves_repository
from dlm_git.report import Finding
from dlm_git.rules.context import Corpus, RuleContext
from dlm_git.rules.registry import rule

_SOURCES = ("training", "sources")


@rule("expectation", requires="corpus", fixable=True, since="0.1.0")
def wrong_base(context: RuleContext, corpus: Corpus) -> Iterator[Finding]:
    """The base model is not the configured one.

    **Why.** The trainer continues from the training store of the document. After a change of the
    base model, it refuses each colleague's next run or starts from scratch.

    **Example.** `base_model: qwen2.5-0.5b`, but the config says `base = "qwen2.5-coder-1.5b"`.

    **Fix.** Write the configured base model, or change `base` in `.dlm-git.toml` for the whole
    team.
    """
    bases, base = context.config.bases, corpus.frontmatter.base_model
    if bases and base not in bases:
        expected = ("one of " if len(bases) > 1 else "") + ", ".join(f"'{name}'" for name in bases)
        yield corpus.finding_at(
            ("base_model",),
            f"base model is '{base}', expected {expected}",
            f"write `base_model: {bases[0]}`, or change {context.config_location('base')}",
            corpus.fixer.set_value(("base_model",), bases[0], safe=len(bases) == 1),
        )


@rule("expectation", requires="corpus", fixable=True, since="0.1.0")
def wrong_globs(context: RuleContext, corpus: Corpus) -> Iterator[Finding]:
    """The sources or their patterns are not the configured ones.

    **Why.** The patterns decide what the model trains on. Their order does not matter.

    **Example.** `include: ["**/*"]`, but the config says `include = ["src/**/*.py"]`.

    **Fix.** Write the configured patterns, or change them in `.dlm-git.toml` for the whole team.
    """
    expected_sources = context.config.expected_sources
    if expected_sources is None:
        return
    if len(expected_sources) == len(corpus.sources) == 1:
        yield from _compare(context, corpus, 0, expected_sources[0])
        return
    indices: dict[str, list[int]] = {}
    for index, source in enumerate(corpus.sources):
        indices.setdefault(normpath(source.path), []).append(index)
    for expected in expected_sources:
        candidates = indices.get(normpath(expected.path))
        if candidates:
            yield from _compare(context, corpus, candidates.pop(0), expected)
        else:
            yield _missing_source(context, corpus, expected)
    for index in sorted(index for unexpected in indices.values() for index in unexpected):
        if not leaves_repository(corpus.sources[index].path):  # a portability rule reports those
            yield _unexpected_source(context, corpus, index)


@rule("expectation", requires="corpus", fixable=True, since="0.1.0")
def wrong_sources_policy(context: RuleContext, corpus: Corpus) -> Iterator[Finding]:
    """The sources policy is not the configured one, by default `strict`.

    **Why.** The trainer's own default, `permissive`, lets a source point outside the repository, to
    other files on the machine. A document without sources needs no policy.

    **Example.** A document with `sources` and without `sources_policy`.

    **Fix.** Write `sources_policy: strict` under `training`.
    """
    policy, expected = corpus.frontmatter.training.sources_policy, context.config.sources_policy
    if not corpus.sources or policy == expected:
        return
    key_path = ("training", "sources_policy")
    if corpus.document.source_text(key_path):
        found, fix = f"'{policy}'", corpus.fixer.set_value(key_path, expected)
    else:
        found = f"'{policy}' (dlm's default)"
        fix = corpus.fixer.insert_key(key_path[:1], key_path[1], expected)
    yield corpus.finding_at(
        key_path,
        f"sources policy is {found}, expected '{expected}'",
        f"write `sources_policy: {expected}` under `training`, or change"
        f" {context.config_location('sources-policy')}",
        fix,
    )


@rule("expectation", requires="corpus", fixable=True, since="0.1.0")
def unknown_base(_context: RuleContext, corpus: Corpus) -> Iterator[Finding]:
    """The trainer does not know the base model.

    **Why.** In every clone, `dlm train` stops after it has parsed the document.

    **Example.** `base_model: Qwen2.5-Coder-1.5B` instead of `qwen2.5-coder-1.5b`; a name of the
    Hugging Face Hub without `hf:`.

    **Fix.** Write a key that `dlm-git bases` lists, or `hf:org/name` for a model of the Hugging
    Face Hub.
    """
    base = corpus.frontmatter.base_model
    if is_known_base(base):
        return
    suggestion = suggest_base(base)
    hint, fix = "write a key that `dlm-git bases` lists, or `hf:org/name`", None
    if suggestion:
        hint = f"did you mean '{suggestion}'? `dlm-git bases` lists the base models"
        same_letters = _letters(suggestion) == _letters(base)
        fix = corpus.fixer.set_value(("base_model",), suggestion, safe=same_letters)
    yield corpus.finding_at(("base_model",), f"unknown base model '{base}'", hint, fix)


def _compare(
    context: RuleContext, corpus: Corpus, index: int, expected: ExpectedSource
) -> Iterator[Finding]:
    """Report the path and the patterns of a source that are not the expected ones."""
    source, key_path = corpus.sources[index], (*_SOURCES, index)
    prefix = f"source '{expected.path}': " if len(corpus.sources) > 1 else ""
    if normpath(source.path) != normpath(expected.path) and not leaves_repository(source.path):
        yield corpus.finding_at(
            (*key_path, "path"),
            f"expected source path '{expected.path}', found '{source.path}'",
            f"write `path: {expected.path}`, or change {context.config_location('sources')}",
            corpus.fixer.set_value((*key_path, "path"), expected.path),
        )
    globs = {
        "include": (source.include, expected.include),
        "exclude": (source.exclude, expected.exclude),
    }
    for key, (actual, wanted) in globs.items():
        if wanted is not None and set(actual) != set(wanted):
            yield corpus.finding_at(
                (*key_path, key),
                f"{prefix}expected {key} {_listed(wanted)}, found {_listed(actual)}",
                f"write `{key}: {flow_list(wanted)}`, or change {context.globs_location(key)}",
                corpus.fixer.set_items((*key_path, key), wanted),
            )


def _missing_source(context: RuleContext, corpus: Corpus, expected: ExpectedSource) -> Finding:
    lines = _yaml_lines(expected)
    return corpus.finding_at(
        _SOURCES,
        f"source '{expected.path}' is missing",
        f"add `- {{{', '.join(lines)}}}` under `training.sources`, or change"
        f" {context.config_location('sources')}",
        corpus.fixer.append_item(_SOURCES, lines),
    )


def _unexpected_source(context: RuleContext, corpus: Corpus, index: int) -> Finding:
    return corpus.finding_at(
        (*_SOURCES, index, "path"),
        f"unexpected source '{corpus.sources[index].path}'",
        f"remove it, or add it to {context.config_location('sources')}",
        corpus.fixer.remove_item((*_SOURCES, index)),
    )


def _yaml_lines(source: ExpectedSource) -> list[str]:
    """Return a source as the lines of an item of `training.sources`."""
    globs = {"include": source.include, "exclude": source.exclude}
    lists = [f"{key}: {flow_list(value)}" for key, value in globs.items() if value is not None]
    return [f"path: {double_quoted(source.path)}", *lists]


def _listed(patterns: Sequence[str]) -> str:
    return "[" + ", ".join(f"'{pattern}'" for pattern in patterns) + "]"


def _letters(base: str) -> str:
    """Return a name without the parts that people write in several ways."""
    return re.sub(r"[^a-z0-9]", "", base.lower())
