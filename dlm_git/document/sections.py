"""The body of a document: its sections, and the lines that the trainer refuses (dlm format, 2)."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping

from dlm_git.document.names import ADAPTER_NAME
from dlm_git.document.text import normalize
from dlm_git.regex import compile_late
from dlm_git.values import Value

# Only lines that start like these can be fences or delimit code blocks (2.3 to 2.5). A search for
# the newline before them is five times as fast as one for `^`.
_SYNTAX_LINE = compile_late(r"\n((?:```| {0,3}::)[^\n]*)")
_FIRST_LINE = compile_late(r"(?:```| {0,3}::)[^\n]*")
_FENCE = compile_late(r"::([A-Za-z0-9_#-]+)::")
_ATTRIBUTES = r'(?:\s+[a-z][a-z0-9_]*="[^"\n]*")+'
_ATTRIBUTE_FENCE = compile_late(rf"::([a-z][a-z0-9_]*)({_ATTRIBUTES})\s*::")
_ATTRIBUTE = compile_late(r'([a-z][a-z0-9_]*)="([^"\n]*)"')
_LOOKALIKE = compile_late(
    r"::\s*(?:prose|instruction|preference)(?:#\w*)?\s*::|::\s*(?:image|audio)\b.*::", re.IGNORECASE
)
_SECTION_ID = compile_late(r"[0-9a-f]{16}")
_VISIBLE = compile_late(r"\S")
_MARKER_START = "<!-- dlm-auto-"
_MARKER = compile_late(r'<!-- dlm-auto-(?:(harvest): source="[^"]*"|(mined|synth):(.*)) -->')

TYPES = ("prose", "instruction", "preference", "image", "audio")
# the attributes of a fence, and whether each is required
_MEDIA = {
    "image": {"path": True, "alt": False},
    "audio": {"path": True, "transcript": True},
}
# the attributes of a marker, all required, and the type of section that may begin with it
_MARKERS = {
    "mined": (
        "judge_name",
        "judge_score_chosen",
        "judge_score_rejected",
        "mined_at",
        "mined_run_id",
    ),
    "synth": ("synth_teacher", "synth_strategy", "synth_at", "source_section_id"),
}
_MARKED = {"mined": "preference", "synth": "instruction"}
_MAY_BE_MARKED = frozenset(_MARKED.values())


class Section(Value):
    """A section of a body.

    type: one of TYPES.
    text: the text that the offsets count in.
    fence: offset of the fence, or of the first line of a section without one.
    start, end: offsets of the content, which has no markers.
    adapter: the adapter that the fence names.
    media: the path that the fence of an image or audio section names.
    """

    type: str
    text: str
    fence: int
    start: int
    end: int
    adapter: str | None = None
    media: str | None = None

    def __init__(
        self,
        type: str,  # noqa: A002
        text: str,
        fence: int,
        start: int,
        end: int,
        adapter: str | None = None,
        media: str | None = None,
    ) -> None:
        """Set the fields, faster than `Value` does: a document can have 100,000 sections."""
        self.__dict__.update(
            type=type, text=text, fence=fence, start=start, end=end, adapter=adapter, media=media
        )

    @property
    def content(self) -> str:
        """Return the content, a copy."""
        return self.text[self.start : self.end]

    @property
    def id(self) -> str:
        """Return the trainer's section id."""
        return section_id(self.type, self.content if self.media is None else self.media)


def section_id(kind: str, identity: str) -> str:
    """Return the trainer's id of a section, a hash of type and content (dlm format, 2.6).

    identity: the content; of an image or audio section, its path.
    """
    from hashlib import sha256  # late: a check needs no ids

    text = normalize(identity)  # a file name in it may contain a carriage return
    return sha256(f"{kind}\n{text}".encode()).hexdigest()[:16]


def is_fence(line: str) -> bool:
    """Return whether a line of a body that the trainer accepts, outside of code, is a fence."""
    return bool(_FENCE.fullmatch(line) or _ATTRIBUTE_FENCE.fullmatch(line))


MAX_VIOLATIONS = 1000


class BodyViolation(Value):
    """A range of the body that the trainer refuses or misreads.

    start, end: offsets.
    reason: the problem.
    hint: how to solve it.
    suggestion: text to replace the range with, or ''.
    """

    start: int
    end: int
    reason: str
    hint: str
    suggestion: str = ""


