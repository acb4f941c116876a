"""Each rule: where it speaks, with its words and place, and where it is silent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from dlm_git.config import Config
from dlm_git.finding import Finding
from dlm_git.judge import judge
from dlm_git.rules import FAMILIES, RULES, name_of, page, summary
from dlm_git.snapshot import Whereabouts
from tests.support import (
    CORPUS,
    GOOD,
    ID,
    OTHER_ID,
    SUBMODULE,
    UNMERGED,
    Files,
    link,
    snapshot,
)

OTHER = GOOD.replace(ID, OTHER_ID)
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"


def with_keys(*lines: str) -> str:
    """A good document with these lines in its frontmatter beside the id and the base model."""
    head = [f"dlm_id: {ID}", "dlm_version: 15", "base_model: smollm2-135m"]
    own = {line.partition(":")[0] for line in lines}
    kept = [line for line in head if line.partition(":")[0] not in own]
    return "\n".join(["---", *kept, *lines, "---", "", "Prose.", ""])


def with_source(path: str, *more: str) -> str:
    lines = ["training:", "  sources_policy: strict", "  sources:", f"    - path: {path}", *more]
    return with_keys(*lines)


def with_body(*lines: str) -> str:
    return with_keys().replace("Prose.", "\n".join(lines))


@dataclass(frozen=True)
class Speaks:
    """Files of a snapshot, and what a rule says of them: `path:line:col: message`."""

    case: str
    files: Files
    says: str
    config: dict[str, Any] = field(default_factory=dict)
    help: str = ""
    before: dict[str, str] | None = None
    whereabouts: Whereabouts | None = None


def corpus(text: str, **more: str) -> Files:
    return {CORPUS: text, "src/a.py": "a", **more}


SPEAKS: dict[str, list[Speaks]] = {
    "missing-corpus": [
        Speaks(
            "nothing there",
            {"src/a.py": "a"},
            f"{CORPUS}: no corpus document in the index",
            help="`dlm-git init --base qwen2.5-coder-1.5b` makes one",
        ),
        Speaks(
            "the configured base is offered",
            {},
            f"{CORPUS}: no corpus document in the index",
            {"base": "phi-3.5-mini"},
            help="`dlm-git init --base phi-3.5-mini` makes one",
        ),
        Speaks(
            "untracked",
            {},
            f"{CORPUS}: no corpus document in the index",
            whereabouts=Whereabouts("untracked"),
            help="it exists but is not tracked; `git add .dlm/corpus.dlm`",
        ),
        Speaks(
            "ignored",
            {},
            f"{CORPUS}: the corpus document is ignored by '.dlm/' at .gitignore:4, so no clone"
            " will have it",
            whereabouts=Whereabouts("ignored", ".dlm/", ".gitignore:4"),
            help="remove that pattern, or `git add --force .dlm/corpus.dlm`",
        ),
        Speaks(
            "deleted",
            {},
            f"{CORPUS}: no corpus document in the index",
            whereabouts=Whereabouts("deleted"),
            help="it was deleted; `git restore --staged --worktree .dlm/corpus.dlm` brings it back",
        ),
        Speaks(
            "only announced",
            {},
            f"{CORPUS}: no corpus document in the index",
            whereabouts=Whereabouts("intent-to-add"),
            help="it is only announced (intent-to-add); `git add .dlm/corpus.dlm`",
        ),
        Speaks(
            "another name",
            {".dlm/docs.dlm": GOOD},
            f"{CORPUS}: no corpus document in the index, but one called '.dlm/docs.dlm'",
            help="`git mv .dlm/docs.dlm .dlm/corpus.dlm`, or name it in .dlm-git.toml: "
            'name = "docs"',
        ),
        Speaks(
            "another case",
            {".DLM/Corpus.dlm": GOOD},
            f"{CORPUS}: no corpus document in the index, but one called '.DLM/Corpus.dlm'",
            help="`git mv .DLM/Corpus.dlm .dlm/corpus.dlm`",
        ),
        Speaks(
            "of another configured name",
            {CORPUS: GOOD},
            f".dlm/shop.dlm: no corpus document in the index, but one called '{CORPUS}'",
            {"name": "shop"},
        ),
    ],
    "ambiguous-corpus": [
        Speaks(
            "a second document",
            {CORPUS: GOOD, ".dlm/docs.dlm": OTHER},
            f".dlm/docs.dlm: second document beside '{CORPUS}'",
            help="`git rm --cached .dlm/docs.dlm`, or list it under 'allow' in .dlm-git.toml",
        ),
        Speaks(
            "a name with blanks",
            {CORPUS: GOOD, ".dlm/my docs.dlm": OTHER},
            f".dlm/my docs.dlm: second document beside '{CORPUS}'",
            help="`git rm --cached '.dlm/my docs.dlm'`, or list it under 'allow' in .dlm-git.toml",
        ),
        *(
            Speaks(
                f"lookalike {name!r}",
                {CORPUS: GOOD, name: OTHER},
                f"{name}: some file systems take this path for '{CORPUS}'",
            )
            for name in (
                ".DLM/CORPUS.DLM",
                ".dlm/corpus.dlm ",
                ".dlm./corpus.dlm",
                ".d\u200clm/corpus.dlm",
                ".dlm\\corpus.dlm",
                ".dlm/corpus.dlm:stream",
                ".\uff44lm/corpus.dlm",
            )
        ),
        Speaks(
            "several, none of them the corpus",
            {".dlm/a.dlm": GOOD, ".dlm/b.dlm": OTHER},
            f".dlm/a.dlm: one of 2 documents, none of them '{CORPUS}', so dlm cannot choose",
        ),
    ],
    "nested-corpus": [
        Speaks(
            "in a subdirectory",
            {CORPUS: GOOD, "pkg/.dlm/corpus.dlm": OTHER},
            "pkg/.dlm/corpus.dlm: a second corpus, in 'pkg/.dlm'",
        ),
    ],
    "irregular-corpus": [
        Speaks(
            "a link", {CORPUS: link("../x")}, f"{CORPUS}: the corpus document is a symbolic link"
        ),
        Speaks("a submodule", {CORPUS: SUBMODULE}, f"{CORPUS}: the corpus document is a submodule"),
        Speaks(
            ".dlm a link", {".dlm": link("x")}, ".dlm: '.dlm' is a symbolic link, not a directory"
        ),
        Speaks(".dlm a file", {".dlm": "x"}, ".dlm: '.dlm' is a file, not a directory"),
        Speaks(
            "a directory", {f"{CORPUS}/x": "x"}, f"{CORPUS}: the corpus document is a directory"
        ),
        Speaks(
            "a pointer",
            {CORPUS: POINTER},
            f"{CORPUS}: the corpus document is a Git LFS pointer, so dlm reads the pointer",
        ),
    ],
    "unmerged-corpus": [
        Speaks("one side", {CORPUS: UNMERGED}, f"{CORPUS}: the corpus document is unmerged"),
    ],
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
    "wrong-base": [
        Speaks(
            "drift",
            corpus(with_keys()),
            f"{CORPUS}:4:13: base model 'smollm2-135m' is not the configured 'qwen2.5-coder-1.5b'",
            {"base": "qwen2.5-coder-1.5b"},
        ),
        Speaks(
            "none of the allowed",
            corpus(with_keys()),
            f"{CORPUS}:4:13: base model 'smollm2-135m' is not one of the configured"
            " 'qwen3-4b' or 'qwen3-8b'",
            {"base": ["qwen3-4b", "qwen3-8b"]},
        ),
    ],
    "wrong-globs": [
        Speaks(
            "an include too many, one too few",
            corpus(with_source(".", "      include: ['*.py', '*.md']")),
            f"{CORPUS}:9:16: 'include' of source '.' lacks 'src/**' and has '*.md' beyond the"
            " configured",
            {"include": ["*.py", "src/**"]},
        ),
        Speaks(
            "exclude not written",
            corpus(with_source(".")),
            f"{CORPUS}:8:7: 'exclude' of source '.' lacks 'tests/**'",
            {"exclude": ["tests/**"]},
        ),
        Speaks(
            "no sources",
            corpus(with_keys()),
            f"{CORPUS}:1:1: the configured source '.' is missing",
            {"include": ["**/*"]},
        ),
        Speaks(
            "another path",
            corpus(with_source("src")),
            f"{CORPUS}:8:13: 'path' of source '.' is 'src', not '.'",
            {"include": ["**/*"]},
        ),
        Speaks(
            "a source too many",
            corpus(with_source(".", "    - path: src")),
            f"{CORPUS}:9:13: source path 'src' is not configured",
            {"include": ["**/*"]},
        ),
        Speaks(
            "the same source twice",
            corpus(with_source(".", "      include: ['*.py']", "    - path: ./")),
            f"{CORPUS}:10:13: source path './' is not configured",
            {"include": ["*.py"]},
        ),
        Speaks(
            "a pattern with a backslash",
            corpus(with_source(".")),
            f"{CORPUS}:8:7: 'include' of source '.' lacks 'a\\b' and has '**/*' beyond the"
            " configured",
            {"include": ["a\\b"]},
            help="write 'include: [\"a\\\\b\"]', or change 'include' in .dlm-git.toml",
        ),
        Speaks(
            "of several configured sources",
            corpus(
                with_source("src", "    - path: ./docs", "      include: ['*']"), **{"docs/a": ""}
            ),
            f"{CORPUS}:10:16: 'include' of source 'docs' lacks '**/*.md' and has '*' beyond the"
            " configured",
            {"sources": [{"path": "docs", "include": ["**/*.md"]}, {"path": "src/"}]},
        ),
    ],
    "wrong-sources-policy": [
        Speaks(
            "not written",
            corpus(with_keys("training:", "  sources: [{path: .}]")),
            f"{CORPUS}:5:1: sources policy is 'permissive', the default of dlm, not 'strict'",
        ),
        Speaks(
            "written",
            corpus(with_source(".").replace("strict", "permissive")),
            f"{CORPUS}:6:19: sources policy is 'permissive', not 'strict'",
        ),
    ],
    "unknown-base": [
        Speaks(
            "near miss",
            corpus(with_keys("base_model: qwen2.5-codr-1.5b")),
            f"{CORPUS}:4:13: base model 'qwen2.5-codr-1.5b' is not one that dlm knows",
            help="did you mean 'qwen2.5-coder-1.5b'?",
        ),
        Speaks(
            "upper case",
            corpus(with_keys("base_model: SmolLM2-135M")),
            f"{CORPUS}:4:13: base model 'SmolLM2-135M' is not one that dlm knows",
            help="did you mean 'smollm2-135m'?",
        ),
        Speaks(
            "a known hub id",
            corpus(with_keys("base_model: Qwen/Qwen3-4B")),
            f"{CORPUS}:4:13: base model 'Qwen/Qwen3-4B' is not one that dlm knows",
            help="did you mean 'qwen3-4b'?",
        ),
        Speaks(
            "a hub id",
            corpus(with_keys("base_model: ann/tiny")),
            f"{CORPUS}:4:13: base model 'ann/tiny' is not one that dlm knows",
            help="did you mean 'hf:ann/tiny'?",
        ),
    ],
    "absolute-source-path": [
        *(
            Speaks(
                path,
                corpus(with_source(f"'{path}'")),
                f"{CORPUS}:8:13: source path '{path}' is absolute, so it exists on one machine"
                " only",
            )
            for path in ("/srv/shop", "~/shop", "~", "C:/shop", "C:\\shop", "\\\\host\\shop")
        ),
    ],
    "escaping-source-path": [
        Speaks(
            "from .dlm",
            corpus(with_source("../src")),
            f"{CORPUS}:8:13: source path '../src' leads out of the repository",
            help="paths start at the repository root: perhaps 'src'",
        ),
        Speaks(
            "down and up",
            corpus(with_source("src/../../src")),
            f"{CORPUS}:8:13: source path 'src/../../src' leads out of the repository",
        ),
        Speaks(
            "through a tracked link",
            {CORPUS: with_source("data"), "data": link("/srv/data")},
            f"{CORPUS}:8:13: source path 'data' leads out of the repository",
        ),
        Speaks(
            "through a relative link",
            {CORPUS: with_source("a/data"), "a/data": link("../../data")},
            f"{CORPUS}:8:13: source path 'a/data' leads out of the repository",
        ),
    ],
    "missing-source-path": [
        Speaks(
            "not tracked",
            corpus(with_source("data")),
            f"{CORPUS}:8:13: source path 'data' names no tracked file or directory",
        ),
        Speaks(
            "a prefix is no directory",
            corpus(with_source("sr")),
            f"{CORPUS}:8:13: source path 'sr' names no tracked file or directory",
        ),
        Speaks(
            "in a submodule",
            {CORPUS: with_source("lib/src"), "lib": SUBMODULE},
            f"{CORPUS}:8:13: source path 'lib/src' leads into the submodule 'lib'",
        ),
        Speaks(
            "a submodule itself",
            {CORPUS: with_source("lib"), "lib": SUBMODULE},
            f"{CORPUS}:8:13: source path 'lib' leads into the submodule 'lib'",
        ),
        Speaks(
            "more than can be looked up",
            corpus(with_source("src", *["    - path: src"] * 300)),
            f"{CORPUS}:264:13: 301 sources, of which only 256 are judged",
        ),
        Speaks(
            "a dangling link",
            {CORPUS: with_source("data"), "data": link("nowhere")},
            f"{CORPUS}:8:13: source path 'data' names no tracked file or directory",
        ),
        Speaks(
            "a loop",
            {CORPUS: with_source("a/x"), "a": link("b"), "b": link("a")},
            f"{CORPUS}:8:13: source path 'a/x' names no tracked file or directory",
        ),
        Speaks(
            "what no file name can hold",
            corpus(with_source('"a\\0b"')),
            f"{CORPUS}:8:13: source path 'a\0b' names no tracked file or directory",
        ),
    ],
    "duplicate-id": [
        Speaks(
            "a copy",
            {CORPUS: GOOD, "a/copy.dlm": GOOD},
            f"a/copy.dlm:2:9: id '{ID}' is that of '{CORPUS}' too, so both share one training"
            " store",
        ),
    ],
    "changed-id": [
        Speaks(
            "made anew",
            corpus(GOOD),
            f"{CORPUS}:2:9: id '{ID}' was '{OTHER_ID}', so the training store is lost",
            before={CORPUS: OTHER},
        ),
    ],
    "stray-backup": [
        Speaks(
            "of migrate",
            corpus(GOOD, **{".dlm/corpus.dlm.bak": "x"}),
            ".dlm/corpus.dlm.bak: a leftover of dlm's own rewriting is tracked",
        ),
        Speaks(
            "of a broken-off write",
            corpus(GOOD, **{".dlm/corpus.dlm.tmp.71.00c0ffee": "x"}),
            ".dlm/corpus.dlm.tmp.71.00c0ffee: a leftover of dlm's own rewriting is tracked",
        ),
    ],
}

LINKED: Files = {"src/a.py": "a", "data": link("src"), "up/x": link("../src/a.py")}
SILENT: dict[str, list[Speaks]] = {
    "missing-corpus": [Speaks("of another name", {".dlm/x.dlm": GOOD}, "", {"name": "x"})],
    "ambiguous-corpus": [
        Speaks("allowed", {CORPUS: GOOD, ".dlm/b.dlm": OTHER}, "", {"allow": [".dlm/b.dlm"]}),
        Speaks("deeper", {CORPUS: GOOD, ".dlm/a/b.dlm": OTHER}, ""),
    ],
    "nested-corpus": [
        Speaks(
            "allowed",
            {CORPUS: GOOD, "p/.dlm/corpus.dlm": OTHER},
            "",
            {"allow": ["p/.dlm/corpus.dlm"]},
        ),
        Speaks("no document there", {CORPUS: GOOD, "p/.dlm/training.yaml": "{}"}, ""),
    ],
    "irregular-corpus": [Speaks("executable", {CORPUS: GOOD}, "")],
    "unmerged-corpus": [Speaks("another file", {CORPUS: GOOD, "src/a.py": UNMERGED}, "")],
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
    "wrong-base": [
        Speaks("configured", corpus(GOOD), "", {"base": ["qwen2.5-coder-1.5b", "phi-3.5-mini"]})
    ],
    "wrong-globs": [
        Speaks(
            "another order",
            corpus(with_source(".", "      include: [b, a]")),
            "",
            {"include": ["a", "b"]},
        ),
        Speaks("dlm's default", corpus(with_source("./")), "", {"include": ["**/*"]}),
        Speaks(
            "an absolute path, of which another rule speaks",
            corpus(with_source("/srv/shop")),
            "",
            {"include": ["**/*"]},
        ),
    ],
    "wrong-sources-policy": [
        Speaks("no sources", corpus(with_keys()), ""),
        Speaks(
            "configured",
            corpus(with_source(".").replace("strict", "permissive")),
            "",
            {"sources-policy": "permissive"},
        ),
    ],
    "unknown-base": [Speaks("of the hub", corpus(with_keys("base_model: hf:ann/tiny")), "")],
    "absolute-source-path": [Speaks("a tilde inside", corpus(with_source("./~x")), "")],
    "escaping-source-path": [
        Speaks("dots that stay", corpus(with_source("src/../src")), ""),
        Speaks("a link that stays", {CORPUS: with_source("data"), **LINKED}, ""),
    ],
    "missing-source-path": [
        Speaks("a directory", corpus(with_source("src/")), ""),
        Speaks("a file", corpus(with_source("src/a.py")), ""),
        Speaks("a link to a directory", {CORPUS: with_source("data"), **LINKED}, ""),
        Speaks("a link to a file", {CORPUS: with_source("up/x"), **LINKED}, ""),
    ],
    "duplicate-id": [Speaks("two ids", {CORPUS: GOOD, "a/b.dlm": OTHER}, "")],
    "changed-id": [
        Speaks("kept", corpus(GOOD), "", before={CORPUS: GOOD + "more\n"}),
        Speaks("unreadable before", corpus(GOOD), "", before={CORPUS: "x"}),
    ],
    "stray-backup": [Speaks("another backup", corpus(GOOD, **{"a.bak": "x"}), "")],
}


def findings(rule: str, given: Speaks) -> list[Finding]:
    """What a rule finds; the judge is asked, so that nothing else can be in the way."""
    state = snapshot(given.files, before=given.before, whereabouts=given.whereabouts)
    report = judge(state, Config.model_validate(given.config))
    return [finding for finding in report.findings if finding.rule == rule]


def shown(finding: Finding) -> str:
    place = f":{finding.span.line}:{finding.span.column}" if finding.span else ""
    return f"{finding.path}{place}: {finding.message}"


def table(cases: dict[str, list[Speaks]]) -> list[Any]:
    return [
        pytest.param(rule, case, id=f"{rule}: {case.case}")
        for rule, group in cases.items()
        for case in group
    ]


@pytest.mark.parametrize(("rule", "given"), table(SILENT))
def test_silent(rule: str, given: Speaks) -> None:
    assert findings(rule, given) == []


@pytest.mark.parametrize("rule", RULES)
def test_silent_about_a_good_document(rule: str) -> None:
    assert findings(rule, Speaks("", corpus(GOOD), "")) == []


@pytest.mark.parametrize(("rule", "given"), table(SPEAKS))
def test_speaks(rule: str, given: Speaks) -> None:
    found = findings(rule, given)
    assert given.says == (shown(found[0]) if found else "")
    if given.help:
        assert found[0].help == given.help
    assert found[0].help


@pytest.mark.parametrize("rule", RULES)
def test_has_a_page_and_cases(rule: str) -> None:
    text = page(RULES[rule])
    assert all(f"**{part}.**" in text for part in ("Why", "Example", "Fix"))
    assert summary(RULES[rule]).endswith(".")
    assert SPEAKS[rule]
    assert SILENT[rule]


def test_names_are_unique() -> None:
    names = [name_of(rule) for family in FAMILIES.values() for rule in family]
    assert len(names) == len(set(names))
    assert set(SPEAKS) == set(SILENT) == set(names)


BROKEN = [
    "---\n*\n---\n::note::\n```\n",
    "",
    "# x\n",
    "---\n",
    "---\n: [\n---\nx\n",
    "---\n- a\n---\nx\n",
    "\udcff",
]


@pytest.mark.parametrize("text", BROKEN)
def test_exactly_one_rule_speaks_about_what_does_not_parse(text: str) -> None:
    report = judge(snapshot({CORPUS: text}), Config(base="x", include=("a",)))
    assert [finding.rule for finding in report.findings] == ["unparsable-document"]


def test_a_rule_ignored_in_the_config_is_counted_with_its_reason() -> None:
    state = snapshot(corpus(with_keys("base_model: ours")))
    report = judge(state, Config(ignore={"unknown-base": "our registry is private"}))
    assert report.clean
    (ignored,) = report.ignored
    assert (ignored.rule, ignored.reason, ignored.count) == (
        "unknown-base",
        "our registry is private",
        1,
    )


def test_too_large_a_document_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.support.MAX_BLOB", 10)
    (found,) = judge(snapshot({CORPUS: GOOD}), Config()).findings
    assert (found.rule, found.path) == ("irregular-corpus", CORPUS)
    assert f"{len(GOOD)} bytes" in found.message
