"""Rules that compare the corpus document with the configuration."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from posixpath import normpath

from dlm_git.config.load import ExpectedSource
from dlm_git.document.base_models import is_known_base, suggest_base
from dlm_git.document.yaml_loader import double_quoted, flow_list
from dlm_git.paths import leaves_repository
from dlm_git.report import Finding
from dlm_git.rules.context import RuleContext, finding
from dlm_git.rules.registry import rule


@rule("expectation")
def wrong_base(case: RuleContext) -> Iterator[Finding]:
    """The base model is not the configured one.

    **Why.** A trainer run continues the store of its document: on another base, everybody's next
    run is refused or starts anew.

    **Example.** `base_model: qwen2.5-0.5b` where `base = "qwen2.5-coder-1.5b"` is configured.

    **Fix.** Write the configured base model, or change `base` in `.dlm-git.toml` for all.
    """
    if not (case.frontmatter and case.corpus and case.config.bases):
        return
    if case.frontmatter.base_model not in case.config.bases:
        allowed = " or ".join(f"'{base}'" for base in case.config.bases)
        one_of = "one of " if len(case.config.bases) > 1 else ""
        yield finding(
            case.corpus_path,
            f"base model '{case.frontmatter.base_model}' is not {one_of}the configured {allowed}",
            f"write 'base_model: {case.config.bases[0]}', or change {case.config_location('base')}",
            case.corpus,
            case.corpus.value_span(("base_model",)),
            fix=case.yaml.set_value(("base_model",), case.config.bases[0], safe=not one_of),
        )


@rule("expectation")
def wrong_globs(case: RuleContext) -> Iterator[Finding]:
    """The sources and their patterns are not the configured ones; their order does not matter.

    **Why.** The patterns decide what the model reads; a drift changes every clone's training.

    **Example.** `include: ["**/*"]` where `include = ["src/**/*.py"]` is configured.

    **Fix.** Write the configured patterns, or change them in `.dlm-git.toml` for all.
    """
    expected = case.config.expected_sources
    if expected is None or not (case.frontmatter and case.corpus):
        return
    if len(expected) == len(case.sources) == 1:
        yield from _compared(case, 0, expected[0])
        return
    indices: dict[str, list[int]] = {}
    for index, source in enumerate(case.sources):
        indices.setdefault(normpath(source.path), []).append(index)
    for want in expected:
        found = indices.get(normpath(want.path))
        if found:
            yield from _compared(case, found.pop(0), want)
        else:
            yield _missing_source(case, want)
    for index in sorted(index for left in indices.values() for index in left):
        path = case.sources[index].path
        if leaves_repository(path):
            continue  # of which the portability rules speak
        yield finding(
            case.corpus_path,
            f"source path '{path}' is not configured",
            f"remove that source, or add it under {case.config_location('sources')}",
            case.corpus,
            case.corpus.value_span(("training", "sources", index, "path")),
            fix=case.yaml.remove_item(("training", "sources", index)),
        )


@rule("expectation")
def wrong_sources_policy(case: RuleContext) -> Iterator[Finding]:
    """The sources policy is not the configured one, which is `strict` unless it is configured.

    **Why.** The trainer's own default, `permissive`, lets a source lead out of the repository, to
    what lies beside this clone on this machine. A document without sources has no need of one.

    **Example.** A document with `sources` and without `sources_policy`.

    **Fix.** Write `sources_policy: strict` under `training`.
    """
    if not (case.frontmatter and case.corpus and case.sources):
        return
    policy, wanted = case.frontmatter.training.sources_policy, case.config.sources_policy
    if policy != wanted:
        place = ("training", "sources_policy")
        written = case.corpus.source_text(place)
        yield finding(
            case.corpus_path,
            f"sources policy is '{policy}'"
            + ("" if written else ", the default of dlm")
            + f", not '{wanted}'",
            f"write 'sources_policy: {wanted}' under 'training', or change"
            f" {case.config_location('sources-policy')}",
            case.corpus,
            case.corpus.value_span(place),
            fix=case.yaml.set_value(place, wanted)
            if written
            else case.yaml.insert_key(place[:1], place[1], wanted),
        )


@rule("expectation")
def unknown_base(case: RuleContext) -> Iterator[Finding]:
    """The trainer does not know the base model.

    **Why.** It parses the document and then stops, at every clone.

    **Example.** `base_model: Qwen2.5-Coder-1.5B` for `qwen2.5-coder-1.5b`; a hub id without `hf:`.

    **Fix.** Write a key of the registry, or `hf:org/name` for a model of the Hugging Face hub.
    """
    if not (case.frontmatter and case.corpus):
        return
    base = case.frontmatter.base_model
    if not is_known_base(base):
        meant = suggest_base(base)
        yield finding(
            case.corpus_path,
            f"base model '{base}' is not one that dlm knows",
            f"did you mean '{meant}'?"
            if meant
            else "a key such as 'qwen2.5-coder-1.5b', or 'hf:org/name'",
            case.corpus,
            case.corpus.value_span(("base_model",)),
            fix=case.yaml.set_value(("base_model",), meant, safe=_letters(meant) == _letters(base))
            if meant
            else None,
        )


def _compared(case: RuleContext, index: int, expected: ExpectedSource) -> Iterator[Finding]:
    source = case.sources[index]
    if normpath(source.path) != normpath(expected.path) and not leaves_repository(source.path):
        yield _wrong(case, index, "path", f"is '{source.path}', not '{expected.path}'", expected)
    for key in ("include", "exclude"):
        have, want = getattr(source, key), getattr(expected, key)
        if want is not None and set(have) != set(want):
            yield _wrong(case, index, key, _difference(have, want), expected)


def _wrong(
    case: RuleContext, index: int, key: str, difference: str, expected: ExpectedSource
) -> Finding:
    assert case.corpus  # noqa: S101
    value, place = getattr(expected, key), ("training", "sources", index, key)
    single = key == "path"
    written = value if single else flow_list(value)
    return finding(
        case.corpus_path,
        f"'{key}' of source '{expected.path}' {difference}",
        f"write '{key}: {written}', or change {case.config_location('sources' if single else key)}",
        case.corpus,
        case.corpus.value_span(place),
        fix=case.yaml.set_value(place, value) if single else case.yaml.set_items(place, value),
    )


def _difference(have: Iterable[str], want: Iterable[str]) -> str:
    lacking = [f"lacks '{glob}'" for glob in want if glob not in set(have)]
    extra = [f"has '{glob}' beyond the configured" for glob in have if glob not in set(want)]
    return " and ".join([*lacking, *extra])


def _missing_source(case: RuleContext, expected: ExpectedSource) -> Finding:
    assert case.corpus  # noqa: S101
    return finding(
        case.corpus_path,
        f"the configured source '{expected.path}' is missing",
        "add it under 'training.sources'",
        case.corpus,
        case.corpus.value_span(("training", "sources")),
        fix=case.yaml.append_item(("training", "sources"), _lines(expected)),
    )


def _lines(source: ExpectedSource) -> list[str]:
    """A source as the lines of an item of `training.sources`."""
    globs = {"include": source.include, "exclude": source.exclude}
    lists = [f"{key}: {flow_list(value)}" for key, value in globs.items() if value is not None]
    return [f"path: {double_quoted(source.path)}", *lists]


def _letters(base: str) -> str:
    """A name without what people write in several ways."""
    return re.sub(r"[^a-z0-9]", "", base.lower())
