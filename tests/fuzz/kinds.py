"""The kinds of input, and the laws that hold for each of them.

A kind is a function of an input and of the trainer, None where it is not installed. It returns
what tells inputs apart that the program treats differently, and raises AssertionError for a broken
law, or whatever the program raises: DlmGitError alone is caught.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
import tomllib
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any
from xml.etree import ElementTree

from dlm_git.cli.commands.config import as_toml
from dlm_git.config.load import resolve_config
from dlm_git.document.parser import parse_document
from dlm_git.errors import DlmGitError
from dlm_git.formats import FORMATS
from dlm_git.git.index_file import DamagedError, read_header
from dlm_git.git.ref_updates import parse_pre_push, parse_pre_receive
from dlm_git.git.row_checks import (
    INDEX_ROWS,
    TREE_ROWS,
    check_lengths,
    check_names,
    check_parents,
    check_rows,
)
from dlm_git.operations.files import list_training_set
from dlm_git.paths import CONFIG_FILES
from dlm_git.patterns.glob import glob
from dlm_git.report import CheckFailure, CheckOutcome
from dlm_git.rules.engine import run_rules, validate_config
from dlm_git.snapshots.entry import Blob
from dlm_git.snapshots.snapshot import Snapshot
from dlm_git.training.ignore_block import with_block
from tests import hostile
from tests.agreement.agreement import (
    assert_agree,
    assert_ignore_files_agree,
    assert_training_configs_agree,
)
from tests.oracle import Oracle
from tests.outputs import GITLAB, JUNIT, SARIF, log_commands
from tests.strategies import tractable
from tests.support import CORPUS, GOOD, ID, snapshot

Kind = Callable[[bytes, Oracle | None], object]

_HEAD = f"---\ndlm_id: {ID}\ndlm_version: 15\nbase_model: smollm2-135m\n".encode()
_BLOCK = with_block("", ("a",)).encode()
_PATHS = ("a", "src/a.py", "docs/a b.md", "d/e/f.txt", "\u00e9", "build/x", ".env", "#a", "a\\b")
_SHAPES: set[object] = set()  # of the outcomes whose reports have been compared with the schemas


def document(data: bytes, oracle: Oracle | None) -> object:
    """A corpus document, which the trainer accepts if dlm-git does."""
    if oracle:
        assert_agree(parse_document(data), oracle.parse(data))
    return _check({CORPUS: data})


def yaml(data: bytes, oracle: Oracle | None) -> object:
    """YAML in a document and in a `.dlm/training.yaml`."""
    text = _HEAD + data + b"\n---\n\nbody\n"
    if oracle:
        assert_agree(parse_document(text), oracle.parse(text))
        assert_training_configs_agree(data, oracle.training_yaml(data))
    return _check({CORPUS: text}), _check({".dlm/training.yaml": data})


def config(data: bytes, _: Oracle | None) -> object:
    """TOML in a `.dlm-git.toml` and a `pyproject.toml`; what is accepted is TOML."""
    for files in ({".dlm-git.toml": data}, {"pyproject.toml": b"[tool.dlm-git]\n" + data}):
        with suppress(DlmGitError):
            text = as_toml(resolve_config(files, {}))
            tomllib.loads(next(iter(files.values())).decode("utf-8-sig"))
            tomllib.loads(text)
    return _check({".dlm-git.toml": data}), _check({"pyproject.toml": data})


def ignore(data: bytes, oracle: Oracle | None) -> object:
    """Lines of a `.dlm/ignore`, a `.gitignore` and a `.gitattributes`."""
    text = data.decode(errors="ignore").replace("\0", "")
    paths = [path for path in _PATHS if all(tractable(line, path) for line in text.split("\n"))]
    if oracle and paths:
        assert_ignore_files_agree(oracle, [(text, path) for path in paths])
    return (
        _check({".dlm/ignore": data}),
        _check({".gitignore": data, ".dlm/ignore": _BLOCK}),
        _check({".gitattributes": data}),
    )


def pattern(data: bytes, oracle: Oracle | None) -> object:
    """A pattern of a source, compared with paths and with itself."""
    text = data.decode(errors="ignore").replace("\0", "")[:300]
    cases = [(text, path) for path in (*_PATHS, text[:20]) if tractable(text, path)]
    matches = [glob(text).match(path) for _, path in cases]
    if oracle and cases:
        assert matches == oracle.glob(cases), cases
    value = json.dumps(text)
    lines = f'training:\n  sources:\n    - path: "."\n      include: [{value}]\n'
    return _check({CORPUS: _HEAD + lines.encode() + b"---\n\nbody\n"}), tuple(matches)


def index(data: bytes, _: Oracle | None) -> object:
    """The rows that git lists of an index or a tree, and the file of an index."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        for algorithm in ("sha1", "sha256"):
            with suppress(DamagedError, OSError):
                read_header(file.name, algorithm, os.path.dirname(file.name))
    return _rows(data), _tree(data)


