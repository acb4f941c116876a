"""The rule about lines of a `.dlm/ignore` that exclude nothing."""

from __future__ import annotations

from collections.abc import Iterator

from dlm_git.report import Finding
from dlm_git.rules.context import Corpus, RuleContext
from dlm_git.rules.registry import corpus_rule


@corpus_rule("training", fixable=True, since="0.1.0")
def dead_ignore_line(context: RuleContext, corpus: Corpus) -> Iterator[Finding]:
    """A line of a `.dlm/ignore` cannot exclude any file.

    **Why.** The syntax looks like Git's but differs: a bare name matches files, not directories;
    `/build/` and `docs/generated/` match nothing; there are no character classes and no escapes. So
    dlm trains on the files that the line is meant to exclude.

    **Example.** `node_modules`; `/build/`; `docs/generated/`; `*.py[co]`.

    **Fix.** Write the suggested line, or let `dlm-git ignore` translate `.gitignore`. Only the
    first 1,000 lines outside its block are compared with the files.
    """
    for config in corpus.lookup.directory_configs:
        if config.ignore and config.ignore.text:
            from dlm_git.rules.dead_lines import dead_lines, line_fix, line_hint  # late: rare

            text = config.ignore.text
            for line, suggestion in dead_lines(corpus.lookup, config, text):
                span = text.line_span(line.line)
                yield context.finding(
                    config.ignore_path,
                    f"line '{line}' excludes nothing: {suggestion.reason}",
                    line_hint(suggestion),
                    text=text,
                    span=span,
                    fix=line_fix(text, span, suggestion),
                )
