"""Git's ignore patterns (gitignore(5)), and the components that they are made of."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, product
from math import prod

GITIGNORE = ".gitignore"

DEEP = "**"  # as a whole component: any number of directories
_STAR, _BYTE = "*", "?"
# a character, `*`, `?` (a byte), or a set: of a bracket expression, or of one escaped character
Atom = str | frozenset[str]
_UNLISTED: frozenset[str] = frozenset()  # a bracket expression that is too long to be written out
_MAX_CLASS = 10
_MAX_ALTERNATIVES = 20
_POSIX = {
    "alnum": string.ascii_letters + string.digits,
    "alpha": string.ascii_letters,
    "digit": string.digits,
    "lower": string.ascii_lowercase,
    "upper": string.ascii_uppercase,
    "xdigit": string.hexdigits,
    "space": " \t\n\v\f\r",
    "blank": " \t",
    "punct": string.punctuation,
}
_SEPARATORS = re.compile("[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")  # what ends a line of `.dlm/ignore`


@dataclass(frozen=True, slots=True)
class Pattern:
    """One line of a `.gitignore`.

    `folder` is where its file stands, '' for the root; `parts` are the components of paths from
    there, each a sequence of atoms or DEEP; a pattern that may match at any depth begins with DEEP.
    """

    text: str
    folder: str
    line: int
    negated: bool
    directory: bool
    parts: tuple[tuple[Atom, ...] | str, ...]

    @property
    def source(self) -> str:
        """Where it stands: 'FILE:LINE'."""
        return (
            f"{self.folder}/{GITIGNORE}:{self.line}" if self.folder else f"{GITIGNORE}:{self.line}"
        )


@dataclass(frozen=True, slots=True)
class Alternative:
    """Components in the trainer's grammar; `exact` if they match what the pattern does, no more.

    `coarse` tells that they match clearly more.
    """

    parts: tuple[str, ...]
    exact: bool
    coarse: bool


def parse_gitignore(data: bytes, folder: str) -> Iterator[Pattern]:
    """The patterns of a `.gitignore` in a folder; those that match nothing are passed over."""
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    for number, line in enumerate(text.split("\n"), start=1):
        shown = _trimmed(line.removesuffix("\r").partition("\0")[0])
        if shown.startswith("#"):
            continue
        body = shown.removeprefix("!")
        path = body.removesuffix("/")
        parts = _parts(path)
        if parts[-1:] == (DEEP,) and path != body:
            parts += ((_STAR,),)  # the directories that are inside
        if parts:
            yield Pattern(shown, folder, number, body != shown, path != body, parts)


def alternatives(pattern: Pattern) -> list[Alternative]:
    """What a pattern comes to in the trainer's grammar, which knows neither classes nor escapes."""
    spelled = [_spelled(part) for part in pattern.parts]
    if prod(map(len, spelled)) > _MAX_ALTERNATIVES:
        spelled = [_spelled(part, classes=False) for part in pattern.parts]
    made = []
    for choice in product(*spelled):
        parts, exact, coarse = zip(*choice, strict=True)
        made.append(Alternative(parts, all(exact), any(coarse)))
    return made


def _trimmed(line: str) -> str:
    """A line without the spaces at its end, as far as no backslash keeps them."""
    kept = line.rstrip(" ")
    escapes = len(kept) - len(kept.rstrip("\\"))
    return kept + " " if kept != line and escapes % 2 else kept


def _parts(path: str) -> tuple[tuple[Atom, ...] | str, ...]:
    """The components of a pattern; none if it can match nothing."""
    atoms = _atoms(path.removeprefix("/"))
    parts = [tuple(run) for slash, run in groupby(atoms, lambda atom: atom == "/") if not slash]
    if len(parts) != atoms.count("/") + 1 or any(part in ((".",), (".", ".")) for part in parts):
        return ()  # two slashes in a row, or names that no file has
    if set(parts) == {(DEEP,)}:
        return (DEEP, (_STAR,))
    if "/" not in path:
        return (DEEP, parts[0])
    named = [DEEP if part == (DEEP,) else part for part in parts]
    return tuple(
        part for at, part in enumerate(named) if part != DEEP or named[at - 1 : at] != [DEEP]
    )


