"""The data that rules check: a snapshot, its documents, and the config."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from dlm_git.config.load import Config
from dlm_git.document.base_models import is_known_base
from dlm_git.document.frontmatter import Frontmatter, Source
from dlm_git.document.parser import Document
from dlm_git.document.text import Text
from dlm_git.paths import (
    CONFIG_FILES,
    IGNORE_FILE,
    OWN_CONFIG,
    TRAINING_CONFIG,
    document_root,
    is_absolute,
    is_text,
    is_within,
    join,
    leaves_repository,
    shell_quote,
)
from dlm_git.patterns.globset import IgnoreSet
from dlm_git.report import Finding, Fix, Span
from dlm_git.snapshots.attributes import CONTENT
from dlm_git.snapshots.entry import Blob, Entry
from dlm_git.snapshots.files import Files, Refusal
from dlm_git.snapshots.snapshot import Snapshot
from dlm_git.training.directory_config import TrainingYaml
from dlm_git.training.lookup import FileLookup, matchers
from dlm_git.training.training_set import MAX_SOURCES, SourceFiles, expand_sources, is_media
from dlm_git.validation import KeyPath
from dlm_git.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dlm_git.document.yaml_fixes import YamlFixer
    from dlm_git.rules.baseline import Baseline
    from dlm_git.rules.commented_files import CommentedFile
    from dlm_git.snapshots.conversion import Conversion
    from dlm_git.snapshots.tracked import TrackedFiles
    from dlm_git.training.directory_config import DirectoryConfig


# the keys that each corpus can set for itself
_CORPUS_KEYS = frozenset(
    ("root", "base", "include", "exclude", "sources", "sources-policy", "name")
)
_CONVERTING = (b"filter", b"working-tree-encoding")  # attributes of files in the training set
_COMMENT = "dlm-git:"  # in each comment that dlm-git reads


class Exceptions(Value):
    """What a check accepts besides what its config says.

    baseline: the baseline, None if there is none.
    today: the current day, such as '2027-01-31'; entries of `ignore-path` end before it.
    comments: whether comments in the checked files count.
    locked_by: the file that forbids comments and a baseline, '' if none does.
    """

    baseline: Baseline | None = None
    today: str = ""
    comments: bool = True
    locked_by: str = ""


class RuleContext(Value):
    """A snapshot with its documents, and what the config expects of it or of one of its corpora.

    snapshot: the state that is checked.
    config: the effective config.
    entries: every entry whose path ends in `.dlm`.
    blobs: the contents of the regular files among them, by path.
    documents: the parsed documents, by path.
    accepted: those of them whose frontmatter the schema accepts.
    origins: the file, flag or 'default' that each config key comes from.
    ids_in_other_repos: for an id, the other repositories of this run that have it too.
    corpora: the paths of all corpus documents that the repository must have.
    config_file: the file to write further config keys to.
    """

    snapshot: Snapshot
    config: Config
    entries: tuple[Entry, ...]
    blobs: Mapping[str, Blob]
    documents: Mapping[str, Document]
    accepted: Mapping[str, Corpus]
    origins: Mapping[str, str]
    ids_in_other_repos: Mapping[str, Sequence[str]]
    corpora: tuple[str, ...]
    config_file: str = OWN_CONFIG

    @property
    def corpus_path(self) -> str:
        """Return the path of the corpus document, which may not exist."""
        return self.config.corpus_path

    @property
    def are_listed(self) -> bool:
        """Return whether there are other corpora than that at the root of the repository."""
        return len(self.corpora) > 1 or bool(document_root(self.corpora[0]))

    @cached_property
    def corpus(self) -> Corpus | None:
        """Return the corpus document, None unless the schema accepts its frontmatter."""
        return self.accepted.get(self.corpus_path)

    @cached_property
    def expected_bases(self) -> list[tuple[Corpus, tuple[str, ...]]]:
        """Return the corpus document and the allowed ones, with the base models of each.

        A document that may have every base model has none. Documents whose frontmatter the schema
        does not accept are left out.
        """
        allowed = self.config.allowed.items()
        bases = {path: names for path, names in allowed if path not in self.corpora}
        bases[self.corpus_path] = self.config.bases
        documents = ((self.accepted.get(path), names) for path, names in bases.items())
        return [(document, names) for document, names in documents if document]

    @cached_property
    def own_files(self) -> dict[str, Entry]:
        """The documents, the directory configs, and the config of dlm-git, by path."""
        configs = [p for p in CONFIG_FILES if p == OWN_CONFIG or p in self.origins.values()]
        entries = [
            *self.entries,
            *(e for e in self.snapshot.dotfile_entries(b".dlm/") if _is_directory_config(e.path)),
            *(entry for path in configs for entry in self.snapshot.entries(path)),
        ]
        return {entry.path: entry for entry in entries if entry.is_file and not entry.stage}

    @cached_property
    def commented_files(self) -> tuple[CommentedFile, ...]:
        """The files with comments `# dlm-git: ignore[RULE] REASON`."""
        configs = self._directory_configs
        files = [file for config in configs for file in (config.settings, config.ignore) if file]
        frontmatters = (document.frontmatter_text for document in self.documents.values())
        texts = (*frontmatters, *(file.text.raw for file in files if file.text))
        if not any(_COMMENT in text for text in texts):
            return ()
        from dlm_git.rules.commented_files import read_comments  # late: it imports PyYAML

        return tuple(read_comments(self.documents, configs))

    @property
    def _directory_configs(self) -> list[DirectoryConfig]:
        """The directory configs below the sources of all corpora."""
        corpora = filter(None, map(self.accepted.get, self.corpora))
        configs = (config for corpus in corpora for config in corpus.lookup.directory_configs)
        return [*{config.directory: config for config in configs}.values()]

    @cached_property
    def conversions(self) -> dict[str, Conversion]:
        """The conversions of its own files and of the training set, by path, but of line ends.

        All rules share this look-up, which runs git at most once.
        """
        covered = (path for paths in self._covered.values() for path in paths.values())
        paths = dict.fromkeys([*self.own_files, *covered])
        return self.snapshot.attributes.conversions(paths, CONTENT)

    def converted(self, source: SourceFiles) -> Iterator[tuple[str, str, Conversion]]:
        """Yield the files that a source includes and a checkout converts, with their conversions.

        Each comes with the file that it leads to, which is itself unless it is a link.
        """
        for path, target in self._covered.get(source.index, {}).items():
            if conversion := self.conversions.get(target):
                yield path, target, conversion

    @cached_property
    def _covered(self) -> dict[int, dict[str, str]]:
        """The files of each source that may be converted, and the targets of links to them."""
        rules = self.snapshot.attributes.covering(_CONVERTING) if self.corpus else []
        if not rules or not self.corpus:
            return {}
        files, covering = self.corpus.files, IgnoreSet(rules)
        links = self.snapshot.tracked.links
        covered = {}
        for source in self.corpus.lookup.sources:
            start = f"{source.root.path}/".lstrip("/")
            selected = [
                *self.corpus.lookup.candidates(source, matchers(rules)),
                *source.selected_paths(link for link in links if link.startswith(start)),
            ]
            targets = {path: files.target(path) or path for path in selected}
            covered[source.index] = {
                path: target
                for path, target in targets.items()
                if not is_media(path) and not target.startswith("/") and covering.excludes(target)
            }
        return covered

    def finding(
        self,
        path: str,
        message: str,
        hint: str,
        *,
        span: Span | None = None,
        text: Text | None = None,
        fix: Fix | None = None,
    ) -> Finding:
        """Return a finding about a path.

        The quoted line comes from `text`, by default that of the document at the path.
        """
        document = self.documents.get(path)
        text = text or (document.text if document else None)
        return _finding(path, message, hint, span, text, fix)

    def shell_path(self, path: str) -> str:
        """Return a path relative to the user's directory, quoted for a shell."""
        return self.snapshot.shell_path(path)

    @property
    def is_checked_out(self) -> bool:
        """Return whether the state is the index, the working tree, or HEAD of a working tree."""
        label, revision = self.snapshot.label, self.snapshot.revision
        return not revision or (label.endswith("(HEAD)") and bool(self.snapshot.root()))

    def command(self, command: str) -> str:
        """Return a shell command in backticks, after the place to run it unless that is here."""
        if self.is_checked_out:
            return f"`{command}`"
        where = "in a later commit" if self.snapshot.root() else "in a clone"
        return f"{where}, `{command}`"

    def config_location(self, key: str) -> str:
        """Return where to change a config key: the flag or the file that it comes from."""
        origin = self.origins.get(key, "")
        return origin if origin.startswith("--") else self.key_in_file(key)

    def key_in_file(self, key: str) -> str:
        """Return where to write a config key: the file that sets it, or that could."""
        origin = self.origins.get(key, "default")
        file = self.config_file if origin == "default" or origin.startswith("--") else origin
        tables = self.origins.get("corpus", "default")
        of_corpus = self.are_listed and key in _CORPUS_KEYS and file in (tables, self.config_file)
        corpus = f" of corpus '{self.config.root or '.'}'" if of_corpus else ""
        return f"'{key}'{corpus} in {tables if of_corpus and tables != 'default' else file}"

    @property
    def corpus_option(self) -> str:
        """The option of commands that names this corpus, with a blank before it, '' if only one."""
        if not self.are_listed:
            return ""
        return f" --corpus {shell_quote(self.config.root or '.')}"

    def allow_hint(self, path: str) -> str:
        """Return a hint to list a document under `allow`, with its base model if it needs one.

        '' if that is not possible: TOML cannot hold the path, or dlm does not know the base model.
        """
        document, where = self.accepted.get(path), f"under {self.key_in_file('allow')}"
        base = document.frontmatter.base_model if document else ""
        other = self.config.bases and base not in self.config.bases
        needs_base = base and (other or self.are_listed or path in self.config.allowed)
        if not is_text(path) or (needs_base and not is_known_base(base)):
            return ""
        if not needs_base:
            return f"list it {where}"
        from dlm_git.config.toml_value import toml_value  # late: few checks report this

        return f"list it as `{toml_value({'path': path, 'base': base})}` {where}"

    def globs_location(self, key: str) -> str:
        """Return where to change the configured `include` or `exclude`."""
        config = self.config
        in_sources = config.include is None and config.exclude is None
        return self.config_location("sources" if in_sources else key)


