"""The `.dlm/training.yaml` and `.dlm/ignore` of one directory below a source (dlm format, 3.6)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from dlm_git.document.frontmatter import TrainingConfig, validate_training_config
from dlm_git.document.parser import yaml_hint
from dlm_git.document.text import DecodeError, Extent, Text, decode
from dlm_git.document.yaml_tree import YamlTree, load_yaml
from dlm_git.paths import IGNORE_FILE, TRAINING_CONFIG, join
from dlm_git.patterns.glob import MAX_IGNORE_FILE, parse_ignore_lines
from dlm_git.patterns.globset import GlobSet, IgnoreSet, glob_set
from dlm_git.report import Fix, Span
from dlm_git.validation import KeyPath, Violation
from dlm_git.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    from dlm_git.document.yaml_fixes import YamlFixer

_NO_RULES = IgnoreSet(())
_EFFECTS = {
    "yaml": "dlm ignores this file",
    "crash": "dlm fails on this file and trains on nothing",
    "limit": "dlm-git cannot check this file, dlm may read it",
}
# begins the block of `dlm-git ignore` in a `.dlm/ignore`
BLOCK_START = "# >>> dlm-git ignore"


class TrainingYaml(Value):
    """A parsed `training.yaml`.

    The trainer logs an invalid one, and goes on as if it did not exist; some values crash it.

    text: None if the file is not UTF-8.
    tree: None if it cannot be loaded as YAML.
    config: its values, None if it is invalid.
    error: why it is invalid, '' if it is valid or has violations.
    span: the place of the error.
    violations: the schema violations.
    fix: a fix of the error.
    kind: 'crash' if the error stops the training, 'limit' if only dlm-git cannot load the file.
    """

    text: Text | None = None
    tree: YamlTree | None = None
    config: TrainingConfig | None = None
    error: str = ""
    span: Span | None = None
    violations: tuple[Violation, ...] = ()
    fix: Fix | None = None
    kind: Literal["yaml", "crash", "limit"] = "yaml"

    @property
    def effect(self) -> str:
        """Return what the error means for the training."""
        return _EFFECTS[self.kind]

    @property
    def fixer(self) -> YamlFixer:
        """Return the fixer for this file, which can be loaded."""
        from dlm_git.document.yaml_fixes import YamlFixer  # late: it imports PyYAML

        text, tree = self._loaded()
        return YamlFixer(text, text.normalized, tree.nodes)

    def value_span(self, path: KeyPath, *, at_key: bool = False) -> Span:
        """Return the span of the value at a path of keys, or of the nearest key above it.

        The file can be loaded. With `at_key`, prefer the key to the value.
        """
        text, tree = self._loaded()
        key, value = tree.find(path)
        extent = (key if at_key else value) or value or key
        if extent is None:
            return self.value_span(path[:-1]) if path else text.span(0, 0)
        return text.span(extent.start, extent.end)

    def _loaded(self) -> tuple[Text, YamlTree]:
        """Return the text and the tree of a file that can be loaded."""
        assert self.text  # noqa: S101
        assert self.tree  # noqa: S101
        return self.text, self.tree


def parse_training_yaml(data: bytes) -> TrainingYaml:
    """Parse a `training.yaml` as the trainer does. Errors are part of the result."""
    text = decode(data)
    if isinstance(text, DecodeError):
        return TrainingYaml(error=text.reason, span=text.span)
    tree = load_yaml(text.normalized) if text.normalized.strip() else YamlTree("", None)
    if not isinstance(tree, YamlTree):
        at = min(tree.offset, len(text.normalized))
        whole = Extent(0, len(text.normalized))
        _, fix = yaml_hint(text, whole, at, flow=tree.flow)
        error = f"cannot load it as YAML: {tree.reason}"
        return TrainingYaml(text, error=error, span=text.span(at, at), fix=fix, kind=tree.kind)
    value = {} if tree.value is None else tree.value
    if not isinstance(value, dict):
        return TrainingYaml(text, tree, error="expected a mapping of keys", span=text.span(0, 0))
    result = validate_training_config(value)
    if isinstance(result, TrainingConfig):
        return TrainingYaml(text, tree, result)
    return TrainingYaml(text, tree, violations=result)


class IgnoreFile(Value):
    """A parsed `.dlm/ignore`.

    text: None if the file is not UTF-8; it then has no rules.
    error: why it is invalid, or ''.
    kind: 'limit' if it is too long for dlm-git; it then has no rules here.
    """

    text: Text | None
    rules: IgnoreSet
    error: str = ""
    kind: Literal["yaml", "limit"] = "yaml"

    @property
    def effect(self) -> str:
        """Return what the error means for the training."""
        return _EFFECTS[self.kind]


def parse_ignore_file(data: bytes) -> IgnoreFile:
    """Parse a `.dlm/ignore` as the trainer does."""
    text = decode(data)
    if isinstance(text, DecodeError):
        return IgnoreFile(None, _NO_RULES, text.reason)
    if len(text.normalized) > MAX_IGNORE_FILE:
        error = f"longer than {MAX_IGNORE_FILE} characters"
        return IgnoreFile(text, _NO_RULES, error, "limit")
    return IgnoreFile(text, IgnoreSet(parse_ignore_lines(text.normalized)))


class DirectoryConfig(Value):
    """The config of a directory that holds a `.dlm` directory; it applies to all files below.

    directory: the path of that directory, '' for the root of the repository.
    settings: its `training.yaml`, None if there is none.
    ignore: its `ignore`, None if there is none.
    """

    directory: str
    settings: TrainingYaml | None = None
    ignore: IgnoreFile | None = None

    @property
    def training_path(self) -> str:
        """Return the path of its `training.yaml`."""
        return join(self.directory, TRAINING_CONFIG)

    @property
    def ignore_path(self) -> str:
        """Return the path of its `ignore`."""
        return join(self.directory, IGNORE_FILE)

    @property
    def config(self) -> TrainingConfig | None:
        """Return the values of its `training.yaml`, None if there are no valid ones."""
        return self.settings.config if self.settings else None

    @cached_property
    def exclude(self) -> GlobSet:
        """Return the excludes of its `training.yaml`, which are relative to the directory."""
        return glob_set(self.config.exclude if self.config else ())

    @cached_property
    def include(self) -> GlobSet:
        """Return the includes of its `training.yaml`, which are relative to the source."""
        return glob_set(self.config.include if self.config else ())

    @property
    def rules(self) -> IgnoreSet:
        """Return the rules of its `ignore`, which are relative to the directory."""
        return self.ignore.rules if self.ignore else _NO_RULES


def read_directory_configs(
    directories: Sequence[str], contents: Sequence[bytes | None]
) -> list[DirectoryConfig]:
    """Parse the configs of directories.

    `contents` are those of the paths that `directory_config_files` returns, None for missing files.
    """
    pairs = zip(contents[::2], contents[1::2], strict=True)
    return [
        DirectoryConfig(
            directory,
            None if training is None else parse_training_yaml(training),
            None if ignore is None else parse_ignore_file(ignore),
        )
        for directory, (training, ignore) in zip(directories, pairs, strict=True)
    ]
