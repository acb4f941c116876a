"""Repositories with several corpora: each has its own document, values and hints."""

from __future__ import annotations

from typing import Any

import pytest

from dlm_git.config.load import AllowedDocument, Config
from dlm_git.errors import DlmGitError
from dlm_git.rules.engine import validate_config
from tests.support import CORPUS, ID, OTHER_ID, SUBMODULE, UNMERGED, Files, link
from tests.unit.rules.support import Reports, all_findings, with_globs

PACKAGE = "pkg/.dlm/corpus.dlm"
ROOT_DOCUMENT = with_globs(["src/**"])
DOCUMENT = with_globs(["*.py"]).replace(ID, OTHER_ID)
THIRD = DOCUMENT.replace(OTHER_ID, f"{ID[:-1]}X")
NO_DIRECTORY = "`git rm -r --cached pkg/.dlm`, then commit the document itself as a regular file"
SMOL, QWEN = "smollm2-135m", "qwen2.5-coder-1.5b"

# the files besides those to train on, and each finding with its hint
CASES: dict[str, tuple[Files, list[str]]] = {
    "each has its document": ({CORPUS: ROOT_DOCUMENT, PACKAGE: DOCUMENT}, []),
    "one has none": (
        {CORPUS: ROOT_DOCUMENT},
        [
            f"missing-corpus: {PACKAGE}: no corpus document in the index"
            f" -> create one: `dlm-git init pkg --base {QWEN}`"
        ],
    ),
    "that at the root has none": (
        {PACKAGE: DOCUMENT},
        [
            f"missing-corpus: {CORPUS}: no corpus document in the index"
            f" -> create one: `dlm-git init . --base {QWEN}`"
        ],
    ),
    "one has another name": (
        {CORPUS: ROOT_DOCUMENT, "pkg/.dlm/docs.dlm": DOCUMENT},
        [
            f"missing-corpus: {PACKAGE}: expected the corpus document '{PACKAGE}', found"
            f" 'pkg/.dlm/docs.dlm' -> `git mv pkg/.dlm/docs.dlm {PACKAGE}`, or set 'name' of corpus"
            " 'pkg' in .dlm-git.toml to \"docs\""
        ],
    ),
    "two of other names": (
        {CORPUS: ROOT_DOCUMENT, "pkg/.dlm/docs.dlm": DOCUMENT, "pkg/.dlm/e.dlm": THIRD},
        [
            f"missing-corpus: {PACKAGE}: no corpus document in the index"
            f" -> create one: `dlm-git init pkg --base {QWEN}`",
            *(
                f"ambiguous-corpus: {path}: one of 2 documents, none of them '{PACKAGE}': dlm"
                f" cannot choose -> if this is the corpus document, `git mv {path} {PACKAGE}`"
                for path in ("pkg/.dlm/docs.dlm", "pkg/.dlm/e.dlm")
            ),
        ],
    ),
    "a second document": (
        {CORPUS: ROOT_DOCUMENT, PACKAGE: DOCUMENT, "pkg/.dlm/e.dlm": THIRD},
        [
            f"ambiguous-corpus: pkg/.dlm/e.dlm: a second document beside '{PACKAGE}' -> `git rm"
            ' --cached pkg/.dlm/e.dlm`, or list it as `{path = "pkg/.dlm/e.dlm", base ='
            f" \"{SMOL}\"}}` under 'allow' in .dlm-git.toml"
        ],
    ),
    "one that the config does not list": (
        {CORPUS: ROOT_DOCUMENT, PACKAGE: DOCUMENT, "x/.dlm/corpus.dlm": THIRD},
        [
            "nested-corpus: x/.dlm/corpus.dlm: a corpus document, in 'x/.dlm', which the config"
            " does not list -> `git rm --cached x/.dlm/corpus.dlm`, or list it as `{path ="
            f' "x/.dlm/corpus.dlm", base = "{SMOL}"}}` under \'allow\' in .dlm-git.toml; for a'
            " corpus of its own, `dlm-git init x` lists it as [[corpus]]"
        ],
    ),
    "one whose path is not text": (
        {CORPUS: ROOT_DOCUMENT, PACKAGE: DOCUMENT, "caf\udce9/.dlm/corpus.dlm": THIRD},
        [
            "nested-corpus: caf\udce9/.dlm/corpus.dlm: a corpus document, in 'caf\udce9/.dlm',"
            " which the config does not list -> `git rm --cached $'caf\\351/.dlm/corpus.dlm'`"
        ],
    ),
    **{
        f"the directory is a {kind}": (
            {CORPUS: ROOT_DOCUMENT, "pkg/.dlm": content},
            [
                f"irregular-corpus: pkg/.dlm: 'pkg/.dlm' is a {kind}, not a directory"
                f" -> {NO_DIRECTORY}"
            ],
        )
        for kind, content in (
            ("file", "x"),
            ("symbolic link", link("../x")),
            ("submodule", SUBMODULE),
        )
    },
    "the same id": (
        {CORPUS: ROOT_DOCUMENT, PACKAGE: DOCUMENT.replace(OTHER_ID, ID)},
        [
            f"duplicate-id: {PACKAGE}: id '{ID}' is also the id of '{CORPUS}': both share one"
            " training store -> remove the copy, or give it a new id: `dlm-git init . --name NAME"
            f" --base {SMOL} --dry-run` prints one"
        ],
    ),
    "an unparsable one": (
        {CORPUS: ROOT_DOCUMENT, PACKAGE: "x"},
        [
            f"unparsable-document: {PACKAGE}: expected '---' to open the frontmatter, found 'x' ->"
            " begin the file with '---', the YAML keys, and another '---'"
        ],
    ),
    "an unmerged one": (
        {CORPUS: ROOT_DOCUMENT, PACKAGE: UNMERGED},
        [
            f"unmerged-corpus: {PACKAGE}: the corpus document is unmerged -> resolve the conflict,"
            f" then `git add {PACKAGE}`"
        ],
    ),
    "an unknown base model": (
        {CORPUS: ROOT_DOCUMENT, PACKAGE: DOCUMENT.replace(SMOL, "smolm2-135m")},
        [
            f"unknown-base: {PACKAGE}: unknown base model 'smolm2-135m' -> did you mean '{SMOL}'?"
            " `dlm-git bases` lists the base models"
        ],
    ),
}


