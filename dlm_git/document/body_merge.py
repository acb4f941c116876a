"""Three-way merge of a body: section by section."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dlm_git.document.alignment import Key, match_keyed, merge_order, section_keys
from dlm_git.document.line_merge import Markers, Merged, conflict, joined, merge_lines
from dlm_git.document.sections import Section, parse_body
from dlm_git.values import Value

_SEPARATOR = "\n\n"
_PROSE = "::prose::\n"


class _Part(Value):
    """A section with its fence.

    fence: the line of its fence, '' for prose without one.
    text: its other lines, without the newlines at the end.
    gap: the newlines between it and the next section, '' if it is the last.
    """

    fence: str
    text: str
    gap: str = ""

    @property
    def lines(self) -> str:
        """Return its lines, the fence included."""
        return f"{self.fence}{self.text}\n" if self.text else self.fence


class _Body(Value):
    """A body: what is before its sections, these by their keys, and the newlines at the end."""

    head: str = ""
    parts: Mapping[Key, _Part] = {}
    end: str = ""


def merge_bodies(base: str, ours: str, theirs: str, markers: Markers) -> Merged:
    """Merge bodies that the trainer accepts; each is the text behind the frontmatter.

    What both sides add is kept, ours first, and once if it is equal. If both sides edit a section,
    its lines are merged. A section that one side edits and the other removes is a conflict.
    """
    texts = (base, ours, theirs)
    sections = [parse_body(text).sections for text in texts]
    versions = list(map(_split, texts, sections, _shared_keys(sections)))
    pieces: list[tuple[Merged, str]] = []
    for key in merge_order(*(list(version.parts) for version in versions)):
        first, second, third = (version.parts.get(key) for version in versions)
        piece = _merge_part(first, second, third, markers)
        if piece.text:
            pieces.append((piece, _merge_gaps(first, second, third)))
    if not pieces:
        return Merged(pick(*texts))
    edges = [version if version.parts else versions[0] for version in versions]
    head = pick(*(version.head for version in edges))
    end = pick(*(version.end for version in edges))
    return joined([Merged(head), *_separated(pieces, end)])


def _shared_keys(versions: Sequence[Sequence[Section]]) -> list[list[Key]]:
    """Return keys for the sections of base, ours and theirs; those that match share a key."""
    base, *sides = versions
    base_keys = section_keys(base)
    shared = [base_keys]
    for side in sides:
        keys = section_keys(side)
        for place, old in match_keyed(base, base_keys, side, keys).items():
            keys[place] = base_keys[old]
        shared.append(keys)
    return shared


def _split(text: str, sections: Sequence[Section], keys: Sequence[Key]) -> _Body:
    starts = [section.fence for section in sections]
    if not starts:
        return _Body()
    while text.startswith("\n", starts[0]):
        starts[0] += 1
    parts, gap = {}, ""
    for key, section, start, end in zip(
        keys, sections, starts, [*starts[1:], len(text)], strict=True
    ):
        lines = text[start:end].rstrip("\n")
        gap = text[start + len(lines) : end]
        is_fenced = section.start > section.fence
        fence, _, rest = lines.partition("\n") if is_fenced else ("", "", lines)
        parts[key] = _Part(f"{fence}\n" if is_fenced else "", rest, gap)
    parts[keys[-1]] = parts[keys[-1]].replace(gap="")
    return _Body(text[: starts[0]], parts, gap)


def _merge_part(
    base: _Part | None, ours: _Part | None, theirs: _Part | None, markers: Markers
) -> Merged:
    """Merge the versions of a section; '' if it is removed."""
    before, our, their = (part.lines if part else "" for part in (base, ours, theirs))
    if before in (our, their):
        return Merged(their if our == before else our)
    if our == their:
        return Merged(our)
    merged = _merge_edits(base, ours, theirs, markers) if ours and theirs else None
    return merged or conflict(before, our, their, markers)


def _merge_edits(base: _Part | None, ours: _Part, theirs: _Part, markers: Markers) -> Merged | None:
    """Merge a section that both sides edited, or added; None if all of it is in conflict."""
    if not base:  # what both added is equal but for fences, and comments on the origin
        is_routed_alike = ours.fence == theirs.fence
        return Merged(min(ours.lines, theirs.lines)) if is_routed_alike else None
    if ours.fence != theirs.fence and base.fence not in (ours.fence, theirs.fence):
        return None
    before, our, their = (f"{part.text}\n" for part in (base, ours, theirs))
    merged = merge_lines(before, our, their, markers)
    lines = pick(base.fence, ours.fence, theirs.fence) + merged.text
    body = parse_body(lines)
    is_section = len(body.sections) == 1 and not body.violations
    return merged.replace(text=lines) if merged.conflicts or is_section else None


def _merge_gaps(base: _Part | None, ours: _Part | None, theirs: _Part | None) -> str:
    """Return the newlines that separate a section from the next one, if there is one."""
    before, our, their = (part.gap if part else "" for part in (base, ours, theirs))
    return (pick(before, our, their) if our and their else our or their) or _SEPARATOR


def _separated(pieces: Sequence[tuple[Merged, str]], end: str) -> Iterator[Merged]:
    """Yield sections with the newlines between them; prose gets a fence unless it is the first."""
    gaps = [*(gap for _, gap in pieces[:-1]), end]
    for place, ((piece, _), gap) in enumerate(zip(pieces, gaps, strict=True)):
        lines = piece.text.rstrip("\n")
        needs_fence = place and not piece.conflicts and not lines.startswith("::")
        yield piece.replace(text=f"{_PROSE if needs_fence else ''}{lines}{gap}")


def pick(base: str, ours: str, theirs: str) -> str:
    """Return the version that one side changed; if both did, the same whichever side is ours."""
    if ours == base:
        return theirs
    return ours if theirs == base else max(ours, theirs)
