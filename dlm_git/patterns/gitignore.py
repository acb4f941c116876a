"""Git's ignore patterns (gitignore(5)): parsed, and spelled in the trainer's grammar."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, product
from math import prod

from dlm_git.patterns.glob import GLOBSTAR, LINE_BREAK, QUESTION, STAR
from dlm_git.regex import compile_late
from dlm_git.values import Value

GITIGNORE = ".gitignore"
# the ignore files that Git does not track, from the lowest precedence to the highest
LOCAL_FILES = ("core.excludesFile", "info/exclude")

# a character, `*`, `?`, or the set of a bracket expression or of an escaped character
Atom = str | frozenset[str]
_Components = tuple[tuple[Atom, ...] | str, ...]
_ANY_BYTE = QUESTION
_UNLISTED: frozenset[str] = frozenset()  # a bracket expression with too many characters to list
_MAX_CLASS = 10
_MAX_ALTERNATIVES = 32
_LEVELS = (0, 1, 2)  # of `_spellings`; the last has one spelling
_COMPONENT_END = compile_late(r"\\?/|\Z")
_STARS_IN_TEXT = compile_late(
    r"(?P<text>[^*?\[\\]*[^*?\[\\/])\*{2,}(?:(?P<slash>/)(?:\*{2,}/)*|\\/|(?P<end>\Z))"
)
_POSIX_CLASS = compile_late(r"\[:(\w*):\]")


class Pattern(Value):
    """A line of a `.gitignore`, or of another file with ignore patterns.

    file: the path of the file, or its name in LOCAL_FILES.
    text: the line as Git reads it.
    folder: the directory of the `.gitignore`, '' for the root.
    line: the number of the line, from 1.
    negated: it begins with '!'.
    directory: it ends with '/', so it matches directories only.
    forms: the components of the paths that it matches, relative to the folder, in one way or
        more. Each is a sequence of atoms, or GLOBSTAR for any number of directories. Those for any
        depth begin with GLOBSTAR.
    """

    file: str
    text: str
    folder: str
    line: int
    negated: bool
    directory: bool
    forms: tuple[_Components, ...]

    @property
    def source(self) -> str:
        """Return the place of the line: 'FILE:LINE', or the name of a file that is not tracked."""
        return self.file if self.file in LOCAL_FILES else f"{self.file}:{self.line}"

    @property
    def origin(self) -> str:
        """Return the file and the text of the line: 'FILE: PATTERN'."""
        return f"{self.file}: {self.text}"


class Alternative(Value):
    """Components in the trainer's grammar that match at least some of the paths of a pattern.

    exact: they match nothing else.
    coarse: they match many other paths.
    """

    parts: tuple[str, ...]
    exact: bool
    coarse: bool


def parse_gitignore(data: bytes, folder: str, file: str = "") -> Iterator[Pattern]:
    """Yield the patterns of a `.gitignore` in a folder. Skip those that match nothing.

    file: its path, or the name of another file with patterns that are relative to the folder.
    """
    file = file or (f"{folder}/{GITIGNORE}" if folder else GITIGNORE)
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    for number, line in enumerate(text.split("\n"), start=1):
        stripped = _strip_spaces(line.removesuffix("\r").partition("\0")[0])
        if stripped.startswith("#"):
            continue
        body = stripped.removeprefix("!")
        path = body.removesuffix("/")
        is_directory = path != body
        forms = [_parts(form, is_directory=is_directory) for form in _without_stars_in_text(path)]
        if found := tuple(filter(None, forms)):
            yield Pattern(file, stripped, folder, number, body != stripped, is_directory, found)


def alternatives(pattern: Pattern) -> list[Alternative]:
    """Spell a pattern in the trainer's grammar, which has no bracket expressions and no escapes."""
    return [spelled for form in pattern.forms for spelled in _spell(form)]


