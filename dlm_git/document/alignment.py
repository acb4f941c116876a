"""Match the sections of two versions of a document, and put keys of three versions in order."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from typing import TypeVar

from dlm_git.document.pairs import HEADERS
from dlm_git.document.sections import Section, section_id

_K = TypeVar("_K", bound=Hashable)

Key = tuple[str, int]  # an id of the content of a section, and how often it came before

_SIMILAR = 0.5  # the share of words that an edit keeps, at least
_MAX_COMPARED = 10_000  # pairs of sections between two equal ones
_MAX_WORDS = 2000  # of a section
_HEADERS = {header for headers in HEADERS.values() for header in headers}


def section_keys(sections: Iterable[Section]) -> list[Key]:
    """Return a key for each section: an id of its content, and how often it came before.

    The id does not depend on empty lines around the content: the trainer counts the one that
    separates a section from the next as its content (dlm format, 2.6).
    """
    seen: Counter[str] = Counter()
    keys = []
    for section in sections:
        key = content_id(section)
        keys.append((key, seen[key]))
        seen[key] += 1
    return keys


def content_id(section: Section) -> str:
    """Return the trainer's id of a section without the empty lines around its content."""
    if section.media is not None:
        return section.id
    return section_id(section.type, section.content.strip("\n"))


def match_sections(old: Sequence[Section], new: Sequence[Section]) -> dict[int, int]:
    """Return for each new section with an old version the places of both.

    Sections with the same content match wherever they are. Others match as an edit if they have
    the same type, come after the same section, and are similar or the only ones left there.
    """
    return match_keyed(old, section_keys(old), new, section_keys(new))


def match_keyed(
    old: Sequence[Section], old_keys: Sequence[Key], new: Sequence[Section], new_keys: Sequence[Key]
) -> dict[int, int]:
    """Return the same as `match_sections`, for sections with their keys."""
    old_places = {key: place for place, key in enumerate(old_keys)}
    matches = {place: old_places[key] for place, key in enumerate(new_keys) if key in old_places}
    old_gaps = _unmatched(len(old), {place: place for place in matches.values()})
    for anchor, added in _unmatched(len(new), matches).items():
        matches |= _match_edits(old, old_gaps.get(anchor, []), new, added)
    return matches


def _unmatched(count: int, matches: dict[int, int]) -> dict[int, list[int]]:
    """Return the unmatched places after each matched one, by the old place of that; -1 is none."""
    gaps: dict[int, list[int]] = defaultdict(list)
    anchor = -1
    for place in range(count):
        if place in matches:
            anchor = matches[place]
        else:
            gaps[anchor].append(place)
    return gaps


def _match_edits(
    old: Sequence[Section], removed: Sequence[int], new: Sequence[Section], added: Sequence[int]
) -> dict[int, int]:
    """Match sections that were removed and added at the same place.

    Similar ones match. If as many are left of each side, they are rewritten: the first matches the
    first.
    """
    matches: dict[int, int] = {}
    for kind in dict.fromkeys(old[place].type for place in removed):
        before = [place for place in removed if old[place].type == kind]
        after = [place for place in added if new[place].type == kind]
        if len(before) * len(after) <= _MAX_COMPARED:
            matches |= _match_similar(old, before, new, after)
        before = [place for place in before if place not in matches.values()]
        after = [place for place in after if place not in matches]
        if len(before) == len(after):
            matches |= zip(after, before, strict=True)
    return matches


def _match_similar(
    old: Sequence[Section], removed: Sequence[int], new: Sequence[Section], added: Sequence[int]
) -> dict[int, int]:
    candidates = {place: _words(new[place]) for place in added}
    matches = {}
    for place in removed:
        words = _words(old[place])
        similar = {other: _similarity(words, others) for other, others in candidates.items()}
        best = max(similar, key=lambda other: similar[other], default=None)
        if best is not None and similar[best] >= _SIMILAR:
            matches[best] = place
            del candidates[best]
    return matches


def _words(section: Section) -> Counter[str]:
    if section.media is not None:
        return Counter([section.media])
    lines = (line for line in section.content.split("\n") if line.strip() not in _HEADERS)
    return Counter(" ".join(lines).split(maxsplit=_MAX_WORDS)[:_MAX_WORDS])


def _similarity(one: Counter[str], other: Counter[str]) -> float:
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 1


def merge_order(base: Sequence[_K], ours: Sequence[_K], theirs: Sequence[_K]) -> list[_K]:
    """Return all keys of two sides in one order; none of the lists repeats a key.

    The order is that of our side, unless only the other side has reordered the keys of the base.
    What both sides add at the same place comes from our side first.
    """
    common = set(base) & set(ours) & set(theirs)
    orders = [[key for key in keys if key in common] for keys in (base, ours, theirs)]
    ours_leads = orders[1] != orders[0] or orders[2] == orders[0]
    carrier, other = (ours, theirs) if ours_leads else (theirs, ours)
    own = set(carrier)
    added = own - set(base) - set(other)
    following: dict[_K | None, list[_K]] = defaultdict(list)
    anchor: _K | None = None
    for key in other:
        if key in own:
            anchor = key
        else:
            following[anchor].append(key)
    merged, pending = [], following[None]
    for key in carrier:
        if not (ours_leads and key in added):
            merged += pending
            pending = []
        merged.append(key)
        pending += following[key]
    return merged + pending
