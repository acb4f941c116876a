"""The body of a document: its sections, and what makes the trainer refuse it (dlm format, 2)."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

# Of a body only lines that begin so carry syntax (2.3 to 2.5), or look as if they did. That they
# are looked for by what ends the line before makes a search five times as fast as `^` does.
_SYNTAX_LINE = re.compile(r"\n((?:```| {0,3}::)[^\n]*)")
_FIRST_LINE = re.compile(r"(?:```| {0,3}::)[^\n]*")
_FENCE = re.compile(r"::([A-Za-z0-9_#-]+)::")
_ATTRIBUTES = r'(?:\s+[a-z][a-z0-9_]*="[^"\n]*")+'
_ATTRIBUTE_FENCE = re.compile(rf"::([a-z][a-z0-9_]*)({_ATTRIBUTES})\s*::")
_ATTRIBUTE = re.compile(r'([a-z][a-z0-9_]*)="([^"\n]*)"')
_ADAPTER = re.compile(r"[a-z][a-z0-9_]{0,31}")
_NEAR_FENCE = re.compile(
    r"::\s*(?:prose|instruction|preference)(?:#\w*)?\s*::|::\s*(?:image|audio)\b.*::", re.IGNORECASE
)
_MARKER = re.compile(r'<!-- dlm-auto-(?:(harvest): source="[^"]*"|(mined|synth):(.*)) -->')

TYPES = ("prose", "instruction", "preference", "image", "audio")
# the attributes of a fence, and whether each must be there
_MEDIA = {
    "image": {"path": True, "alt": False},
    "audio": {"path": True, "transcript": True},
}
_MARKED = {"mined": "preference", "synth": "instruction"}
_MINED = ("judge_name", "judge_score_chosen", "judge_score_rejected", "mined_at", "mined_run_id")
_SYNTH = ("synth_teacher", "synth_strategy", "synth_at", "source_section_id")


@dataclass(frozen=True)
class Section:
    """A section of a body.

    `fence` is the offset of its fence, or of its first line where it has none; `start` that of its
    content, markers left out. `media` is the path that an image or audio section names.
    """

    type: str
    content: str
    fence: int
    start: int
    adapter: str | None = None
    media: str | None = None

    @cached_property
    def id(self) -> str:
        """The trainer's section id: a hash of type and content (2.6)."""
        text = self.content.removeprefix("\ufeff")  # a byte order mark does not count
        identity = text if self.media is None else self.media
        return hashlib.sha256(f"{self.type}\n{identity}".encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class BodyViolation:
    """A stretch of the body at which the trainer gives up, and why; `meant` is what was perhaps
    to stand there."""

    start: int
    end: int
    reason: str
    hint: str
    suggestion: str = ""


@dataclass(frozen=True, slots=True)
class Body:
    """A parsed body: the trainer takes it if there are no faults.

    `lookalikes` are lines that read like a fence but miss the shape, so that the trainer takes them
    for content and says nothing.
    """

    sections: tuple[Section, ...] = ()
    violations: tuple[BodyViolation, ...] = ()
    lookalikes: tuple[BodyViolation, ...] = ()


class _Refused(Exception):  # noqa: N818
    """Why a fence or marker is refused, and what to do."""

    def __init__(self, reason: str, help: str) -> None:  # noqa: A002
        super().__init__(reason)
        self.reason = reason
        self.help = help


class _Line(NamedTuple):
    start: int
    text: str

    @property
    def end(self) -> int:
        return self.start + len(self.text)


class _Fence(NamedTuple):
    type: str
    start: int
    content: int
    adapter: str | None = None
    media: str | None = None


def parse_body(text: str, start: int = 0) -> Body:
    """Parse the body that begins at `start`; offsets are those of `text`.

    The trainer stops at its first fault; here a faulty fence still opens a section, so that all
    faults are seen at once.
    """
    start += text.startswith("\n", start)
    end = len(text) - (len(text) > start and text.endswith("\n"))
    faults: list[BodyViolation] = []
    lookalikes: list[BodyViolation] = []
    fences = [_Fence("prose", start, start)]
    for line in _syntax_lines(text, start, end, faults):
        try:
            fence = _fence(line)
        except _Refused as refusal:
            faults.append(BodyViolation(line.start, line.end, refusal.reason, refusal.help))
            fence = _Fence("prose", line.start, line.end + 1)
        if fence:
            fences.append(fence)
        elif _NEAR_FENCE.fullmatch(line.text.strip()):
            lookalikes.append(_lookalike(line))
    stops = [*(fence.start - 1 for fence in fences[1:]), end]
    sections = [_section(text, *pair, faults) for pair in zip(fences, stops, strict=True)]
    kept = (section for section in sections if section.type != "prose" or section.content.strip())
    return Body(tuple(kept), tuple(sorted(faults, key=_by_start)), tuple(lookalikes))


def _by_start(fault: BodyViolation) -> int:
    return fault.start


def _syntax_lines(text: str, start: int, end: int, faults: list[BodyViolation]) -> Iterator[_Line]:
    """The lines that are or resemble fences, outside of code blocks."""
    opener: _Line | None = None
    for line in _looked_for(text, start, end):
        if line.text.startswith("```"):
            opener = None if opener else line
        elif not opener:
            yield line
    if opener:
        reason = "this code block is never closed"
        help_ = "close it with a line of three backticks"
        faults.append(BodyViolation(opener.start, opener.end, reason, help_))


def _looked_for(text: str, start: int, end: int) -> Iterator[_Line]:
    first = _FIRST_LINE.match(text, start, end)
    if first:
        yield _Line(start, first[0])
    for found in _SYNTAX_LINE.finditer(text, start, end):
        yield _Line(found.start(1), found[1])


def _lookalike(line: _Line) -> BodyViolation:
    if line.text.lower().lstrip(": ").startswith(("image", "audio")):
        hint, meant = "write " + " or ".join(_media_example(kind) for kind in _MEDIA), ""
    else:
        bare = "".join(line.text.split()).lower()
        hint, meant = f"write '{bare}' alone on the line", bare
        if bare == line.text:
            hint, meant = "an adapter's name is of 'a-z', '0-9' and '_'", ""
    return BodyViolation(
        line.start, line.end, f"'{line.text}' is prose to dlm, not a fence", hint, meant
    )


def _fence(line: _Line) -> _Fence | None:
    start, content = line.start, line.end + 1
    if found := _ATTRIBUTE_FENCE.fullmatch(line.text):
        attributes = _media_attributes(found[1], found[2])
        return _Fence(found[1], start, content, media=attributes["path"])
    if found := _FENCE.fullmatch(line.text):
        kind, adapter = _kind(found[1])
        return _Fence(kind, start, content, adapter)
    return None


def _kind(name: str) -> tuple[str, str | None]:
    kind, hash_sign, adapter = name.partition("#")
    if hash_sign and not _ADAPTER.fullmatch(adapter):
        raise _Refused(
            f"fence '::{name}::' has no valid adapter name after '#'",
            "a lower-case letter and up to 31 of 'a-z', '0-9' and '_'",
        )
    if kind not in TYPES:
        raise _Refused(
            f"fence '::{name}::' opens no section that dlm knows",
            "the types are "
            + ", ".join(f"'{known}'" for known in TYPES)
            + "; if it is meant as text, indent the line",
        )
    if kind in _MEDIA:
        raise _Refused(f"fence '::{name}::' lacks its attributes", "write " + _media_example(kind))
    return kind, adapter or None


def _media_attributes(kind: str, blob: str) -> Mapping[str, str]:
    if kind not in _MEDIA:
        raise _Refused(
            f"fence '::{kind} ...::' has attributes, which only image and audio take",
            f"write '::{kind}::'" if kind in TYPES else "the types are 'image' and 'audio'",
        )
    attributes = _attributes(
        f"fence '::{kind} ...::'", blob, _MEDIA[kind], "write " + _media_example(kind)
    )
    for key, value in attributes.items():
        if not value.isascii():
            raise _Refused(f"attribute '{key}' of '::{kind} ...::' is not ASCII", "rename the file")
    return attributes


def _media_example(kind: str) -> str:
    return "'::" + " ".join([kind, *(f'{key}="..."' for key in _MEDIA[kind])]) + "::'"


def _attributes(what: str, blob: str, known: Mapping[str, bool], help: str) -> Mapping[str, str]:  # noqa: A002
    attributes: dict[str, str] = {}
    for key, value in _ATTRIBUTE.findall(blob):
        if key in attributes or key not in known:
            fault = "repeats" if key in attributes else "has unknown"
            raise _Refused(f"{what} {fault} attribute '{key}'", help)
        attributes[key] = value
    for key, required in known.items():
        if required and key not in attributes:
            raise _Refused(f"{what} lacks attribute '{key}'", help)
    return attributes


def _section(text: str, fence: _Fence, stop: int, faults: list[BodyViolation]) -> Section:
    start = fence.content
    if fence.type in _MARKED.values():
        start = _after_markers(text, fence, stop, faults)
    content = text[start:stop]
    return Section(fence.type, content, fence.start, start, fence.adapter, fence.media)


def _after_markers(text: str, fence: _Fence, stop: int, faults: list[BodyViolation]) -> int:
    """Where the content starts, behind the provenance comments that dlm itself writes (2.6)."""
    start = fence.content
    while start <= stop:
        end = text.find("\n", start, stop)
        end = stop if end < 0 else end
        found = _MARKER.fullmatch(text, start, end)
        if not found or (found[2] and _MARKED[found[2]] != fence.type):
            break
        try:
            _check_marker(found)
        except _Refused as refusal:
            faults.append(BodyViolation(start, end, refusal.reason, refusal.help))
        start = end + 1
    return start


def _check_marker(found: re.Match[str]) -> None:
    kind = found[2]
    if kind is None:
        return
    what, hint = f"marker 'dlm-auto-{kind}'", "dlm writes these comments: delete the line"
    if not re.fullmatch(_ATTRIBUTES, found[3]):
        raise _Refused(f"{what} is malformed", hint)
    known = dict.fromkeys(_MINED if kind == "mined" else _SYNTH, True)
    attributes = _attributes(what, found[3], known, hint)
    for key, value in attributes.items():
        if not _VALID.get(key, _anything)(value):
            raise _Refused(f"{what} has the invalid {key} '{value}'", hint)


def _is_time(value: str) -> bool:
    try:
        datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError:
        return False
    return True


def _is_score(value: str) -> bool:
    try:
        return math.isfinite(float(value))
    except ValueError:
        return False


def _is_run(value: str) -> bool:
    try:
        return int(value) >= 1
    except ValueError:
        return False


def _anything(_: str) -> bool:
    return True


_VALID: dict[str, Callable[[str], object]] = {
    "judge_score_chosen": _is_score,
    "judge_score_rejected": _is_score,
    "mined_at": _is_time,
    "mined_run_id": _is_run,
    "synth_at": _is_time,
    "synth_teacher": bool,
    "synth_strategy": bool,
    "source_section_id": re.compile(r"[0-9a-f]{16}").fullmatch,
}
