"""The hashes of lines by which GitHub recognizes findings: those of codeql-action."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlm_git.document.text import MAX_HASHED, Text

_END = "c129715d7a2bc9a3:1"  # the line behind the last line end
_GREETING = [
    *("e9496ae3ebfced30:1", "fb7c023a8b9ccb3f:1", "ce8ba1a563dcdaca:1", "e20e36e16fcb0cc8:1"),
    *("b3edc88f2938467e:1", "c8e28b0b4002a3a0:1", _END),
]
# inputs and results of the tests of codeql-action (src/fingerprints.test.ts)
PUBLISHED = [
    ("", [_END]),
    (
        " a\nb\n  \t\tc\n d",
        ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"],
    ),
    (
        " hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End",
        [
            *("8b7cf3e952e7aeb2:1", "b1ae1287ec4718d9:1", "bff680108adb0fcc:1"),
            *("c6805c5e1288b612:1", "b86d3392aea1be30:1", "e6ceba753e1a442:1"),
        ],
    ),
    (" hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End\n", _GREETING),
    (" hello; \t\nworld!!!\r\r\r  \t\tGreetings\r End\r", _GREETING),
    (" hello; \t\r\nworld!!!\r\n\r\n\r\n  \t\tGreetings\r\n End\r\n", _GREETING),
    (" hello; \t\nworld!!!\r\n\n\r  \t\tGreetings\r End\r\n", _GREETING),
    (
        "Lorem ipsum dolor sit amet.\n" * 10,
        [
            *(f"a7f2ff13bc495cf2:{number}" for number in range(1, 7)),
            *("a7f2ff1481e87703:1", "a9cf91f7bbf1862b:1", "55ec222b86bcae53:1"),
            *("cc97dc7b1d7d8f7b:1", _END),
        ],
    ),
    (
        "x = 2\nx = 1\nprint(x)\nx = 3\nprint(x)\nx = 4\nprint(x)\n",
        [
            *("e54938cc54b302f1:1", "bb609acbe9138d60:1", "1131fd5871777f34:1"),
            *("5c482a0f8b35ea28:1", "54517377da7028d2:1", "2c644846cb18d53e:1"),
            *("f1b89f20de0d133:1", _END),
        ],
    ),
]


@pytest.mark.parametrize(("text", "hashes"), PUBLISHED)
def test_the_published_results(text: str, hashes: list[str]) -> None:
    numbers = range(1, len(hashes) + 1)
    assert [Text(text).line_hash(number) for number in numbers] == hashes


def rolling(text: str) -> list[str]:
    """Hash each line character by character, with a window, as codeql-action describes it."""
    units = [*memoryview(text.encode("utf-16-le")).cast("H")]
    window, lines, seen, out = [0] * 100, [0] * 100, dict[int, int](), dict[int, str]()
    value = index = number = 0
    starts, after_cr = True, False

    def emit() -> None:
        if lines[index]:
            seen[value] = seen.get(value, 0) + 1
            out[lines[index]] = f"{value:x}:{seen[value]}"
            lines[index] = 0

    for unit in [*units, 0xFFFF, *[None] * 100]:
        if unit in (9, 32) or (after_cr and unit == 10):
            after_cr = False
            continue
        char, after_cr = 10 if unit == 13 else unit or 0, unit == 13
        emit()
        if unit is not None and starts:
            number, starts = number + 1, False
            lines[index] = number
        starts |= char == 10
        value = (value * 37 + char - window[index] * 37**100) % 2**64
        window[index], index = char, (index + 1) % 100
    return [out[number] for number in sorted(out)]


@given(st.text(st.sampled_from("ab \t\r\n\ufeff\u00e9\u20ac\U0001f600"), max_size=300))
def test_the_hashes_are_those_of_the_rolling_hash(text: str) -> None:
    assert [Text(text).line_hash(number + 1) for number in range(len(rolling(text)))] == rolling(
        text
    )


def test_a_very_long_text_has_no_hashes() -> None:
    assert Text("\n" * MAX_HASHED).line_hash(5)
    assert not Text("\n" * (MAX_HASHED + 1)).line_hash(5)