class Body(Value):
    """A parsed body.

    sections: in order; prose without visible text is dropped.
    violations: why the trainer refuses the body; none if it accepts it.
    lookalikes: lines that resemble a fence, but that the trainer silently reads as text.
    """

    sections: tuple[Section, ...] = ()
    violations: tuple[BodyViolation, ...] = ()
    lookalikes: tuple[BodyViolation, ...] = ()


class _BodyError(Exception):
    """A fence or marker that the trainer refuses."""

    def __init__(self, reason: str, hint: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint


class _Fence(Value):
    """The section that a fence opens."""

    type: str
    adapter: str | None = None
    media: str | None = None


_PROSE = _Fence("prose")
_Line = tuple[int, str]  # its offset and text


def parse_body(text: str, start: int = 0) -> Body:
    """Parse the body that begins at `start`; offsets are those of `text`.

    The trainer stops at the first violation. Here an invalid fence opens a section too, so that
    one run reports all violations, up to MAX_VIOLATIONS.
    """
    start += text.startswith("\n", start)
    end = len(text) - (len(text) > start and text.endswith("\n"))
    violations: list[BodyViolation] = []
    lookalikes: list[BodyViolation] = []
    opened = [(start, start, _PROSE)]  # the offsets of fence and content
    fences: dict[str, _Fence] = {}  # by their lines, most of which are the same
    for line in _syntax_lines(text, start, end, violations):
        at, source = line
        try:
            fence = fences.get(source) or _parse_fence(source)
        except _BodyError as error:
            violations.append(_violation(line, error))
            if len(violations) == MAX_VIOLATIONS:
                break
            opened.append((at, at + len(source) + 1, _PROSE))
            continue
        if fence:
            fences[source] = fence
            opened.append((at, at + len(source) + 1, fence))
        elif len(lookalikes) < MAX_VIOLATIONS and _LOOKALIKE.fullmatch(source.strip()):
            lookalikes.append(_lookalike(line))
    sections = tuple(_sections(text, opened, end, violations))
    return Body(sections, tuple(sorted(violations, key=_start)), tuple(lookalikes))


def _start(violation: BodyViolation) -> int:
    return violation.start


def _violation(line: _Line, error: _BodyError) -> BodyViolation:
    start, source = line
    return BodyViolation(start, start + len(source), error.reason, error.hint)


def _syntax_lines(
    text: str, start: int, end: int, violations: list[BodyViolation]
) -> Iterator[_Line]:
    """Yield the lines that are or resemble fences, outside of code blocks."""
    opener: _Line | None = None
    for line in _candidate_lines(text, start, end):
        if line[1].startswith("`"):
            opener = None if opener else line
        elif not opener:
            yield line
    if opener:
        error = _BodyError(
            "this code block is not closed", "close it with a line of three backticks"
        )
        violations.append(_violation(opener, error))


def _candidate_lines(text: str, start: int, end: int) -> Iterator[_Line]:
    first = _FIRST_LINE.match(text, start, end)
    if first:
        yield start, first[0]
    for match in _SYNTAX_LINE.finditer(text, start, end):
        yield match.start(1), match[1]


def _lookalike(line: _Line) -> BodyViolation:
    start, source = line
    hint, suggestion = _fence_hint(source)
    reason = f"dlm reads '{source}' as prose, not as a fence"
    return BodyViolation(start, start + len(source), reason, hint, suggestion)


def _fence_hint(text: str) -> tuple[str, str]:
    """Return a hint for a line that resembles a fence, and the fence if it is certain."""
    if text.lower().lstrip(": ").startswith(("image", "audio")):
        return "write " + " or ".join(map(_media_example, _MEDIA)), ""
    fence = "".join(text.split()).lower()
    if fence == text:
        return f"adapter names match {ADAPTER_NAME.pattern}", ""
    return f"write '{fence}' alone on the line", fence


def _parse_fence(line: str) -> _Fence | None:
    if match := _ATTRIBUTE_FENCE.fullmatch(line):
        attributes = _media_attributes(match[1], match[2])
        return _Fence(match[1], media=attributes["path"])
    if match := _FENCE.fullmatch(line):
        return _Fence(*_type_and_adapter(match[1]))
    return None


def _type_and_adapter(name: str) -> tuple[str, str | None]:
    kind, hash_sign, adapter = name.partition("#")
    if hash_sign and not ADAPTER_NAME.fullmatch(adapter):
        raise _BodyError(
            f"fence '::{name}::' has an invalid adapter name after '#'",
            f"adapter names match {ADAPTER_NAME.pattern}",
        )
    if kind not in TYPES:
        types = ", ".join(f"'{name}'" for name in TYPES)
        raise _BodyError(
            f"fence '::{name}::' has an unknown section type",
            f"the types are {types}; indent the line if it is text",
        )
    if kind in _MEDIA:
        hint = "write " + _media_example(kind)
        raise _BodyError(f"fence '::{name}::' has no attributes", hint)
    return kind, adapter or None


def _media_attributes(kind: str, source: str) -> Mapping[str, str]:
    if kind not in _MEDIA:
        raise _BodyError(
            f"fence '::{kind} ...::' has attributes, but only 'image' and 'audio' take any",
            f"write '::{kind}::'" if kind in TYPES else "write '::image ...::' or '::audio ...::'",
        )
    hint = "write " + _media_example(kind)
    attributes = _parse_attributes(f"fence '::{kind} ...::'", source, _MEDIA[kind], hint)
    for key, value in attributes.items():
        if not value.isascii():
            hint = "rename the file" if key == "path" else "use ASCII characters only"
            raise _BodyError(f"attribute '{key}' of '::{kind} ...::' is not ASCII", hint)
    return attributes


def _media_example(kind: str) -> str:
    return "'::" + " ".join([kind, *(f'{key}="..."' for key in _MEDIA[kind])]) + "::'"


def _parse_attributes(
    subject: str, source: str, allowed: Mapping[str, bool], hint: str
) -> Mapping[str, str]:
    attributes: dict[str, str] = {}
    for key, value in _ATTRIBUTE.findall(source):
        if key in attributes or key not in allowed:
            problem = "repeats" if key in attributes else "has the unknown"
            raise _BodyError(f"{subject} {problem} attribute '{key}'", hint)
        attributes[key] = value
    for key, required in allowed.items():
        if required and key not in attributes:
            raise _BodyError(f"{subject} lacks the attribute '{key}'", hint)
    return attributes


def _sections(
    text: str, opened: list[tuple[int, int, _Fence]], end: int, violations: list[BodyViolation]
) -> Iterator[Section]:
    """Yield the sections that the fences open, except prose without visible text."""
    ends = [*(fence - 1 for fence, _, _ in opened[1:]), end]
    for (at, start, fence), stop in zip(opened, ends, strict=True):
        kind = fence.type
        if kind == "prose" and not _VISIBLE.search(text, start, stop):
            continue
        if kind in _MAY_BE_MARKED and text.startswith(_MARKER_START, start):
            start = _skip_markers(text, start, stop, kind, violations)
        yield Section(kind, text, at, start, stop, fence.adapter, fence.media)


def _skip_markers(
    text: str, start: int, end: int, kind: str, violations: list[BodyViolation]
) -> int:
    """Return the offset behind the comments in which dlm records the origin of a section (2.6)."""
    while start <= end:
        line_end = text.find("\n", start, end)
        line_end = end if line_end < 0 else line_end
        marker = _MARKER.fullmatch(text, start, line_end)
        if not marker or (marker[2] and _MARKED[marker[2]] != kind):
            break
        try:
            _check_marker(marker)
        except _BodyError as error:
            violations.append(BodyViolation(start, line_end, error.reason, error.hint))
        start = line_end + 1
    return start


def _check_marker(marker: re.Match[str]) -> None:
    kind = marker[2]
    if kind is None:
        return
    subject, hint = f"marker 'dlm-auto-{kind}'", "dlm writes these comments: delete the line"
    if not re.fullmatch(_ATTRIBUTES, marker[3]):
        raise _BodyError(f"{subject} is malformed", hint)
    allowed = dict.fromkeys(_MARKERS[kind], True)
    for key, value in _parse_attributes(subject, marker[3], allowed, hint).items():
        if not _IS_VALID.get(key, _is_anything)(value):
            raise _BodyError(f"{subject} has the invalid {key} '{value}'", hint)


def _is_time(value: str) -> bool:
    from datetime import datetime  # late: few documents have a time

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


def _is_anything(_: str) -> bool:
    return True


_IS_VALID: dict[str, Callable[[str], object]] = {
    "judge_score_chosen": _is_score,
    "judge_score_rejected": _is_score,
    "mined_at": _is_time,
    "mined_run_id": _is_run,
    "synth_at": _is_time,
    "synth_teacher": bool,
    "synth_strategy": bool,
    "source_section_id": lambda text: _SECTION_ID.fullmatch(text),
}
