"""The grammar of shell scripts, as far as hooks and CI files need it.

Whatever the grammar leaves out raises ShellSyntaxError, so that a reader of the result never takes
one construct for another.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from dlm_git.shell.tokens import ShellSyntaxError, Token, tokens
from dlm_git.values import Value

_REDIRECTS = {"<", ">", ">>", "<&", ">&", "<>", ">|", "&>", "&>>", "<<", "<<-", "<<<"}
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
_CLOSING = {"then", "elif", "else", "fi", "do", "done", "esac", "}"}


class Redirect(Value):
    """A redirection: its descriptor ('' for the default), operator and target."""

    descriptor: str
    operator: str
    target: str

    @property
    def feeds_stdin(self) -> bool:
        """Return True if it replaces standard input."""
        return self.operator.startswith("<") and self.descriptor in ("", "0")


class Simple(Value):
    """A simple command: its assignments, its words and its redirections."""

    assignments: tuple[str, ...]
    words: tuple[str, ...]
    redirects: tuple[Redirect, ...]


class Compound(Value):
    """A loop, a condition, a group, a subshell or a function.

    kind: the word that begins it; 'function' for every function.
    name: the name of a function.
    conditions: the commands before `then` and `do`, whose exit code only decides what runs.
    body: the other commands in it.
    words: the other words, such as those of `for` and `case`.
    redirects: its redirections.
    """

    kind: str
    name: str
    conditions: tuple[Statement, ...]
    body: tuple[Statement, ...]
    words: tuple[str, ...]
    redirects: tuple[Redirect, ...]

    @property
    def statements(self) -> tuple[Statement, ...]:
        """Return all commands in it."""
        return (*self.conditions, *self.body)


Command = Simple | Compound


class Pipeline(Value):
    """Commands that are connected by `|`.

    operator: the operator before it, '&&' or '||', '' if it is the first.
    negated: whether `!` is before it.
    commands: the commands.
    """

    operator: str
    negated: bool
    commands: tuple[Command, ...]


class Statement(Value):
    """Pipelines that are connected by `&&` and `||`.

    pipelines: the pipelines.
    background: whether `&` ends it.
    start: its offset in the script.
    text: its text.
    """

    pipelines: tuple[Pipeline, ...]
    background: bool
    start: int
    text: str


def parse_shell(script: str) -> list[Statement]:
    """Parse a shell script. Raises ShellSyntaxError."""
    try:
        parser = _Parser(script)
        statements = parser.statements(())
    except RecursionError:
        raise ShellSyntaxError from None
    parser.expect("end", "")
    return statements


def commands(statement: Statement) -> Iterator[Command]:
    """Yield all commands of a statement, those inside of others included."""
    for pipeline in statement.pipelines:
        for command in pipeline.commands:
            yield command
            if isinstance(command, Compound):
                for inner in command.statements:
                    yield from commands(inner)


class _Parser:
    """A recursive descent parser (POSIX.1-2024, XCU 2.10)."""

    def __init__(self, script: str) -> None:
        self._script = script
        self._tokens = list(tokens(script))
        self._position = 0

    @property
    def _next(self) -> Token:
        return self._tokens[self._position]

    @property
    def _following(self) -> Token:
        return self._tokens[self._position + 1]

    def _advance(self) -> Token:
        token = self._next
        self._position += token.kind != "end"
        return token

    def expect(self, kind: str, text: str) -> None:
        if not self._skip(kind, text):
            raise ShellSyntaxError

    def _skip(self, kind: str, *texts: str) -> bool:
        if self._next.kind != kind or self._next.text not in texts:
            return False
        self._advance()
        return True

    def _skip_newlines(self) -> None:
        while self._skip("newline", "\n"):
            pass

    def statements(self, closing: Collection[str]) -> list[Statement]:
        """Parse statements up to a closing word or operator, which stays."""
        statements = list[Statement]()
        while True:
            self._skip_newlines()
            if self._next.kind == "end" or self._next.text in closing:
                return statements
            statements.append(self._statement())
            ended = self._next.kind in ("newline", "end") or statements[-1].background
            if not ended and not self._skip("operator", ";") and self._next.text not in closing:
                raise ShellSyntaxError

    def _statement(self) -> Statement:
        start = self._next.start
        pipelines = [self._pipeline("")]
        while self._next.text in ("&&", "||"):
            operator = self._advance().text
            self._skip_newlines()
            pipelines.append(self._pipeline(operator))
        end = self._tokens[self._position - 1].end
        background = self._skip("operator", "&")
        return Statement(tuple(pipelines), background, start, self._script[start:end])

    def _pipeline(self, operator: str) -> Pipeline:
        negated = self._skip("word", "!")
        commands = [self._command()]
        while self._skip("operator", "|", "|&"):
            self._skip_newlines()
            commands.append(self._command())
        return Pipeline(operator, negated, tuple(commands))

    def _command(self) -> Command:
        token = self._next
        if token.kind == "operator" and token.text == "(":
            return self._compound("(", (")",))
        if token.kind == "word" and token.text in _CLOSING:
            raise ShellSyntaxError
        match token.text:
            case "{":
                return self._compound("{", ("}",))
            case "if":
                return self._compound("if", ("then",), ("elif", "else", "fi"))
            case "while" | "until":
                return self._compound(token.text, ("do",), ("done",))
            case "for" | "select":
                return self._for()
            case "case":
                return self._case()
            case "function":
                return self._function(keyword=True)
        following = self._following
        if token.kind == "word" and (following.kind, following.text) == ("operator", "("):
            return self._function(keyword=False)
        return self._simple()

    def _compound(self, kind: str, *closings: tuple[str, ...]) -> Compound:
        """Parse lists, each up to one of its closing words."""
        self._advance()
        conditions, body, steps = list[Statement](), list[Statement](), iter(closings)
        closing = next(steps)
        while True:
            statements = self.statements(closing)
            last = self._advance().text
            if last not in closing:
                raise ShellSyntaxError
            if last in ("then", "do"):
                conditions += statements
            else:
                body += statements
            if last in (")", "}", "fi", "done"):
                return Compound(kind, "", tuple(conditions), tuple(body), (), self._redirects())
            closing = next(steps, ("then",) if last == "elif" else ("elif", "else", "fi"))

    def _for(self) -> Compound:
        kind, words = self._advance().text, list[str]()
        while not (self._next.kind == "word" and self._next.text == "do"):
            token = self._advance()
            if token.kind == "end" or (token.kind == "operator" and token.text != ";"):
                raise ShellSyntaxError
            words += [token.text] if token.kind == "word" else []
        loop = self._compound(kind, ("done",))
        return loop.replace(words=tuple(words))

    def _case(self) -> Compound:
        self._advance()
        words, body = [self._advance().text], list[Statement]()
        self._skip_newlines()
        self.expect("word", "in")
        while True:
            self._skip_newlines()
            if self._skip("word", "esac"):
                return Compound("case", "", (), tuple(body), tuple(words), self._redirects())
            self._skip("operator", "(")
            words.append(self._advance().text)
            while self._skip("operator", "|"):
                words.append(self._advance().text)
            self.expect("operator", ")")
            body += self.statements((";;", ";&", ";;&", "esac"))
            if not self._skip("operator", ";;", ";&", ";;&") and self._next.text != "esac":
                raise ShellSyntaxError

    def _function(self, *, keyword: bool) -> Compound:
        if keyword:
            self._advance()
        name = self._advance().text
        if self._skip("operator", "("):
            self.expect("operator", ")")
        elif not keyword:
            raise ShellSyntaxError
        self._skip_newlines()
        body = self._command()
        if not isinstance(body, Compound):
            raise ShellSyntaxError
        return body.replace(kind="function", name=name)

    def _simple(self) -> Simple:
        assignments, words, redirects = list[str](), list[str](), list[Redirect]()
        while True:
            redirects += self._redirects()
            if self._next.kind != "word":
                break
            text = self._advance().text
            (words if words or not _ASSIGNMENT.match(text) else assignments).append(text)
        if not (assignments or words or redirects):
            raise ShellSyntaxError
        return Simple(tuple(assignments), tuple(words), tuple(redirects))

    def _redirects(self) -> tuple[Redirect, ...]:
        redirects = list[Redirect]()
        while True:
            token, descriptor = self._next, ""
            following = self._following
            attached = following.text in _REDIRECTS and following.start == token.end
            if token.kind == "word" and token.text.isdigit() and attached:
                descriptor, token = self._advance().text, following
            if token.kind != "operator" or token.text not in _REDIRECTS:
                return tuple(redirects)
            self._advance()
            target = self._advance()
            if target.kind != "word":
                raise ShellSyntaxError
            redirects.append(Redirect(descriptor, token.text, target.text))
