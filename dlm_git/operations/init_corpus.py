"""The corpus that `init` is about: the one at the root, or one of several that the config lists."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from dlm_git.config.corpus_tables import CorpusTable, table_origins
from dlm_git.config.layers import parse_table
from dlm_git.config.load import Config, EffectiveConfig
from dlm_git.config.plain_forms import is_root
from dlm_git.config.template import with_tables
from dlm_git.errors import DlmGitError
from dlm_git.fs import list_names
from dlm_git.operations.corpora import select_corpus
from dlm_git.paths import is_text, shell_quote

_PATTERN_KEYS = frozenset(("include", "exclude", "sources"))
_ALL_FILES = ("**/*",)


def choose_root(config: Config, below: str, *, is_given: bool) -> str:
    """Return the root of the corpus, '' for the root of the repository.

    That is the directory that the user names. Without one, it is that of the innermost corpus
    around the current directory, or the root of the repository if the config lists no corpora.

    below: the directory, relative to the root of the repository, or '.'.

    Raises DlmGitError if that directory cannot be the root of a corpus.
    """
    if is_given:
        if not is_root(below) or not is_text(below):
            raise DlmGitError(f"'{below}' cannot be the root of a corpus", "pass another directory")
        return "" if below == "." else below
    try:
        return select_corpus(config, "" if below == "." else below).root
    except DlmGitError as error:
        roots = [corpus.root or "." for corpus in config.corpora]
        hint = f"name its directory, as in `dlm-git init {shell_quote(roots[0])}`"
        raise DlmGitError(error.message, hint) from error


def missing_tables(
    effective: EffectiveConfig, repository: Path, root: str
) -> tuple[CorpusTable, ...]:
    """Return the `[[corpus]]` tables that a config needs, so that it lists a corpus.

    The first table ends the special role of the root of the repository. So a document there gets a
    table, too, and the patterns of the config, which are its own, are not those of the new corpus,
    unless they are locked.

    Raises DlmGitError if another file than that of the repository lists corpora.
    """
    config = effective.config
    if root in [corpus.root for corpus in config.corpora]:
        return ()
    if config.corpus:
        if (listing := effective.origins["corpus"]) != effective.config_file:
            message = f"'{listing}' lists the corpora, without '{root or '.'}'"
            raise DlmGitError(message, "list it there as [[corpus]] first")
        return (CorpusTable(root=root or "."),)
    new = CorpusTable(root=root)
    if config.expected_sources is not None and not _PATTERN_KEYS & effective.locked.keys():
        new = CorpusTable(root=root, include=_ALL_FILES, exclude=())
    first = (CorpusTable(root="."),) if documents_in(repository, config.directory) else ()
    return (*first, new)


def documents_in(repository: Path, directory: str) -> list[str]:
    """Return the paths of the documents in a directory of the working tree."""
    names = list_names(str(repository), directory)
    return [f"{directory}/{name}" for name in names if name.endswith(".dlm")]


def of_corpus(
    effective: EffectiveConfig,
    added: Sequence[CorpusTable],
    root: str,
    flags: Collection[str] = (),
) -> EffectiveConfig:
    """Return the config of one corpus.

    effective: the config of the repository.
    added: tables that it does not have yet.
    flags: the keys that flags override.
    """
    overridden = dict.fromkeys(_PATTERN_KEYS.intersection(flags))
    tables = (*effective.config.corpus, *(table.replace(**overridden) for table in added))
    corpora = effective.config.replace(corpus=tables).corpora
    number = [corpus.root for corpus in corpora].index(root)
    origins = table_origins(tables[number], effective.origins) if tables else effective.origins
    return effective.replace(config=corpora[number], origins=origins)


def list_corpora(path: str, old: bytes, tables: Sequence[CorpusTable]) -> bytes:
    """Return the content of a config file with further `[[corpus]]` tables at its end.

    Raises DlmGitError if that is not possible, because the file lists its corpora in another form.
    """
    new = with_tables(path, old, tables)
    roots = [table.root for table in tables]
    try:
        listed = (parse_table(path, new) or {}).get("corpus", [])
    except DlmGitError:
        listed = []
    if [table.get("root") for table in listed[-len(roots) :]] != roots:
        message = f"cannot add a [[corpus]] table to '{path}'"
        raise DlmGitError(message, f"list {' and '.join(map(repr, roots))} under 'corpus' in it")
    return new
