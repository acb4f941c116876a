"""Submodules in the sources, whose content only some clones have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dlm_git.report import Note
from dlm_git.rules.context import Corpus, RuleContext
from dlm_git.rules.groups import MAX_NAMES, it, quoted


def submodule_notes(contexts: Sequence[RuleContext]) -> Iterator[Note]:
    """Yield a note on the submodules that the patterns of each corpus do not exclude."""
    for context in contexts:
        submodules = context.snapshot.tracked.submodules
        if context.corpus and (hints := _hints(context.corpus, submodules)):
            paths, is_one = [*hints], len(hints) == 1
            message = (
                f"{quoted(paths)} {'is a submodule' if is_one else 'are submodules'} in a source:"
                f" clones that have the content train on {it(paths)}, too"
            )
            hint = "; ".join(dict.fromkeys(hints[path] for path in paths[:MAX_NAMES]))
            yield Note(message, hint, paths[0] if is_one else "", optional=True)


def _hints(corpus: Corpus, submodules: Sequence[str]) -> dict[str, str]:
    """Return how to exclude each submodule from which a file may be included, by its path."""
    return {
        path: corpus.lookup.exclude_hint(source, f"{path}/")
        for source in corpus.lookup.sources
        for path in submodules
        if path.startswith(f"{source.root.path}/".lstrip("/"))
        and source.selection.may_include_below(source.name(path)[0])
    }
