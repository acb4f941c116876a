"""The presence rules: the corpus document, alone, regular and merged."""

from __future__ import annotations

import pytest

from dlm_git.snapshots.snapshot import MissingPathStatus
from tests.support import (
    CORPUS,
    GOOD,
    SUBMODULE,
    UNMERGED,
    link,
)
from tests.unit.rules.support import (
    OTHER,
    POINTER,
    Speaks,
    findings,
    shown,
    table,
)

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
            whereabouts=MissingPathStatus("untracked"),
            help="it exists but is not tracked; `git add .dlm/corpus.dlm`",
        ),
        Speaks(
            "ignored",
            {},
            f"{CORPUS}: the corpus document is ignored by '.dlm/' at .gitignore:4, so no clone"
            " will have it",
            whereabouts=MissingPathStatus("ignored", ".dlm/", ".gitignore:4"),
            help="remove that pattern, or `git add --force .dlm/corpus.dlm`",
        ),
        Speaks(
            "deleted",
            {},
            f"{CORPUS}: no corpus document in the index",
            whereabouts=MissingPathStatus("deleted"),
            help="it was deleted; `git restore --staged --worktree .dlm/corpus.dlm` brings it back",
        ),
        Speaks(
            "only announced",
            {},
            f"{CORPUS}: no corpus document in the index",
            whereabouts=MissingPathStatus("intent-to-add"),
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
}
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
