"""The words and operators of a shell script.

Words keep their quotes and expansions. Comments and here-documents are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dlm_git.values import Value

_OPERATOR = re.compile(r"&>>|;;&|<<-|<<<|&&|\|\||\|&|;;|;&|<<|>>|<&|>&|<>|>\||&>|[;&|<>()]")
_ARRAY = re.compile(r"[A-Za-z_]\w*\+?=")  # before the values of an array of bash
_BLANK_OR_COMMENT = re.compile(r"(?:[ \t]|\\\n)*(?:#[^\n]*)?")


class ShellSyntaxError(Exception):
    """A script has a construct that this grammar leaves out, or is not valid."""


class Token(Value):
    """A word, an operator, or the end of a line.

    kind: 'word', 'operator', 'newline', or 'end' of the script.
    text: its text, with quotes.
    start: its offset in the script.
    """

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """Return the offset behind it."""
        return self.start + len(self.text)


def tokens(script: str) -> Iterator[Token]:
    """Yield the tokens of a script. Raises ShellSyntaxError."""
    position, documents = 0, list[tuple[str, bool]]()
    heredoc = ""
    while True:
        position = _end_of(_BLANK_OR_COMMENT, script, position)
        if position == len(script):
            break
        if script[position] == "\n":
            yield Token("newline", "\n", position)
            position += 1
            for delimiter, tabs in documents:
                position = _skip_document(script, position, delimiter, tabs)
            documents.clear()
            continue
        match = _OPERATOR.match(script, position)
        token = (
            Token("operator", match[0], position)
            if match
            else Token("word", script[position : _word_end(script, position)], position)
        )
        if heredoc and token.kind == "word":
            documents.append((re.sub(r"['\"\\]", "", token.text), heredoc == "<<-"))
        heredoc = token.text if token.text in ("<<", "<<-") else ""
        yield token
        position = token.end
    if documents:
        raise ShellSyntaxError
    # two, so that a parser can look ahead
    yield from [Token("end", "", position)] * 2


def without_comments(script: str) -> str:
    """Return a script without its comments; all of it if it has other syntax."""
    if "<<" in script:
        return script  # `tokens` leaves out here-documents
    try:
        return " ".join(token.text for token in tokens(script))
    except (ShellSyntaxError, RecursionError):
        return script


def _end_of(pattern: re.Pattern[str], script: str, position: int) -> int:
    match = pattern.match(script, position)
    return match.end() if match else position


def _skip_document(script: str, position: int, delimiter: str, tabs: bool) -> int:
    """Return the offset behind a here-document."""
    indent = r"\t*" if tabs else ""
    end = re.compile(rf"^{indent}{re.escape(delimiter)}(?:\n|\Z)", re.MULTILINE)
    match = end.search(script, position)
    if not match:
        raise ShellSyntaxError
    return match.end()


def _word_end(script: str, start: int) -> int:
    position = start
    while position < len(script) and script[position] not in " \t\n;&|<>()":
        position = _part_end(script, position)
        if script.startswith("=(", position - 1) and _ARRAY.fullmatch(script, start, position):
            position = _closing(script, position + 1, ")")
    return position


def _part_end(script: str, position: int) -> int:
    """Return the offset behind a character, a quoted string or an expansion."""
    char = script[position]
    if char == "\\":
        return min(position + 2, len(script))
    if char == "'":
        return _find(script, "'", position + 1) + 1
    if char in '"`':
        return _closing(script, position + 1, char)
    if char == "$" and script[position + 1 : position + 2] in ("(", "{"):
        return _closing(script, position + 2, ")" if script[position + 1] == "(" else "}")
    return position + 1


def _closing(script: str, position: int, close: str) -> int:
    """Return the offset behind the character that closes a string or an expansion."""
    while position < len(script):
        char = script[position]
        if char == close:
            return position + 1
        if char == "(" and close == ")":
            position = _closing(script, position + 1, ")")
        elif close == '"' and char == "'":
            position += 1
        else:
            position = _part_end(script, position)
    raise ShellSyntaxError


def _find(script: str, text: str, position: int) -> int:
    found = script.find(text, position)
    if found < 0:
        raise ShellSyntaxError
    return found