def report(files: Files, *tables: dict[str, Any]) -> list[str]:
    """Return the findings of a repository with these tables `[[corpus]]`, each with its hint."""
    case = Reports("", {"src/a.py": "a", "pkg/b.py": "b", **files}, "", {"corpus": [*tables]})
    return [f"{f.rule}: {f.path}: {f.message} -> {f.hint}" for f in all_findings(case)]


@pytest.mark.parametrize("name", CASES)
def test_each_corpus_is_checked(name: str) -> None:
    files, expected = CASES[name]
    assert report(files, {"root": "."}, {"root": "pkg"}) == expected


def test_the_configs_of_each_corpus_are_checked() -> None:
    files: Files = {
        "lib/.dlm/corpus.dlm": with_globs(["*.py"]),
        "lib/c.py": "c",
        PACKAGE: DOCUMENT,
        "pkg/.dlm/ignore": ">>>>>>> x\n",
        "pkg/.dlm/training.yaml": "includes: []\n",
    }
    assert report(files, {"root": "lib"}, {"root": "pkg"}) == [
        "conflict-marker: pkg/.dlm/ignore: conflict marker '>>>>>>> x' -> keep one side and delete"
        " the marker lines",
        "broken-training-config: pkg/.dlm/training.yaml: dlm ignores this file: unknown key"
        " 'includes' -> did you mean 'include'?",
    ]


def test_each_corpus_has_its_own_values() -> None:
    files = {CORPUS: ROOT_DOCUMENT, PACKAGE: DOCUMENT}
    tables = ({"root": ".", "base": SMOL}, {"root": "pkg", "base": QWEN})
    assert report(files, *tables) == [
        f"wrong-base: {PACKAGE}: expected base model '{QWEN}', found '{SMOL}' -> write `base_model:"
        f" {QWEN}`, or change 'base' of corpus 'pkg' in .dlm-git.toml"
    ]


@pytest.mark.parametrize(
    ("config", "key"),
    [
        (Config(base="smolm2-135m"), "'base'"),
        (Config(base=(SMOL, "smolm2-135m")), "'base'"),
        (Config(allow=(AllowedDocument(path="a.dlm", base="smolm2-135m"),)), "'allow'"),
    ],
)
def test_an_expected_base_model_is_known_unless_the_rule_is_off(config: Config, key: str) -> None:
    with pytest.raises(DlmGitError) as raised:
        validate_config(config)
    assert "smolm2-135m" in raised.value.message
    assert key in raised.value.message
    assert raised.value.hint.startswith(f"did you mean '{SMOL}'?")
    validate_config(config.replace(ignore={"unknown-base": "ours"}))
