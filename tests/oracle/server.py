"""Answer questions about the trainer: one JSON request a line in, one JSON answer a line out.

Runs as a process of its own, so that nothing else imports the trainer and a runaway pattern or
merge key can be killed with it.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import resource
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from enum import Enum
from importlib import import_module
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import IO, Any

Request = Mapping[str, Any]
Answer = dict[str, Any]

_MEMORY = 4 << 30  # bytes; a document that wants more is answered with MemoryError
_WAITING = 60  # times the limit of processor time


def trainer(module: str) -> Any:
    """The trainer's module of that name; it ships no types, so everything in it is Any."""
    return import_module(f"dlm.{module}")


# values


def plain(value: Any) -> Any:
    """The value in JSON's types; tuples become lists, models and mappings dicts."""
    if hasattr(value, "model_dump"):
        return plain(value.model_dump())
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return str(value) if isinstance(value, Path) else value


def section(value: Any) -> Answer:
    """Every field of a section of the trainer, and its id."""
    names = type(value).__dataclass_fields__
    return {name: plain(getattr(value, name)) for name in names} | {"section_id": value.section_id}


def refusal(error: BaseException) -> Answer:
    """Describe an exception of the trainer: its class, its origin and its position."""
    return {
        "ok": False,
        "error": type(error).__name__,
        "typed": type(error).__module__.partition(".")[0] == "dlm",
        "parse_error": isinstance(error, trainer("doc.errors").DlmParseError),
        "line": getattr(error, "line", getattr(error, "section_line", None)),
        "col": getattr(error, "col", None),
        "locs": locs(error),
        "message": message(error),
    }


def message(error: BaseException) -> str:
    """The message without its place; some errors cannot even be shown."""
    try:
        return str(getattr(error, "message", None) or getattr(error, "reason", None) or error)
    except Exception as second:
        return type(second).__name__


def locs(error: BaseException) -> list[list[str]]:
    """The failing fields of the validation error behind this one, in its order."""
    for candidate in (error, error.__cause__):
        errors = getattr(candidate, "errors", None)
        if callable(errors):
            found = errors(include_url=False, include_context=False, include_input=False)
            return [[str(part) for part in item["loc"]] for item in found]
    return []


# questions


def parse(request: Request) -> Answer:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "corpus.dlm")
        path.write_bytes(base64.b64decode(request["data"]))
        return document(trainer("doc.parser").parse_file(path))


def parse_text(request: Request) -> Answer:
    return document(trainer("doc.parser").parse_text(request["text"]))


def document(parsed: Any) -> Answer:
    return {
        "ok": True,
        "frontmatter": plain(parsed.frontmatter),
        "sections": [section(item) for item in parsed.sections],
    }


def training_yaml(request: Request) -> Answer:
    discovery = trainer("directives.discovery")
    with tempfile.TemporaryDirectory() as directory, warnings_of(discovery) as warned:
        path = Path(directory, ".dlm", "training.yaml")
        path.parent.mkdir()
        path.write_bytes(base64.b64decode(request["data"]))
        (found,) = discovery.discover_configs(Path(directory))
    if found.config is not None:
        return {"ok": True, "config": plain(found.config)}
    return ignored(warned[-1])


def ignored(record: logging.LogRecord) -> Answer:
    """The refusal behind the one warning with which the trainer drops a whole configuration."""
    arguments = record.args if isinstance(record.args, tuple) else ()
    errors = [item for item in arguments if isinstance(item, BaseException)]
    answer = refusal(errors[0] if errors else TypeError(record.getMessage()))
    return answer | {"typed": True, "message": record.getMessage()}


@contextmanager
def warnings_of(module: Any) -> Iterator[list[logging.LogRecord]]:
    """Collect what a module of the trainer logs; that is all it tells about a file it ignores."""
    records: list[logging.LogRecord] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record)

    collector, log = Collector(logging.WARNING), logging.getLogger(module.__name__)
    log.addHandler(collector)
    try:
        yield records
    finally:
        log.removeHandler(collector)


def glob(request: Request) -> Answer:
    matches = trainer("directives.merge")._matches_any
    return {"ok": True, "matches": [matches(path, (glob,)) for glob, path in request["pairs"]]}


def ignore(request: Request) -> Answer:
    verdicts: list[str | None] = []
    for text, cases in groupby(request["cases"], key=itemgetter(0)):
        verdicts += ignore_verdicts(text, [path for _, path in cases])
    return {"ok": True, "verdicts": verdicts}


