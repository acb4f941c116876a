"""Inputs on which two readers of the trainer's languages are likely to disagree."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from hypothesis import strategies as st

Draw = st.DrawFn
Texts = st.SearchStrategy[str]


def one_in(draw: Draw, count: int) -> bool:
    """True about once in `count` examples; shrinks to False."""
    return draw(st.integers(1, count)) == count


def one_of_or(draw: Draw, usual: str, others: Sequence[str], *, odds: int) -> str:
    """Mostly `usual`, once in `odds` one of the others."""
    return draw(st.sampled_from(others)) if one_in(draw, odds) else usual


# globs, paths and ignore files

_LITERALS = ["a", "b", "ab", "A", ".", "src", ".py", "é", "e\u0301", "\u2028", "-", " "]
_LITERALS += ["[", "]", "{", "}", "!", "#", "\\", "\n", "~", "+", "(", "|", "$", "^", "\0", "😀"]
_WILD = ["*", "**", "?", "/", "**/", "/**", "***", "*.", "[ab]", "{a,b}", "//"]
_TOKEN = re.compile(r"\*\*/?|.", re.DOTALL)

# The trainer's regular expressions take time in the order of this many steps.
_STEPS = 300_000


def tractable(pattern: str, path: str) -> bool:
    """Return whether the trainer matches quickly; its matcher is exponential in the stars."""
    stars = len(re.findall(r"\*\*|\*", pattern))
    return math.comb(len(path) + stars, stars) <= _STEPS


def globs() -> Texts:
    """Patterns of includes, excludes and ignore files."""
    token = st.one_of(st.sampled_from(_WILD), st.sampled_from(_LITERALS))
    return st.lists(token, max_size=8).map("".join)


def paths() -> Texts:
    """Paths over the alphabet of `globs`, most of them as Git might hold them."""
    name = st.lists(st.sampled_from([*_LITERALS, "x", "*"]), min_size=1, max_size=4).map("".join)
    usual = st.lists(name, min_size=1, max_size=5).map("/".join)
    odd = st.sampled_from(["", "/", "/a", "a/", "a//b", "./a", "../a", "a\n", ".", "a" * 200])
    return st.one_of(usual, usual, usual, odd)


def _expansions(token: str) -> Texts:
    match token:
        case "**" | "**/":
            return st.sampled_from(["", "a/", "src/b/", "a", "x/", "/", "a\n/", "b/" * 12])
        case "*":
            return st.sampled_from(["", "a", "ab", ".b", "é", "x\n", "/", "a" * 30])
        case "?":
            return st.sampled_from(["a", "é", "\n", "/", "", "😀"])
    return st.just(token)


@st.composite
def _expanded(draw: Draw, pattern: str) -> str:
    path = "".join(draw(_expansions(token)) for token in _TOKEN.findall(pattern))
    if not one_in(draw, 3):
        return path
    at = draw(st.integers(0, len(path)))
    cut = draw(st.integers(0, 1))
    return path[:at] + draw(st.sampled_from(["", "a", "/", "\n", "b/"])) + path[at + cut :]


@st.composite
def glob_cases(draw: Draw) -> tuple[str, str]:
    """(pattern, path) that often match, and that the trainer can match in reasonable time."""
    pattern = draw(globs())
    path = draw(paths() if one_in(draw, 4) else _expanded(pattern))
    while not tractable(pattern, path):
        path = path[: len(path) * 2 // 3]
    return pattern, path


_BREAKS = ["\n"] * 12 + ["\r\n", "\r", "\f", "\v", "\x1c", "\x85", "\u2028", "\u2029", "\n\n"]
_IGNORE_WHOLE = ["", "#", "# a", "  # a", "\\#a", "!", "/", "!/", "//", "!!a", "\u3000", "\ufeff"]
_IGNORE_WHOLE += ["node_modules", "build/", "/build/", "docs/generated/", "!*.md", "*.py", "**"]
_IGNORE_WHOLE += ["!*", "!**", "!a"]
_COMMENTS = [
    "#a",
    "# a",
    "#",
    "#*",
    "  #a",
    "\t# a",
    " #a/b",
    "#a ",
    "#!a",
    "#**",
    "## a",
    " #*.py",
]


@st.composite
def _ignore_line(draw: Draw, body: str) -> str:
    before = one_of_or(draw, "", ["!", "!", "/", "!/", " ", "\t", "! ", "/!", "#"], odds=2)
    after = one_of_or(draw, "", ["/", "//", " ", "\t", "/ ", "\xa0", "\u3000", " #a"], odds=3)
    return before + body + after


@st.composite
def _ignore_parts(draw: Draw) -> tuple[str, list[str]]:
    bodies = draw(st.lists(globs(), max_size=5))
    lines = [draw(_ignore_line(body)) for body in bodies]
    # a path can fit a comment, which would show that it is taken for a pattern
    comment = draw(st.sampled_from(_COMMENTS))
    bodies += [comment] * 2
    lines.append(comment)
    lines += draw(st.lists(st.sampled_from(_IGNORE_WHOLE), max_size=3))
    lines = draw(st.permutations(lines))
    text = "".join(line + draw(st.sampled_from(_BREAKS)) for line in lines)
    return text, bodies


def ignore_files() -> Texts:
    """The text of a `.dlm/ignore`."""
    return _ignore_parts().map(lambda parts: parts[0])


@st.composite
def ignore_cases(draw: Draw) -> tuple[str, str]:
    """(text of an ignore file, path from its anchor); the path often fits one of its lines."""
    text, bodies = draw(_ignore_parts())
    body = draw(st.sampled_from(bodies)) if bodies else ""
    inner = draw(paths() if one_in(draw, 3) else _expanded(body))
    path = draw(st.sampled_from(["", "", "a/", "src/b/"])) + inner
    path += draw(st.sampled_from(["", "", "", "/a"]))
    while not all(tractable(line, path) for line in text.splitlines()):
        path = path[: len(path) * 2 // 3]
    return text, path


# YAML: trees of nodes whose scalars are source texts


@dataclass(frozen=True)
class Seq:
    """A sequence of nodes."""

    items: tuple[Node, ...]


@dataclass(frozen=True)
class Map:
    """A mapping in source order; keys are source texts and may repeat; perhaps with an anchor."""

    items: tuple[tuple[str, Node], ...]
    anchor: str = ""


Node = str | Seq | Map
Field = st.SearchStrategy[Node]


def _tokens(text: str) -> list[str]:
    return text.split()


# Plain and tagged scalars that YAML 1.1 reads in a way of its own, or not at all. Sets hold one
# item: the trainer keeps the order of a Python set, which differs from process to process.
ODD_SCALARS = _tokens(
    """
    yes no Yes NO on off ON true True TRUE false y n Y ~ null Null NULL nULL
    0 1 -1 2 +1 -0 00 017 08 09 0o17 0xF 0x1f 0XF 0x_ 0b101 0b_ 0b2 1_5 1__5 _5 5_ +_ 0_
    1:30 1:99 01:30 -1:30 190:20:30 1:30.5 1.0 8.0 8.5 8. .5 . ._ 1_0.5 2e-4 2.0e-4 2.e-4 1e1
    1.0e+1 1.0e1 1.5E+3 .inf -.inf +.inf .Inf .INF .iNF .nan .NaN .NAN nan inf Infinity 9.0e+18
    9.3e+18 9223372036854775807 9223372036854775808 -9223372036854775809 99999999999999999999999
    2024-01-01 2024-13-45 2024-1-1 2024-01-01T00:00:00Z 2001-12-14t21:59:43.10-05:00
    2024-1-1T1:1:1 2024-01-01T25:00:00 2024-01-01T00:00:00+99:00 0000-01-01
    "8.0" "8" "1e1" "0.1" "+8" "8_0" "" '' "1__0" "8." "0x8" "inf" "nan" "-0" "1.0e-400" "1e999"
    "true" "yes" "T" "0" "1" "\\u0661" "\\x00" "\\ud800" "\\n" "\\q" "é" "😀" 'it''s' 'a'b
    = << * & ! % @ ` | > - ? : # , [ ] { } "a 'a a: b:c a#b #c ::a:: --- ... -a ?a :a !!str!
    """
)
ODD_SCALARS += [
    *('" 8 "', "' '", '" true "', '"a\\\n b"', "- a", "? a", "٣", "1٣", "8 # c", "8 #c"),
    *('!!int "x"', "!!int 8", '!!int "8"', '!!int ""', "!!int 1.5", "!!int yes", "!!int [1]"),
    *('!!float "x"', "!!float 1", '!!float "1e-3"', "!!float 2e-4", "!!float inf", "!!bool x"),
    *("!!bool yes", '!!bool "TRUE"', "!!null x", '!!null ""', "!!str 123", "!!str", "!!str yes"),
    *("!!timestamp x", "!!timestamp 2024-01-01", "!!binary aGk=", "!!binary OA==", "!!binary é"),
    *("!!binary bG9yYQ==", "!!binary _", "!!set {a}", "!!set [a]", "!!set {}", "!!omap [a: b]"),
    *("!!pairs [a: b]", "!!seq [a]", "!!seq {}", "!!map {}", "!!map []", "!foo a", "!<tag:x> a"),
    *("!!python/none x", "!!python/tuple [a]", "! a", "! 8", "&a 8", "&a", "*a", "8 # c", "8 #c"),
    *("a b", "a: b", "a : b", "[a", "{a: b", "[a, ]", "[,]", "[a b]", "{a}", "{a, b}", "{a: }"),
    *("{? a : b}", "{a: 1, a: 2}", "[a: b]", "[[]]", "{[a]: b}", "{{}: b}", "<<", "{<<: {a: 1}}"),
    *(
        "{<<: 3}",
        "{<<: [{a: 1}, {a: 2}]}",
        "{<<: [3]}",
        '"a" b',
        "'a' # c",
        "|",
        ">-",
        "|2",
        "|+\n",
    ),
    *("\t8", "8\t", "a\tb", "\x00", "\x07", "\x7f", "\x85", "\u2028", "\ufeff", "\uffff", "\xa08"),
    *("٣", "1٣", "\uff18", "2024-٣1-01", "é", "\U0001f600", "\u200b", "8\u2028", "8\x85"),
]

# int() and pydantic take 4300 digits, not more.
ODD_SCALARS += ["9" * 4300, "9" * 4301, f'"{"9" * 4300}"', f'"{"9" * 4301}"', "0x" + "f" * 4000]

_WEIRD_SCALARS = st.sampled_from(ODD_SCALARS)
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*\Z")


def quoted(value: str) -> str:
    """The string as a double-quoted YAML scalar."""
    text = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return '"' + re.sub("[\ud800-\udfff]", lambda match: f"\\u{ord(match[0]):x}", text) + '"'


@st.composite
def string_texts(draw: Draw, value: str) -> str:
    """Source texts of a string, in some quoting."""
    spellings = [quoted(value), "!!str " + quoted(value)]
    if "'" not in value and "\n" not in value and not re.search("[\ud800-\udfff]", value):
        spellings.insert(0, f"'{value}'")
    if _PLAIN.match(value) and value.lower() not in {"yes", "no", "on", "off", "true", "null"}:
        spellings[:0] = [value] * 4
    return draw(st.sampled_from(spellings))


def int_texts(value: int) -> Texts:
    """Source texts that end as this whole number, some through the model's coercion."""
    spellings = [str(value)] * 4 + [f'"{value}"', f"{value}.0", f'"{value}.0"', f'" {value} "']
    spellings += [f"!!int {value}", f"!!float {value}", f'"{value:_}"', f"'{value:06d}'"]
    if value >= 0:
        spellings += [hex(value), f"0{value:o}", bin(value), f"+{value}", f"{value:_}", f"{value}_"]
    if value >= 60:
        spellings.append(f"{value // 60}:{value % 60:02d}")
    return st.sampled_from(spellings)


def float_texts(value: float) -> Texts:
    """Source texts that end as this number."""
    spellings = [repr(value)] * 3 + [f'"{value!r}"', f"{value:e}", f"{value:.6e}", f"' {value!r} '"]
    spellings += [f"!!float {value!r}", f"+{value!r}"]
    if value == int(value):
        spellings += [str(int(value)), f"{int(value)}."]
    return st.sampled_from(spellings)


_TRUE = ["true", "yes", "on", "True", "YES", "1", '"true"', '"t"', "y", '"1"', "1.0", '"On"', "Y"]
_FALSE = ["false", "no", "off", "False", "OFF", "0", '"false"', '"f"', "n", '"0"', "0.0", "N"]


# the fields of the schema (dlm format, 1.6): right values, and values that miss narrowly


@dataclass(frozen=True)
class Spec:
    """One field: `good` texts the trainer accepts, `bad` ones that miss narrowly."""

    good: Field
    bad: Field


def _nodes(*texts: Node) -> Field:
    return st.sampled_from(texts)


def _spec(good: Field, *bad: Node) -> Spec:
    return Spec(good, st.one_of(_nodes(*bad), _WEIRD_SCALARS) if bad else _WEIRD_SCALARS)


def _whole(low: int, high: int | None = None, *, extra: Sequence[str] = ()) -> Spec:
    top = high if high is not None else 10**6
    edges = st.sampled_from([low, min(low + 1, top), top])
    good: Field = st.one_of(edges, st.integers(low, top)).flatmap(int_texts)
    if extra:
        good = st.one_of(good, st.sampled_from(extra))
    beyond = [str(low - 1), f'"{low - 1}"', f"{low}.5", "true", "[1]", "{}", "auto", "null", ""]
    beyond += [] if high is None else [str(high + 1), f"{high + 1}.0", f'"{high + 1}"']
    return _spec(good, *beyond)


def _number(low: float, high: float | None, *, above: bool = False) -> Spec:
    top = high if high is not None else 2.5
    values = [low] * (not above) + [top, top / 2, 2e-4, 0.05 if top >= 0.05 else top]
    good = st.sampled_from(values).flatmap(float_texts)
    beyond = [repr(low - 0.1), repr(top + 0.1), ".nan", ".inf", '"inf"', "-.inf", "-0.0", "0", "1"]
    return _spec(good, *beyond, repr(low), '"0.1f"', "true", "null", "", "[0.1]")


def _choice(*values: str) -> Spec:
    good = st.sampled_from(values).flatmap(string_texts)
    near = [values[0].upper(), values[0].title(), values[0] + "x", f'"{values[0]} "', "null", "[]"]
    return _spec(good, *near)


def _flag() -> Spec:
    return _spec(_nodes(*_TRUE, *_FALSE), "2", '""', '" true "', "enable", "null", "0.5", "[]")


_WORDS = ["a", "src", ".", "q_proj", "**/*", "**/*.py", "docs/**", "a b", "é", "123", "yes", "x: y"]
_WORDS += ["", "\\", '"', "#", "~", "2024-01-01", "a\nb", "*.{md,rst}", "../x", "/abs", "\u2028"]
_WORDS += ["\ud800", "*\udcff"]


def _words() -> Field:
    return st.sampled_from(_WORDS).flatmap(string_texts)


def _strings(*, extra: Sequence[str] = ()) -> Spec:
    sequences = st.lists(_words(), max_size=3).map(lambda items: Seq(tuple(items)))
    good: Field = st.one_of(sequences, sequences, st.sampled_from([*extra, "!!set {a}", "[a,]"]))
    return _spec(good, '"*.py"', "[1]", "[yes]", "[null]", "{a: b}", "null", "", "[[a]]", "[a: b]")


_IDS = ["01HRZYQ2X0MB5K4VN7E9DNT5GH", "ZZZZZZZZZZZZZZZZZZZZZZZZZZ", "01ARZ3NDEKTSV4RRFFQ69G5FAV"]
_BAD_IDS = [
    "01hrzyq2x0mb5k4vn7e9dnt5gh",
    "01HRZYQ2X0MB5K4VN7E9DNT5G",
    "01HRZYQ2X0MB5K4VN7E9DNT5GHX",
]
_BAD_IDS += [
    "01IRZYQ2X0MB5K4VN7E9DNT5GH",
    "00000000000000000000000000",
    "77777777777777777777777777",
]
_BAD_IDS += [
    '"01HRZYQ2X0MB5K4VN7E9DNT5GH\\n"',
    "",
    "12345678901234567890123456",
    "01HRZYQ2X0MB5K4VN",
]
_BAD_IDS += ["1e345678901234567890123456", "01HRZYQ2X0MB5K4VN7E9DNT5GÉ", "8".rjust(26, "0")]
_BASES = [
    "smollm2-135m",
    "qwen2.5-coder-1.5b",
    "hf:org/name",
    "llama-3.2-1b",
    "x",
    " ",
    "é",
    "a: b",
]

ID = _spec(st.sampled_from([*_IDS, "0" * 26]).flatmap(string_texts), *_BAD_IDS)
BASE = _spec(st.sampled_from(_BASES).flatmap(string_texts), '""', "123", "null", "", "[a]", "hf:")
VERSION = _spec(
    st.one_of(
        st.just("15"),
        st.integers(1, 15).map(str),
        st.sampled_from(["0xF", "017", "0b1111", "1_5", "+15", "!!int 15", "!!int '15'", "0_17"]),
    ),
    *("0", "16", "-1", "15.0", '"15"', "true", "null", "", "[15]", "1e1", "08", "0o17", "1:30"),
)
PROMPT = _spec(_words(), "1", "yes", "[]", "{}", "2024-01-01")

ADAPTER: Mapping[str, Spec] = {
    "adapter": _choice("lora", "qlora", "dora"),
    "lora_r": _whole(1, 256),
    "lora_alpha": _whole(1),
    "lora_dropout": _number(0.0, 0.5),
    "target_modules": _strings(extra=["auto", '"auto"', "'auto'"]),
    "learning_rate": _number(0.0, None, above=True),
}
# What the flat fields may say beside `adapters`: their defaults, in any spelling.
_FLAT_DEFAULTS: Mapping[str, Sequence[str]] = {
    "adapter": ["lora", '"lora"'],
    "lora_r": ["8", "8.0", "010", '"8"'],
    "lora_alpha": ["16", "0x10"],
    "lora_dropout": ["0.05", "5e-2", ".05"],
    "target_modules": ["auto"],
    "learning_rate": ["2e-4", "0.0002", "2.0e-4"],
}
TRAINING: Mapping[str, Spec] = {
    **ADAPTER,
    "sequence_len": _whole(64, 32768),
    "micro_batch_size": _whole(1, extra=["auto", '"auto"', "true"]),
    "grad_accum": _whole(1, extra=["auto", '"auto"', "true"]),
    "num_epochs": _whole(1),
    "optimizer": _choice("adamw_torch", "adamw_bnb_8bit", "paged_adamw_8bit", "galore_adamw_8bit"),
    "lr_scheduler": _choice("cosine", "linear", "constant"),
    "warmup_ratio": _number(0.0, 0.5),
    "precision": _choice("bf16", "fp16", "fp32"),
    "seed": _whole(-(2**63), 2**70, extra=["true", "-0", "9.0e+18", "0x" + "f" * 40]),
    "sources_policy": _choice("permissive", "strict"),
}
SOURCE: Mapping[str, Spec] = {
    "include": _strings(),
    "exclude": _strings(),
    "max_bytes_per_file": _whole(1, extra=["null", "~", "", "true"]),
    "max_files": _whole(1, extra=["null", "~", "", "true"]),
}
PATH = _spec(
    _words().filter(lambda text: text not in {"''", '""', '!!str ""'}), '""', "~", "1", "[]"
)
BLOCKS: Mapping[str, Mapping[str, Spec]] = {
    "cpt": {"schedule": _choice("auto", "dapt", "sft"), "embed_warmup_steps": _whole(0)},
    "gate": {
        "enabled": _spec(_nodes(*_FALSE), *_TRUE),
        "hidden_proj_dim": _whole(8, 2048),
        "steps": _whole(1, 10000),
        "lr": _number(0.0, 1.0, above=True),
        "cold_start_floor": _whole(1, 1024),
        "entropy_lambda": _number(0.0, 1.0),
    },
    "cache": {
        "enabled": _flag(),
        "max_bytes": _whole(1),
        "prune_older_than_days": _whole(1),
    },
    "audio": {"auto_resample": _flag()},
}
PREFERENCE: Mapping[str, Spec] = {
    "enabled": _flag(),
    "method": _choice("dpo", "orpo"),
    "loss_type": _choice("sigmoid", "hinge", "ipo"),
    "reference": _choice("base", "pre_adapter"),
}
HYPERPARAMS: Mapping[str, Spec] = {
    "beta": _number(0.0, 1.0),
    "alpha": _number(0.0, 1.0),
    "learning_rate": _number(0.0, None, above=True),
    "num_epochs": _whole(1),
}
EXPORT: Mapping[str, Spec] = {
    "default_quant": _choice("Q4_K_M", "Q5_K_M", "Q6_K", "Q8_0"),
    "default_temperature": _number(0.0, 2.0, above=True),
    "default_top_p": _number(0.0, 1.0, above=True),
}


# frontmatters

Specs = Mapping[str, Spec]


class Budget:
    """How many faults an example may still get; each is put where `spend` says so."""

    def __init__(self, draw: Draw, faults: int) -> None:
        self.draw = draw
        self.left = faults

    def spend(self, odds: int = 8) -> bool:
        """Return whether to put an error here."""
        if self.left and one_in(self.draw, odds):
            self.left -= 1
            return True
        return False

    def value(self, spec: Spec, odds: int = 3) -> Node:
        return self.draw(spec.bad if self.spend(odds) else spec.good)

    def some(self, specs: Specs, *, most: int = 2, least: int = 0) -> list[tuple[str, Node]]:
        """A few of the fields."""
        names = st.lists(st.sampled_from(sorted(specs)), unique=True, min_size=least, max_size=most)
        return [(name, self.value(specs[name])) for name in self.draw(names)]

    def block(self, specs: Specs, *, most: int = 2) -> Node:
        if self.spend(8):
            return self.draw(_nodes("", "null", "[]", "x", "3", "[{}]", "!!set {a}", "!!omap []"))
        return self.mapping(self.some(specs, most=most))

    def mapping(self, items: list[tuple[str, Node]]) -> Map:
        """The items as a mapping, with its oddities and perhaps a wrong key."""
        if self.spend(7):
            items = [*items, (self.draw(st.sampled_from(_WRONG_KEYS)), self.draw(_WEIRD_SCALARS))]
        if items and self.spend(8):
            items = _renamed(self.draw, items)
        return Map(tuple(_odd_layout(self.draw, items)))


_WRONG_KEYS = _tokens(
    """
    lora lora_rank Lora_r lora-r base-model basemodel dlm_ID recursive source path include sources
    dpo training enabled x é 1 ~ true 1.5 2024-01-01 [a] {} "" << yes on null "dlm_id" <<x =
    """
)
_WRONG_KEYS += ['"\\ud800"', '"a\\udfff"']
_NEAR: Sequence[Callable[[str], str]] = (
    lambda key: key.upper(),
    lambda key: key.replace("_", "-"),
    lambda key: key[:-1],
    lambda key: key + "s",
    lambda key: f'"{key} "',
    lambda key: key + " ",
    lambda key: key.title(),
)


def _renamed(draw: Draw, items: list[tuple[str, Node]]) -> list[tuple[str, Node]]:
    at = draw(st.integers(0, len(items) - 1))
    key, value = items[at]
    return [*items[:at], (draw(st.sampled_from(_NEAR))(key), value), *items[at + 1 :]]


def _odd_layout(draw: Draw, items: list[tuple[str, Node]]) -> list[tuple[str, Node]]:
    """Return an equal mapping in another form: another order, quoted, merged or repeated keys."""
    if not items or not one_in(draw, 5):
        return items
    at = draw(st.integers(0, len(items) - 1))
    key, value = items[at]
    rest = [*items[:at], *items[at + 1 :]]
    match draw(st.integers(0, 6)):
        case 0:
            return list(reversed(items))
        case 1:
            return [(f'"{key}"', value), *rest]
        case 2:
            return [("<<", Map(((key, value),))), *rest]
        case 3:
            return [(key, draw(_WEIRD_SCALARS.filter(_harmless))), *items]
        case 4:
            return [("<<", Seq((Map(((key, value),)), Map(((key, "~"),))))), *rest]
        case 5:
            return [("<<", Map(((key, "[]"),))), *items]
    return [(f"!!str {key}", value), *rest]


def _harmless(text: str) -> bool:
    return _PLAIN.match(text) is not None


def _sources(budget: Budget) -> Node:
    if budget.spend(10):
        return budget.draw(_nodes("", "{}", "[null]", "[a]", "[[]]", "[{}]", "x", "{path: .}"))
    count = budget.draw(st.integers(0, 2))
    return Seq(tuple(_source(budget) for _ in range(count)))


def _source(budget: Budget) -> Map:
    items = budget.some(SOURCE)
    if not budget.spend(10):
        items.insert(0, ("path", budget.value(PATH)))
    return budget.mapping(items)


_NAMES = ["a", "tone", "x_1", "a" * 32, "default", "lora", "y", "n0", '"on"', "'no'"]
_BAD_NAMES = ["A", "on", "yes", "1a", "_a", "a-b", "a" * 33, '""', "a.b", "é", '"a\\n"', "1", "~"]
_BAD_NAMES += ['"\\ud800"', '"a\\udcff"']


def _adapters(budget: Budget) -> Node:
    if budget.spend(10):
        return budget.draw(_nodes("{}", "[]", "[a]", "x", "{a: null}", "{a: }", "{a: []}"))
    names = budget.draw(st.lists(st.sampled_from(_NAMES), unique=True, min_size=1, max_size=3))
    if budget.spend(6):
        names = [*names, budget.draw(st.sampled_from(_BAD_NAMES))]
    blocks = [budget.block(ADAPTER) for _ in names]
    if isinstance(blocks[0], Map) and one_in(budget.draw, 3):
        blocks[0] = replace(blocks[0], anchor="x")
        blocks[1:] = budget.draw(_aliases(len(blocks) - 1))
    return Map(tuple(zip(names, blocks, strict=True)))


def _aliases(count: int) -> st.SearchStrategy[list[Node]]:
    """Further adapters that repeat or extend the one anchored as `x`."""
    merged = Map((("<<", "*x"), ("lora_r", "4")))
    return st.lists(
        _nodes("*x", merged, Map((("<<", "[*x, {}]"),))), min_size=count, max_size=count
    )


def _preference(budget: Budget) -> Node:
    node = budget.block(PREFERENCE)
    if isinstance(node, Map) and one_in(budget.draw, 2):
        return Map((*node.items, ("hyperparams", budget.block(HYPERPARAMS))))
    return node


_DPO: Specs = {
    **{key: PREFERENCE[key] for key in ("enabled", "loss_type")},
    **{key: HYPERPARAMS[key] for key in ("beta", "learning_rate", "num_epochs")},
    "reference": _choice("base", "pre_dpo_adapter", "pre_adapter"),
    "unknown": _spec(_WEIRD_SCALARS.filter(_harmless), "x"),
}


def _dpo(budget: Budget) -> Node:
    if one_in(budget.draw, 5):
        return budget.draw(_nodes("null", "{}", "", "[]", "3", "x"))
    return Map(tuple(budget.some(_DPO, most=3)))


def _beside_adapters(budget: Budget, items: list[tuple[str, Node]]) -> list[tuple[str, Node]]:
    """The flat fields that may stand beside `adapters`, unless a fault is due."""
    if budget.spend(4):
        return items
    draw = budget.draw
    return [
        (key, draw(st.sampled_from(_FLAT_DEFAULTS[key])) if key in _FLAT_DEFAULTS else value)
        for key, value in items
    ]


def _two_adapters(node: Node) -> bool:
    return isinstance(node, Map) and len(node.items) > 1


def _training(budget: Budget, *, first_version: bool) -> Node:
    draw = budget.draw
    items = budget.some(TRAINING, most=3)
    if one_in(draw, 3):
        items.append(
            ("sources", draw(_nodes("null", "~")) if one_in(draw, 9) else _sources(budget))
        )
    if one_in(draw, 4):
        items = [*_beside_adapters(budget, items), ("adapters", _adapters(budget))]
        if one_in(draw, 3) and (_two_adapters(items[-1][1]) or budget.spend(2)):
            items.append(("gate", draw(_nodes("{enabled: true}", "{enabled: 1, steps: 5}"))))
    if one_in(draw, 4):
        items.append(("preference", _preference(budget)))
    if one_in(draw, 4):
        name = draw(st.sampled_from(sorted(BLOCKS)))
        items.append((name, budget.block(BLOCKS[name])))
    if one_in(draw, 2 if first_version else 60):
        items.append(("dpo", _dpo(budget)))
    return budget.mapping(items)


def _frontmatter(budget: Budget) -> Map:
    draw = budget.draw
    items: list[tuple[str, Node]] = []
    version = draw(st.sampled_from(["15", "15", "odd", "1", "none", "odd"]))
    if not budget.spend(20):
        items.append(("dlm_id", budget.value(ID, odds=14)))
    if version != "none":
        items.append(
            ("dlm_version", budget.value(VERSION, odds=2) if version == "odd" else version)
        )
    if not budget.spend(20):
        items.append(("base_model", budget.value(BASE, odds=14)))
    if one_in(draw, 3):
        items.append(("system_prompt", budget.value(PROMPT, odds=8)))
    if not one_in(draw, 4):
        first = version in ("1", "none")
        training = _training(budget, first_version=first)
        items.append(("training", draw(_nodes("", "[]")) if budget.spend(20) else training))
    if one_in(draw, 3):
        items.append(("export", budget.block(EXPORT)))
    return budget.mapping(items)


# writing YAML


@st.composite
def _written(draw: Draw, node: Node, *, indent: int = 0) -> str:
    """Source lines of a mapping in block style; what is below may turn to flow style."""
    if not isinstance(node, Map) or not node.items:
        return " " * indent + _flow(node) + "\n"
    return "".join(draw(_written_item(key, value, indent)) for key, value in node.items)


@st.composite
def _written_item(draw: Draw, key: str, value: Node, indent: int) -> str:
    pad = " " * indent
    head = pad + (f"? {key}\n{pad}:" if one_in(draw, 40) else f"{key}:")
    end = one_of_or(draw, "\n", [" # c\n", "\n\n", "\n# c\n", " \n", "  #\n"], odds=12)
    step = draw(st.sampled_from([2, 2, 4, 1, 3]))
    match value:
        case Map(items=items, anchor=anchor) if items and not one_in(draw, 4):
            below: str = draw(_written(value, indent=indent + step))
            return head + (f" &{anchor}" if anchor else "") + end + below
        case Seq(items=nodes) if nodes and not one_in(draw, 3):
            indent += draw(st.sampled_from([step, 0]))
            return head + end + "".join(draw(_written_entry(item, indent)) for item in nodes)
        case str() if one_in(draw, 25):
            return f"{head} &a{draw(st.integers(0, 9999))} {value}{end}"
        case str() if not value:
            return head + end
    return f"{head} {_flow(value)}{end}"


@st.composite
def _written_entry(draw: Draw, item: Node, indent: int) -> str:
    if not isinstance(item, Map) or not item.items or one_in(draw, 4):
        return f"{' ' * indent}- {_flow(item)}\n"
    below: str = draw(_written(item, indent=indent + 2))
    return " " * indent + "- " + below[indent + 2 :]


def _flow(node: Node) -> str:
    match node:
        case Map(items=items, anchor=anchor):
            return (
                (f"&{anchor} " if anchor else "")
                + "{"
                + ", ".join(f"{key}: {_flow(value)}" for key, value in items)
                + "}"
            )
        case Seq(items=nodes):
            return "[" + ", ".join(_flow(item) for item in nodes) + "]"
    return node


_YAML_BREAKERS = [
    "%YAML 1.1\n",
    "--- {}\n",
    "...\n",
    "\ta: b\n",
    "a: b: c\n",
    "- a\n",
    "a\n",
    "{}\n",
]
_YAML_BREAKERS += [": a\n", "? a\n", "'a\n", "[\n", "}\n", "*a\n", "&a\n", "<<: 3\n", "<<: [3]\n"]
_YAML_BREAKERS += [
    "? [a]\n: b\n",
    "{}: a\n",
    "a: |\n",
    "x: !!python/name:os.x\n",
    "\x00\n",
    "\x0c\n",
]
_YAML_BREAKERS += [
    "\ufeff\n",
    "\x85\n",
    "\u2028\n",
    "system_prompt: |\n  a\n---\n",
    "@a: b\n",
    "!!x\n",
]
_YAML_BREAKERS += ["training: &t\n  adapters: *t\n", "export: &e {a: *e}\n", "a:\t8\n", "a: 8\t\n"]
_YAML_BREAKERS += [f"x: {'[' * n}{']' * n}\n" for n in (3, 60, 600)]
_YAML_BREAKERS += ["system_prompt: 2024-13-45\n", 'system_prompt: !!int "x"\n', "x: !!bool x\n"]
_YAML_HARMLESS = ["# c\n", "\n", "   \n", "#\n", "<<: {}\n", "  # c\n", "<<: []\n"]
_YAML_HARMLESS += ["system_prompt: |\n  a\n  ---\n\n", "system_prompt: >-\n  a\n   b\n", "\x85\n"]
_YAML_HARMLESS += ["system_prompt:\n  a\n  b\n", 'system_prompt: "a\n  b"\n', "\u2028\n", "\t\n"]
_ODD_CHARS = ["\x00", "\x07", "\x7f", "\x80", "\x85", "\x9f", "\xa0", "\u2028", "\ufeff", "\ufffe"]
_ODD_CHARS += [
    "\uffff",
    "\U0001f600",
    "\U0010ffff",
    "\t",
    "\x0b",
    "\x0c",
    "\x1b",
    "'",
    '"',
    "#",
    ":",
]


def _inserted(draw: Draw, text: str, pieces: Sequence[str], *, at_line: bool) -> str:
    """The text with one of the pieces somewhere, or at the start of some line."""
    piece = draw(st.sampled_from(pieces))
    if not at_line:
        at = draw(st.integers(0, len(text)))
        return text[:at] + piece + text[at:]
    lines = text.splitlines(keepends=True)
    place = draw(st.integers(0, len(lines)))
    return "".join([*lines[:place], piece, *lines[place:]])


def _yaml_text(budget: Budget, node: Map) -> str:
    draw = budget.draw
    if one_in(draw, 20):
        text = _flow(node) + "\n"
    else:
        text = draw(_written(node, indent=draw(st.sampled_from([0] * 9 + [2]))))
    if one_in(draw, 8):
        text = _inserted(draw, text, _YAML_HARMLESS, at_line=True)
    if budget.spend(2):
        text = _inserted(draw, text, _YAML_BREAKERS, at_line=True)
    if budget.spend(2):
        text = _inserted(draw, text, _ODD_CHARS, at_line=False)
    return text


# bodies

_PROSE = [
    "",
    "a",
    "# Title",
    "some text",
    "---",
    "::",
    "```".join("ab"),
    "   ",
    "\t",
    "é 😀",
    "::a b::",
]
_PROSE += [
    "\u2028",
    "a\x85b",
    "\x0c",
    "\ufeff",
    "\ufeffx",
    "\x00",
    "~~~",
    " ```",
    "<<<<<<< HEAD",
    "#",
]
_PROSE += [
    "::foo bar::",
    "::::",
    ":::prose:::",
    "::a::b::",
    "::instruction:: ",
    " ::prose::",
    "::é::",
]
_PROSE += ["::image path='a'::", "::image path=a::", '::image path = "a"::', '::Image path="a"::']
_PROSE += ['::image path="a":: ', '::image PATH="a"::', '::image path="a"alt="b"::', "::image::x"]
_PROSE += [
    '::image path="a\\"b"::',
    '::image#a path="a"::',
    "### Q",
    "::foo.bar::",
    "\u200b::prose::",
]
_FENCES = ["::instruction::", "::preference::", "::prose::", "::instruction#tone::", "::prose#x::"]
_FENCES += ["::preference#a_1::", '::image path="a.png"::', '::image path="" alt="x y"::']
_FENCES += ['::image path="a" alt="::"   ::', '::audio path="a.wav" transcript="hi"::']
_FENCES += ['::image\tpath="a"::', '::image\xa0path="a"::', '::audio transcript="" path=""::']
_FENCES += ["::instruction#" + "a" * 32 + "::", '::image\u2003alt="b" path="a"\x85::']
_BAD_FENCES = ["::foo::", "::Instruction::", "::note::", "::1::", "::-::", "::image::", "::audio::"]
_BAD_FENCES += [
    "::instruction#::",
    "::instruction#A::",
    "::instruction#a#b::",
    "::#a::",
    "::foo#a::",
]
_BAD_FENCES += [
    "::instruction#" + "a" * 33 + "::",
    "::image#a::",
    '::image alt="a"::',
    "::_::",
    "::#::",
]
_BAD_FENCES += ['::image path="é"::', '::image path="a" path="b"::', '::image path="a" x="b"::']
_BAD_FENCES += [
    '::audio path="a"::',
    '::prose a="b"::',
    '::foo a="b"::',
    '::image a1_="x"::',
    "```",
]
_BAD_FENCES += [
    '::audio path="a" transcript="b" alt="c"::',
    '::instruction path="a"::',
    "```py",
    "````",
]
_HARVEST = ['<!-- dlm-auto-harvest: source="run_1" -->', '<!-- dlm-auto-harvest: source="" -->']
_HARVEST += ["<!-- dlm-auto-harvest: source=x -->", '<!-- dlm-auto-harvest: source="a" --> ']
_MINED = {
    "judge_name": ["sway", "", "é"],
    "judge_score_chosen": ["0.9", "1", "-1e-3", " 2 ", "1_0.5"],
    "judge_score_rejected": ["0.1", "0"],
    "mined_at": ["2026-04-24T10:18:42Z", "2026-04-24", "20260424T101842", "2026-W17-5"],
    "mined_run_id": ["1", "42", " 7 ", "1_0", "٣"],
}
_SYNTH = {
    "synth_teacher": ["self", "x y"],
    "synth_strategy": ["extraction", "é"],
    "synth_at": ["2026-04-24T10:18:42Z", "2026-04-24 10:18"],
    "source_section_id": ["b6b7d8a2f4b3f9c0", "0" * 16],
}
_MARKER_FAULTS = [
    "",
    "x",
    "nan",
    "inf",
    "0",
    "1.5",
    "2026-13-01",
    "ZZ",
    "B6B7D8A2F4B3F9C0",
    "1" * 5000,
]
_TAILS = [" -->", " -->", " -->", " -->", " -->", "-->", "  -->", " --> ", " x -->", ""]


