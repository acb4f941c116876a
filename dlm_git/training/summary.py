"""Summarize a training set: its size, its identical files, and an estimate of its tokens."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable

from dlm_git.training.reasons import Reason
from dlm_git.training.training_set import TrainingFile
from dlm_git.values import Value

# measured with the tokenizer cl100k_base: Python and TypeScript 4.3, C and Markdown 3.7, HTML 2.5
BYTES_PER_TOKEN = 4


class IdenticalFiles(Value):
    """Files with the same content, which is not empty.

    size: of each of them, in bytes.
    paths: in the trainer's order; a file of two sources is there twice.
    """

    size: int
    paths: tuple[str, ...]

    @property
    def repeated(self) -> int:
        """Return the number of bytes that the model reads again."""
        return self.size * (len(self.paths) - 1)


class Summary(Value):
    """The size of a training set.

    files: paths and sizes of the included files; a file of two sources is there twice.
    identical: groups of identical files, those that repeat most bytes first.
    excluded: the number of excluded files, by reason.
    """

    files: tuple[tuple[str, int], ...]
    identical: tuple[IdenticalFiles, ...]
    excluded: Counter[Reason]

    @property
    def size(self) -> int:
        """Return the number of bytes of the included files."""
        return sum(size for _, size in self.files)

    @property
    def repeated(self) -> int:
        """Return the number of bytes that the model reads again in identical files."""
        return sum(group.repeated for group in self.identical)

    @property
    def tokens(self) -> int:
        """Return an estimate of the number of tokens."""
        return round(self.size / BYTES_PER_TOKEN)


def summarize(files: Iterable[TrainingFile]) -> Summary:
    """Return the summary of files; of their contents, only digests are kept."""
    sizes: list[tuple[str, int]] = []
    groups: dict[bytes, list[int]] = {}
    excluded: Counter[Reason] = Counter()
    for file in files:
        if not file.is_included:
            excluded[file.reason] += 1
            continue
        if file.data:
            groups.setdefault(hashlib.sha256(file.data).digest(), []).append(len(sizes))
        sizes.append((file.path, file.size))
    identical = [
        IdenticalFiles(sizes[members[0]][1], tuple(sizes[member][0] for member in members))
        for members in groups.values()
        if len(members) > 1
    ]
    ordered = sorted(identical, key=lambda group: (-group.repeated, group.paths))
    return Summary(tuple(sizes), tuple(ordered), excluded)
