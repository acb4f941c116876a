"""The files that the trainer excludes without a `.dlm/ignore`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from dlm_git.patterns.dlmignore import glob_line
from dlm_git.patterns.glob import GLOBSTAR, QUESTION, STAR, glob
from dlm_git.patterns.globset import GlobSet
from dlm_git.patterns.overlap import OverlapIndex
from dlm_git.patterns.tokens import Tokens, line_tokens


class ExcludedFiles:
    """The files that some globs match, relative to the directory of the `.dlm/ignore`."""

    def __init__(self, globs: Sequence[str]) -> None:
        self._globs = globs
        self._all = GlobSet(globs)

    def covering(self, lines: Iterable[str]) -> str | None:
        """Return a glob that matches examples of all paths that lines match, None if none does."""
        examples = [path for tokens in line_tokens(lines) for path in _examples(tokens)]
        if not all(map(self._all.match, examples)):
            return None
        return next((text for text in self._globs if all(map(glob(text).match, examples))), None)

    def lines_among(self, lines: Iterable[str]) -> list[str]:
        """Return the lines for those globs that match a path which one of some lines matches."""
        guards = [glob_line(text) for text in self._globs if text[-1:] not in ("", "/")]
        pairs = ((n, tokens) for n, guard in enumerate(guards) for tokens in line_tokens([guard]))
        found = OverlapIndex(pairs).find_all(line_tokens(lines))
        return [guards[number] for number in sorted(found)]


def _examples(tokens: Tokens) -> Iterator[str]:
    for star, globstar in (("", ""), ("x", "y/x"), ("xyz", "x/y/xyz")):
        texts = {STAR: star, GLOBSTAR: globstar, QUESTION: "x"}
        path = "".join(texts.get(token, token) for token in tokens)
        if not path.endswith("/"):
            yield re.sub("/+", "/", path).strip("/")
