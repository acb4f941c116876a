"""Each rule: where it speaks, with its words and place, and where it is silent."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from dlm_git import block
from dlm_git.config import Config, effective
from dlm_git.finding import Finding
from dlm_git.judge import judge
from dlm_git.rules import FAMILIES, RULES, name_of, page, summary
from dlm_git.snapshot import Standing, Whereabouts
from tests.support import (
    CORPUS,
    GOOD,
    ID,
    OTHER_ID,
    SUBMODULE,
    UNMERGED,
    Files,
    Special,
    link,
    snapshot,
    worktree,
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


def with_globs(include: Sequence[str], exclude: Sequence[str] = (), path: str = ".") -> str:
    return with_source(
        path, f"      include: {json.dumps(include)}", f"      exclude: {json.dumps(exclude)}"
    )


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
    lying: dict[str, Standing] = field(default_factory=dict)
    elsewhere: dict[str, list[str]] = field(default_factory=dict)


def corpus(text: str, **more: str | bytes | Special) -> Files:
    return {CORPUS: text, "src/a.py": "a", **more}


def dead(pattern: str, reason: str, help_: str, *, key: str = "include") -> Speaks:
    """A pattern in a repository of files that it could mean."""
    text = with_globs(["README.md", pattern]) if key == "include" else with_globs(["*"], [pattern])
    place = "9:30" if key == "include" else "10:17"
    says = f"{CORPUS}:{place}: {key} pattern '{pattern}' matches no tracked file{reason}"
    return Speaks(f"{key} {pattern!r}", {CORPUS: text, **MEANT}, says, help=help_)


def dead_line(line: str, reason: str, help_: str) -> Speaks:
    """A line of an ignore file."""
    text = f"# first\n\n{line}\n*.tmp\n"
    says = f".dlm/ignore:3:1: line '{line}' leaves nothing out: {reason}"
    return Speaks(repr(line), {CORPUS: GOOD, **MEANT, ".dlm/ignore": text}, says, help=help_)


def secret(path: str, files: Files | None = None, **more: Any) -> Speaks:
    says = f"{path}: this file holds credentials by its name, and the model reads it"
    given: Files = {CORPUS: GOOD, "README.md": "x", path: "x", **(files or {})}
    return Speaks(f"{path} {more or ''}", given, says, **more)


def pointer(path: str, which: str = "this file") -> str:
    return f"{path}: dlm learns {which} as a Git LFS pointer, not as the content"


def carried(*lines: str) -> str:
    return block.with_block("", lines)


NO_TEXT = f"{CORPUS}:8:13: source '.' selects no tracked file with text: the model learns nothing"
WAY_OUT = "`git add` what it is to learn, or see `dlm-git files --skipped`"
GRAMMAR = "write it in dlm's grammar ('*', '**', '?'), or remove it"
LEADS = "and the model reads what lies there"
STALE = ".dlm/ignore: its block no longer says what .gitignore says"
LOST = ".dlm/ignore: the block of `dlm-git ignore` has lost a mark, or there is a second one"
MEANT: Files = {
    "README.md": "x",
    "src/a.py": "x",
    "src/b.PY": "x",
    "Docs/x.md": "x",
    "more/y.rst": "x",
    "data/f1.txt": "x",
    "data/f2.txt": "x",
}
LFS = "*.csv filter=lfs diff=lfs merge=lfs -text\n"
NESTED: Files = {
    CORPUS: with_globs(["**/*.md"]),
    "README.md": "x",
    "pkg/a.py": "x",
    "pkg/b.md": "x",
    "pkg/deploy.key": "x",
}
SECRET_NAMES = (
    # of tools
    *(".npmrc", ".yarnrc.yml", ".pypirc", ".netrc", "_netrc", ".git-credentials", ".pgpass"),
    *(".my.cnf", ".htpasswd", ".dockercfg", "x/.docker/config.json", ".s3cfg", ".boto", ".envrc"),
    *(".aws/credentials", ".azure/accessTokens.json", ".kube/config", "kubeconfig"),
    *("prod.kubeconfig", ".vault-token", ".terraformrc", "x.tfstate", ".gem/credentials"),
    *(".cargo/credentials.toml", "vpn.ovpn", "x.kdbx", "lib/.git-credentials"),
    # private keys
    *("id_dsa", "a/id_ecdsa", "id_ed25519_sk", "x.ppk", "x.p12", "x.pfx", "x.jks", "x.keystore"),
    # what people call them
    *("credentials.json", "client_secret.json", "service-account.json", "secret.txt"),
    *("secret.yml", "secrets/db", "config/secrets/db"),
)
NO_CONFIG = "dlm ignores this file"
PACKAGE = "pkg/.dlm/training.yaml"

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
    "shared-id": [
        Speaks(
            "of a template",
            corpus(GOOD),
            f"{CORPUS}:2:9: id '{ID}' is that of '../a' too, so these projects share one training"
            " store",
            elsewhere={ID: ["../a"]},
        ),
        Speaks(
            "of many",
            corpus(GOOD),
            f"{CORPUS}:2:9: id '{ID}' is that of '../a' and 2 more too, so these projects share one"
            " training store",
            elsewhere={ID: ["../a", "../b", "../c"]},
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
    "escaping-symlink": [
        Speaks(
            "absolute",
            corpus(GOOD, **{"data/u.csv": link("/srv/u.csv")}),
            f"data/u.csv: this link leads out of the repository, to '/srv/u.csv', {LEADS}",
            help="`git rm --cached data/u.csv`, or add 'u.csv' to 'exclude' of the source",
        ),
        Speaks(
            "relative, with a blank",
            corpus(GOOD, **{"data/my u.csv": link("../../u.csv")}),
            f"data/my u.csv: this link leads out of the repository, to '../../u.csv', {LEADS}",
            help="`git rm --cached 'data/my u.csv'`, or add 'my u.csv' to 'exclude' of the source",
        ),
        Speaks(
            "through another link",
            corpus(with_globs(["**/*"], ["d"]), d=link("/srv"), e=link("d/x")),
            f"e: this link leads out of the repository, to 'd/x', {LEADS}",
        ),
        Speaks(
            "excluded by its directory, which does not count",
            corpus(with_globs(["**/*"], ["data/**"]), **{"data/u.csv": link("/srv/u.csv")}),
            f"data/u.csv: this link leads out of the repository, to '/srv/u.csv', {LEADS}",
        ),
        Speaks(
            "ignored by a line, which does not count",
            {CORPUS: GOOD, "a": "x", "u.csv": link("/srv/u.csv"), ".dlm/ignore": "u.csv\n"},
            f"u.csv: this link leads out of the repository, to '/srv/u.csv', {LEADS}",
        ),
        Speaks(
            "below the source",
            corpus(with_source("src"), **{"src/u": link("/srv/u")}),
            f"src/u: this link leads out of the repository, to '/srv/u', {LEADS}",
        ),
    ],
    "dead-pattern": [
        dead(
            "**/*.{md,rst}",
            ": dlm takes braces literally",
            "write two patterns, '**/*.md' and '**/*.rst'",
        ),
        dead("{README,LICENSE}.md", ": dlm takes braces literally", "write 'README.md'"),
        dead("**/*.{rs,toml}", ": dlm takes braces literally", GRAMMAR),
        dead(
            "data/f[0-9].txt",
            ": dlm takes brackets literally",
            "write two patterns, 'data/f1.txt' and 'data/f2.txt'",
        ),
        dead("[Dd]ocs/**", ": dlm takes brackets literally", "write 'Docs/**'"),
        dead("data/f[!3].txt", ": dlm takes brackets literally", GRAMMAR),
        dead("/src/**", ": patterns begin below the source, without a slash", "write 'src/**'"),
        dead("src/", ": a directory is not its content", "write 'src/**'"),
        dead("src", ": a directory is not its content", "write 'src/**'"),
        dead("./src/a.py", ": patterns begin below the source, without './'", "write 'src/a.py'"),
        dead("docs/**", ": case counts", "write 'Docs/**'"),
        dead(" src/**", ": white space around it is a part of it", "write 'src/**'"),
        dead("src/** ", ": white space around it is a part of it", "write 'src/**'"),
        dead("src\\a.py", ": dlm takes '\\' literally, and paths have '/'", "write 'src/a.py'"),
        dead(
            "README.md, src/a.py",
            ": a comma is a part of a pattern",
            "write two patterns, 'README.md' and 'src/a.py'",
        ),
        dead("*.py", ": '*' stays in one directory", "write '**/*.py'"),
        dead(
            "/src/*.{py,PY}",
            ": patterns begin below the source, without a slash, and dlm takes braces literally",
            "write two patterns, 'src/*.py' and 'src/*.PY'",
        ),
        dead("**/*.rs", "", "correct it, or remove it"),
        dead("", "", "correct it, or remove it"),
        dead("src/", ": a directory is not its content", "write 'src/**'", key="exclude"),
        dead("src", ": a directory is not its content", "write 'src/**'", key="exclude"),
        dead("*.txt", ": '*' stays in one directory", "write '**/*.txt'", key="exclude"),
        dead("DOCS/**", ": case counts", "write 'Docs/**'", key="exclude"),
        dead(
            "/build/",
            ": patterns begin below the source, without a slash",
            GRAMMAR,
            key="exclude",
        ),
        dead(
            "**/*.{md,rst}",
            ": dlm takes braces literally",
            "write two patterns, '**/*.md' and '**/*.rst'",
            key="exclude",
        ),
        Speaks(
            "of a nested training.yaml, counted from the root",
            {**NESTED, PACKAGE: 'include: ["*.py"]\n'},
            f"{PACKAGE}:1:11: include pattern '*.py' matches no tracked file: dlm counts it from"
            " the root of the source",
            help="write 'pkg/*.py'",
        ),
        Speaks(
            "of a nested training.yaml, in another grammar",
            {**NESTED, PACKAGE: 'include: ["/pkg/a.py"]\n'},
            f"{PACKAGE}:1:11: include pattern '/pkg/a.py' matches no tracked file: patterns begin"
            " below the source, without a slash",
            help="write 'pkg/a.py'",
        ),
        Speaks(
            "an exclude of a training.yaml",
            {**NESTED, PACKAGE: 'exclude: ["/a.py"]\n'},
            f"{PACKAGE}:1:11: exclude pattern '/a.py' matches nothing below its directory:"
            " patterns begin below the source, without a slash",
            help="write 'a.py'",
        ),
        Speaks(
            "in a worktree",
            {CORPUS: with_globs(["**/*.md", "**/*.rs"]), "README.md": "x"},
            f"{CORPUS}:9:28: include pattern '**/*.rs' matches no file",
            lying={"a.py": "untracked"},
        ),
    ],
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
    "dead-ignore-line": [
        dead_line(
            "node_modules",
            "it is the name of a directory, and dlm asks about files only",
            "write 'node_modules/'",
        ),
        dead_line(
            "src", "it is the name of a directory, and dlm asks about files only", "write 'src/'"
        ),
        dead_line(
            "/src",
            "it is the name of a directory, and dlm asks about files only",
            "write '/src/**'",
        ),
        dead_line(
            "/build/", "dlm has no such form, with a slash at both ends", "write '/build/**'"
        ),
        dead_line(
            "docs/generated/",
            "dlm has no such form, with a slash at the end and one inside",
            "write '/docs/generated/**'",
        ),
        dead_line("*.py[co]", "dlm takes brackets literally", "write '*.pyc' and '*.pyo'"),
        dead_line("{a,b}.txt", "dlm takes braces literally", "write 'a.txt' and 'b.txt'"),
        dead_line("*.log # logs", "dlm knows no comments behind a pattern", "write '*.log'"),
        dead_line(
            "./src/a.py", "patterns begin below the source, without './'", "write 'src/a.py'"
        ),
        Speaks(
            "of a nested ignore file",
            {**NESTED, "pkg/.dlm/ignore": "/out/\n"},
            "pkg/.dlm/ignore:1:1: line '/out/' leaves nothing out: dlm has no such form, with a"
            " slash at both ends",
            help="write '/out/**'",
        ),
        Speaks(
            "with CRLF and a byte order mark",
            {CORPUS: GOOD, "README.md": "x", ".dlm/ignore": "\ufeff*.tmp\r\n/out/\r\n"},
            ".dlm/ignore:2:1: line '/out/' leaves nothing out: dlm has no such form, with a slash"
            " at both ends",
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
    "secret-in-training-set": [
        secret(
            "a/.npmrc",
            help="add the line '/a/.npmrc' to .dlm/ignore; if it is harmless, '!a/.npmrc' under"
            " 'secrets' in .dlm-git.toml",
        ),
        *map(secret, SECRET_NAMES),
        secret("tokens.json", config={"secrets": ["tokens.json"]}),
        secret("a.py", config={"secrets": ["a.py"]}),
        secret("b/.npmrc", config={"secrets": ["!a/.npmrc"]}),
        secret(".env", {".dlm/ignore": "!.env\n"}),
        secret(
            "p/.env",
            {"p/.dlm/ignore": "!.env\n"},
            help="take 'p/.env' out of the sources: a nested .dlm/ignore can undo any line; if it"
            " is harmless, '!p/.env' under 'secrets' in .dlm-git.toml",
        ),
        secret(
            "src/x.pem",
            {CORPUS: with_source("src"), "src/.dlm/training.yaml": "exclude_defaults: false\n"},
        ),
        secret(
            "src/.npmrc",
            {CORPUS: with_source("src")},
            help="add the line '/.npmrc' to src/.dlm/ignore; if it is harmless, '!src/.npmrc'"
            " under 'secrets' in .dlm-git.toml",
        ),
        Speaks(
            ".git/config, where no defaults hold",
            corpus(GOOD, **{".dlm/training.yaml": "exclude_defaults: false\n"}),
            ".git/config: every clone has this file, the model reads it, and it can hold a token",
            help="add the line '/.git/**' to .dlm/ignore",
        ),
        Speaks(
            "in a worktree",
            {CORPUS: GOOD, "README.md": "x"},
            ".npmrc: this file holds credentials by its name, and the model reads it",
            lying={".npmrc": "ignored"},
        ),
    ],
    "pointer-in-training-set": [
        Speaks(
            "by .gitattributes",
            {CORPUS: GOOD, "README.md": "x", ".gitattributes": LFS, "a.csv": POINTER},
            pointer("a.csv"),
            help="add the line '/a.csv' to .dlm/ignore",
        ),
        Speaks(
            "by a nested .gitattributes",
            corpus(GOOD, **{"data/.gitattributes": "/big/* filter=lfs\n", "data/big/x": POINTER}),
            pointer("data/big/x"),
        ),
        Speaks(
            "by a class, and with CRLF",
            corpus(GOOD, **{".gitattributes": "*.[cC]sv\tfilter=lfs\r\n", "x.Csv": POINTER}),
            pointer("x.Csv"),
        ),
        Speaks(
            "a quoted name",
            corpus(GOOD, **{".gitattributes": '"a b" filter=lfs\n', "a b": POINTER}),
            pointer("a b"),
        ),
        Speaks(
            "many of one directory",
            corpus(GOOD, **{".gitattributes": LFS, **{f"d/{n}.csv": POINTER for n in range(5)}}),
            pointer("d/", "5 files ('0.csv', '1.csv', '2.csv', ...)"),
            help="add the line '/d/**' to .dlm/ignore",
        ),
        Speaks(
            "one beside another file",
            corpus(GOOD, **{".gitattributes": LFS, "d/a.csv": POINTER, "d/b.csv": "1,2\n"}),
            pointer("d/a.csv"),
        ),
    ],
    "stale-ignore": [
        Speaks(
            "nothing in it",
            corpus(GOOD, **{".gitignore": "*.log\n", ".dlm/ignore": carried("*.tmp")}),
            STALE,
            help="`dlm-git ignore`, then `git add .dlm/ignore`",
        ),
        Speaks(
            "a line was added",
            corpus(
                GOOD,
                **{".gitignore": "*.log\nd/\n", ".dlm/ignore": carried("*.log", "*.log/")},
            ),
            STALE,
        ),
        Speaks(
            "a .gitignore was added",
            corpus(
                GOOD,
                **{
                    ".gitignore": "*.log\n",
                    "src/.gitignore": "/x\n",
                    ".dlm/ignore": carried("*.log", "*.log/"),
                },
            ),
            STALE,
        ),
        Speaks(
            ".gitignore was removed",
            corpus(GOOD, **{".dlm/ignore": carried("*.log", "*.log/")}),
            STALE,
        ),
        Speaks(
            "a lost mark",
            corpus(GOOD, **{".dlm/ignore": carried("*.log").rpartition("# <<<")[0]}),
            LOST,
            help="remove its lines, from '# >>>' to '# <<<', in '.dlm/ignore'",
        ),
        Speaks(
            "a second block", corpus(GOOD, **{".dlm/ignore": carried("a") + carried("b")}), LOST
        ),
        Speaks(
            "below a source",
            corpus(
                with_source("src"),
                **{".gitignore": "*.log\n", "src/.dlm/ignore": carried("*.tmp")},
            ),
            "src/.dlm/ignore: its block no longer says what .gitignore says",
            help="`dlm-git ignore`, then `git add src/.dlm/ignore`",
        ),
    ],
    "ignored-training-file": [
        Speaks(
            "one that .gitignore names",
            corpus(GOOD, **{".gitignore": "local.yaml\n"}),
            "config/local.yaml: Git ignores this file, and dlm learns it here",
            lying={"config/local.yaml": "ignored"},
            help="`dlm-git ignore` leaves out what .gitignore says",
        ),
        Speaks(
            "one that something else names",
            corpus(GOOD),
            "config/local.yaml: Git ignores this file, and dlm learns it here",
            lying={"config/local.yaml": "ignored"},
            help="add the line '/config/local.yaml' to .dlm/ignore",
        ),
        Speaks(
            "a thousand",
            corpus(GOOD, **{".gitignore": "build/\n", "web/a.js": "x"}),
            "web/build/: Git ignores 1000 files ('0.js', '1.js', '10.js', ...), and dlm learns"
            " them here",
            lying={f"web/build/{number}.js": "ignored" for number in range(1000)},
            help="`dlm-git ignore` leaves out what .gitignore says",
        ),
    ],
    "untracked-training-file": [
        Speaks(
            "one",
            corpus(GOOD),
            "notes.txt: Git does not track this file, and dlm learns it here",
            lying={"notes.txt": "untracked"},
            help="`git add` what belongs to the corpus, or add the line '/notes.txt' to"
            " .dlm/ignore",
        ),
        Speaks(
            "a directory",
            corpus(GOOD),
            "gen/: Git does not track 2 files ('x.py', 'y.py'), and dlm learns them here",
            lying={"gen/a/x.py": "untracked", "gen/b/y.py": "untracked"},
            help="`git add` what belongs to the corpus, or add the line '/gen/**' to .dlm/ignore",
        ),
        Speaks(
            "beside tracked ones",
            corpus(GOOD),
            "src/b.py: Git does not track this file, and dlm learns it here",
            lying={"src/b.py": "untracked"},
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
    "shared-id": [Speaks("another id", corpus(GOOD), "", elsewhere={OTHER_ID: ["../a"]})],
    "changed-id": [
        Speaks("kept", corpus(GOOD), "", before={CORPUS: GOOD + "more\n"}),
        Speaks("unreadable before", corpus(GOOD), "", before={CORPUS: "x"}),
    ],
    "stray-backup": [Speaks("another backup", corpus(GOOD, **{"a.bak": "x"}), "")],
    "escaping-symlink": [
        Speaks("inside", corpus(GOOD, **{"x": link("src/a.py"), "d/y": link("../src")}), ""),
        Speaks(
            "excluded by its name",
            corpus(with_globs(["**/*"], ["u.csv"]), **{"data/u.csv": link("/srv/u.csv")}),
            "",
        ),
        Speaks(
            "not included", corpus(with_globs(["**/*.py"]), **{"data/u.csv": link("/srv/x")}), ""
        ),
        Speaks("of another directory", corpus(with_source("src"), u=link("/srv/u")), ""),
        Speaks("left out by default", corpus(GOOD, **{"x.pem": link("/srv/x.pem")}), ""),
        Speaks("dangling inside", corpus(GOOD, x=link("nowhere")), ""),
    ],
    "dead-pattern": [
        Speaks(
            "an exclude of nothing yet",
            {CORPUS: with_globs(["**/*"], ["build/**", "**/*.rs", "node_modules"]), **MEANT},
            "",
        ),
        Speaks(
            "alive", {CORPUS: with_globs(["README.md", "**", "Docs/*", "src/?.py"]), **MEANT}, ""
        ),
        Speaks(
            "as odd as a name",
            corpus(with_globs(["**/*", "[ab].{x,y}"]), **{"[ab].{x,y}": "x"}),
            "",
        ),
        Speaks("alive in a nested one", {**NESTED, PACKAGE: 'include: ["pkg/*.py"]\n'}, ""),
        Speaks(
            "alive in a worktree only",
            {CORPUS: with_globs(["**/*.md", "**/*.rs"]), "README.md": "x"},
            "",
            lying={"a.rs": "untracked"},
        ),
    ],
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
    "dead-ignore-line": [
        Speaks(
            "live lines, and such as match nothing yet",
            {
                CORPUS: GOOD,
                **MEANT,
                ".dlm/ignore": "# x\n\n*.log\nsrc/\n/src/**\n*.pyc\n!README.md\ngone/\n!*.c\n",
            },
            "",
        ),
        Speaks("a file of that name", corpus(GOOD, **{"build": "x", ".dlm/ignore": "build\n"}), ""),
        Speaks(
            "what `dlm-git ignore` wrote",
            corpus(
                GOOD,
                **{
                    ".gitignore": "node_modules\n",
                    ".dlm/ignore": carried("node_modules", "node_modules/"),
                },
            ),
            "",
        ),
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
    "secret-in-training-set": [
        *(
            Speaks(name, corpus(GOOD, **{name: "x"}), "")
            for name in (
                *(".env.example", ".env.sample", "a/.env.template", ".env.dist", "id_rsa.pub"),
                *("secrets.py", "secrets/load.py", "docs/secrets.md", "credentials.go", "npmrc"),
            )
        ),
        *(
            Speaks(f"{name}, a default", corpus(GOOD, **{name: "x"}), "")
            for name in (".env", "prod.env", "id_rsa", "a/id_ed25519", "a.pem", "secrets.yaml")
        ),
        Speaks(
            "taken away",
            corpus(GOOD, **{"a/.npmrc": "x"}),
            "",
            {"secrets": ["*.npmrc", "!a/.npmrc"]},
        ),
        Speaks("left out", corpus(with_globs(["**/*"], ["**/.npmrc"]), **{"a/.npmrc": "x"}), ""),
        Speaks("ignored", corpus(GOOD, **{".npmrc": "x", ".dlm/ignore": ".npmrc\n"}), ""),
        Speaks("of another directory", corpus(with_source("src"), **{".npmrc": "x"}), ""),
        Speaks(
            "Git's config, below the root",
            corpus(with_source("src"), **{"src/.dlm/training.yaml": "exclude_defaults: false\n"}),
            "",
        ),
    ],
    "pointer-in-training-set": [
        Speaks(
            "excluded",
            corpus(with_globs(["**/*"], ["**/*.csv"]), **{".gitattributes": LFS, "a.csv": POINTER}),
            "",
        ),
        Speaks("the content", corpus(GOOD, **{".gitattributes": LFS, "a.csv": "1,2\n"}), ""),
        Speaks(
            "a comment",
            corpus(GOOD, **{".gitattributes": "# *.csv filter=lfs\n", "a.csv": "1\n"}),
            "",
        ),
        Speaks(
            "an image",
            corpus(GOOD, **{".gitattributes": "*.png filter=lfs\n", "a.png": POINTER}),
            "",
        ),
    ],
    "stale-ignore": [
        Speaks(
            "up to date",
            corpus(
                GOOD, **{".gitignore": "*.log\n", ".dlm/ignore": carried("*.log", "*.log/") + "x\n"}
            ),
            "",
        ),
        Speaks(
            "up to date with CRLF",
            corpus(
                GOOD,
                **{
                    ".gitignore": "*.log\r\n",
                    ".dlm/ignore": carried("*.log", "*.log/").replace("\n", "\r\n"),
                },
            ),
            "",
        ),
        Speaks("no block", corpus(GOOD, **{".gitignore": "*.log\n", ".dlm/ignore": "*.tmp\n"}), ""),
        Speaks(
            "of a vendored package",
            corpus(GOOD, **{"v/.gitignore": "q\n", "v/.dlm/ignore": carried("zzz")}),
            "",
        ),
    ],
    "ignored-training-file": [
        Speaks(
            "left out", corpus(GOOD, **{".dlm/ignore": "*.log\n"}), "", lying={"a.log": "ignored"}
        ),
        Speaks("by default", corpus(GOOD), "", lying={"node_modules/a.js": "ignored"}),
        Speaks("untracked", corpus(GOOD), "", lying={"a.js": "untracked"}),
        Speaks("of another directory", corpus(with_source("src")), "", lying={"a": "ignored"}),
    ],
    "untracked-training-file": [
        Speaks("left out", corpus(with_globs(["**/*.py"])), "", lying={"a.txt": "untracked"}),
        Speaks("ignored", corpus(GOOD), "", lying={"a.js": "ignored"}),
        Speaks("what dlm reads of itself", corpus(GOOD), "", lying={".dlm/ignore": "untracked"}),
    ],
}


def findings(rule: str, given: Speaks) -> list[Finding]:
    """What a rule finds; the judge is asked, so that nothing else can be in the way."""
    state = snapshot(given.files, before=given.before, whereabouts=given.whereabouts)
    if given.lying:
        state = worktree(given.files, given.lying)
    report = judge(state, effective({}, given.config).config, elsewhere=given.elsewhere)
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