def hook(data: bytes, _: Oracle | None) -> object:
    """The standard input of `pre-push` and `pre-receive`."""
    counts = []
    for parse in (parse_pre_push, parse_pre_receive):
        try:
            updates = parse(data)
        except DlmGitError as error:
            counts.append(_reported(CheckFailure("a ref", error.message, error.hint)))
            continue
        assert len(updates) == data.count(b"\n")
        assert all(os.fsencode(update.ref) in data for update in updates)
        assert all(set(update.new + update.old) <= set("0123456789abcdef") for update in updates)
        counts.append(len(updates))
        for update in updates[:3]:
            _reported(CheckFailure(update.ref, "x"))
    return tuple(counts)


KINDS: dict[str, Kind] = {
    each.__name__: each for each in (document, yaml, config, ignore, pattern, index, hook)
}


def _rows(data: bytes) -> object:
    rows = b"\0" + data

    def checked() -> Snapshot:
        check_rows(INDEX_ROWS, "the index", rows, 1)
        check_lengths("the index", rows)
        state = _with_rows(rows)
        check_names(state)
        return state

    return _outcome(checked)


def _tree(data: bytes) -> object:
    def checked() -> Snapshot:
        check_rows(TREE_ROWS, "revision x", data)
        check_lengths("revision x", b"\0" + data)
        state = _with_rows(b"\0" + data)
        check_names(state)
        check_parents(state)
        return state

    return _outcome(checked)


def _with_rows(rows: bytes) -> Snapshot:
    blob = Blob(len(GOOD), GOOD.encode())
    state: Snapshot = snapshot({}).replace(
        rows=rows,
        read=lambda entries: [blob for _ in entries],
        stream=lambda entries, _: (blob for _ in entries),
    )
    return state


def _check(files: Mapping[str, bytes]) -> object:
    return _outcome(
        lambda: snapshot({CORPUS: GOOD, **dict.fromkeys(_PATHS, "x\n"), **files}), files
    )


def _outcome(make: Callable[[], Snapshot], files: Mapping[str, bytes] | None = None) -> object:
    """Check a state and list its training set; return what tells the outcome from others."""
    configs = {name: data for name, data in (files or {}).items() if name in CONFIG_FILES}
    try:
        state = make()
        effective = resolve_config(configs, {})
        validate_config(effective.config)
        outcome: CheckOutcome = run_rules(state, effective.config, effective.origins)
        with suppress(DlmGitError):
            list(list_training_set(state, effective.config).training_files(with_excluded=True))
    except DlmGitError as error:
        outcome = CheckFailure("a repository", error.message, error.hint)
    return _reported(outcome)


def _reported(outcome: CheckOutcome) -> object:
    """Assert that no report of an outcome does harm, and that each new kind of it is valid."""
    for name in ("text", "concise"):
        hostile.assert_harmless(FORMATS[name]([outcome], ""))
    if isinstance(outcome, CheckFailure):
        shape: object = re.sub("'.*'", "''", outcome.message, flags=re.DOTALL)[:40]
    else:
        shape = tuple(
            sorted({(finding.rule, finding.message[:12]) for finding in outcome.findings})
        )
    if shape not in _SHAPES:
        _SHAPES.add(shape)
        _assert_valid({name: FORMATS[name]([outcome], "") for name in FORMATS})
    return shape


def _assert_valid(outputs: Mapping[str, str]) -> None:
    loaded: dict[str, Any] = {
        name: json.loads(outputs[name]) for name in ("json", "sarif", "gitlab")
    }
    SARIF.validate(loaded["sarif"])
    GITLAB.validate(loaded["gitlab"])
    JUNIT.validate(outputs["junit"])
    ElementTree.fromstring(outputs["junit"])
    commands = {command.name for command in log_commands(outputs["github"])}
    assert commands <= {"error", "warning", "notice", "group", "endgroup"}, commands
