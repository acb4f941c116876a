"""The syntax rules: what dlm cannot parse, or parses otherwise than it looks."""

from __future__ import annotations

import pytest

from tests.support import (
    CORPUS,
    GOOD,
    ID,
)
from tests.unit.rules.support import (
    Speaks,
    corpus,
    findings,
    shown,
    table,
    with_body,
    with_keys,
    with_source,
)

SPEAKS: dict[str, list[Speaks]] = {
    "unparsable-document": [
        Speaks(
            "no frontmatter",
            corpus("# My corpus\n"),
            f"{CORPUS}:1:1: expected '---' to open the frontmatter, found '# My corpus'",
            help="begin the file with '---', the YAML keys, and another '---'",
        ),
        Speaks(
            "empty", corpus(""), f"{CORPUS}:1:1: expected '---' to open the frontmatter, found ''"
        ),
        Speaks(
            "not closed",
            corpus("---\na: b\n"),
            f"{CORPUS}:1:1: the frontmatter is opened here and never closed",
        ),
        Speaks(
            "Latin-1",
            {CORPUS: b"---\n# caf\xe9\n"},
            f"{CORPUS}:2:6: not UTF-8: byte 0xe9 at offset 9",
        ),
        Speaks(
            "a bare glob",
            corpus(with_source(".", "      include: [**/*.py]")),
            f"{CORPUS}:9:18: the frontmatter is not YAML that dlm can load: while scanning an"
            " alias, expected alphabetic or numeric character, but found '*'",
            help="quote the value: '**/*.py'",
        ),
        Speaks(
            "an invalid date",
            corpus(with_keys("base_model: 2024-13-45")),
            f"{CORPUS}:4:13: the frontmatter is not YAML that dlm can load: '2024-13-45' is no"
            " valid timestamp: month must be in 1..12",
        ),
        Speaks(
            "a list",
            corpus("---\n- a\n---\nx\n"),
            f"{CORPUS}:2:1: the frontmatter is not a mapping of keys but a list",
        ),
        Speaks(
            "beside the corpus",
            {CORPUS: GOOD, "docs/other.dlm": "x"},
            "docs/other.dlm:1:1: expected '---' to open the frontmatter, found 'x'",
        ),
    ],
    "conflict-marker": [
        Speaks(
            "in the frontmatter",
            corpus(with_keys("<<<<<<< HEAD", "seed: 1", "=======", "seed: 2", ">>>>>>> x")),
            f"{CORPUS}:5:1: conflict marker '<<<<<<< HEAD'",
        ),
        Speaks(
            "in the body",
            corpus(with_body("<<<<<<< HEAD", "a", "=======", "b", ">>>>>>> x")),
            f"{CORPUS}:7:1: conflict marker '<<<<<<< HEAD'",
        ),
        Speaks(
            "only the end was left",
            corpus(with_body("b", ">>>>>>> x")),
            f"{CORPUS}:8:1: conflict marker '>>>>>>> x'",
        ),
    ],
    "duplicate-key": [
        Speaks(
            "at the top",
            corpus(with_keys("base_model: phi-3.5-mini", "base_model: smollm2-135m")),
            f"{CORPUS}:5:1: key 'base_model' is given again: this one wins over that of line 4",
        ),
        Speaks(
            "quoted and nested",
            corpus(with_keys("training:", "  seed: 1", '  "seed": 2')),
            f"{CORPUS}:7:3: key 'seed' is given again: this one wins over that of line 6",
        ),
    ],
    "unknown-key": [
        Speaks(
            "near miss",
            corpus(with_keys("training:", "  lora_rank: 8")),
            f"{CORPUS}:6:3: unknown key 'lora_rank' in 'training'",
            help="did you mean 'lora_r'?",
        ),
        Speaks(
            "in a list",
            corpus(with_source(".", "      includes: []")),
            f"{CORPUS}:9:7: unknown key 'includes' in 'training.sources.0'",
            help="did you mean 'include'?",
        ),
        Speaks(
            "a key of an older version",
            corpus(with_keys("training:", "  dpo: {enabled: true}")),
            f"{CORPUS}:6:3: unknown key 'dpo' in 'training'",
        ),
    ],
    "invalid-value": [
        Speaks(
            "out of range",
            corpus(with_keys("training: {lora_r: 0}")),
            f"{CORPUS}:5:20: 'training.lora_r' is '0', not a whole number from 1 to 256",
        ),
        Speaks(
            "a string for a list",
            corpus(with_source(".", '      include: "*.py"')),
            f"{CORPUS}:9:16: 'training.sources.0.include' is \"*.py\", not a list of strings",
        ),
        Speaks(
            "near choice",
            corpus(with_keys("training: {adapter: Lora}")),
            f"{CORPUS}:5:21: 'training.adapter' is 'Lora', not 'lora' or 'qlora' or 'dora'",
            help="did you mean 'lora'?",
        ),
        Speaks(
            "missing",
            corpus(f"---\ndlm_id: {ID}\n---\nx\n"),
            f"{CORPUS}:1:1: 'base_model' is missing",
            help="give a string that is not empty",
        ),
        Speaks(
            "no version",
            corpus(with_keys('dlm_version: "15"')),
            f"{CORPUS}:4:14: 'dlm_version' is \"15\", not a whole number from 1 to 15",
        ),
        Speaks(
            "across fields",
            corpus(with_keys("training:", "  gate: {enabled: true}")),
            f"{CORPUS}:5:1: 'training' is 'gate: {{enabled: true}}', not two or more 'adapters'"
            " where 'gate.enabled' is true",
        ),
        Speaks(
            "of a version 1 document, at the place where it is written",
            corpus(with_keys("dlm_version: 1", "training:", "  dpo: {beta: 7}")),
            f"{CORPUS}:6:15: 'training.preference.hyperparams.beta' is '7', not a number from"
            " 0 to 1",
        ),
    ],
    "unsupported-version": [
        Speaks(
            "newer",
            corpus(with_keys("dlm_version: 16")),
            f"{CORPUS}:4:14: schema version 16 is not one of 1 to 15",
        ),
        Speaks(
            "zero",
            corpus(with_keys("dlm_version: 0")),
            f"{CORPUS}:4:14: schema version 0 is not one of 1 to 15",
        ),
    ],
    "malformed-section": [
        Speaks(
            "a stray word",
            corpus(with_body("::note::", "x")),
            f"{CORPUS}:7:1: fence '::note::' opens no section that dlm knows",
        ),
        Speaks(
            "an open code block",
            corpus(with_body("x", "```py", "y")),
            f"{CORPUS}:8:1: this code block is never closed",
        ),
        Speaks(
            "a space behind",
            corpus(with_body("::instruction:: ", "x")),
            f"{CORPUS}:7:1: '::instruction:: ' is prose to dlm, not a fence",
        ),
        Speaks(
            "single quotes",
            corpus(with_body("::image path='a.png'::")),
            f"{CORPUS}:7:1: '::image path='a.png'::' is prose to dlm, not a fence",
        ),
        Speaks(
            "a lacking attribute",
            corpus(with_body('::audio path="a.wav"::')),
            f"{CORPUS}:7:1: fence '::audio ...::' lacks attribute 'transcript'",
        ),
    ],
    "malformed-pair": [
        Speaks(
            "no answer",
            corpus(with_body("::instruction::", "### Q", "why")),
            f"{CORPUS}:9:1: '### A' is missing at the end",
        ),
        Speaks(
            "two paragraphs",
            corpus(with_body("::instruction::", "### Q", "why", "### A", "a", "", "b")),
            f"{CORPUS}:13:1: expected '### Q' after the blank line, which ends a text in dlm"
            " 0.10.0",
        ),
        Speaks(
            "no pairs",
            corpus(with_body("::preference::", "")),
            f"{CORPUS}:7:1: the section holds no pairs",
        ),
        Speaks(
            "behind a marker",
            corpus(
                with_body("::instruction::", '<!-- dlm-auto-harvest: source="r" -->', "### A", "x")
            ),
            f"{CORPUS}:9:1: expected '### Q' alone on its line, found '### A'",
        ),
    ],
    "empty-body": [
        Speaks(
            "nothing below",
            corpus(with_keys().replace("Prose.\n", "")),
            f"{CORPUS}:5:1: the body is empty, so dlm trains on nothing, not even on the sources",
        ),
    ],
    "undeclared-adapter": [
        Speaks(
            "no adapters",
            corpus(with_body("::instruction#tone::", "### Q", "a", "### A", "b")),
            f"{CORPUS}:7:1: adapter 'tone' is not declared",
            help="declared: 'default'; add it to 'training.adapters', or correct the name",
        ),
    ],
}
SILENT: dict[str, list[Speaks]] = {
    "unparsable-document": [
        Speaks("a byte order mark and CRLF", corpus("\ufeff" + GOOD.replace("\n", "\r\n")), ""),
        Speaks("a conflict", corpus("<<<<<<< HEAD\n---\n"), ""),
    ],
    "conflict-marker": [
        Speaks("a heading", corpus(with_body("Title", "=======", "<<<<<< six")), ""),
        Speaks("an indented example", corpus(with_body("    <<<<<<< HEAD", "    >>>>>>> x")), ""),
    ],
    "duplicate-key": [
        Speaks(
            "in two mappings",
            corpus(with_source(".", "      max_files: 1", "    - path: src", "      max_files: 1")),
            "",
        ),
        Speaks("merged and overridden", corpus(with_keys("export: {<<: {default_top_p: 1}}")), ""),
    ],
    "unknown-key": [
        Speaks("version 1", corpus(with_keys("dlm_version: 1", "training: {dpo: {beta: 0}}")), "")
    ],
    "invalid-value": [
        Speaks("a string of a number", corpus(with_keys("training: {learning_rate: 2e-4}")), "")
    ],
    "unsupported-version": [Speaks("version 1", corpus(with_keys("dlm_version: 1")), "")],
    "malformed-section": [
        Speaks("in a code block", corpus(with_body("```", "::note::", "```")), ""),
        Speaks("indented code", corpus(with_body("     ::instruction::")), ""),
        Speaks("inline", corpus(with_body("see ::note:: and a::b::c")), ""),
    ],
    "malformed-pair": [
        Speaks(
            "two pairs",
            corpus(with_body("::instruction::", *["### Q", "a", "### A", "b", "", ""] * 2)),
            "",
        ),
        Speaks(
            "a triple",
            corpus(
                with_body(
                    "::preference::", "### Prompt", "a", "### Chosen", "b", "### Rejected", "c"
                )
            ),
            "",
        ),
    ],
    "empty-body": [
        Speaks("only a fenced section", corpus(with_body("::instruction::", "### Q", "a")), "")
    ],
    "undeclared-adapter": [
        Speaks(
            "declared",
            corpus(
                with_keys("training: {adapters: {tone: {}}}").replace(
                    "Prose.", "::instruction#tone::\n### Q\na\n### A\nb"
                )
            ),
            "",
        ),
        Speaks("default", corpus(with_body("::prose#default::", "x")), ""),
    ],
}


@pytest.mark.parametrize(("rule", "given"), table(SILENT))
def test_silent(rule: str, given: Speaks) -> None:
    assert findings(rule, given) == []


@pytest.mark.parametrize(("rule", "given"), table(SPEAKS))
def test_speaks(rule: str, given: Speaks) -> None:
    found = findings(rule, given)
    assert given.says == (shown(found[0]) if found else "")
    if given.help:
        assert found[0].hint == given.help
    assert found[0].hint
