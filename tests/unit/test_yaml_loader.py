"""Loading YAML: its limits, and where errors are."""

from __future__ import annotations

import pytest

from dlm_git.document.yaml_loader import (
    MAX_COPIES,
    MAX_DEPTH,
    MAX_LENGTH,
    MAX_NUMBER,
    Loaded,
    YamlError,
    load,
)


@pytest.mark.parametrize(
    ("good", "bad", "reason", "offset"),
    [
        pytest.param(
            "a" * MAX_LENGTH,
            "a" * (MAX_LENGTH + 1),
            f"longer than {MAX_LENGTH} characters",
            0,
            id="length",
        ),
        pytest.param(
            "[" * MAX_DEPTH + "]" * MAX_DEPTH,
            "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1),
            f"nested deeper than {MAX_DEPTH} levels",
            MAX_DEPTH,
            id="depth",
        ),
        pytest.param(
            f"[&a x{', *a' * MAX_COPIES}]",
            f"[&a x{', *a' * (MAX_COPIES + 1)}]",
            f"aliases expand to more than {MAX_COPIES} values",
            7 + 4 * MAX_COPIES,
            id="aliases",
        ),
        pytest.param(  # 1000 copies of a mapping with 10 nodes, among them itself
            f"[&a {{b: [1, 2, 3], c: d, e: 4}}{', *a' * (MAX_COPIES // 10)}]",
            f"[&a {{b: [1, 2, 3], c: d, e: 4}}{', *a' * (MAX_COPIES // 10)}, &b x, *b]",
            f"aliases expand to more than {MAX_COPIES} values",
            4038,
            id="aliases of a mapping",
        ),
        pytest.param(
            f"a: {'1' * MAX_NUMBER}",
            f"a: {'1' * (MAX_NUMBER + 1)}",
            f"number longer than {MAX_NUMBER} characters",
            3,
            id="numbers",
        ),
    ],
)
def test_limits(good: str, bad: str, reason: str, offset: int) -> None:
    assert isinstance(load(good), Loaded)
    error = load(bad)
    assert isinstance(error, YamlError)
    assert (error.reason, error.offset, error.kind) == (reason, offset, "limit")


def test_only_numbers_are_limited_as_numbers() -> None:
    assert isinstance(load(f"a: {'x' * (MAX_NUMBER + 1)}"), Loaded)


def test_many_nodes_beside_each_other_are_not_deep() -> None:
    many = "[], " * 2 * MAX_DEPTH
    assert isinstance(load(f"[{many}]"), Loaded)
    error = load(f"[{many}{'[' * MAX_DEPTH}{']' * MAX_DEPTH}]")  # but what is nested behind them is
    assert isinstance(error, YamlError)
    assert error.kind == "limit"


@pytest.mark.parametrize(
    ("text", "offset", "flow"),
    [
        ("a: ]", 3, False),
        ("a: [}", 4, False),
        ("a: [[}", 5, True),
        ("a: [b]\n c: *", 8, False),
        ("a: 2024-13-45", 3, False),
    ],
)
def test_an_error_has_a_place(text: str, offset: int, flow: bool) -> None:
    error = load(text)
    assert isinstance(error, YamlError)
    assert (error.offset, error.flow) == (offset, flow)


def test_what_is_not_there_is_not_found() -> None:
    loaded = load("a: [b]")
    assert isinstance(loaded, Loaded)
    assert loaded.nodes.find(("a", 0))[1] is not None
    for path in (("a", 1), ("a", "b"), ("b",), ("a", 0, 0)):
        assert loaded.nodes.find(path) == (None, None)
