"""The rules for .dlm/training.yaml and .dlm/ignore."""

from __future__ import annotations

from tests.support import (
    CORPUS,
    GOOD,
    MONTH_13,
    Special,
    link,
)
from tests.unit.rules.support import (
    NESTED,
    PACKAGE,
    Reports,
    corpus,
    rule_tests,
    with_globs,
    with_keys,
    with_source,
)

NO_TEXT = (
    f"{CORPUS}:8:13: source '.' selects no tracked file with text: it adds nothing to the training"
    " set"
)
NO_TEXT_HINT = (
    "`git add` the files to train on; `dlm-git files --excluded` shows why each file is excluded"
)
NO_CONFIG = "dlm ignores this file"
REPORTED: dict[str, list[Reports]] = {
    "empty-training-set": [
        Reports("nothing tracked", {CORPUS: GOOD}, NO_TEXT, hint=NO_TEXT_HINT),
        Reports("the config only", {CORPUS: GOOD, ".dlm-git.toml": ""}, NO_TEXT),
        Reports("all excluded", corpus(with_globs(["**/*"], ["src/**"])), NO_TEXT),
        Reports("nothing included", corpus(with_globs([])), NO_TEXT),
        Reports("images only", {CORPUS: GOOD, "a.png": "x", "b.JPG": "x"}, NO_TEXT),
        Reports("binary only", {CORPUS: GOOD, "a": b"\0", "b": b"x\0"}, NO_TEXT),
        Reports("no UTF-8", {CORPUS: GOOD, "a": b"caf\xe9"}, NO_TEXT),
        Reports("secrets only", {CORPUS: GOOD, ".env": "x"}, NO_TEXT),
        Reports(
            "too large",
            corpus(with_source(".", "      max_bytes_per_file: 1"), **{"src/a.py": "xx"}),
            NO_TEXT,
        ),
        Reports(
            "the second of two sources",
            corpus(with_source("src", "    - path: docs"), **{"docs/a.png": "x"}),
            f"{CORPUS}:9:13: source 'docs' selects no tracked file with text: it adds nothing to"
            " the training set",
        ),
        Reports(
            "one file",
            corpus(with_source("a.bin"), **{"a.bin": "\0"}),
            f"{CORPUS}:8:13: source 'a.bin' selects no tracked file with text: it adds nothing to"
            " the training set",
        ),
    ],
    "broken-training-config": [
        Reports(
            "YAML",
            {**NESTED, PACKAGE: "a: [\n"},
            f"{PACKAGE}:2:1: {NO_CONFIG}: cannot load it as YAML: while parsing a flow"
            " node, expected the node content, but found '<stream end>'",
            hint="correct the YAML",
        ),
        Reports(
            "a negative weight",
            {**NESTED, PACKAGE: "weights:\n  a: {b: -1}\n"},
            f"{PACKAGE}:2:3: {NO_CONFIG}: 'weights' must be non-negative weights",
        ),
        Reports(
            "an unknown key, near one",
            {**NESTED, PACKAGE: "excludes: [a]\n"},
            f"{PACKAGE}:1:1: {NO_CONFIG}: unknown key 'excludes'",
            hint="did you mean 'exclude'?",
        ),
        Reports(
            "an unknown key, near none",
            {**NESTED, PACKAGE: "metadata: {}\nzzz: 1\n"},
            f"{PACKAGE}:2:1: {NO_CONFIG}: unknown key 'zzz'",
            hint="the keys are 'include', 'exclude', 'exclude_defaults', 'metadata', 'weights'",
        ),
        Reports(
            "a type",
            {**NESTED, PACKAGE: 'exclude: "*.py"\n'},
            f"{PACKAGE}:1:10: {NO_CONFIG}: 'exclude' must be a list of strings",
            hint="write a list of strings",
        ),
        Reports(
            "a date that does not exist",
            {**NESTED, PACKAGE: "a: 2024-13-45\n"},
            f"{PACKAGE}:1:4: dlm fails on this file and trains on nothing: cannot load it as YAML:"
            f" '2024-13-45' is not a valid timestamp: {MONTH_13}",
            hint="correct the YAML",
        ),
        Reports(
            "more levels than dlm-git loads",
            {**NESTED, PACKAGE: "a: " + "[" * 200 + "]" * 200},
            f"{PACKAGE}:1:103: dlm-git cannot check this file, dlm may read it: cannot load it as"
            " YAML: nested deeper than 100 levels",
        ),
        Reports(
            "a list",
            {**NESTED, ".dlm/training.yaml": "- a\n"},
            f".dlm/training.yaml:1:1: {NO_CONFIG}: expected a mapping of keys",
        ),
        Reports(
            "Latin-1",
            {**NESTED, PACKAGE: b"# caf\xe9\n"},
            f"{PACKAGE}:1:6: {NO_CONFIG}: not UTF-8: byte 0xe9 at offset 5",
        ),
        Reports(
            "an ignore file in Latin-1",
            {**NESTED, ".dlm/ignore": b"caf\xe9\n"},
            f".dlm/ignore: {NO_CONFIG}: not UTF-8: byte 0xe9 at offset 3",
            hint="save the file as UTF-8",
        ),
        *(
            Reports(
                f"unmerged {path}",
                corpus(GOOD, **{path: Special("100644", b"# x\n", stage=2)}),
                f"{path}: the file is unmerged",
                hint=f"resolve the conflict, then `git add {path}`",
            )
            for path in (".dlm/ignore", PACKAGE)
        ),
        Reports(
            "training.yml",
            {**NESTED, "a b/.dlm/training.yml": "{}"},
            "a b/.dlm/training.yml: dlm does not read this file, only 'a b/.dlm/training.yaml'",
            hint="`git mv 'a b/.dlm/training.yml' 'a b/.dlm/training.yaml'`",
        ),
        *(
            Reports(
                name,
                {**NESTED, f".dlm/{name}": "*.zz\n"},
                f".dlm/{name}: dlm does not read this file, only '.dlm/{meant}'",
                hint=f"`git mv .dlm/{name} .dlm/{meant}`",
            )
            for name, meant in (
                ("IGNORE", "ignore"),
                ("Training.yaml", "training.yaml"),
                ("training.YML", "training.yaml"),
            )
        ),
    ],
    "widening-training-config": [
        Reports(
            "include",
            {**NESTED, PACKAGE: 'include: ["**/*"]\n'},
            f"{PACKAGE}:1:10: adds 1 file that the document excludes, such as 'pkg/a.py'",
            hint="add the line '/pkg/**' to .dlm/ignore, or remove 'pkg/.dlm'",
        ),
        Reports(
            "include, beside an ignore file",
            {**NESTED, PACKAGE: 'include: ["**/*"]\n', "pkg/.dlm/ignore": "c.md\n"},
            f"{PACKAGE}:1:10: adds 1 file that the document excludes, such as 'pkg/a.py'",
        ),
        Reports(
            "exclude_defaults",
            {**NESTED, CORPUS: GOOD, PACKAGE: "exclude_defaults: false\n"},
            f"{PACKAGE}:1:19: adds 2 files that the document excludes, such as '{PACKAGE}'",
            also=(
                "secret-in-training-set: pkg/deploy.key: 'pkg/deploy.key' may contain"
                " credentials and is in the training set",
            ),
        ),
        Reports(
            "a negation",
            {**NESTED, CORPUS: GOOD, "pkg/.dlm/ignore": "# keys\n!*.key\n"},
            "pkg/.dlm/ignore:2:1: adds 1 file that the document excludes, such as 'pkg/deploy.key'",
            hint="remove this line or 'pkg/.dlm': no other file can override its '!'",
            also=(
                "secret-in-training-set: pkg/deploy.key: 'pkg/deploy.key' may contain"
                " credentials and is in the training set",
            ),
        ),
        Reports(
            "below the source",
            {
                CORPUS: with_globs(["**/*.md"], path="src"),
                "src/a.md": "x",
                "src/pkg/a.py": "x",
                "src/pkg/.dlm/training.yaml": 'include: ["**/*.py"]\n',
            },
            "src/pkg/.dlm/training.yaml:1:10: adds 1 file that the document excludes, such"
            " as 'src/pkg/a.py'",
            hint="add the line '/pkg/**' to src/.dlm/ignore, or remove 'src/pkg/.dlm'",
        ),
    ],
}
NOT_REPORTED: dict[str, list[Reports]] = {
    "empty-training-set": [
        Reports(
            "a source of links",
            {CORPUS: with_source("src"), "a.md": "x", "src/b.md": link("../a.md")},
            "",
        ),
        Reports("one text", {CORPUS: GOOD, "a.png": "x", "b": b"\0", "z": "text"}, ""),
        Reports("an empty file", {CORPUS: GOOD, "a": ""}, ""),
        Reports("no sources", {CORPUS: with_keys()}, ""),
        Reports(
            "a text after many that are none",
            {CORPUS: GOOD, **{f"{n:02}": b"\0" for n in range(50)}, "z": "x"},
            "",
        ),
        Reports(
            "what only a nested one includes",
            {**NESTED, CORPUS: with_globs(["*.rs"]), PACKAGE: "include: ['pkg/*']\n"},
            "",
            also=(
                f"dead-pattern: {CORPUS}:9:17: include pattern '*.rs' matches no tracked file",
                "widening-training-config: pkg/.dlm/training.yaml:1:10: adds 2 files that the"
                " document excludes, such as 'pkg/a.py'",
            ),
        ),
        Reports(
            "untracked",
            {CORPUS: GOOD},
            "",
            untracked={"a.txt": "untracked"},
            also=(
                "untracked-training-file: a.txt: Git does not track this file, but dlm trains on"
                " it",
            ),
        ),
    ],
    "broken-training-config": [
        Reports("empty", {**NESTED, PACKAGE: ""}, ""),
        Reports(
            "whole",
            {
                **NESTED,
                PACKAGE: "\ufeffdlm_training_version: 1\r\nmetadata: {a: b}\r\n"
                "weights: {a: {b: 2}}\r\nexclude: ['*.md']\r\nexclude_defaults: yes\r\n",
            },
            "",
        ),
        Reports("elsewhere", {**NESTED, "training.yml": "x"}, ""),
        Reports("in another directory", {**NESTED, ".dlm/x/Ignore": "x", "a.dlm/Ignore": "x"}, ""),
        Reports(
            "outside of the sources",
            corpus(with_source("src"), **{"docs/.dlm/training.yaml": "- a\n"}),
            "",
        ),
    ],
    "widening-training-config": [
        Reports("narrower", {**NESTED, PACKAGE: "include: ['pkg/*.md']\nexclude: [b.md]\n"}, ""),
        Reports("no defaults, and no more", {**NESTED, PACKAGE: "exclude_defaults: false\n"}, ""),
        Reports("at the root", {**NESTED, ".dlm/training.yaml": 'include: ["**/*"]\n'}, ""),
        Reports("a negation of nothing", {**NESTED, "pkg/.dlm/ignore": "!*.key\n"}, ""),
        Reports(
            "broken",
            {**NESTED, PACKAGE: 'include: ["**/*"]\nx: y\n'},
            "",
            also=(
                "broken-training-config: pkg/.dlm/training.yaml:2:1: dlm ignores this file:"
                " unknown key 'x'",
            ),
        ),
        Reports(
            "excluded by a line",
            {**NESTED, PACKAGE: 'include: ["**/*"]\n', ".dlm/ignore": "/pkg/**\n"},
            "",
        ),
    ],
}


test_a_rule_reports, test_a_rule_reports_nothing = rule_tests(REPORTED, NOT_REPORTED)