def _spell(form: _Components) -> list[Alternative]:
    all_spellings = ([_spellings(part, level) for part in form] for level in _LEVELS)
    spellings = next(each for each in all_spellings if prod(map(len, each)) <= _MAX_ALTERNATIVES)
    return [
        Alternative(
            tuple(spelling.text for spelling in choice),
            all(spelling.exact for spelling in choice),
            any(spelling.coarse for spelling in choice),
        )
        for choice in product(*spellings)
    ]


def _strip_spaces(line: str) -> str:
    """Strip the spaces at the end of a line, except one behind a backslash."""
    stripped = line.rstrip(" ")
    backslashes = len(stripped) - len(stripped.rstrip("\\"))
    return stripped + " " if stripped != line and backslashes % 2 else stripped


def _without_stars_in_text(path: str) -> list[str]:
    """Return the patterns that together match the same as one with `**` inside a component.

    Git compares the text before the first wildcard first. So `a**/b` matches `ab`, and all that
    `a*/**/b` matches (match_pathname in git's dir.c).
    """
    match = _STARS_IN_TEXT.match(path) if "/" in path else None
    if match is None:
        return [path]
    text, rest = match["text"], path[match.end() :]
    if match["end"] is not None:
        return [f"{text}*", f"{text}*/**"]
    joined = f"/{text.removeprefix('/')}{rest}"
    at_once = _without_stars_in_text(joined) if match["slash"] else []
    return [*at_once, f"{text}*/**/{rest}"]


def _parts(path: str, *, is_directory: bool) -> _Components:
    """Parse the components of a pattern; return none if it can match nothing."""
    parts = _components(path)
    # `a/**/` matches the directories in `a`
    return (*parts, (STAR,)) if is_directory and parts[-1:] == (GLOBSTAR,) else parts


def _components(path: str) -> _Components:
    atoms = _atoms(path.removeprefix("/"))
    parts = [tuple(run) for slash, run in groupby(atoms, lambda atom: atom == "/") if not slash]
    if len(parts) != atoms.count("/") + 1 or any(part in ((".",), (".", ".")) for part in parts):
        return ()  # an empty name, '.' or '..': no file has them
    if set(parts) == {(GLOBSTAR,)}:
        return (GLOBSTAR, (STAR,))
    if "/" not in path:
        return (GLOBSTAR, parts[0])
    components = [GLOBSTAR if part == (GLOBSTAR,) else part for part in parts]
    return tuple(
        part
        for at, part in enumerate(components)
        if part != GLOBSTAR or components[at - 1 : at] != [GLOBSTAR]
    )


def _atoms(path: str) -> list[Atom]:
    """Parse the characters of a pattern; return none if it can match nothing."""
    atoms: list[Atom] = []
    at = 0
    while at < len(path):
        start, char = at, path[at]
        at += 1
        if char == "*":
            while path[at : at + 1] == "*":
                at += 1
            alone = path[start - 1 : start] in ("", "/") and _COMPONENT_END.match(path, at)
            is_globstar = at - start > 1 and alone
            # `**\/` matches at least one directory
            atoms += [STAR, "/"] if is_globstar and path[at : at + 1] == "\\" else []
            atoms.append(GLOBSTAR if is_globstar else STAR)
        elif char == "[":
            bracket = _bracket(path, at)
            if bracket is None:
                return []
            members, at = bracket
            atoms.append(members)
        elif char == "\\":
            if at == len(path):
                return []
            atoms.append(_literal(path[at]))
            at += 1
        else:
            atoms.append(_ANY_BYTE if char == "?" else _literal(char))
    return atoms


def _literal(char: str) -> Atom:
    if char in "*?":
        return frozenset(char)
    return _UNLISTED if _is_lone_byte(char) else char


def _is_lone_byte(char: str) -> bool:
    """Return whether a character stands for a byte that is not UTF-8, a part of any character."""
    return "\udc80" <= char <= "\udcff"


