"""The syntax rules: what dlm cannot parse, or parses otherwise than it looks."""

from __future__ import annotations

from tests.support import (
    CORPUS,
    GOOD,
    ID,
    MONTH_13,
)
from tests.unit.rules.support import (
    ADDS_NOTHING,
    Reports,
    corpus,
    rule_tests,
    with_body,
    with_keys,
    with_source,
)

SYNTH = '<!-- dlm-auto-synth: synth_teacher="t" synth_strategy="s" synth_at="{}"'
SYNTH += ' source_section_id="0123456789abcdef" -->'
TRIPLE = ("### Prompt", "a", "### Chosen", "b", "### Rejected", "c")
IMAGE = 'write \'::image path="..." alt="..."::\''


def mined(**values: str) -> str:
    """Return the marker of a preference, which dlm writes."""
    good = {"judge_name": "j", "judge_score_chosen": "1e3", "judge_score_rejected": "-0.5"}
    good |= {"mined_at": "2026-01-01", "mined_run_id": "1"} | values
    attributes = " ".join(f'{key}="{value}"' for key, value in good.items())
    return f"<!-- dlm-auto-mined: {attributes} -->"


REPORTED: dict[str, list[Reports]] = {
    "unparsable-document": [
        Reports(
            "no frontmatter",
            corpus("# My corpus\n"),
            f"{CORPUS}:1:1: expected '---' to open the frontmatter, found '# My corpus'",
            hint="begin the file with '---', the YAML keys, and another '---'",
        ),
        Reports(
            "empty", corpus(""), f"{CORPUS}:1:1: expected '---' to open the frontmatter, found ''"
        ),
        Reports(
            "not closed",
            corpus("---\na: b\n"),
            f"{CORPUS}:1:1: the frontmatter that opens here is not closed",
        ),
        *(
            Reports(
                f"closed by '{line}'",
                corpus(with_keys().replace("\n---\n", f"\n{line}\n") + more),
                f"{CORPUS}:5:1: expected '---' to close the frontmatter, found '{line}'",
                hint="write '---', with nothing else on the line",
            )
            for line, more in (
                ("--- ", ""),
                ("--- # end", ""),
                ("—", ""),
                ("—-", ""),
                ("--", ""),
                ("---\t", ""),
                ("...", ""),
                ("... ", ""),
                ("----", ""),
                (" ---", ""),
                ("--- ", "\n---\n\nMore.\n"),
                ("...", "\n---\n\nMore.\n"),
            )
        ),
        *(
            Reports(
                f"opened by '{line}'",
                corpus(line + with_keys()[3:]),
                f"{CORPUS}:1:1: expected '---' to open the frontmatter, found '{line}'",
                hint="write '---', with nothing else on the line",
            )
            for line in ("--- ", "----", "—-", "--- # x")
        ),
        Reports(
            "two byte order marks",
            corpus(f"\ufeff\ufeff{with_keys()}"),
            f"{CORPUS}:1:1: expected '---' to open the frontmatter, found '\ufeff---'",
            hint="write '---', with nothing else on the line",
        ),
        Reports(
            "empty lines at the top",
            corpus(f"\n \n{with_keys()}"),
            f"{CORPUS}:1:1: expected '---' to open the frontmatter, found ''",
            hint="delete the empty lines above '---'",
        ),
        Reports(
            "Latin-1",
            {CORPUS: b"---\n# caf\xe9\n"},
            f"{CORPUS}:2:6: not UTF-8: byte 0xe9 at offset 9",
        ),
        Reports(
            "a bare glob",
            corpus(with_source(".", "      include: [**/*.py]")),
            f"{CORPUS}:9:18: cannot load the frontmatter as YAML: while scanning an"
            " alias, expected alphabetic or numeric character, but found '*'",
            hint="quote the value: '**/*.py'",
        ),
        Reports(
            "an invalid date",
            corpus(with_keys("base_model: 2024-13-45")),
            f"{CORPUS}:4:13: cannot load the frontmatter as YAML: '2024-13-45' is not"
            f" a valid timestamp: {MONTH_13}",
        ),
        Reports(
            "a list",
            corpus("---\n- a\n---\nx\n"),
            f"{CORPUS}:2:1: expected a mapping in the frontmatter, found a list",
        ),
        Reports(
            "beside the corpus",
            {CORPUS: GOOD, "docs/other.dlm": "x"},
            "docs/other.dlm:1:1: expected '---' to open the frontmatter, found 'x'",
        ),
    ],
    "conflict-marker": [
        Reports(
            "in the frontmatter",
            corpus(with_keys("<<<<<<< HEAD", "seed: 1", "=======", "seed: 2", ">>>>>>> x")),
            f"{CORPUS}:5:1: conflict marker '<<<<<<< HEAD'",
        ),
        Reports(
            "in the body",
            corpus(with_body("<<<<<<< HEAD", "a", "=======", "b", ">>>>>>> x")),
            f"{CORPUS}:7:1: conflict marker '<<<<<<< HEAD'",
        ),
        Reports(
            "in an ignore file",
            corpus(GOOD, **{"src/.dlm/ignore": "*.md\n<<<<<<< HEAD\n=======\n*.py\n>>>>>>> x\n"}),
            "src/.dlm/ignore:2:1: conflict marker '<<<<<<< HEAD'",
            also=ADDS_NOTHING,
        ),
        Reports(
            "only the end was left",
            corpus(with_body("b", ">>>>>>> x")),
            f"{CORPUS}:8:1: conflict marker '>>>>>>> x'",
        ),
    ],
    "duplicate-key": [
        Reports(
            "at the top",
            corpus(with_keys("base_model: phi-3.5-mini", "base_model: smollm2-135m")),
            f"{CORPUS}:5:1: duplicate key 'base_model': dlm uses this value, not the one on line 4",
        ),
        Reports(
            "quoted and nested",
            corpus(with_keys("training:", "  seed: 1", '  "seed": 2')),
            f"{CORPUS}:7:3: duplicate key 'seed': dlm uses this value, not the one on line 6",
        ),
        Reports(
            "beside the corpus",
            {CORPUS: GOOD, "docs/other.dlm": with_keys("export: {}", "export: {}")},
            "docs/other.dlm:6:1: duplicate key 'export': dlm uses this value, not the one on line"
            " 5",
            also=(
                f"duplicate-id: docs/other.dlm:2:9: id '{ID}' is also the id of '{CORPUS}': both"
                " share one training store",
            ),
        ),
    ],
    "unknown-key": [
        Reports(
            "near miss",
            corpus(with_keys("training:", "  lora_rank: 8")),
            f"{CORPUS}:6:3: unknown key 'lora_rank' in 'training'",
            hint="did you mean 'lora_r'?",
        ),
        Reports(
            "in a list",
            corpus(with_source(".", "      includes: []")),
            f"{CORPUS}:9:7: unknown key 'includes' in 'training.sources.0'",
            hint="did you mean 'include'?",
        ),
        Reports(
            "a key of an older version",
            corpus(with_keys("training:", "  dpo: {enabled: true}")),
            f"{CORPUS}:6:3: unknown key 'dpo' in 'training'",
        ),
        Reports(
            "beside the corpus",
            {CORPUS: GOOD, "docs/other.dlm": with_keys("exports: {}")},
            "docs/other.dlm:5:1: unknown key 'exports'",
        ),
    ],
    "invalid-value": [
        Reports(
            "a number as the key of a nested mapping",
            corpus(with_keys("training:", "  1: a")),
            f"{CORPUS}:6:3: the key is not a string in YAML",
            hint="quote it, or delete it",
        ),
        Reports(
            "out of range",
            corpus(with_keys("training: {lora_r: 0}")),
            f"{CORPUS}:5:20: 'training.lora_r': expected an integer from 1 to 256, found '0'",
        ),
        Reports(
            "a string for a list",
            corpus(with_source(".", '      include: "*.py"')),
            f"{CORPUS}:9:16: 'training.sources.0.include': expected a list of strings, found"
            ' "*.py"',
        ),
        Reports(
            "near choice",
            corpus(with_keys("training: {adapter: Lora}")),
            f"{CORPUS}:5:21: 'training.adapter': expected 'lora' or 'qlora' or 'dora',"
            " found 'Lora'",
            hint="did you mean 'lora'?",
        ),
        Reports(
            "missing",
            corpus(f"---\ndlm_id: {ID}\n---\nx\n"),
            f"{CORPUS}:1:1: 'base_model' is missing",
            hint="write a non-empty string",
        ),
        Reports(
            "no version",
            corpus(with_keys('dlm_version: "15"')),
            f"{CORPUS}:4:14: 'dlm_version': expected an integer from 1 to 15, found \"15\"",
        ),
        Reports(
            "across fields",
            corpus(with_keys("training:", "  gate: {enabled: true}")),
            f"{CORPUS}:5:1: 'training': expected two or more 'adapters' when 'gate.enabled' is"
            " true, found 'gate: {enabled: true}'",
        ),
        Reports(
            "of a version 1 document, at the place where it is written",
            corpus(with_keys("dlm_version: 1", "training:", "  dpo: {beta: 7}")),
            f"{CORPUS}:6:15: 'training.preference.hyperparams.beta': expected a number from 0"
            " to 1, found '7'",
        ),
    ],
    "unsupported-version": [
        Reports(
            "newer",
            corpus(with_keys("dlm_version: 16")),
            f"{CORPUS}:4:14: expected a schema version from 1 to 15, found 16",
        ),
        Reports(
            "zero",
            corpus(with_keys("dlm_version: 0")),
            f"{CORPUS}:4:14: expected a schema version from 1 to 15, found 0",
        ),
    ],
    "malformed-section": [
        Reports(
            "a stray word",
            corpus(with_body("::note::", "x")),
            f"{CORPUS}:7:1: fence '::note::' has an unknown section type",
        ),
        Reports(
            "an adapter in other letters",
            corpus(with_body("::instruction#é::", "x")),
            f"{CORPUS}:7:1: dlm reads '::instruction#é::' as prose, not as a fence",
            hint="adapter names match [a-z][a-z0-9_]{0,31}",
        ),
        Reports(
            "a marker with no time",
            corpus(with_body("::instruction::", SYNTH.format("noon"), "### Q", "a", "### A", "b")),
            f"{CORPUS}:8:1: marker 'dlm-auto-synth' has the invalid synth_at 'noon'",
            hint="dlm writes these comments: delete the line",
        ),
        Reports(
            "an open code block",
            corpus(with_body("x", "```py", "y")),
            f"{CORPUS}:8:1: this code block is not closed",
        ),
        Reports(
            "a space behind",
            corpus(with_body("::instruction:: ", "x")),
            f"{CORPUS}:7:1: dlm reads '::instruction:: ' as prose, not as a fence",
        ),
        Reports(
            "single quotes",
            corpus(with_body("::image path='a.png'::")),
            f"{CORPUS}:7:1: dlm reads '::image path='a.png'::' as prose, not as a fence",
        ),
        *(
            Reports(
                fence,
                corpus(with_body(fence)),
                f"{CORPUS}:7:1: {message}",
                hint=hint,
            )
            for fence, message, hint in (
                ('::image alt="b"::', "fence '::image ...::' lacks the attribute 'path'", IMAGE),
                (
                    '::audio transcript="b"::',
                    "fence '::audio ...::' lacks the attribute 'path'",
                    'write \'::audio path="..." transcript="..."::\'',
                ),
                (
                    '::image path="a.png" path="b.png"::',
                    "fence '::image ...::' repeats attribute 'path'",
                    IMAGE,
                ),
                (
                    '::image path="a.png" size="2"::',
                    "fence '::image ...::' has the unknown attribute 'size'",
                    IMAGE,
                ),
                (
                    '::image path="é.png"::',
                    "attribute 'path' of '::image ...::' is not ASCII",
                    "rename the file",
                ),
                (
                    '::image path="a.png" alt="é"::',
                    "attribute 'alt' of '::image ...::' is not ASCII",
                    "use ASCII characters only",
                ),
                (
                    '::prose path="a"::',
                    "fence '::prose ...::' has attributes, but only 'image' and 'audio' take any",
                    "write '::prose::'",
                ),
                (
                    '::video path="a"::',
                    "fence '::video ...::' has attributes, but only 'image' and 'audio' take any",
                    "write '::image ...::' or '::audio ...::'",
                ),
                (
                    "::prose#9::",
                    "fence '::prose#9::' has an invalid adapter name after '#'",
                    "adapter names match [a-z][a-z0-9_]{0,31}",
                ),
            )
        ),
        *(
            Reports(
                f"{key} {value}",
                corpus(with_body("::preference::", mined(**{key: value}), *TRIPLE)),
                f"{CORPUS}:8:1: marker 'dlm-auto-mined' has the invalid {key} '{value}'",
            )
            for key, value in (
                ("mined_run_id", "0"),
                ("mined_run_id", "x"),
                ("judge_score_chosen", "nan"),
                ("judge_score_rejected", "high"),
                ("mined_at", "noon"),
            )
        ),
        Reports(
            "a marker that lacks an attribute",
            corpus(
                with_body(
                    *("::instruction::", '<!-- dlm-auto-synth: synth_teacher="t" -->'),
                    *("### Q", "a", "### A", "b"),
                )
            ),
            f"{CORPUS}:8:1: marker 'dlm-auto-synth' lacks the attribute 'synth_strategy'",
        ),
        Reports(
            "a lacking attribute",
            corpus(with_body('::audio path="a.wav"::')),
            f"{CORPUS}:7:1: fence '::audio ...::' lacks the attribute 'transcript'",
        ),
    ],
    "malformed-pair": [
        Reports(
            "no text",
            corpus(with_body("::instruction::", "### Q", "### A", "b")),
            f"{CORPUS}:8:1: '### Q' has no text",
        ),
        Reports(
            "a probe of a preference",
            corpus(with_body("::preference::", "### Prompt !probe", "a")),
            f"{CORPUS}:8:1: expected '### Prompt' alone on its line, found '### Prompt !probe'",
        ),
        Reports(
            "a probe of a whole preference",
            corpus(with_body("::preference::", "### Prompt !probe", *TRIPLE[1:])),
            f"{CORPUS}:8:1: expected '### Prompt' alone on its line, found '### Prompt !probe'",
        ),
        Reports(
            "a probe of an instruction in a preference",
            corpus(with_body("::preference::", "### Q !probe", "a")),
            f"{CORPUS}:8:1: expected '### Prompt' alone on its line, found '### Q !probe'",
        ),
        Reports(
            "a header of a preference",
            corpus(with_body("::instruction::", "### Q", "a", "", "### Chosen", "b")),
            f"{CORPUS}:11:1: expected '### A' alone on its line, found '### Chosen'",
        ),
        Reports(
            "no answer",
            corpus(with_body("::instruction::", "### Q", "why")),
            f"{CORPUS}:9:1: the section ends without '### A'",
        ),
        Reports(
            "two paragraphs",
            corpus(with_body("::instruction::", "### Q", "why", "### A", "a", "", "b")),
            f"{CORPUS}:13:1: expected '### Q' after the blank line, which ends a text in dlm"
            " 0.10.0",
        ),
        Reports(
            "no pairs",
            corpus(with_body("::preference::", "")),
            f"{CORPUS}:7:1: this section is empty",
        ),
        Reports(
            "behind a marker",
            corpus(
                with_body("::instruction::", '<!-- dlm-auto-harvest: source="r" -->', "### A", "x")
            ),
            f"{CORPUS}:9:1: expected '### Q' alone on its line, found '### A'",
        ),
    ],
    "empty-body": [
        Reports(
            "nothing below",
            corpus(with_keys().replace("Prose.\n", "")),
            f"{CORPUS}:5:1: the body is empty: dlm trains on nothing, not even on the sources",
        ),
    ],
    "undeclared-adapter": [
        Reports(
            "no adapters",
            corpus(with_body("::instruction#tone::", "### Q", "a", "### A", "b")),
            f"{CORPUS}:7:1: adapter 'tone' is not declared",
            hint="declare it under `training.adapters`, or write 'default'",
        ),
        Reports(
            "beside a corpus that the trainer refuses",
            {CORPUS: with_keys("exports: {}"), "docs/other.dlm": with_body("::prose#tone::", "x")},
            "docs/other.dlm:7:1: adapter 'tone' is not declared",
            also=(f"unknown-key: {CORPUS}:5:1: unknown key 'exports'",),
        ),
    ],
}
NOT_REPORTED: dict[str, list[Reports]] = {
    "unparsable-document": [
        Reports("a byte order mark and CRLF", corpus("\ufeff" + GOOD.replace("\n", "\r\n")), ""),
        Reports(
            "a conflict",
            corpus("<<<<<<< HEAD\n---\n"),
            "",
            also=(f"conflict-marker: {CORPUS}:1:1: conflict marker '<<<<<<< HEAD'",),
        ),
    ],
    "conflict-marker": [
        Reports("a heading", corpus(with_body("Title", "=======", "<<<<<< six")), ""),
        Reports("an indented example", corpus(with_body("    <<<<<<< HEAD", "    >>>>>>> x")), ""),
    ],
    "duplicate-key": [
        Reports(
            "in two mappings",
            corpus(with_source(".", "      max_files: 1", "    - path: src", "      max_files: 1")),
            "",
        ),
        Reports("merged and overridden", corpus(with_keys("export: {<<: {default_top_p: 1}}")), ""),
    ],
    "unknown-key": [
        Reports("version 1", corpus(with_keys("dlm_version: 1", "training: {dpo: {beta: 0}}")), "")
    ],
    "invalid-value": [
        Reports("a string of a number", corpus(with_keys("training: {learning_rate: 2e-4}")), "")
    ],
    "unsupported-version": [Reports("version 1", corpus(with_keys("dlm_version: 1")), "")],
    "malformed-section": [
        Reports("in a code block", corpus(with_body("```", "::note::", "```")), ""),
        Reports(
            "a marker with a time",
            corpus(
                with_body(
                    *("::instruction::", SYNTH.format("2026-01-01T00:00:00Z")),
                    *("### Q", "a", "### A", "b"),
                )
            ),
            "",
        ),
        Reports("indented code", corpus(with_body("     ::instruction::")), ""),
        Reports("a good marker", corpus(with_body("::preference::", mined(), *TRIPLE)), ""),
        Reports("an image", corpus(with_body('::image path="a.png"::')), ""),
        Reports("an image with text", corpus(with_body('::image path="a.png" alt="b"::')), ""),
        Reports("audio", corpus(with_body('::audio path="a.wav" transcript="b"::')), ""),
        Reports("inline", corpus(with_body("see ::note:: and a::b::c")), ""),
    ],
    "malformed-pair": [
        Reports(
            "a probe",
            corpus(with_body("::instruction::", "### Q !probe", "a", "### A", "b")),
            "",
        ),
        Reports(
            "a probe, and a form feed",
            corpus(with_body("::instruction::", "### Q !probe", "a\x0cb", "### A", "c")),
            "",
        ),
        Reports(
            "two pairs",
            corpus(with_body("::instruction::", *["### Q", "a", "### A", "b", "", ""] * 2)),
            "",
        ),
        Reports(
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
        Reports(
            "only a fenced section",
            corpus(with_body("::instruction::", "### Q", "a")),
            "",
            also=(f"malformed-pair: {CORPUS}:9:1: the section ends without '### A'",),
        )
    ],
    "undeclared-adapter": [
        Reports(
            "declared",
            corpus(
                with_keys("training: {adapters: {tone: {}}}").replace(
                    "Prose.", "::instruction#tone::\n### Q\na\n### A\nb"
                )
            ),
            "",
        ),
        Reports("default", corpus(with_body("::prose#default::", "x")), ""),
    ],
}


test_a_rule_reports, test_a_rule_reports_nothing = rule_tests(REPORTED, NOT_REPORTED)