def ignore_verdicts(text: str, paths: Sequence[str]) -> list[str | None]:
    """Rule by rule: the trainer remembers a few hundred compiled patterns only."""
    parser = trainer("directives.ignore_parser")
    verdicts: dict[str, str | None] = dict.fromkeys(paths)
    for rule in parser.parse_ignore_file(text):
        for path in verdicts:
            if parser.matches(rule, path, is_dir=False):
                verdicts[path] = "included" if rule.negate else "excluded"
    return [verdicts[path] for path in paths]


def pairs(request: Request) -> Answer:
    """The rows that `train` makes of one fenced section, the way it makes them."""
    sections = trainer("doc.sections")
    kind = sections.SectionType(request["kind"])
    made = sections.Section(type=kind, content=request["text"])
    rows = trainer("data").sections_to_rows([made])
    return {"ok": True, "pairs": [row_texts(row) for row in rows]}


def row_texts(row: Mapping[str, Any]) -> list[str]:
    if "messages" in row:
        return [message["content"] for message in row["messages"]]
    return [row["prompt"], row["chosen"], row["rejected"]]


def scaffold(request: Request) -> Answer:
    result = trainer("cli.scaffold").scaffold_train_target(
        Path(request["directory"]),
        base=request.get("base"),
        include=tuple(request.get("include", ())),
        exclude=tuple(request.get("exclude", ())),
        recursive=request.get("recursive", True),
        name=request.get("name", "corpus"),
        policy=request.get("policy", "strict"),
        rescaffold=request.get("rescaffold", False),
    )
    return {
        "ok": True,
        "path": str(result.dlm_path),
        "scaffolded": result.scaffolded,
        "dlm_id": result.dlm_id,
    }


def expand(request: Request) -> Answer:
    corpus = Path(request["corpus"])
    parsed = trainer("doc.parser").parse_file(corpus)
    # `train` passes no blob store (dlm format, 3.8), and the parent as given, not resolved (3.1).
    result = trainer("directives").expand_sources(parsed, base_path=corpus.parent)
    return {
        "ok": True,
        "sections": [source_section(item) for item in result.sections],
        "provenance": [plain(vars(item)) for item in result.provenance],
        "anchors": [str(item.anchor) for item in result.discovered],
    }


def source_section(value: Any) -> Answer:
    return {
        "header": value.content.partition("\n")[0],
        "section_id": value.section_id,
        "tags": plain(value.tags),
    }


_BASE = (
    *("key", "hf_id", "params", "license_spdx", "requires_acceptance"),
    *("redistributable", "trust_remote_code", "modality"),
)


def bases(_request: Request) -> Answer:
    registry = trainer("base_models").BASE_MODELS.values()
    return {
        "ok": True,
        "bases": [{name: getattr(base, name) for name in _BASE} for base in registry],
    }


def resolve_base(request: Request) -> Answer:
    models = trainer("base_models")
    try:
        models.resolve(request["name"], accept_license=True)
    except models.UnknownBaseModelError:
        return {"ok": True, "base": "unknown"}
    except RuntimeError as error:
        if not isinstance(error.__cause__, ImportError):
            raise
        return {"ok": True, "base": "hf"}
    return {"ok": True, "base": "known"}


_ALL = (
    parse,
    parse_text,
    training_yaml,
    glob,
    ignore,
    pairs,
    scaffold,
    expand,
    bases,
    resolve_base,
)
OPERATIONS: Mapping[str, Callable[[Request], Answer]] = {each.__name__: each for each in _ALL}


# the line


def answer(line: str) -> Answer:
    """Answer a request, also if the trainer raises any exception."""
    request = json.loads(line)
    limit(request["seconds"])
    try:
        return OPERATIONS[request["op"]](request)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # pydantic's core panics with a bare BaseException
        return refusal(error)
    finally:
        limit(0)


def limit(seconds: float) -> None:
    """Limit the processor time: a signal ends this process, even within a regular expression.

    Another one ends a process that waits for what never comes. 0 is no limit.
    """
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, _WAITING * seconds)


def dumps(value: Answer) -> str:
    """JSON in ASCII, for lone surrogates; whole numbers of any length; NaN and Infinity as such."""
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        return json.dumps(value)
    finally:
        sys.set_int_max_str_digits(limit)  # the trainer's own int() must meet the usual limit


def serve(questions: IO[str], answers: IO[str]) -> None:
    for line in questions:
        answers.write(dumps(answer(line)) + "\n")
        answers.flush()


def main() -> None:
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)  # nothing the trainer prints may land among the answers
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    logging.getLogger().addHandler(logging.NullHandler())
    # `hf:` names go to the Hub once this import succeeds; without it the resolver stops there.
    sys.modules["huggingface_hub"] = None  # type: ignore[assignment]
    serve(sys.stdin, answers)


if __name__ == "__main__":
    main()
