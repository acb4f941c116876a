"""Rules that compare the corpus document with the config."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dlm_git.config.load import ExpectedSource
from dlm_git.document.base_models import is_known_base, suggest_base
from dlm_git.document.yaml_text import double_quoted, flow_list
from dlm_git.report import Finding
from dlm_git.rules.context import Corpus, RuleContext
from dlm_git.rules.registry import corpus_rule, rule
from dlm_git.rules.source_pairs import is_misplaced, pair_sources
from dlm_git.validation import closest_match

_SOURCES = ("training", "sources")
_MAX_LISTED = 10  # patterns in a message


@rule("expectation", fixable=True, each_corpus=True, since="0.1.0")
def wrong_base(context: RuleContext) -> Iterator[Finding]:
    """The base model is not the configured one.

    **Why.** The trainer continues from the training store of the document. After a change of the
    base model, it refuses each colleague's next run or starts from scratch.

    **Example.** `base_model: qwen2.5-0.5b`, but the config says `base = "qwen2.5-coder-1.5b"`.

    **Fix.** Write the configured base model, or change `base` in `.dlm-git.toml` for the whole
    team. A document under `allow` can have a base model of its own:
    `allow = [{path = ".dlm/docs.dlm", base = "smollm2-135m"}]`.
    """
    for document, bases in context.expected_bases:
        if _is_wrong(document, bases):
            base = document.frontmatter.base_model
            known = is_known_base(base)
            likely = ("" if known else closest_match(base, bases)) or bases[0]
            certain = len(bases) == 1 and document.path == context.corpus_path
            unknown = "" if known else ", which dlm does not know"
            yield document.finding_at(
                ("base_model",),
                f"expected base model {' or '.join(map(_quoted, bases))}, found '{base}'{unknown}",
                f"write `base_model: {likely}`" + _expect_base(context, document),
                document.fixer.set_value(("base_model",), likely, safe=certain),
            )


@corpus_rule("expectation", fixable=True, since="0.1.0")
def wrong_globs(context: RuleContext, corpus: Corpus) -> Iterator[Finding]:
    """The sources or their patterns are not the configured ones.

    **Why.** The patterns decide what the model trains on. Their order does not matter.

    **Example.** `include: ["**/*"]`, but the config says `include = ["src/**/*.py"]`.

    **Fix.** Write the configured patterns, or change them in `.dlm-git.toml` for the whole team.
    """
    expected_sources = context.config.expected_sources
    if expected_sources is None:
        return
    pairs = pair_sources(expected_sources, corpus.sources)
    for expected, index in pairs.pairs:
        yield from _compare(context, corpus, index, expected)
    paths = f"expected sources {_listed([source.path for source in expected_sources])}"
    sources = f"{paths}, found {_listed([source.path for source in corpus.sources])}"
    for expected in pairs.missing:
        yield _missing_source(context, corpus, expected, sources)
    for index in pairs.unexpected:
        if not corpus.leaves(corpus.sources[index].path):  # a portability rule reports those
            yield _unexpected_source(context, corpus, index, sources)


@corpus_rule("expectation", fixable=True, since="0.1.0")
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
        found = f"none, which means '{policy}'"
        fix = corpus.fixer.insert_key(key_path[:1], key_path[1], expected)
    yield corpus.finding_at(
        key_path,
        f"expected sources policy '{expected}', found {found}",
        f"write `sources_policy: {expected}` under `training`, or change"
        f" {context.config_location('sources-policy')}",
        fix,
    )


@rule("expectation", fixable=True, each_corpus=True, since="0.1.0")
def unknown_base(context: RuleContext) -> Iterator[Finding]:
    """The trainer does not know the base model.

    **Why.** In every clone, `dlm train` stops after it has parsed the document.

    **Example.** `base_model: Qwen2.5-Coder-1.5B` instead of `qwen2.5-coder-1.5b`; a name of the
    Hugging Face Hub without `hf:`.

    **Fix.** Write a key that `dlm-git bases` lists, or `hf:org/name` for a model of the Hugging
    Face Hub. If the config names base models, wrong-base reports every other one instead.
    """
    for document, bases in context.expected_bases:
        base = document.frontmatter.base_model
        reported = _is_wrong(document, bases) and "wrong-base" not in context.config.ignore
        if not (reported or is_known_base(base)):
            yield _unknown_base(document, base)


def _unknown_base(document: Corpus, base: str) -> Finding:
    suggestion = suggest_base(base)
    hint, fix = "write a key that `dlm-git bases` lists, or `hf:org/name`", None
    if suggestion:
        hint = f"did you mean '{suggestion}'? `dlm-git bases` lists the base models"
        same_letters = _letters(suggestion) == _letters(base)
        fix = document.fixer.set_value(("base_model",), suggestion, safe=same_letters)
    return document.finding_at(("base_model",), f"unknown base model '{base}'", hint, fix)


def _is_wrong(document: Corpus, bases: Sequence[str]) -> bool:
    return bool(bases) and document.frontmatter.base_model not in bases


def _expect_base(context: RuleContext, document: Corpus) -> str:
    """Return the end of a hint: how to make the config expect the base model of a document."""
    if document.path == context.corpus_path:
        return f", or change {context.config_location('base')}"
    allow = context.allow_hint(document.path)
    return f", or {allow}" if allow else ""


def _compare(
    context: RuleContext, corpus: Corpus, index: int, expected: ExpectedSource
) -> Iterator[Finding]:
    """Report the path and the patterns of a source that are not the expected ones."""
    source, key_path = corpus.sources[index], (*_SOURCES, index)
    prefix = f"source '{expected.path}': " if len(corpus.sources) > 1 else ""
    if is_misplaced(source, expected) and not corpus.leaves(source.path):
        yield corpus.finding_at(
            (*key_path, "path"),
            f"expected source path '{expected.path}', found '{source.path}'",
            f"write `path: {double_quoted(expected.path)}`, or {_expect_sources(context)}",
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
                f"{prefix}expected {key} {_listed(wanted, actual)},"
                f" found {_listed(actual, wanted)}",
                f"write `{key}: {flow_list(wanted)}`, or change {context.globs_location(key)}",
                corpus.fixer.set_items((*key_path, key), wanted),
            )


def _missing_source(
    context: RuleContext, corpus: Corpus, expected: ExpectedSource, sources: str
) -> Finding:
    lines = _yaml_lines(expected)
    return corpus.finding_at(
        _SOURCES,
        f"source '{expected.path}' is missing: {sources}",
        f"add `- {{{', '.join(lines)}}}` under `training.sources`, or {_expect_sources(context)}",
        corpus.fixer.append_item(_SOURCES, lines),
    )


def _unexpected_source(context: RuleContext, corpus: Corpus, index: int, sources: str) -> Finding:
    return corpus.finding_at(
        (*_SOURCES, index, "path"),
        f"unexpected source '{corpus.sources[index].path}': {sources}",
        f"remove it, or {_expect_sources(context)}",
        corpus.fixer.remove_item((*_SOURCES, index)),
    )


def _expect_sources(context: RuleContext) -> str:
    """Return how to make the config expect other sources."""
    if context.config.sources is not None:
        return f"change {context.config_location('sources')}"
    keys = [key for key in ("include", "exclude") if getattr(context.config, key) is not None]
    location = " and ".join(map(context.config_location, keys))
    return f'write `sources = [{{path = "..."}}]` instead of {location}'


def _yaml_lines(source: ExpectedSource) -> list[str]:
    """Return a source as the lines of an item of `training.sources`."""
    globs = {"include": source.include, "exclude": source.exclude}
    lists = [f"{key}: {flow_list(value)}" for key, value in globs.items() if value is not None]
    return [f"path: {double_quoted(source.path)}", *lists]


def _listed(values: Sequence[str], others: Sequence[str] = ()) -> str:
    """Return values in brackets; of many, first those that the others lack, and a count."""
    shown = sorted(values, key=others.__contains__) if len(values) > _MAX_LISTED else values
    more = f", and {len(values) - _MAX_LISTED} more" if len(values) > _MAX_LISTED else ""
    return f"[{', '.join(map(_quoted, shown[:_MAX_LISTED]))}{more}]"


def _quoted(text: str) -> str:
    return f"'{text}'"


def _letters(base: str) -> str:
    """Return a name without the parts that people write in several ways."""
    return re.sub(r"[^a-z0-9]", "", base.lower())


@rule("expectation", since="0.1.0")
def unused_ignore(context: RuleContext) -> Iterator[Finding]:
    """A comment `# dlm-git: ignore[RULE] REASON` has no effect.

    **Why.** The comment accepts findings on its line, or on the next line if it stands alone. One
    without a finding is left over, or it is in the wrong place or misspelt. It would hide the next
    finding there.

    **Example.** A comment without a reason, or with the name of an unknown rule; a comment whose
    finding has been fixed.

    **Fix.** Remove the comment, or correct it. No comment accepts a finding of this rule.
    """
    if context.commented_files:
        from dlm_git.rules.acceptance import comment_problems  # late: few files have comments

        yield from comment_problems(context)
