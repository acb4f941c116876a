"""Three versions of a document: a base, and two sides that changed it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.strategies import Draw, one_in
from tests.support import ID

_MODELS = ["smollm2-135m", "qwen2.5-0.5b", "hf:a/b", "123"]
_GLOBS = ["**/*", "**/*.py", "docs/**", "a b", "#x", "a: b", "é*"]
_PATHS = [".", "src", "docs", "a b"]
_COMMENTS = ["# a comment\n", "\n", "# one\n# two\n", ""]
_VALUES: dict[str, list[Any]] = {
    "lora_r": [4, 8, 16],
    "num_epochs": [1, 2, 5],
    "sources_policy": ["strict", "permissive"],
    "optimizer": ["adamw_torch", "adamw_bnb_8bit"],
    "preference": [{}, {"enabled": True}, {"hyperparams": {"beta": 0.2}}, {"method": "orpo"}],
    "gate": [{"enabled": True}, {"enabled": False}],
    "adapters": [{"tone": {"lora_r": 4}, "facts": {}}, {"tone": {"learning_rate": 0.01}}],
}
_TOP: dict[str, list[Any]] = {
    "dlm_version": [14, 15, 6],
    "base_model": _MODELS,
    "system_prompt": ["Be kind.", "Be brief.\nAlways.\n", "No: # x"],
    "export": [{"default_quant": "Q8_0"}, {"default_quant": "Q8_0", "default_top_p": 0.5}],
}
_TEXTS = [
    "### Q\nWhat is tea?\n### A\nA drink.",
    "### Q\nHow is tea made?\n### A\nWith hot water,\nand with leaves.",
    "Tea is a drink.\n\nIt is hot.\n\n```\n::instruction::\n```",
    "Coffee is another drink.",
    "---\nkey: value\n---",
    "",
    "### Prompt\nTea?\n### Chosen\nYes.\n### Rejected\nNo.",
]
_MARKS = ['<!-- dlm-auto-harvest: source="a" -->\n', '<!-- dlm-auto-harvest: source="b" -->\n']
_FENCES = ["::instruction::", "::prose::", "::preference::", "::instruction#tone::"]
_FENCES += ['::image path="a.png"::', '::image path="a.png" alt="b"::']


@dataclass
class Model:
    """What a document contains: its frontmatter, and its sections as pairs of fence and text."""

    frontmatter: dict[str, Any]
    sections: list[list[str]]


@st.composite
def versions(draw: Draw) -> tuple[str, str, str]:
    """Return base, ours and theirs: each is written in a layout of its own, or in that of base."""
    base = draw(_models())
    shared = draw(st.booleans())
    layout = draw(_layouts())
    texts = [_written(base, layout)]
    for _ in range(2):
        side = copy.deepcopy(base)
        for edit in draw(st.lists(st.sampled_from(_EDITS), max_size=4)):
            edit(draw, side)
        texts.append(_written(side, layout if shared else draw(_layouts())))
    return texts[0], texts[1], texts[2]


@st.composite
def _models(draw: Draw) -> Model:
    frontmatter: dict[str, Any] = {"dlm_id": ID, "base_model": draw(st.sampled_from(_MODELS))}
    for key in draw(st.permutations([*_TOP]))[:3]:
        frontmatter[key] = draw(st.sampled_from(_TOP[key]))
    training = {
        key: draw(st.sampled_from(_VALUES[key])) for key in draw(st.permutations([*_VALUES]))[:3]
    }
    training["sources"] = draw(st.lists(_sources(), min_size=1, max_size=3))
    frontmatter["training"] = training
    return Model(frontmatter, draw(st.lists(_sections(), max_size=4)))


@st.composite
def _sources(draw: Draw) -> dict[str, Any]:
    source: dict[str, Any] = {"path": draw(st.sampled_from(_PATHS))}
    for key in draw(st.sampled_from([(), ("include",), ("include", "exclude")])):
        source[key] = draw(st.lists(st.sampled_from(_GLOBS), max_size=3))
    if one_in(draw, 3):
        source["max_files"] = draw(st.integers(1, 3))
    return source


@st.composite
def _sections(draw: Draw) -> list[str]:
    fence, text = draw(st.sampled_from(_FENCES)), draw(st.sampled_from(_TEXTS))
    if fence.startswith("::instruction") and one_in(draw, 3):
        text = draw(st.sampled_from(_MARKS)) + text
    return [fence, text]


def _set_top(draw: Draw, model: Model) -> None:
    key = draw(st.sampled_from([*_TOP]))
    model.frontmatter[key] = draw(st.sampled_from(_TOP[key]))


def _set_value(draw: Draw, model: Model) -> None:
    key = draw(st.sampled_from([*_VALUES]))
    model.frontmatter["training"][key] = draw(st.sampled_from(_VALUES[key]))


def _remove_value(draw: Draw, model: Model) -> None:
    training = model.frontmatter["training"]
    training.pop(draw(st.sampled_from([*training])), None)


def _set_source(draw: Draw, model: Model) -> None:
    sources = model.frontmatter["training"].setdefault("sources", [])
    place = draw(st.integers(0, len(sources)))
    sources[place : place + draw(st.integers(0, 1))] = [draw(_sources())]


def _set_pattern(draw: Draw, model: Model) -> None:
    for source in model.frontmatter["training"].get("sources", [])[:1]:
        patterns = source.setdefault(draw(st.sampled_from(["include", "exclude"])), ["**/*"])
        place = draw(st.integers(0, len(patterns)))
        patterns[place : place + draw(st.integers(0, 1))] = [draw(st.sampled_from(_GLOBS))]


def _add_section(draw: Draw, model: Model) -> None:
    model.sections.insert(draw(st.integers(0, len(model.sections))), draw(_sections()))


def _remove_section(draw: Draw, model: Model) -> None:
    if model.sections:
        del model.sections[draw(st.integers(0, len(model.sections) - 1))]


def _edit_section(draw: Draw, model: Model) -> None:
    if model.sections:
        section = draw(st.sampled_from(model.sections))
        lines = section[1].split("\n")
        lines.insert(draw(st.integers(0, len(lines))), draw(st.sampled_from(["more", "less"])))
        section[1] = "\n".join(lines)


def _move_section(draw: Draw, model: Model) -> None:
    model.sections[:] = draw(st.permutations(model.sections))


_EDITS: list[Callable[[Draw, Model], None]] = [
    _set_top,
    _set_value,
    _remove_value,
    _set_source,
    _set_pattern,
    _set_pattern,
    _add_section,
    _add_section,
    _remove_section,
    _edit_section,
    _move_section,
]


@dataclass
class Layout:
    """How a document is written."""

    indent: int
    flow: bool
    list_indent: int
    quote: str
    comment: str
    newline: str
    gap: str
    head: str
    end: str


def _layouts() -> st.SearchStrategy[Layout]:
    return st.builds(
        Layout,
        indent=st.sampled_from([2, 4]),
        flow=st.booleans(),
        list_indent=st.sampled_from([0, 2]),
        quote=st.sampled_from(['"', "'"]),
        comment=st.sampled_from(_COMMENTS),
        newline=st.sampled_from(["\n", "\n", "\n", "\r\n"]),
        gap=st.sampled_from(["\n\n", "\n", "\n\n\n"]),
        head=st.sampled_from(["\n", "", "\n\n"]),
        end=st.sampled_from(["\n", "", "\n\n"]),
    )


def _written(model: Model, layout: Layout) -> str:
    lines = "".join(_entry(layout, key, value, 0) for key, value in model.frontmatter.items())
    sections = [f"{fence}\n{text}" if text else fence for fence, text in model.sections]
    if sections and sections[0].startswith("::prose::\n"):
        sections[0] = sections[0].removeprefix("::prose::\n")
    text = f"---\n{lines}---\n{layout.head}{layout.gap.join(sections)}{layout.end}"
    return text.replace("\n", layout.newline)


def _entry(layout: Layout, key: str, value: Any, column: int) -> str:
    start = f"{layout.comment if not column else ''}{' ' * column}{key}:"
    if isinstance(value, dict) and value and not (layout.flow and column):
        inner = (_entry(layout, k, v, column + layout.indent) for k, v in value.items())
        return f"{start}\n{''.join(inner)}"
    if isinstance(value, list) and value and (not layout.flow or isinstance(value[0], dict)):
        return f"{start}\n" + "".join(
            _item(layout, item, column + layout.list_indent) for item in value
        )
    if isinstance(value, str) and "\n" in value:
        inner_lines = "".join(f"{' ' * (column + 2)}{line}\n" for line in value.splitlines())
        return f"{start} |\n{inner_lines}"
    return f"{start} {_flow(layout, value)}\n"


def _item(layout: Layout, item: Any, column: int) -> str:
    if not isinstance(item, dict):
        return f"{' ' * column}- {_flow(layout, item)}\n"
    lines = "".join(_entry(layout, key, value, column + 2) for key, value in item.items())
    return f"{lines[:column]}-{lines[column + 1 :]}"


def _flow(layout: Layout, value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {_flow(layout, v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(layout, item) for item in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{layout.quote}{value}{layout.quote}" if isinstance(value, str) else str(value)