def _marker(budget: Budget, name: str, values: Mapping[str, Sequence[str]]) -> str:
    draw = budget.draw
    attributes = {key: draw(st.sampled_from(choices)) for key, choices in values.items()}
    if budget.spend(4):
        key = draw(st.sampled_from([*attributes, "extra"]))
        attributes[key] = draw(st.sampled_from(_MARKER_FAULTS))
    keys = draw(st.permutations(sorted(attributes))) if one_in(draw, 3) else sorted(attributes)
    if budget.spend(6):
        keys = [*keys[1:], keys[-1]] if one_in(draw, 2) else keys[1:]
    gap = one_of_or(draw, " ", ["  ", "\t", "\xa0", ""], odds=12)
    blob = "".join(f'{gap}{key}="{attributes[key]}"' for key in keys)
    return f"<!-- dlm-auto-{name}:{blob}" + draw(st.sampled_from(_TAILS))


def _markers(budget: Budget, fence: str) -> list[str]:
    """Marker lines for the section, now and then of the kind that is text there."""
    draw = budget.draw
    mined = ("preference" in fence) is not one_in(draw, 5)
    own = _marker(budget, "mined", _MINED) if mined else _marker(budget, "synth", _SYNTH)
    harvest = draw(st.sampled_from(_HARVEST))
    return draw(st.sampled_from([[], [], [], [own], [own], [harvest], [harvest, own], [own, own]]))