class Corpus(Value):
    """The corpus document, or a further one, with a frontmatter that the schema accepts.

    path: its path.
    document: the parsed document.
    frontmatter: the values of its frontmatter.
    files: the files of its state.
    """

    path: str
    document: Document
    frontmatter: Frontmatter
    files: Files

    @property
    def root(self) -> str:
        """Return the directory at which its sources start, '' for the root of the repository."""
        return document_root(self.path)

    @property
    def root_name(self) -> str:
        """Return the name of that directory in messages."""
        return f"'{self.root}'" if self.root else "the repository root"

    def leaves(self, path: str) -> bool:
        """Return whether a source path points outside of where its policy allows, links aside."""
        if is_absolute(path) or self.frontmatter.training.sources_policy == "strict":
            return leaves_repository(path)
        return leaves_repository(join(self.root, path))

    def resolve(self, tracked: TrackedFiles, path: str) -> str | None:
        """Return the resolved path of a source, links followed, None if its policy refuses it."""
        target = None if is_absolute(path) else tracked.resolve(join(self.root, path))
        strict = self.frontmatter.training.sources_policy == "strict"
        inside = target is not None and (not strict or is_within(target, self.root))
        return target if inside else None

    @property
    def fixer(self) -> YamlFixer:
        """Return the source of fixes for the frontmatter."""
        return self.document.fixer

    @property
    def sources(self) -> tuple[Source, ...]:
        """Return the sources that it declares."""
        return self.frontmatter.training.sources or ()

    @cached_property
    def lookup(self) -> FileLookup:
        """Return the files that its sources select from."""
        sources = [source for source in self._expanded if isinstance(source, SourceFiles)]
        return FileLookup(self.files, sources)

    @property
    def refusals(self) -> Iterator[tuple[int, Refusal]]:
        """Yield the sources that the trainer refuses, each with its index."""
        for index, source in enumerate(self._expanded):
            if isinstance(source, Refusal):
                yield index, source

    @cached_property
    def _expanded(self) -> Sequence[SourceFiles | Refusal]:
        return expand_sources(self.document, self.path, self.files, MAX_SOURCES)

    def finding_at(
        self, key_path: KeyPath, message: str, hint: str, fix: Fix | None = None
    ) -> Finding:
        """Return a finding about the value at a path of keys of the frontmatter."""
        return finding_at(self.path, self.document, key_path, message, hint, fix)


def finding_at(
    path: str,
    file: Document | TrainingYaml,
    key_path: KeyPath,
    message: str,
    hint: str,
    fix: Fix | None = None,
) -> Finding:
    """Return a finding about the value at a path of keys in the file at `path`."""
    return _finding(path, message, hint, file.value_span(key_path), file.text, fix)


def _finding(
    path: str, message: str, hint: str, span: Span | None, text: Text | None, fix: Fix | None
) -> Finding:
    """Return a finding that quotes the line of its span; the engine adds the name of the rule."""
    if not text or not span:
        return Finding("", path, message, hint, span, fix=fix)
    line, line_hash = text.quote(span.line), text.line_hash(span.line)
    return Finding("", path, message, hint, span, line, fix, line_hash)


def _is_directory_config(path: str) -> bool:
    return f"/{path}".endswith((f"/{TRAINING_CONFIG}", f"/{IGNORE_FILE}"))
