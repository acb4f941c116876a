"""What a rule is given to judge."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from posixpath import relpath
from shlex import quote

from dlm_git.config.load import Config
from dlm_git.document.frontmatter import Frontmatter, Source
from dlm_git.document.parser import Document
from dlm_git.document.text import Text
from dlm_git.document.yaml_fixes import YamlFixer
from dlm_git.paths import OWN_CONFIG
from dlm_git.report import Finding, Fix, Span
from dlm_git.snapshots.entry import Blob, Entry
from dlm_git.snapshots.snapshot import Snapshot
from dlm_git.snapshots.tracked import TrackedFiles
from dlm_git.training.lookup import FileLookup
from dlm_git.training.training_set import SourceFiles, expand_sources

MAX_SOURCES = 256  # each is looked up in the whole listing


@dataclass(frozen=True)
class RuleContext:
    """A snapshot, what is expected of it, and its documents, read once.

    `entries` are all that Git records under the suffix `.dlm`, `blobs` the contents of the ordinary
    files among them, by path; `origins` are those of the config's keys. `elsewhere` names for an id
    the other projects that have it too, as far as they were judged in the same run.
    """

    snapshot: Snapshot
    config: Config
    entries: tuple[Entry, ...]
    blobs: Mapping[str, Blob]
    documents: Mapping[str, Document]
    origins: Mapping[str, str]
    ids_in_other_repos: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def shell_path(self, path: str) -> str:
        """A path as a shell takes it where the user stands."""
        return quote(relpath(path, self.snapshot.prefix or "."))

    def config_location(self, key: str) -> str:
        """Where a key of the config is to be changed: the flag or the file that it comes from."""
        origin = self.origins.get(key, "")
        if origin.startswith("--"):
            return f"the flag {origin}"
        sources = set(self.origins.values()) - {"default"}
        files = (source for source in sources if not source.startswith("--"))  # one at the most
        return f"'{key}' in {next(files, OWN_CONFIG)}"

    @property
    def corpus_path(self) -> str:
        """Where the corpus document is to stand."""
        return self.config.corpus

    @property
    def corpus(self) -> Document | None:
        """The corpus document, if there is one that parses."""
        return self.documents.get(self.corpus_path)

    @property
    def frontmatter(self) -> Frontmatter | None:
        """The corpus document's frontmatter, if the schema takes it."""
        return self.corpus.frontmatter if self.corpus else None

    @property
    def yaml(self) -> YamlFixer:
        """The frontmatter of the corpus document, as far as a program may change it."""
        assert self.corpus  # noqa: S101  (it is asked for where there is one)
        assert self.corpus.fixer  # noqa: S101
        return self.corpus.fixer

    @property
    def sources(self) -> tuple[Source, ...]:
        """The sources that the corpus document declares."""
        return (self.frontmatter.training.sources if self.frontmatter else None) or ()

    @cached_property
    def tracked(self) -> TrackedFiles:
        """The files that Git has recorded, links followed."""
        return self.snapshot.tracked

    @cached_property
    def lookup(self) -> FileLookup:
        """What the sources of the corpus document see."""
        files = self.snapshot.files
        found: list[SourceFiles] = []
        if self.corpus:
            sources = expand_sources(self.corpus, self.corpus_path, files, MAX_SOURCES)
            found = [each for each in sources if isinstance(each, SourceFiles)]
        return FileLookup(files, found)

    @cached_property
    def siblings(self) -> list[str]:
        """The further documents beside the corpus document, the allowed ones left out."""
        allowed = {self.corpus_path, *self.config.allow}
        paths = dict.fromkeys(entry.path for entry in self.entries)
        return [path for path in paths if is_beside(path) and path not in allowed]

    @cached_property
    def lookalikes(self) -> list[str]:
        """Paths that some file system or reader takes for the corpus document's."""
        wanted = folded(self.corpus_path)
        # what folds to a dot is a dot, or no ASCII; many paths share their first name
        beginning = rb"[.\x80-\xff]"
        others = {*self.snapshot.first_components(beginning)} - {b".dlm"}
        odd = any(folded(os.fsdecode(first)).startswith(".dlm") for first in others)
        entries = (
            self.snapshot.matching_prefix(beginning)
            if odd
            else self.snapshot.dotfile_entries(b"\t.dlm")
        )
        paths = dict.fromkeys(entry.path for entry in entries)
        return [path for path in paths if path != self.corpus_path and folded(path) == wanted]


def is_document(path: str) -> bool:
    """Whether a path is that of a document: one called just `.dlm` is so in a `.dlm/` only."""
    directory, _, name = path.rpartition("/")
    return name.endswith(".dlm") and (name != ".dlm" or f"/{directory}".endswith("/.dlm"))


def is_beside(path: str) -> bool:
    """Whether the trainer looks at the path as it chooses a document (dlm format, 4.2)."""
    return path.startswith(".dlm/") and path.endswith(".dlm") and path.count("/") == 1


def folded(path: str) -> str:
    """A path as the least distinguishing of file systems would hold it."""
    visible = (c for c in unicodedata.normalize("NFKC", path) if unicodedata.category(c) != "Cf")
    parts = "".join(visible).casefold().replace("\\", "/").split("/")
    return "/".join(part.partition(":")[0].rstrip(" .") for part in parts)


def finding(
    path: str,
    message: str,
    help: str,  # noqa: A002
    document: Document | None = None,
    span: Span | None = None,
    text: Text | None = None,
    fix: Fix | None = None,
) -> Finding:
    """A finding about a path, at a place of its document or text; the judge names the rule."""
    text = document.text if document else text
    quote = text.line(span.line) if text and span else ""
    return Finding("", path, message, help, span, quote, fix)