def _bracket(path: str, at: int) -> tuple[frozenset[str], int] | None:
    """Parse the bracket expression whose content begins at an offset.

    Return its members and the offset of its end, or None if it has no end.
    """
    negated = path[at : at + 1] in ("!", "^")
    at += negated
    members: set[str] = set()
    first = True
    while at < len(path) and (first or path[at] != "]"):
        first = False
        if posix := _POSIX_CLASS.match(path, at):
            members |= set(_members_of_class(posix[1]))
            at = posix.end()
            continue
        low, at = _member(path, at)
        if path[at : at + 1] == "-" and path[at + 1 : at + 2] not in ("]", ""):
            high, at = _member(path, at + 1)
            members |= {chr(code) for code in range(ord(low), min(ord(high), 0x7F) + 1)}
            members |= {high} if ord(high) > 0x7F else set()
        members.add(low)  # Git matches the first character of `b-a`, too
    if at >= len(path):
        return None
    is_ascii = all(char.isascii() for char in members)
    can_list = not negated and is_ascii and len(members) <= _MAX_CLASS
    return frozenset(members - {"/"}) if can_list else _UNLISTED, at + 1


def _members_of_class(name: str) -> str:
    """Return the characters of one of POSIX's classes, '' for an unknown one."""
    import string  # late: few patterns name a class

    classes = {
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
    return classes.get(name, "")


def _member(path: str, at: int) -> tuple[str, int]:
    at += path[at] == "\\" and at + 1 < len(path)
    return path[at], at + 1


class _Spelling(Value):
    """A component in the trainer's grammar; the fields are those of an Alternative."""

    text: str
    exact: bool
    coarse: bool

    def append(self, text: str) -> _Spelling:
        """Append a literal; '' stands for a character that the grammar cannot spell."""
        return (
            self.replace(text=self.text + text) if text else _Spelling(self.text + "?", False, True)
        )


def _spellings(atoms: Sequence[Atom] | str, level: int = 0) -> list[_Spelling]:
    """Spell a component, in as many ways as its bracket expressions and single bytes need.

    From level 1 on, bracket expressions are not listed, on level 2 a run of single bytes is `*`.
    """
    if atoms == GLOBSTAR:
        return [_Spelling(GLOBSTAR, exact=True, coarse=False)]
    spellings = [_Spelling("", exact=True, coarse=False)]
    for is_wild, group in groupby(atoms, lambda atom: atom in (STAR, _ANY_BYTE, _UNLISTED)):
        run = list(group)
        for part in [run] if is_wild else ([atom] for atom in run):
            if is_wild:
                wilds = _spell_wild(part, list_lengths=level < 2)
                is_coarse = _is_coarse(part) or (level == 2 and len(part) > 1)
                exact = set(part) == {STAR}
                spellings = [
                    _Spelling(s.text + wild, s.exact and exact, s.coarse or is_coarse)
                    for s in spellings
                    for wild in wilds
                ]
            else:
                characters = _characters(part[0], list_classes=not level)
                spellings = [before.append(char) for before in spellings for char in characters]
            if len(spellings) > _MAX_ALTERNATIVES and level < 2:
                return _spellings(atoms, level + 1)
    return spellings


def _is_coarse(atoms: Sequence[Atom]) -> bool:
    """Return whether the spellings of a run of stars and single bytes match much else.

    Those of several bytes match shorter names too.
    """
    return _UNLISTED in atoms or (STAR not in atoms and len(atoms) > 1)


def _spell_wild(atoms: Sequence[Atom], *, list_lengths: bool) -> list[str]:
    """Spell a run of stars and single bytes; one character has up to four bytes."""
    stars = atoms.count(STAR)
    most = len(atoms) - stars
    least = (most + 3) // 4
    if stars or (most > 1 and not list_lengths):
        return ["?" * least + "*"]
    # `_spellings` uses none of more than _MAX_ALTERNATIVES
    return ["?" * count for count in range(least, min(most, least + _MAX_ALTERNATIVES) + 1)]


def _characters(atom: Atom, *, list_classes: bool) -> Sequence[str]:
    """Return the characters that an atom stands for, '' for one that cannot be spelled."""
    if isinstance(atom, str):
        return [""] if LINE_BREAK.match(atom) else [atom]
    members = sorted(atom) if list_classes or len(atom) == 1 else [""]
    return ["" if char in "*?" or LINE_BREAK.match(char) else char for char in members]
