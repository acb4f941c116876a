"""The files that Git tracks, with the contents that a checkout writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from dlm_git.snapshots.attributes import Attributes
from dlm_git.snapshots.conversion import Conversion
from dlm_git.snapshots.entry import Blob, Entry, Limits
from dlm_git.snapshots.listing import Listing
from dlm_git.snapshots.tracked import TrackedFiles


class CheckedOutFiles(TrackedFiles):
    """The files that Git tracks in one state, converted as their attributes demand.

    No filter runs: their contents are as Git stores them. Neither does the config of a clone count,
    such as `core.autocrlf`.
    """

    def __init__(self, listing: Listing, attributes: Attributes) -> None:
        super().__init__(listing)
        self._attributes = attributes
        self._conversions: dict[str, Conversion] = {}  # of the contents that were read

    def contents(self, paths: Sequence[str], limits: Limits = ()) -> Iterator[Blob | None]:
        """Yield the contents of files, converted, except where the limit is 0."""
        every = limits or [None] * len(paths)
        entries = [self._file_entry(path) for path in paths]
        wanted = (e.path for e, limit in zip(entries, every, strict=True) if e and limit != 0)
        conversions = self._attributes.conversions(wanted)
        if not conversions:
            return super().contents(paths, limits)
        self._conversions |= conversions
        # a conversion changes the size, so the limit is that of the result
        raw = [
            None if entry and entry.path in conversions and limit else limit
            for entry, limit in zip(entries, every, strict=True)
        ]
        blobs = super().contents(paths, raw)
        return map(self._converted, entries, blobs, every)

    def unapplied(self, path: str) -> str:
        """Return the attribute that `contents` did not follow, such as 'filter=x', or ''."""
        entry = self._file_entry(path)
        conversion = self._conversions.get(entry.path) if entry else None
        return conversion.unapplied if conversion else ""

    def count_unapplied(self) -> Counter[str]:
        """Return the number of files that were read, by the attribute that was not followed."""
        return Counter(c.unapplied for c in self._conversions.values() if c.unapplied)

    def _converted(self, entry: Entry | None, blob: Blob | None, limit: int | None) -> Blob | None:
        conversion = self._conversions.get(entry.path) if entry and limit != 0 else None
        if not (entry and blob and blob.data is not None and conversion):
            return blob
        data = conversion.apply(blob.data, entry.oid)
        return Blob(len(data), data)