def _section(budget: Budget) -> list[str]:
    draw = budget.draw
    fence = draw(st.sampled_from(_BAD_FENCES if budget.spend(2) else _FENCES))
    lines = [fence, *_markers(budget, fence)]
    if one_in(draw, 2):
        kind: Literal["instruction", "preference"]
        kind = "preference" if "preference" in fence else "instruction"
        return lines + draw(_pair_lines(kind))
    return lines + draw(st.lists(st.sampled_from(_PROSE), max_size=4))


def _code(budget: Budget) -> list[str]:
    """A code block, in which fences are text."""
    draw = budget.draw
    inside = draw(st.lists(st.sampled_from([*_PROSE, *_FENCES, "::foo::"]), max_size=3))
    end = draw(st.sampled_from(["~~~", " ```", ""])) if budget.spend(6) else "```"
    return [draw(st.sampled_from(["```", "```py", "````", "```x```"])), *inside, end]


def _body(budget: Budget) -> str:
    draw = budget.draw
    lines: list[str] = []
    kinds = draw(st.lists(st.sampled_from(["prose", "fence", "fence", "code"]), max_size=5))
    for kind in [*kinds, "fence"] if budget.left else kinds:
        if kind == "fence":
            lines += _section(budget)
        elif kind == "code":
            lines += _code(budget)
        else:
            lines += draw(st.lists(st.sampled_from(_PROSE), max_size=3))
    return "\n".join(lines)


