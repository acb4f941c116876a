"""The rule about patterns that match no file."""

from __future__ import annotations

from collections.abc import Iterator

from dlm_git.report import Finding
from dlm_git.rules.context import Corpus, RuleContext
from dlm_git.rules.registry import corpus_rule
from dlm_git.training.lookup import MAX_PATTERNS, FileLookup
from dlm_git.training.training_set import SourceFiles


@corpus_rule("training", fixable=True, since="0.1.0")
def dead_pattern(context: RuleContext, corpus: Corpus) -> Iterator[Finding]:
    """A pattern matches no file.

    **Why.** dlm's patterns are neither the shell's nor Git's: braces and brackets are literal,
    patterns with `./` or with a slash at the start or the end match nothing, and case and Unicode
    form (NFC, NFD) matter. dlm silently ignores such a pattern: files that you want are not in the
    training set, or files that you wanted to exclude are.

    **Example.** `include: ["**/*.{md,rst}"]`; `exclude: ["/build/"]`; `include: ["Docs/**"]`.

    **Fix.** Write the suggested patterns: `"**/*.md", "**/*.rst"`. An `exclude` pattern that is
    valid but matches nothing yet, such as `build/**`, is not reported.
    """
    for source in corpus.lookup.sources:
        if source.selection.directory_configs or not _all_match(corpus.lookup, source):
            from dlm_git.rules.dead_patterns import dead_patterns  # late: for findings

            yield from dead_patterns(context, corpus, source)


def _all_match(lookup: FileLookup, source: SourceFiles) -> bool:
    lists = (source.selection.include.patterns, source.selection.exclude.patterns)
    return all(lookup.matches(source, one) for each in lists for one in each[:MAX_PATTERNS])
