"""Values that fit the forms of `dlm_git.validation.fits`, or miss them narrowly."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import strategies as st

from dlm_git.validation import Interval

_TEXTS = st.one_of(
    st.sampled_from(("a", ".", "**/*", "é", "a\nb\n", "", " ", "\ud800", "\x07", "2e-4", "lora")),
    st.text(max_size=4),
)
_TYPES = {str: _TEXTS, bool: st.booleans()}
_NUMBERS = (0, 1, -1, 0.5, 0.05, 1.5, -0.0, math.inf, math.nan, 10**15, 2**60, 10**400)
_ODD: tuple[Any, ...] = (
    *(None, True, False, 1.0, 8.0, [], {}, [1], {"a": 1}, ["auto"], "", "8", "8.0", "yes", "auto"),
    *("1e0", "2e-4", "2E-4", "-1e-4", "1e99", "2.5e-1", "0e1", "2e+4", " 2e-4", "2e-4\n", "1_0e1"),
    *("inf", "nan", "0.1", "٢e-4", "LORA", "lora ", "null", b"auto", (1,), 2**63),
)


def values(form: Any, *, odds: int = 30) -> st.SearchStrategy[Any]:
    """Values of a form, in which about one in `odds` parts is another value."""
    parts = st.integers(1, odds)
    fitting = _fitting(form, odds)
    return parts.flatmap(lambda part: st.sampled_from(_ODD) if part == odds else fitting)


def _fitting(form: Any, odds: int) -> st.SearchStrategy[Any]:
    match form:
        case dict() if str in form:
            return st.dictionaries(st.sampled_from(_KEYS), values(form[str], odds=odds), max_size=3)
        case dict():
            optional = {key: values(each, odds=odds) for key, each in form.items()}
            return st.one_of(
                *(st.fixed_dictionaries({}, optional=optional) for _ in range(9)),
                st.fixed_dictionaries(optional),
                st.fixed_dictionaries({_WRONG: st.none()}, optional=optional),
            )
        case list():
            return st.lists(values(form[0], odds=odds), max_size=3)
        case range():
            edges = (form.start, form.start + 1, form.stop - 1)
            beyond = (form.start - 1, form.stop, float(form.start))
            return st.sampled_from((*edges * 8, *beyond))
        case Interval(low, high):
            inside = (low, high, (low + high) / 2, f"{min(high, 99):e}", min(high, 1), high / 3e4)
            outside = (math.nextafter(low, -math.inf), math.nextafter(high, math.inf), *_NUMBERS)
            return st.sampled_from((*inside * 20, *outside))
        case tuple():
            return st.one_of(*(values(alternative, odds=odds) for alternative in form))
    return _TYPES.get(form, st.just(form))


_KEYS = ("a", "tone", "x_1", "a" * 32, "a" * 33, "A", "1a", "", "a.b", "é", 1, True, None, "\ud800")
_WRONG = "lora_rank"
