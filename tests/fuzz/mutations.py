"""Mutate bytes: by single bytes, by the tokens of a language, and by pieces of other inputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

MAX_SIZE = 6_000  # bytes
_ODD = [
    *(b"\0", b"\r", b"\n", b"\t", b"\xff", b"\xc2\x85", b"\xe2\x80\xa8", b"\xed\xa0\x80"),
    b"\x1b[31m",
    *(b"\xef\xbb\xbf", b"\x7f", b"\xc2\x9b", b"::error::x", b"##[error]x", b"\n::add-mask::x\n"),
    *("\u202e".encode(), "\u200b".encode(), "e\u0301".encode(), "\U0001f600".encode(), b"%0A"),
]  # fmt: skip

Mutation = Callable[[Random, bytes, Sequence[bytes]], bytes]


def _replace_byte(random: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    at = random.randrange(len(data) + 1)
    return data[:at] + bytes([random.randrange(256)]) + data[at + 1 :]


def _delete(random: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    start = random.randrange(len(data) + 1)
    return data[:start] + data[start + random.choice([1, 2, 4, 9, 40]) :]


def _insert(random: Random, data: bytes, tokens: Sequence[bytes]) -> bytes:
    at = random.randrange(len(data) + 1)
    token = random.choice(_ODD if random.random() < 0.2 else tokens)
    return data[:at] + token * random.choice([1, 1, 1, 2, 3, 20]) + data[at:]


def _copy(random: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    start, at = (random.randrange(len(data) + 1) for _ in range(2))
    return data[:at] + data[start : start + random.choice([1, 4, 16, 80])] + data[at:]


def _swap_lines(random: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    lines = data.splitlines(keepends=True)
    random.shuffle(lines)
    return b"".join(lines[: random.randrange(len(lines) + 1)]) if random.random() < 0.3 else data


_MUTATIONS: list[Mutation] = [_replace_byte, _delete, _insert, _insert, _insert, _copy, _swap_lines]


def mutate(random: Random, data: bytes, other: bytes, tokens: Sequence[bytes]) -> bytes:
    """Return a mutation of an input, at times joined with a piece of another one."""
    if random.random() < 0.1:
        data = data[: random.randrange(len(data) + 1)] + other[random.randrange(len(other) + 1) :]
    for _ in range(random.choice([1, 1, 2, 3, 5, 9])):
        data = random.choice(_MUTATIONS)(random, data, tokens)
    return data[:MAX_SIZE]
