"""The `.dlm/training.yaml` and `.dlm/ignore` of one directory of a tree (dlm format, 3.6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from dlm_git.document import frontmatter, yaml_loader
from dlm_git.document.frontmatter import TrainingConfig
from dlm_git.document.parser import yaml_hint
from dlm_git.document.text import Text, Undecodable, decode
from dlm_git.document.yaml_fixes import Written
from dlm_git.paths import IGNORE, TRAINING, below
from dlm_git.patterns.glob import ignore_rules
from dlm_git.patterns.globset import GlobSet, IgnoreSet
from dlm_git.report import Fix, Span
from dlm_git.validation import Fault, Path


@dataclass(frozen=True)
class Settings:
    """What was read of a `training.yaml`.

    Where the trainer refuses it, it says so in its log only and goes on as if it were not there:
    `config` is None then, and `broken` says why, unless the schema's `faults` do. `span` is where,
    and `fix` mends it.
    """

    text: Text | None = None
    tree: yaml_loader.Tree | None = None
    config: TrainingConfig | None = None
    broken: str = ""
    span: Span | None = None
    faults: tuple[Fault, ...] = ()
    fix: Fix | None = None

    @property
    def yaml(self) -> Written | None:
        """It, as far as a program may change it."""
        return Written(self.text, self.tree) if self.text and self.tree else None

    def place(self, path: Path, *, at_key: bool = False) -> Span | None:
        """Where the value at a path of keys stands, or its key, or the nearest key around it."""
        if self.text is None or self.tree is None:
            return None
        key, value = self.tree.find(path)
        extent = (key if at_key else value) or value or key
        if extent is None:
            return self.place(path[:-1]) if path else self.text.span(0, 0)
        return self.text.span(extent.start, extent.end)


def settings(data: bytes) -> Settings:
    """Read a `training.yaml` as the trainer does. No input makes it raise."""
    text = decode(data)
    if isinstance(text, Undecodable):
        return Settings(broken=text.reason, span=text.span)
    tree = yaml_loader.load(text.clean) if text.clean.strip() else yaml_loader.Tree(None)
    if isinstance(tree, yaml_loader.Unreadable):
        at = min(tree.offset, len(text.clean))
        reason = f"it is not YAML that dlm can load: {tree.reason}"
        _, fix = yaml_hint(text, at, flow=tree.flow)
        return Settings(text, broken=reason, span=text.span(at, at), fix=fix)
    value = {} if tree.value is None else tree.value
    if not isinstance(value, dict):
        return Settings(text, tree, broken="it is no mapping of keys", span=text.span(0, 0))
    result = frontmatter.training_config(value)
    if isinstance(result, TrainingConfig):
        return Settings(text, tree, result)
    return Settings(text, tree, faults=result)


@dataclass(frozen=True)
class Ignore:
    """What was read of an ignore file; one that is no UTF-8 has no rules, `broken` says why."""

    text: Text | None
    rules: IgnoreSet
    broken: str = ""


def ignore(data: bytes) -> Ignore:
    """Read a `.dlm/ignore` as the trainer does."""
    text = decode(data)
    if isinstance(text, Undecodable):
        return Ignore(None, IgnoreSet(()), text.reason)
    return Ignore(text, IgnoreSet(ignore_rules(text.clean)))


@dataclass(frozen=True)
class Descent:
    """A directory that holds a `.dlm` directory: its files obey what stands there.

    `anchor` is its path, '' for the root of the repository.
    """

    anchor: str
    settings: Settings | None = None
    ignore: Ignore | None = None

    @property
    def training_path(self) -> str:
        """Where its `training.yaml` is."""
        return below(self.anchor, TRAINING)

    @property
    def ignore_path(self) -> str:
        """Where its `ignore` is."""
        return below(self.anchor, IGNORE)

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


def descents(anchors: Sequence[str], contents: Sequence[bytes | None]) -> list[Descent]:
    """The Descents of directories, given the contents of `paths(anchors)`, in that order."""
    pairs = zip(contents[::2], contents[1::2], strict=True)
    return [
        Descent(
            anchor,
            None if training is None else settings(training),
            None if ignored is None else ignore(ignored),
        )
        for anchor, (training, ignored) in zip(anchors, pairs, strict=True)
    ]