# instruction and preference bodies (dlm format, 2.7)

_HEADERS = {
    "instruction": ["### Q", "### A"],
    "preference": ["### Prompt", "### Chosen", "### Rejected"],
}
_HEADER_ODD = ["### Q !probe", "  ### Q", "### A\t", "\xa0### Chosen", "### Q: x", "###Q", "### q"]
_HEADER_ODD += [
    "#### Q",
    "### Q  !probe",
    " ### Q !probe",
    "### Q !probe x",
    "### A !probe",
    "### Q x",
]
_HEADER_ODD += ["### Q !probe ", "###  Q", "### Prompt", "### Rejected", "### A", "### Q"]
_PAIR_TEXT = [
    "a",
    "some text",
    "é",
    "a\x0cb",
    "a\x85",
    "\u2028",
    "a\x0b### A",
    "\x0c",
    "- x",
    "\ufeff",
]


@st.composite
def _pair_lines(draw: Draw, kind: Literal["instruction", "preference"]) -> list[str]:
    headers = _HEADERS[kind]
    lines: list[str] = []
    for _ in range(draw(st.sampled_from([1, 1, 2, 0]))):
        for header in headers:
            lines += [header, "a", *draw(st.lists(st.sampled_from(_PAIR_TEXT), max_size=1))]
            lines += [""] * draw(st.sampled_from([0, 0, 0, 1, 2]))
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 1, 2]))):
        at = draw(st.integers(0, len(lines)))
        piece = draw(st.sampled_from([*_HEADER_ODD, *_PAIR_TEXT, "", " ", "```"]))
        lines[at : at + draw(st.integers(0, 1))] = [piece]
    return lines


