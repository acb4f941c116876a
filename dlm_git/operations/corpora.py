"""Choose the corpus that a command is about, where a config lists several."""

from __future__ import annotations

from posixpath import normpath

from dlm_git.config.load import Config
from dlm_git.errors import DlmGitError
from dlm_git.paths import is_within, shell_quote

_SHOWN = 5


def select_corpus(config: Config, prefix: str, root: str | None = None) -> Config:
    """Return the config of one corpus.

    prefix: the user's directory, as in Snapshot. Without a root, the corpus is the innermost one
        around it.
    root: the root of the corpus, as the config writes it.

    Raises DlmGitError if there is no such corpus.
    """
    corpora = config.corpora
    if root is not None:
        selected = [corpus for corpus in corpora if (corpus.root or ".") == normpath(root)]
        if not selected:
            raise DlmGitError(f"the config lists no corpus '{root}'", f"pass {_listed(corpora)}")
        return selected[0]
    if len(corpora) == 1:
        return corpora[0]
    around = [corpus for corpus in corpora if is_within(prefix.removesuffix("/"), corpus.root)]
    if not around:
        message = f"the config lists {len(corpora)} corpora, none of them around this directory"
        raise DlmGitError(message, f"pass {_listed(corpora)}, or run this in its directory")
    return max(around, key=lambda corpus: len(corpus.root))


def _listed(corpora: tuple[Config, ...]) -> str:
    names = [f"--corpus {shell_quote(corpus.root or '.')}" for corpus in corpora]
    more = f" or one of {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return " or ".join(names[:_SHOWN]) + more