def _atoms(path: str) -> list[Atom]:
    """What the characters of a pattern mean; nothing if it can match nothing."""
    atoms: list[Atom] = []
    at = 0
    while at < len(path):
        start, char = at, path[at]
        at += 1
        if char == "*":
            at += len(path[at:]) - len(path[at:].lstrip("*"))
            alone = path[start - 1 : start] in ("", "/") and re.match(r"\\?/|\Z", path[at:])
            atoms.append(DEEP if at - start > 1 and alone else _STAR)
        elif char == "[":
            found = _bracket(path, at)
            if found is None:
                return []
            members, at = found
            atoms.append(members)
        elif char == "\\":
            if at == len(path):
                return []
            atoms.append(_literal(path[at]))
            at += 1
        else:
            atoms.append(_BYTE if char == "?" else _literal(char))
    return atoms


def _literal(char: str) -> Atom:
    # as a set, so that an escaped `*` is no star; a byte that is no UTF-8 can be a part of any char
    return frozenset(char) if char in "*?" else _UNLISTED if "\udc80" <= char <= "\udcff" else char


def _bracket(path: str, at: int) -> tuple[frozenset[str], int] | None:
    """The bracket expression that begins before `at`, and where it ends; None if it does not."""
    negated = path[at : at + 1] in ("!", "^")
    at += negated
    members: set[str] = set()
    first = True
    while at < len(path) and (first or path[at] != "]"):
        first = False
        named = re.compile(r"\[:(\w*):\]").match(path, at)
        if named:
            members |= set(_POSIX.get(named[1], ""))
            at = named.end()
            continue
        low, at = _member(path, at)
        if path[at : at + 1] == "-" and path[at + 1 : at + 2] not in ("]", ""):
            high, at = _member(path, at + 1)
            members |= {chr(code) for code in range(ord(low), min(ord(high), 0x7F) + 1)}
            members |= {high} if ord(high) > 0x7F else set()
        else:
            members.add(low)
    if at >= len(path):
        return None
    ascii_ = all(char.isascii() for char in members)
    known = not negated and ascii_ and len(members) <= _MAX_CLASS
    return frozenset(members - {"/"}) if known else _UNLISTED, at + 1


def _member(path: str, at: int) -> tuple[str, int]:
    at += path[at] == "\\" and at + 1 < len(path)
    return path[at], at + 1


def _spelled(atoms: Sequence[Atom], *, classes: bool = True) -> list[tuple[str, bool, bool]]:
    """The spellings of a component, each with whether it is exact, and whether it is coarse."""
    if atoms == DEEP:
        return [(DEEP, True, False)]
    made = [("", True, False)]
    for wild, run in groupby(atoms, lambda atom: atom in (_STAR, _BYTE, _UNLISTED)):
        some = list(run)
        if wild:
            coarse = _UNLISTED in some
            made = [
                (text + each, exact and set(some) == {_STAR}, c or coarse)
                for text, exact, c in made
                for each in _wild(some)
            ]
            continue
        for atom in some:
            made = [_with(before, option) for before in made for option in _options(atom, classes)]
            if len(made) > _MAX_ALTERNATIVES and classes:
                return _spelled(atoms, classes=False)
    return made


def _wild(atoms: Sequence[Atom]) -> list[str]:
    """What stars and single bytes come to; up to four bytes are one character."""
    stars = atoms.count(_STAR)
    most = len(atoms) - stars
    least = (most + 3) // 4
    return ["?" * least + "*"] if stars else ["?" * count for count in range(least, most + 1)]


def _options(atom: Atom, classes: bool) -> Sequence[str]:
    """The spellings of one atom; '' where it has none."""
    if isinstance(atom, str):
        return [""] if _SEPARATORS.match(atom) else [atom]
    listed = sorted(atom) if classes or len(atom) == 1 else [""]
    return ["" if char in "*?" or _SEPARATORS.match(char) else char for char in listed]


def _with(before: tuple[str, bool, bool], option: str) -> tuple[str, bool, bool]:
    text, exact, coarse = before
    return (text + option, exact, coarse) if option else (text + "?", False, True)