@st.composite
def pair_bodies(draw: Draw) -> tuple[Literal["instruction", "preference"], str]:
    """(kind, content of such a section), right or nearly right."""
    kinds: list[Literal["instruction", "preference"]] = ["instruction", "preference"]
    kind = draw(st.sampled_from(kinds))
    lines = draw(_pair_lines(kind))
    return kind, "\n".join(lines) + draw(st.sampled_from(["", "\n"]))


# whole files

_OPENERS = ["--- ", " ---", "----", "", "--", "---\n---", "\n---", "\ufeff---", "--- # c", "---\t"]
_CLOSERS = ["--- ", "...", "----", "", " ---", "--- #c", "-- -", "---\t", "---\x85"]
_BOM = b"\xef\xbb\xbf"


def _newlines(draw: Draw, text: str) -> str:
    """The text with other newlines; some files mix them."""
    style = draw(st.sampled_from(["\n"] * 7 + ["\r\n", "\r", "mixed"]))
    if style != "mixed":
        return text.replace("\n", style)
    pieces = text.split("\n")
    ends = draw(st.lists(st.sampled_from(["\n", "\r\n", "\r", "\n\r"]), min_size=1, max_size=4))
    joined = [piece + ends[at % len(ends)] for at, piece in enumerate(pieces[:-1])]
    return "".join(joined) + pieces[-1]


