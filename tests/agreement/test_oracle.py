"""The oracle answers as the recorded vectors say."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.oracle import Oracle, OracleTimeout
from tests.support import VECTORS

Case = dict[str, Any]


def _vectors(name: str) -> dict[str, list[Case]]:
    vectors: dict[str, list[Case]] = json.loads(VECTORS.joinpath(name).read_text("utf-8"))
    return vectors


DOCUMENTS = _vectors("documents.json")
TREES = _vectors("trees.json")["cases"]


def _recorded_floats(value: Any) -> Any:
    """The value as the vectors hold it: infinities as text."""
    if isinstance(value, dict):
        return {key: _recorded_floats(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_recorded_floats(item) for item in value]
    return str(value) if value in (float("inf"), float("-inf")) else value


def _recorded_locs(answer: Case) -> list[str]:
    """The failing fields as the vectors hold them; a bad version has its message instead."""
    return [".".join(loc) for loc in answer["locs"]] or [answer["message"]]


@pytest.mark.parametrize("case", DOCUMENTS["parse_text"])
def test_recorded_documents(oracle: Oracle, case: Case) -> None:
    answer = oracle.parse_text(case["text"])
    assert answer["ok"] is case["ok"]
    if not case["ok"]:
        seen = answer | {"locs": _recorded_locs(answer)}
        assert {key: seen[key] for key in case.keys() - {"text"}} == {
            key: value for key, value in case.items() if key != "text"
        }
        return
    seen, recorded = _recorded_floats(answer["frontmatter"]), case["frontmatter"]
    if "!!set" in case["text"]:  # the trainer keeps the order of a Python set
        for frontmatter in (seen, recorded):
            frontmatter["training"]["target_modules"].sort()
    assert seen == recorded
    for section, expected in zip(answer["sections"], case["sections"], strict=True):
        assert {key: section[key] for key in expected} == expected


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_file_reader_takes_any_newline_and_one_mark(
    oracle: Oracle, newline: str, mark: str
) -> None:
    text = next(case["text"] for case in DOCUMENTS["parse_text"] if case["ok"])
    data = (mark + text.replace("\n", newline)).encode()
    assert oracle.parse(data) == oracle.parse_text(text)


def test_file_reader_refuses_what_is_not_utf8(oracle: Oracle) -> None:
    answer = oracle.parse(b"---\n\xff\n---\n")
    assert (answer["error"], answer["typed"], answer["parse_error"]) == (
        "DlmEncodingError",
        True,
        False,
    )


@pytest.mark.parametrize(
    "value", ["!!int x", "2024-13-45", "[" * 500 + "]" * 500, "!!bool x", '"\\ud800"']
)
def test_errors_of_yaml_are_answers(oracle: Oracle, value: str) -> None:
    answer = oracle.parse(f"---\ndlm_id: {value}\n---\n".encode())
    assert not answer["ok"]


def test_recorded_globs(oracle: Oracle) -> None:
    cases = DOCUMENTS["glob"]
    matches = oracle.glob((case["pattern"], case["path"]) for case in cases)
    assert matches == [case["match"] for case in cases]


def test_recorded_ignore_lines(oracle: Oracle) -> None:
    cases = DOCUMENTS["ignore_file_line"]
    verdicts = oracle.ignore((case["line"], case["path"]) for case in cases)
    assert verdicts == ["excluded" if case["match"] else None for case in cases]


def test_last_matching_ignore_line_wins(oracle: Oracle) -> None:
    assert oracle.ignore([("*\n!*.md", "a.md"), ("!*.md\n*", "a.md"), ("", "a")]) == [
        "included",
        "excluded",
        None,
    ]


def _materialise(tree: Case, root: Path) -> None:
    for path, content in tree["files"].items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(base64.b64decode(content))
    for path in tree["empty_dirs"]:
        (root / path).mkdir(parents=True, exist_ok=True)
    for path, target in tree["symlinks"].items():
        link = root / path
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target.replace("<ROOT>", os.fspath(root)))
    for path in tree["fifo"]:
        os.mkfifo(root / path)


@pytest.mark.parametrize("case", TREES, ids=lambda case: case["label"] or "unnamed")
def test_recorded_trees(oracle: Oracle, case: Case, tmp_path: Path) -> None:
    _materialise(case["tree"], tmp_path)
    answer = oracle.expand(tmp_path / case["corpus"])
    anchors = [Path(anchor).relative_to(tmp_path).as_posix() for anchor in answer["anchors"]]
    assert answer | {"anchors": anchors} == {
        key: case[key] for key in ("ok", "sections", "provenance", "anchors")
    }


@pytest.mark.parametrize(
    ("data", "ok", "typed", "locs"),
    [
        (b"", True, None, None),
        (b"include: [a]\nweights: {a: {b: 2}}\n", True, None, None),
        (b"foo: 1\ninclude: [1]\n", False, True, [["include", "0"], ["foo"]]),
        (b"[1]", False, True, []),
        (b"a: [", False, True, []),
        (b"\xff", False, True, []),
        (b"metadata: {a: 2024-13-45}", False, False, []),
    ],
)
def test_training_yaml(
    oracle: Oracle, data: bytes, ok: bool, typed: bool | None, locs: list[list[str]] | None
) -> None:
    answer = oracle.training_yaml(data)
    assert (answer["ok"], answer.get("typed"), answer.get("locs")) == (ok, typed, locs)


def test_pairs(oracle: Oracle) -> None:
    assert oracle.pairs("instruction", "### Q !probe\na\n### A\nb\n")["pairs"] == [["a", "b"]]
    assert oracle.pairs("preference", "### Prompt\na\n### Chosen\nb\n### Rejected\nc")["ok"]
    refused = oracle.pairs("instruction", "### Q\n\na\n### A\nb\n")
    assert (refused["error"], refused["typed"], refused["line"]) == (
        "InstructionParseError",
        True,
        3,
    )


def test_scaffold_reuses_an_existing_document(oracle: Oracle, tmp_path: Path) -> None:
    assert oracle.scaffold(tmp_path)["error"] == "ScaffoldError"
    written = oracle.scaffold(tmp_path, base="smollm2-135m")
    assert (written["path"], written["scaffolded"]) == (f"{tmp_path}/.dlm/corpus.dlm", True)
    assert oracle.scaffold(tmp_path) == written | {"scaffolded": False}


def test_the_registry_of_base_models(oracle: Oracle) -> None:
    bases = oracle.bases()
    assert len({base["key"] for base in bases}) == len(bases) == 27
    assert sum(base["requires_acceptance"] for base in bases) == 6
    assert [base["key"] for base in bases if base["trust_remote_code"]] == [
        "internvl2-2b",
        "internvl3-2b",
    ]


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("smollm2-135m", "known"),
        ("llama-3.2-1b", "known"),
        ("hf:a/b", "hf"),
        ("hf:a/b/c", "hf"),
        ("hf:a", "unknown"),
        ("hf:/a", "unknown"),
        ("HF:a/b", "unknown"),
        (" smollm2-135m", "unknown"),
    ],
)
def test_base_model_names_resolve(oracle: Oracle, name: str, verdict: str) -> None:
    assert oracle.resolve_base(name) == verdict


@pytest.mark.usefixtures("oracle")
def test_a_timeout_does_not_affect_the_next_question() -> None:
    with Oracle() as impatient:
        impatient.bases()  # imports the trainer
        impatient.timeout = 0.5
        with pytest.raises(OracleTimeout, match=r"no answer after 0.5 seconds of work"):
            impatient.glob([("**a" * 30, "a" * 60)])
        impatient.timeout = 20.0
        assert impatient.glob([("*", "a")]) == [True]
