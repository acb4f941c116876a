"""Rules about the dlm-git block in a `.dlm/ignore`, which is translated from `.gitignore`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from dlm_git.document.text import Text
from dlm_git.errors import DlmGitError, MissingObjectError
from dlm_git.paths import IGNORE_FILE, OWN_CONFIG, group_by_directory, join
from dlm_git.report import Finding
from dlm_git.rules.context import Corpus, RuleContext
from dlm_git.rules.groups import MAX_NAMES, it, these
from dlm_git.rules.registry import corpus_rule
from dlm_git.training.directory_config import BLOCK_START
from dlm_git.training.lookup import matchers
from dlm_git.training.training_set import MAX_SOURCES, SourceFiles, expand_sources


@corpus_rule("training", fixable=True, since="0.1.0")
def stale_ignore(context: RuleContext, corpus: Corpus) -> Iterator[Finding]:
    """The dlm-git block in a `.dlm/ignore` is out of date with `.gitignore`.

    **Why.** `.gitignore` has changed since `dlm-git ignore` ran, so dlm may train on files that Git
    now ignores.

    **Example.** A new line `data/` in `.gitignore`, and an older `.dlm/ignore`.

    **Fix.** Run `dlm-git ignore`, then `git add` the file.
    """
    texts = _texts_with_block(corpus)
    if not texts:
        return
    from dlm_git.training.ignore_block import (  # late: few repositories have a block
        block_fix,
        block_lines,
        changed_patterns,
        commented_lines,
        make_blocks,
        tracked_gitignores,
        without_comments,
    )

    try:
        blocks = make_blocks(
            corpus.lookup.sources,
            tracked_gitignores(context.snapshot),
            {path: _recorded(text.normalized) for path, text in texts.items()},
        )
    except MissingObjectError as error:
        context.snapshot.skip(error)
        return
    except DlmGitError as error:
        yield from (context.finding(path, error.message, error.hint) for path in texts)
        return
    for path, text in texts.items():
        block = blocks.get(path)
        try:
            lines = block_lines(text.normalized)
        except DlmGitError as error:
            yield context.finding(path, error.message, error.hint)
            continue
        if lines is not None and block and without_comments(lines) != block.lines:
            yield context.finding(
                path,
                f"the dlm-git block in {path} is out of date with .gitignore"
                + _changes(*changed_patterns(lines, block)),
                context.command(
                    f"dlm-git ignore{context.corpus_option} && git add {context.shell_path(path)}"
                ),
                fix=block_fix(text, list(commented_lines(block))),
            )


@corpus_rule("training", since="0.1.0")
def tracked_file_excluded(context: RuleContext, corpus: Corpus) -> Iterator[Finding]:
    """Only the dlm-git block in a `.dlm/ignore` excludes a tracked file.

    **Why.** The block is translated from `.gitignore`, but Git does track the file: it was added
    with `git add -f`, or dlm's grammar cannot express the pattern. So the training set lacks a file
    that the document includes.

    **Example.** A tracked `pkg/.github/ci.yml`, and `.*` with `!.github` in `.gitignore`.

    **Fix.** Below the block, add a line with `!` and the path to train on the file, or a line with
    the path to exclude it on purpose.
    """
    texts = _texts_with_block(corpus)
    if not texts:
        return
    reported: set[tuple[str, str]] = set()  # sources can overlap
    for source, lost in _excluded_by_block_alone(corpus, texts):
        by_block: dict[str, set[str]] = defaultdict(set)
        for path in lost:
            by_block[_block_around(source, path)].add(path)
        for block, paths in sorted(by_block.items()):
            others = (path for path in source.walk.paths if path not in paths)
            for path, group in group_by_directory(sorted(paths), others).items():
                hint = _block_hint(source, block, path, group)
                if (path, hint) in reported:
                    continue
                reported.add((path, hint))
                message = f"Git tracks {these(group)}, but only the dlm-git block excludes "
                yield context.finding(path, message + it(group), hint)


def _changes(added: Sequence[str], removed: Sequence[str]) -> str:
    """Return which patterns a block lacks, and which it has too many."""
    kinds = {"added": added, "removed": removed}
    return "".join(
        f"; {kind} since: {', '.join(map(repr, names[:MAX_NAMES]))}"
        + ", ..." * (len(names) > MAX_NAMES)
        for kind, names in kinds.items()
        if names
    )


def _recorded(text: str) -> dict[str, bytes]:
    """Return the patterns that the block of a `.dlm/ignore` records, none for a broken block."""
    # late: few repositories have a block
    from dlm_git.training.ignore_block import recorded_patterns

    with suppress(DlmGitError):  # stale-ignore reports it
        return recorded_patterns(text)
    return {}


def _texts_with_block(corpus: Corpus) -> dict[str, Text]:
    """Return the `.dlm/ignore` files that may have a block, by path."""
    return {
        config.ignore_path: config.ignore.text
        for config in corpus.lookup.directory_configs
        if config.ignore and config.ignore.text and BLOCK_START in config.ignore.text.normalized
    }


def _excluded_by_block_alone(
    corpus: Corpus, texts: Mapping[str, Text]
) -> Iterator[tuple[SourceFiles, set[str]]]:
    """Yield the sources with the tracked files that they include without the blocks only."""
    from dlm_git.snapshots.overlay import OverlaidFiles  # late: few repositories have a block
    from dlm_git.training.ignore_block import with_block

    try:
        contents = {path: with_block(text.normalized, ()).encode() for path, text in texts.items()}
    except DlmGitError:
        return  # stale-ignore reports a broken block
    files = OverlaidFiles(corpus.files, contents)
    without_blocks = {
        source.index: source
        for source in expand_sources(corpus.document, corpus.path, files, MAX_SOURCES)
        if isinstance(source, SourceFiles)
    }
    for source in corpus.lookup.sources:
        other = without_blocks[source.index]
        included = set(other.selected_paths(_matched_by_block(corpus, source, texts)))
        # `init` adds the config of dlm-git even where Git ignores it
        lost = included.difference(source.selected_paths(included), [OWN_CONFIG])
        yield source, {path for path in lost if corpus.files.status(path) == "tracked"}


def _matched_by_block(
    corpus: Corpus, source: SourceFiles, texts: Mapping[str, Text]
) -> Iterator[str]:
    """Yield the files of a source that lines of the blocks may exclude."""
    from dlm_git.training.ignore_block import line_numbers  # late: few repositories have a block

    for config in source.selection.directory_configs.values():
        if (text := texts.get(config.ignore_path)) is None:
            continue
        if config.directory != source.root.path:
            yield from corpus.files.below(source.root, config.directory)
            continue
        numbers = line_numbers(text.normalized)
        rules = [rule for rule in config.rules.rules if rule.line in numbers]
        yield from corpus.files.candidates(source.root, matchers(rules))


def _block_around(source: SourceFiles, path: str) -> str:
    """Return the `.dlm/ignore` of a source if it excludes a file, else the one below it that does.

    If another file includes what the first one excludes, widening-training-config reports it.
    """
    for config in source.selection.directory_configs.values():
        if config.directory == source.root.path:
            rule = config.rules.match(source.name(path)[0])
            if rule and not rule.negated:
                return config.ignore_path
    return source.decide(path).file


def _block_hint(source: SourceFiles, block: str, path: str, paths: Sequence[str]) -> str:
    """Return a hint for files that the block in a `.dlm/ignore` excludes.

    path: that of the file, or of the directory with a slash.
    """
    from dlm_git.patterns.dlmignore import exact_line  # late: for findings

    start = block.removesuffix(IGNORE_FILE).removeprefix(join(source.root.path, ""))

    def line(path: str) -> str:
        name = source.name(path.rstrip("/"))[0] + "/" * path.endswith("/")
        return exact_line(name.removeprefix(start))

    example, exclude = line(paths[0]), line(path)
    including = f"add '!{example}'" if len(paths) == 1 else f"add lines such as '!{example}'"
    return (
        f"below the block in {block}, {including} to include, or '{exclude}' to exclude on purpose"
    )