def _encoded(budget: Budget, text: str) -> bytes:
    draw = budget.draw
    data = _newlines(draw, text).encode()
    if one_in(draw, 10):
        data = _BOM * (2 if budget.spend(2) else 1) + data
    return draw(_mutations(data)) if budget.spend(3) else data


_PLACES = ["field", "field", "field", "yaml", "body", "body", "edge"]


@st.composite
def documents(draw: Draw, faults: int | None = None) -> bytes:
    """Whole documents that differ from a valid one by that many faults at most (else by 0 to 2)."""
    count = draw(st.sampled_from([0, 0, 1, 1, 1, 2])) if faults is None else faults
    places = draw(st.lists(st.sampled_from(_PLACES), min_size=count, max_size=count))
    budgets = {place: Budget(draw, places.count(place)) for place in _PLACES}
    yaml = _yaml_text(budgets["yaml"], _frontmatter(budgets["field"]))
    body = _body(budgets["body"])
    edge = budgets["edge"]
    opener = draw(st.sampled_from(_OPENERS)) if edge.spend(4) else "---"
    closer = draw(st.sampled_from(_CLOSERS)) if edge.spend(3) else "---"
    gap = draw(st.sampled_from(["\n\n", "\n", "\n\n\n"])) if body else ""
    end = draw(st.sampled_from(["\n", "", "\n\n"]))
    return _encoded(edge, f"{opener}\n{yaml}{closer}{gap}{body}{end}")


