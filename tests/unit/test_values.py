"""Frozen values with named fields."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from functools import cached_property
from typing import ClassVar, get_type_hints

import pytest

from dlm_git.values import Value


class Point(Value):
    kind: ClassVar[str] = "point"
    x: int
    y: int = 0
    distance: Callable[[int, int], int] = lambda a, b: a + b

    @cached_property
    def far(self) -> bool:
        return self.distance(self.x, self.y) > 10


class Label(Point, kw_only=True):
    text: str


class Other(Value):
    x: int
    y: int = 0


def test_fields_by_place_and_by_name() -> None:
    assert (Point(1).x, Point(1).y, Point(1, 2).y, Point(y=3, x=1).y) == (1, 0, 2, 3)
    assert Point(1).distance(2, 3) == 5  # a function is not bound
    label = Label(x=1, text="a")
    assert (label.x, label.y, label.text, label.kind) == (1, 0, "a", "point")


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [((), {}), ((1, 2, max, 4), {}), ((1,), {"x": 2}), ((1,), {"z": 2}), ((1,), {"kind": "p"})],
)
def test_wrong_fields_are_refused(args: tuple[object, ...], kwargs: dict[str, object]) -> None:
    with pytest.raises(TypeError, match=r"Point\('x', 'y', 'distance'\) got"):
        Point(*args, **kwargs)  # type: ignore[arg-type]


def test_equality_and_hash_by_class_and_fields() -> None:
    assert Other(1) == Other(1, 0)
    assert Other(1) != Other(2)
    assert Other(1) != Point(1, 0)
    assert Other(1) != (1, 0)
    assert {Other(1), Other(1, 0)} == {Other(1)}
    with pytest.raises(TypeError, match="unhashable"):
        hash(Other([]))  # type: ignore[arg-type]


def test_cached_properties_are_not_fields() -> None:
    near = Point(1)
    assert not near.far
    assert near == Point(1)
    assert near.replace(x=11).far
    assert near.as_dict().keys() == {"x", "y", "distance"}


def test_values_are_frozen() -> None:
    point = Other(1)
    with pytest.raises(AttributeError, match="cannot set 'x' of a Other: it is frozen"):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(AttributeError, match="cannot delete 'x'"):
        del point.x
    with pytest.raises(TypeError, match="'z'"):
        point.replace(z=1)
    assert point == Other(1)


def test_values_are_printed_pickled_matched_and_described() -> None:
    assert repr(Other(1)) == "Other(x=1, y=0)"
    assert pickle.loads(pickle.dumps(Other(1, 2))) == Other(1, 2)
    assert get_type_hints(Other) == {"x": int, "y": int}
    match Other(1, 2):
        case Other(1, second):
            assert second == 2
        case _:
            pytest.fail("not matched")
