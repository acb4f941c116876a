"""Compare the files of two training sets. A file that both have in common is read once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from posixpath import basename

from dlm_git.document.sections import section_id
from dlm_git.document.text import Text, decode
from dlm_git.paths import is_utf8, walk_order
from dlm_git.training.causes import State, find_cause, pair_sources, source_cause
from dlm_git.training.changes import Cause, ChangedFile
from dlm_git.training.reasons import Reason
from dlm_git.training.training_set import SourceFiles, TrainingFile
from dlm_git.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal, TypeVar

    _T = TypeVar("_T")
    _Pair = tuple[_T, _T]
    # returns an id of the content of a file, None if it is not known before the file is read
    BlobId = Callable[[str], object]

# stands for a source, on both sides if it has a partner; and a path
_Key = tuple[int, str]
# reason and size of files, by path
_Known = Mapping[str, tuple[Reason, int]]
_NONE_KNOWN: _Known = {}


class FileSide(Value):
    """One side of a comparison.

    document: the path of its document, None if it has none.
    sources: the sources of the document.
    blob_id: see BlobId.
    """

    document: str | None
    sources: Sequence[SourceFiles]
    blob_id: BlobId


class Member(Value):
    """An included file that the other side does not have in the same form.

    header, content: the trainer makes the section of both; `content` is its id, '' if it is that of
        the file at this path on the other side.
    """

    path: str
    source: SourceFiles
    size: int
    header: str
    content: str = ""
    is_pointer: bool = False

    def differs(self, other: Member) -> bool:
        """Return whether the trainer makes another section of the file at this path."""
        if self.header != other.header:
            return True
        return bool(self.content and other.content) and self.content != other.content


class Reading:
    """The files of one side, as they are read.

    count, bytes: number and size of the included files.
    fatal: path of an included file on which the trainer fails, because it is not UTF-8; or ''.
    members: the included files that the other side does not have in the same form.
    excluded: reasons for which contents or limits exclude files, by index of the source and path.
    """

    def __init__(self) -> None:
        self.count = 0
        self.bytes = 0
        self.fatal = ""
        self.members: dict[_Key, Member] = {}
        self.excluded: dict[_Key, Reason] = {}

    def read(
        self,
        source: SourceFiles,
        paths: Iterable[str],
        key: int,
        *,
        same: Collection[str] = (),
        known: _Known = _NONE_KNOWN,
    ) -> _Known:
        """Read files of a source, and return reason and size of those that are the same.

        paths: those that the patterns include.
        key: stands for the source.
        same: paths of files that the other side has in the same form.
        known: reason and size of those among them that were read already.
        """
        found = {}
        for file in source.selected_files(paths, known):
            if file.path in same and file.reason != "max-files":
                found[file.path] = file.reason, file.size
            if not file.is_included:
                self.excluded[source.index, file.path] = file.reason
                continue
            self.count += 1
            self.bytes += file.size
            if file.path not in same:
                self.members[key, file.path] = _member(file, source)
            if not (self.fatal or is_utf8(file.path)):
                self.fatal = file.path
        return found


class FileComparison(Value):
    """The result of `compare_files`.

    converted: number of files whose size differs, but not the section that the trainer makes.
    """

    old: Reading
    new: Reading
    files: tuple[ChangedFile, ...]
    converted: int


def compare_files(old: FileSide, new: FileSide) -> FileComparison:
    """Compare the files of two sides. Those that both have in the same form are read once."""
    pairs = pair_sources(old.sources, new.sources)
    before, after = Reading(), Reading()
    for old_index, new_index in pairs.items():
        _read_pair(old, old.sources[old_index], before, new, new.sources[new_index], after)
    for side, paired, reading, sign in (
        (old, pairs.keys(), before, -1),
        (new, pairs.values(), after, 1),
    ):
        for source in side.sources:
            if source.index not in paired:
                key = sign * (source.index + 1)
                reading.read(source, source.selected_paths(), key)
    partners = {new_index: old_index for old_index, new_index in pairs.items()}
    states = (
        State(False, old.document, old.sources, pairs, before.excluded),
        State(True, new.document, new.sources, partners, after.excluded),
    )
    kept, files = _changes(before.members, after.members, *states)
    converted = sum(not x.differs(y) and x.size != y.size for x, y in kept)
    ordered = sorted(files, key=lambda file: walk_order(file.path))
    return FileComparison(before, after, tuple(ordered), converted)


def _read_pair(
    old: FileSide, old_source: SourceFiles, before: Reading,
    new: FileSide, new_source: SourceFiles, after: Reading,
) -> None:  # fmt: skip
    """Read the files of a source that both sides have."""
    old_paths, new_paths = [*old_source.selected_paths()], [*new_source.selected_paths()]
    key, same = new_source.index + 1, frozenset[str]()
    limits = {s.selection.source.max_bytes_per_file for s in (old_source, new_source)}
    if len(limits) == 1:
        blob_ids = ((path, new.blob_id(path)) for path in {*old_paths}.intersection(new_paths))
        same = frozenset(path for path, id_ in blob_ids if id_ and id_ == old.blob_id(path))
    known = after.read(new_source, new_paths, key, same=same)
    before.read(old_source, old_paths, key, same=known, known=known)
    for path, (reason, size) in known.items():
        if reason == "included" and (old_source.index, path) in before.excluded:  # by max_files
            after.members[key, path] = Member(path, new_source, size, new_source.header(path))


def _member(file: TrainingFile, source: SourceFiles) -> Member:
    text = decode(file.data or b"")
    # behind a line end, as in the section: at the start, an id has no second byte order mark
    content = section_id("prose", f"\n{text.normalized}") if isinstance(text, Text) else ""
    return Member(file.path, source, file.size, source.header(file.path), content, file.is_pointer)


def _changes(
    before: Mapping[_Key, Member], after: Mapping[_Key, Member], old: State, new: State
) -> tuple[list[_Pair[Member]], list[ChangedFile]]:
    """Return the members that both sides have at the same path, and the changed files."""
    kept = [(before[key], member) for key, member in after.items() if key in before]
    files = [_changed(x, y, Cause("edited")) for x, y in kept if x.differs(y)]
    removed = [member for key, member in before.items() if key not in after]
    added = [member for key, member in after.items() if key not in before]
    moved = _pop_pairs(removed, added, lambda member: member.path)
    files += [_changed(x, y, source_cause(y.source)) for x, y in moved if x.differs(y)]
    leaving = [(member, find_cause(member.path, member.source, old, new)) for member in removed]
    entering = [(member, find_cause(member.path, member.source, new, old)) for member in added]
    for key in (_name_and_content, _content):
        for (source, _), (target, _) in _pop_pairs(leaving, entering, key):
            files.append(_changed(source, target, Cause("renamed")))
    files += [
        ChangedFile("removed", m.path, m.path, m.size, None, cause, m.is_pointer)
        for m, cause in leaving
    ]
    files += [
        ChangedFile("added", m.path, None, None, m.size, cause, m.is_pointer)
        for m, cause in entering
    ]
    return kept + moved, files


def _changed(old: Member, new: Member, cause: Cause) -> ChangedFile:
    kind: Literal["changed", "renamed"] = "changed" if old.path == new.path else "renamed"
    return ChangedFile(kind, new.path, old.path, old.size, new.size, cause, new.is_pointer)


def _content(change: tuple[Member, Cause]) -> object:
    """Return the content of a file that was created or deleted; as in Git, not of an empty one."""
    member, cause = change
    is_candidate = cause.kind in ("created", "deleted") and member.size
    return member.content or None if is_candidate else None


def _name_and_content(change: tuple[Member, Cause]) -> object:
    content = _content(change)
    return content and (basename(change[0].path), content)


def _pop_pairs(olds: list[_T], news: list[_T], key: Callable[[_T], object]) -> list[_Pair[_T]]:
    """Remove items with equal keys from both lists, and return them in pairs.

    An item whose key is None has no counterpart.
    """
    waiting: dict[object, list[_T]] = defaultdict(list)
    for old in olds:
        waiting[key(old)].append(old)
    waiting.pop(None, None)
    pairs, rest = [], []
    for new in news:
        equal = waiting.get(key(new))
        if equal:
            pairs.append((equal.pop(0), new))
        else:
            rest.append(new)
    popped = {id(old) for old, _ in pairs}
    olds[:] = [old for old in olds if id(old) not in popped]
    news[:] = rest
    return pairs
