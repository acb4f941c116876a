"""The trainer as an oracle: its verdicts, asked of a process of its own."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

Answer = dict[str, Any]
Verdict = Literal["excluded", "included"]

RELEASE = "0.10.0"
_SERVER = Path(__file__).with_name("server.py")
# The whole environment. The order of `!!set` items follows the hash seed, so it is fixed.
_ENVIRON = {"PATH": os.defpath, "PYTHONHASHSEED": "0"}


class OracleError(Exception):
    """The oracle itself failed: it has no verdict to give."""


class OracleTimeout(OracleError):  # noqa: N818  (named like the standard library's)
    """The trainer took too long to answer; its process has ended, the next question starts anew."""


def available() -> bool:
    """Return whether the release of the trainer that the vectors come from is installed."""
    if find_spec("dlm") is None:
        return False
    try:
        return version("document-language-model") == RELEASE
    except PackageNotFoundError:
        return False


def canonical(value: Any) -> str:
    """A text equal for equal values, where `1`, `1.0` and `True` differ and NaN equals NaN.

    Takes what JSON holds, tuples, and finite or infinite floats; for a pydantic model give
    `model.model_dump(mode="python")`.
    """
    return json.dumps(value, sort_keys=True)


class Oracle:
    """A process that answers for the trainer, started with the first question.

    Every question takes at most `timeout` seconds of processor time, which do not depend on the
    load of the machine, else OracleTimeout. An answer that is a dict has `ok`; a refusal holds
    `error` (class name), `typed` (the trainer's own class), `parse_error` (derives from its parse
    error), `line`, `col`, `locs` and `message`.
    """

    def __init__(self, *, timeout: float = 20.0, before: Sequence[str] = ()) -> None:
        self.timeout = timeout
        self._before = before  # words before the command
        self._home = tempfile.TemporaryDirectory(prefix="oracle-")
        self._process: subprocess.Popen[bytes] | None = None
        self._pending = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process and remove its home; asking again is an error."""
        self._stop()
        self._home.cleanup()

    def parse(self, data: bytes) -> Answer:
        """A document file: `frontmatter` and `sections` (each with `section_id`), or a refusal."""
        return self.ask("parse", data=_encoded(data))

    def parse_text(self, text: str) -> Answer:
        """Parse decoded text, without the file reader's newline and BOM handling."""
        return self.ask("parse_text", text=text)

    def training_yaml(self, data: bytes) -> Answer:
        """A `.dlm/training.yaml`: `config`, or a refusal.

        There `typed` tells whether the trainer only warns (else the error escapes and aborts).
        """
        return self.ask("training_yaml", data=_encoded(data))

    def glob(self, pairs: Iterable[tuple[str, str]]) -> list[bool]:
        """For each (pattern, path), whether the pattern matches."""
        answer = self._sure("glob", pairs=list(pairs))
        return [bool(item) for item in answer["matches"]]

    def ignore(self, cases: Iterable[tuple[str, str]]) -> list[Verdict | None]:
        """For each (text of an ignore file, path from its anchor), what its last match says."""
        verdicts: list[Verdict | None] = self._sure("ignore", cases=list(cases))["verdicts"]
        return verdicts

    def pairs(self, kind: Literal["instruction", "preference"], text: str) -> Answer:
        """The body of a section at train time: `pairs` (lists of texts), or a refusal."""
        return self.ask("pairs", kind=kind, text=text)

    def scaffold(self, directory: Path, **options: Any) -> Answer:
        """Scaffold as `dlm train DIRECTORY`: `path`, `scaffolded`, `dlm_id`, or a refusal.

        Options: base, include, exclude, recursive, name, policy, rescaffold.
        """
        return self.ask("scaffold", directory=os.fspath(directory), **options)

    def expand(self, corpus: Path) -> Answer:
        """Expand the document's sources: `sections`, `provenance`, `anchors`, or a refusal."""
        return self.ask("expand", corpus=os.fspath(corpus))

    def bases(self) -> list[Answer]:
        """The registry, in its order."""
        bases: list[Answer] = self._sure("bases")["bases"]
        return bases

    def resolve_base(self, name: str) -> Literal["known", "hf", "unknown"]:
        """Return how a base model's name resolves without the network."""
        base: Literal["known", "hf", "unknown"] = self._sure("resolve_base", name=name)["base"]
        return base

    def ask(self, op: str, **request: Any) -> Answer:
        """One question, one answer; see `server.py` for the operations."""
        process = self._process or self._start()
        assert process.stdin is not None
        try:
            question = {"op": op, "seconds": self.timeout, **request}
            process.stdin.write(json.dumps(question).encode("ascii") + b"\n")
            process.stdin.flush()
            answer: Answer = _loads(self._line(process))
        except (OSError, OracleError) as error:
            self._stop()
            raise error if isinstance(error, OracleError) else OracleError(str(error)) from error
        return answer

    def _sure(self, op: str, **request: Any) -> Answer:
        answer = self.ask(op, **request)
        if not answer["ok"]:
            raise OracleError(f"{op}: {answer['error']}: {answer['message']}")
        return answer

    def _start(self) -> subprocess.Popen[bytes]:
        home = self._home.name
        self._pending = b""
        self._process = subprocess.Popen(
            [*self._before, sys.executable, "-s", "-P", "-X", "utf8", os.fspath(_SERVER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=home,
            env=_ENVIRON | {"HOME": home, "DLM_HOME": home, "TMPDIR": home},
        )
        return self._process

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.communicate()

    def _line(self, process: subprocess.Popen[bytes]) -> bytes:
        """The next line of the process, or OracleTimeout, or OracleError at its end."""
        assert process.stdout is not None
        while b"\n" not in self._pending:
            chunk = os.read(process.stdout.fileno(), 1 << 16)
            if not chunk:
                status = process.wait()
                if status in (-signal.SIGPROF, -signal.SIGALRM):
                    raise OracleTimeout(f"no answer after {self.timeout} seconds of work")
                raise OracleError(f"the oracle ended with status {status}")
            self._pending += chunk
        line, _, self._pending = self._pending.partition(b"\n")
        return line


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _loads(line: bytes) -> Answer:
    """The server's JSON, with whole numbers of any length."""
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        answer: Answer = json.loads(line)
    finally:
        sys.set_int_max_str_digits(limit)
    return answer
