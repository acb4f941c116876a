"""Frozen values with named fields, as cheap to declare as a plain class.

A dataclass and a NamedTuple compile code for each class, which takes 50 and 20 times as long. That
was a third of the time of a check (docs/performance.md).
"""

from __future__ import annotations

TYPE_CHECKING = False  # importing `typing` takes longer than declaring all values
if TYPE_CHECKING:
    from typing import Any, Self, dataclass_transform
else:

    def dataclass_transform(**_):
        return lambda cls: cls


class _Fields:
    """The fields of a class: the names in order, and those with a default."""

    def __init__(self, names: tuple[str, ...], defaults: dict[str, Any]) -> None:
        self.names = names
        self.defaults = defaults
        self.known = frozenset(names)


@dataclass_transform(frozen_default=True)
class Value:
    """A value whose fields are the annotated names of its class and of the classes it extends.

    Two values of one class are equal if their fields are. Defaults are class attributes; all values
    share them, so they must not be changed.
    """

    _fields = _Fields((), {})

    def __init_subclass__(cls, *, kw_only: bool = False) -> None:
        """Collect the fields. `kw_only` is for type checkers."""
        own = [name for name, kind in cls.__annotations__.items() if kind[:8] != "ClassVar"]
        defaults = {name: cls.__dict__[name] for name in own if name in cls.__dict__}
        inherited = cls._fields
        cls._fields = _Fields((*inherited.names, *own), {**inherited.defaults, **defaults})
        cls.__match_args__ = cls._fields.names  # type: ignore[attr-defined, misc]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        fields, values = self._fields, self.__dict__
        if len(args) < len(fields.names):
            values.update(fields.defaults)
        values.update(zip(fields.names, args, strict=False))
        wrong = len(args) > len(fields.names)
        if kwargs:
            values.update(kwargs)
            given = fields.names[: len(args)]
            wrong |= not (kwargs.keys() <= fields.known and kwargs.keys().isdisjoint(given))
        if wrong or len(values) < len(fields.names):
            name, keys = type(self).__name__, [*kwargs]
            raise TypeError(f"{name}{fields.names} got {len(args)} values and the fields {keys}")

    def as_dict(self) -> dict[str, Any]:
        """Return the fields by their names."""
        return {name: self.__dict__[name] for name in self._fields.names}

    def replace(self, **changes: Any) -> Self:
        """Return a copy in which some fields differ."""
        return type(self)(**{**self.as_dict(), **changes})

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"cannot set '{name}' of a {type(self).__name__}: it is frozen")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"cannot delete '{name}' of a {type(self).__name__}: it is frozen")

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self.as_dict() == other.as_dict()

    def __hash__(self) -> int:
        return hash((*self.as_dict().values(),))

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in self.as_dict().items())
        return f"{type(self).__qualname__}({fields})"
