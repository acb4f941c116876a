"""The `.dlm/training.yaml` and `.dlm/ignore` of one directory of a tree (dlm format, 3.6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from dlm_git.document.frontmatter import TrainingConfig, validate_training_config
from dlm_git.document.parser import yaml_hint
from dlm_git.document.text import DecodeError, Text, decode
from dlm_git.document.yaml_fixes import YamlFixer
from dlm_git.document.yaml_loader import YamlError, YamlTree, load_yaml
from dlm_git.paths import IGNORE_FILE, TRAINING_CONFIG, join
from dlm_git.patterns.glob import parse_ignore_lines
from dlm_git.patterns.globset import GlobSet, IgnoreSet
from dlm_git.report import Fix, Span
from dlm_git.validation import KeyPath, Violation


@dataclass(frozen=True)
class TrainingYaml:
    """What was read of a `training.yaml`.

    Where the trainer refuses it, it says so in its log only and goes on as if it were not there:
    `config` is None then, and `broken` says why, unless the schema's `faults` do. `span` is where,
    and `fix` mends it.
    """

    text: Text | None = None
    tree: YamlTree | None = None
    config: TrainingConfig | None = None
    error: str = ""
    span: Span | None = None
    violations: tuple[Violation, ...] = ()
    fix: Fix | None = None

    @property
    def fixer(self) -> YamlFixer | None:
        """It, as far as a program may change it."""
        return YamlFixer(self.text, self.tree) if self.text and self.tree else None

    def value_span(self, path: KeyPath, *, at_key: bool = False) -> Span | None:
        """Where the value at a path of keys stands, or its key, or the nearest key around it."""
        if self.text is None or self.tree is None:
            return None
        key, value = self.tree.find(path)
        extent = (key if at_key else value) or value or key
        if extent is None:
            return self.value_span(path[:-1]) if path else self.text.span(0, 0)
        return self.text.span(extent.start, extent.end)


def parse_training_yaml(data: bytes) -> TrainingYaml:
    """Read a `training.yaml` as the trainer does. No input makes it raise."""
    text = decode(data)
    if isinstance(text, DecodeError):
        return TrainingYaml(error=text.reason, span=text.span)
    tree = load_yaml(text.normalized) if text.normalized.strip() else YamlTree(None)
    if isinstance(tree, YamlError):
        at = min(tree.offset, len(text.normalized))
        reason = f"it is not YAML that dlm can load: {tree.reason}"
        _, fix = yaml_hint(text, at, flow=tree.flow)
        return TrainingYaml(text, error=reason, span=text.span(at, at), fix=fix)
    value = {} if tree.value is None else tree.value
    if not isinstance(value, dict):
        return TrainingYaml(text, tree, error="it is no mapping of keys", span=text.span(0, 0))
    result = validate_training_config(value)
    if isinstance(result, TrainingConfig):
        return TrainingYaml(text, tree, result)
    return TrainingYaml(text, tree, violations=result)


@dataclass(frozen=True)
class IgnoreFile:
    """What was read of an ignore file; one that is no UTF-8 has no rules, `broken` says why."""

    text: Text | None
    rules: IgnoreSet
    error: str = ""


def parse_ignore_file(data: bytes) -> IgnoreFile:
    """Read a `.dlm/ignore` as the trainer does."""
    text = decode(data)
    if isinstance(text, DecodeError):
        return IgnoreFile(None, IgnoreSet(()), text.reason)
    return IgnoreFile(text, IgnoreSet(parse_ignore_lines(text.normalized)))


@dataclass(frozen=True)
class DirectoryConfig:
    """A directory that holds a `.dlm` directory: its files obey what stands there.

    `anchor` is its path, '' for the root of the repository.
    """

    directory: str
    settings: TrainingYaml | None = None
    ignore: IgnoreFile | None = None

    @property
    def training_path(self) -> str:
        """Where its `training.yaml` is."""
        return join(self.directory, TRAINING_CONFIG)

    @property
    def ignore_path(self) -> str:
        """Where its `ignore` is."""
        return join(self.directory, IGNORE_FILE)

    @property
    def config(self) -> TrainingConfig | None:
        """Its `training.yaml`, if there is one that the trainer takes."""
        return self.settings.config if self.settings else None

    @cached_property
    def exclude(self) -> GlobSet:
        """What its `training.yaml` excludes, relative to the anchor."""
        return GlobSet(self.config.exclude if self.config else ())

    @cached_property
    def include(self) -> GlobSet:
        """What its `training.yaml` includes, relative to the root of the source."""
        return GlobSet(self.config.include if self.config else ())

    @property
    def rules(self) -> IgnoreSet:
        """The rules of its `ignore`, relative to the anchor."""
        return self.ignore.rules if self.ignore else _NO_RULES


_NO_RULES = IgnoreSet(())


def read_directory_configs(
    anchors: Sequence[str], contents: Sequence[bytes | None]
) -> list[DirectoryConfig]:
    """The Descents of directories, given the contents of `paths(anchors)`, in that order."""
    pairs = zip(contents[::2], contents[1::2], strict=True)
    return [
        DirectoryConfig(
            anchor,
            None if training is None else parse_training_yaml(training),
            None if ignored is None else parse_ignore_file(ignored),
        )
        for anchor, (training, ignored) in zip(anchors, pairs, strict=True)
    ]