# Every field of the schema by its keys; `[]` stands for the one source.
FIELDS: Mapping[tuple[str, ...], Spec] = {
    ("system_prompt",): PROMPT,
    **{("training", key): spec for key, spec in TRAINING.items()},
    **{("training", "adapters", "a", key): spec for key, spec in ADAPTER.items()},
    **{("training", "sources", "[]", key): spec for key, spec in SOURCE.items()},
    **{("training", name, key): spec for name in BLOCKS for key, spec in BLOCKS[name].items()},
    **{("training", "preference", key): spec for key, spec in PREFERENCE.items()},
    **{("training", "preference", "hyperparams", key): spec for key, spec in HYPERPARAMS.items()},
    **{("export", key): spec for key, spec in EXPORT.items()},
}


def _placed(keys: tuple[str, ...], value: Node) -> Node:
    if not keys:
        return value
    below = _placed(keys[1:], value)
    if keys[0] == "[]" and isinstance(below, Map):
        return Seq((Map((("path", "."), *below.items)),))
    return Map(((keys[0], below),))


@st.composite
def single_field_documents(draw: Draw) -> bytes:
    """Valid documents but for one field, which holds any text: all fields are equally likely."""
    keys = draw(st.sampled_from(sorted(FIELDS)))
    spec = FIELDS[keys]
    other = FIELDS[draw(st.sampled_from(sorted(FIELDS)))]
    value = draw(st.one_of(spec.good, spec.bad, other.good, other.bad))
    node = _placed(keys, value)
    assert isinstance(node, Map)
    yaml = draw(_written(Map((("dlm_id", _IDS[0]), ("base_model", "x"), *node.items))))
    return f"---\n{yaml}---\n".encode()


