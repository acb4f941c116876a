"""The rules for .dlm/training.yaml and .dlm/ignore."""

from __future__ import annotations

import pytest

from tests.support import (
    CORPUS,
    GOOD,
)
from tests.unit.rules.support import (
    NESTED,
    PACKAGE,
    Speaks,
    corpus,
    findings,
    shown,
    table,
    with_globs,
    with_keys,
    with_source,
)

NO_TEXT = f"{CORPUS}:8:13: source '.' selects no tracked file with text: the model learns nothing"
WAY_OUT = "`git add` what it is to learn, or see `dlm-git files --skipped`"
NO_CONFIG = "dlm ignores this file"
SPEAKS: dict[str, list[Speaks]] = {
    "empty-training-set": [
        Speaks("nothing tracked", {CORPUS: GOOD}, NO_TEXT, help=WAY_OUT),
        Speaks("all excluded", corpus(with_globs(["**/*"], ["src/**"])), NO_TEXT),
        Speaks("nothing included", corpus(with_globs([])), NO_TEXT),
        Speaks("images only", {CORPUS: GOOD, "a.png": "x", "b.JPG": "x"}, NO_TEXT),
        Speaks("binary only", {CORPUS: GOOD, "a": b"\0", "b": b"x\0"}, NO_TEXT),
        Speaks("no UTF-8", {CORPUS: GOOD, "a": b"caf\xe9"}, NO_TEXT),
        Speaks("secrets only", {CORPUS: GOOD, ".env": "x"}, NO_TEXT),
        Speaks(
            "too large",
            corpus(with_source(".", "      max_bytes_per_file: 1"), **{"src/a.py": "xx"}),
            NO_TEXT,
        ),
        Speaks(
            "the second of two sources",
            corpus(with_source("src", "    - path: docs"), **{"docs/a.png": "x"}),
            f"{CORPUS}:9:13: source 'docs' selects no tracked file with text: the model learns"
            " nothing",
        ),
        Speaks(
            "one file",
            corpus(with_source("a.bin"), **{"a.bin": "\0"}),
            f"{CORPUS}:8:13: source 'a.bin' selects no tracked file with text: the model learns"
            " nothing",
        ),
    ],
    "broken-training-config": [
        Speaks(
            "YAML",
            {**NESTED, PACKAGE: "a: [\n"},
            f"{PACKAGE}:2:1: {NO_CONFIG}: it is not YAML that dlm can load: while parsing a flow"
            " node, expected the node content, but found '<stream end>'",
            help="mend it, or all that it excludes is learned",
        ),
        Speaks(
            "an unknown key, near one",
            {**NESTED, PACKAGE: "excludes: [a]\n"},
            f"{PACKAGE}:1:1: {NO_CONFIG} because of unknown key 'excludes'",
            help="did you mean 'exclude'?",
        ),
        Speaks(
            "an unknown key, near none",
            {**NESTED, PACKAGE: "metadata: {}\nzzz: 1\n"},
            f"{PACKAGE}:2:1: {NO_CONFIG} because of unknown key 'zzz'",
            help="the keys are 'include', 'exclude', 'exclude_defaults', 'metadata', 'weights'",
        ),
        Speaks(
            "a type",
            {**NESTED, PACKAGE: 'exclude: "*.py"\n'},
            f"{PACKAGE}:1:10: {NO_CONFIG} because of the value of 'exclude'",
            help="expected a list of strings",
        ),
        Speaks(
            "a list",
            {**NESTED, ".dlm/training.yaml": "- a\n"},
            f".dlm/training.yaml:1:1: {NO_CONFIG}: it is no mapping of keys",
        ),
        Speaks(
            "Latin-1",
            {**NESTED, PACKAGE: b"# caf\xe9\n"},
            f"{PACKAGE}:1:6: {NO_CONFIG}: not UTF-8: byte 0xe9 at offset 5",
        ),
        Speaks(
            "an ignore file in Latin-1",
            {**NESTED, ".dlm/ignore": b"caf\xe9\n"},
            f".dlm/ignore: {NO_CONFIG}: not UTF-8: byte 0xe9 at offset 3",
            help="save it as UTF-8, or all of it is learned",
        ),
        Speaks(
            "training.yml",
            {**NESTED, "a b/.dlm/training.yml": "{}"},
            "a b/.dlm/training.yml: dlm never reads this file: it looks for"
            " 'a b/.dlm/training.yaml'",
            help="`git mv 'a b/.dlm/training.yml' 'a b/.dlm/training.yaml'`",
        ),
    ],
    "widening-training-config": [
        Speaks(
            "include",
            {**NESTED, PACKAGE: 'include: ["**/*"]\n'},
            f"{PACKAGE}:1:10: lets in 1 file that the document leaves out, such as 'pkg/a.py'",
            help="add the line '/pkg/**' to .dlm/ignore, or remove 'pkg/.dlm'",
        ),
        Speaks(
            "exclude_defaults",
            {**NESTED, CORPUS: GOOD, PACKAGE: "exclude_defaults: false\n"},
            f"{PACKAGE}:1:19: lets in 2 files that the document leaves out, such as '{PACKAGE}'",
        ),
        Speaks(
            "a negation",
            {**NESTED, CORPUS: GOOD, "pkg/.dlm/ignore": "# keys\n!*.key\n"},
            "pkg/.dlm/ignore:2:1: lets in 1 file that the document leaves out, such as"
            " 'pkg/deploy.key'",
            help="remove the line, or remove 'pkg/.dlm': no other file can undo a '!' of it",
        ),
        Speaks(
            "below the source",
            {
                CORPUS: with_globs(["**/*.md"], path="src"),
                "src/a.md": "x",
                "src/pkg/a.py": "x",
                "src/pkg/.dlm/training.yaml": 'include: ["**/*.py"]\n',
            },
            "src/pkg/.dlm/training.yaml:1:10: lets in 1 file that the document leaves out, such"
            " as 'src/pkg/a.py'",
            help="add the line '/pkg/**' to src/.dlm/ignore, or remove 'src/pkg/.dlm'",
        ),
    ],
}
SILENT: dict[str, list[Speaks]] = {
    "empty-training-set": [
        Speaks("one text", {CORPUS: GOOD, "a.png": "x", "b": b"\0", "z": "text"}, ""),
        Speaks("an empty file", {CORPUS: GOOD, "a": ""}, ""),
        Speaks("no sources", {CORPUS: with_keys()}, ""),
        Speaks(
            "a text after many that are none",
            {CORPUS: GOOD, **{f"{n:02}": b"\0" for n in range(50)}, "z": "x"},
            "",
        ),
        Speaks(
            "what only a nested one includes",
            {**NESTED, CORPUS: with_globs(["*.rs"]), PACKAGE: "include: ['pkg/*']\n"},
            "",
        ),
        Speaks("untracked", {CORPUS: GOOD}, "", lying={"a.txt": "untracked"}),
    ],
    "broken-training-config": [
        Speaks("empty", {**NESTED, PACKAGE: ""}, ""),
        Speaks(
            "whole",
            {
                **NESTED,
                PACKAGE: "\ufeffdlm_training_version: 1\r\nmetadata: {a: b}\r\n"
                "weights: {a: {b: 2}}\r\nexclude: ['*.md']\r\nexclude_defaults: yes\r\n",
            },
            "",
        ),
        Speaks("elsewhere", {**NESTED, "training.yml": "x"}, ""),
        Speaks(
            "outside of the sources",
            corpus(with_source("src"), **{"docs/.dlm/training.yaml": "- a\n"}),
            "",
        ),
    ],
    "widening-training-config": [
        Speaks("narrower", {**NESTED, PACKAGE: "include: ['pkg/*.md']\nexclude: [b.md]\n"}, ""),
        Speaks("no defaults, and no more", {**NESTED, PACKAGE: "exclude_defaults: false\n"}, ""),
        Speaks("at the root", {**NESTED, ".dlm/training.yaml": 'include: ["**/*"]\n'}, ""),
        Speaks("a negation of nothing", {**NESTED, "pkg/.dlm/ignore": "!*.key\n"}, ""),
        Speaks("broken", {**NESTED, PACKAGE: 'include: ["**/*"]\nx: y\n'}, ""),
        Speaks(
            "left out by a line",
            {**NESTED, PACKAGE: 'include: ["**/*"]\n', ".dlm/ignore": "/pkg/**\n"},
            "",
        ),
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