_INVALID = [b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80", b"\x80"]
_PIECES = [
    b"\n---\n",
    b"\r",
    b"\n",
    b"\n\n",
    b"```\n",
    b"\n```",
    b"::x::\n",
    b": ",
    b" ",
    b"\t",
    _BOM,
]
_PIECES += [
    b"'",
    b"\x00",
    b"#",
    b" #",
    b"- ",
    b"  ",
    b",",
    b"1",
    b"_",
    b".",
    b"\xc2\x85",
    b"\\",
    b"::\n",
]


@st.composite
def _mutations(draw: Draw, data: bytes) -> bytes:
    # The first bytes are the opener, in which every change is the same fault.
    at = draw(st.integers(min(4, len(data)), len(data)))
    to = min(len(data), at + draw(st.sampled_from([1, 2, 5, 20, 200])))
    match draw(st.sampled_from(["insert", "insert", "break", "delete", "repeat", "cut", "move"])):
        case "insert":
            return data[:at] + draw(st.sampled_from(_PIECES)) + data[at:]
        case "break":
            return data[:at] + draw(st.sampled_from(_INVALID)) + data[at:]
        case "delete":
            return data[:at] + data[to:]
        case "repeat":
            return data[:to] + data[at:]
        case "move":
            place = draw(st.integers(min(4, at), at))
            return data[:place] + data[at:to] + data[place:at] + data[to:]
    return data[:at]


@st.composite
def mutated(draw: Draw, files: st.SearchStrategy[bytes]) -> bytes:
    """Files of the strategy with one to three slices deleted, repeated, moved or put in."""
    data = draw(files)
    for _ in range(draw(st.sampled_from([1, 1, 2, 3]))):
        data = draw(_mutations(data))
    return data


# .dlm/training.yaml (dlm format, 3.6)

_SCALES = ["0", "2", "0.5", "1e-3", '"2"', "true", ".inf", ".nan", "-0.0", "0x10", "1:30"]
_BAD_SCALES = ["-1", "-0.1", "-.inf", "x", "null", "", "[]", '""', "2024-01-01"]
_TAGS = ["domain", "a", '"1"', "é", '"yes"', '""', "y"]
_BAD_TAGS = ["1", "yes", "~", "1.5", "[a]", "2024-01-01", "on"]
TRAINING_YAML: Specs = {
    "dlm_training_version": _spec(
        _nodes("1", "1", "1", "1.0", "true", "0x1", "yes", "01", "+1"),
        '"1"',
        "2",
        "0",
        "null",
        "1.5",
    ),
    "include": _strings(),
    "exclude": _strings(),
    "exclude_defaults": _flag(),
}


def _tagged(budget: Budget, leaf: Callable[[], Node]) -> Node:
    draw = budget.draw
    if budget.spend(10):
        return draw(_nodes("null", "", "[]", "[a]", "x", "!!set {a}", "!!omap [a: b]", "[[a, b]]"))
    names = draw(st.lists(st.sampled_from(_TAGS), max_size=2, unique=True))
    if budget.spend(8):
        names = [*names, draw(st.sampled_from(_BAD_TAGS))]
    return Map(tuple((name, leaf()) for name in names))


def _training_yaml(budget: Budget) -> Map:
    draw = budget.draw
    word, scale = _spec(_words(), "1", "yes", "null", ""), _spec(_nodes(*_SCALES), *_BAD_SCALES)
    items = budget.some(TRAINING_YAML, most=4)
    if one_in(draw, 3):
        items.append(("metadata", _tagged(budget, lambda: budget.value(word))))
    if one_in(draw, 3):
        inner = lambda: _tagged(budget, lambda: budget.value(scale))  # noqa: E731
        items.append(("weights", _tagged(budget, inner)))
    return budget.mapping(items)


@st.composite
def training_yamls(draw: Draw) -> bytes:
    """The bytes of a `.dlm/training.yaml`."""
    fields, text, edge = (Budget(draw, draw(st.integers(0, most))) for most in (2, 1, 1))
    whole = [
        "",
        "# c\n",
        "null",
        "~",
        "---\n",
        "[]",
        "x",
        "{}",
        "--- {}\n...\n",
        " \n",
        "a: b\n---\n",
    ]
    if one_in(draw, 12):
        return _encoded(edge, draw(st.sampled_from(whole)))
    return _encoded(edge, _yaml_text(text, _training_yaml(fields)))


@st.composite
def patterns_and_path(draw: Draw) -> tuple[list[str], str]:
    """A few patterns, one of which often matches the path."""
    pattern, path = draw(glob_cases())
    others = draw(st.lists(globs(), max_size=4))
    return draw(st.permutations([pattern, *others])), path
