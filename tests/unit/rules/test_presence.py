"""The presence rules: the corpus document, alone, regular and merged."""

from __future__ import annotations

import pytest

from dlm_git.config.load import Config
from dlm_git.rules.engine import run_rules
from dlm_git.snapshots.snapshot import MissingPathStatus
from tests.support import (
    CORPUS,
    GOOD,
    SUBMODULE,
    UNMERGED,
    link,
    snapshot,
)
from tests.unit.rules.support import (
    ADDS_NOTHING,
    OTHER,
    POINTER,
    Reports,
    rule_tests,
)

REPORTED: dict[str, list[Reports]] = {
    "missing-corpus": [
        Reports(
            "nothing there",
            {"src/a.py": "a"},
            f"{CORPUS}: no corpus document in the index",
            hint="create one: `dlm-git init --base qwen2.5-coder-1.5b`",
        ),
        Reports(
            "the configured base is offered",
            {},
            f"{CORPUS}: no corpus document in the index",
            {"base": "phi-3.5-mini"},
            hint="create one: `dlm-git init --base phi-3.5-mini`",
        ),
        Reports(
            "untracked",
            {},
            f"{CORPUS}: no corpus document in the index",
            missing=MissingPathStatus("untracked"),
            hint="the file exists but is not tracked: `git add .dlm/corpus.dlm`",
        ),
        Reports(
            "ignored",
            {},
            f"{CORPUS}: the corpus document is ignored by '.dlm/' (.gitignore:4), so clones"
            " do not have it",
            missing=MissingPathStatus("ignored", ".dlm/", ".gitignore:4"),
            hint="remove the pattern, or `git add --force .dlm/corpus.dlm`",
        ),
        Reports(
            "deleted",
            {},
            f"{CORPUS}: no corpus document in the index",
            missing=MissingPathStatus("deleted"),
            hint="the file was deleted: `git restore --staged --worktree .dlm/corpus.dlm`",
        ),
        Reports(
            "intent to add",
            {},
            f"{CORPUS}: no corpus document in the index",
            missing=MissingPathStatus("intent-to-add"),
            hint="only its name was added (`--intent-to-add`): `git add .dlm/corpus.dlm`",
        ),
        Reports(
            "another name",
            {".dlm/docs.dlm": GOOD},
            f"{CORPUS}: expected the corpus document '{CORPUS}', found '.dlm/docs.dlm'",
            hint="`git mv .dlm/docs.dlm .dlm/corpus.dlm`,"
            " or set 'name' in .dlm-git.toml to \"docs\"",
        ),
        Reports(
            "another case",
            {".DLM/Corpus.dlm": GOOD},
            f"{CORPUS}: expected the corpus document '{CORPUS}', found '.DLM/Corpus.dlm'",
            hint="`git mv .DLM/Corpus.dlm .dlm/corpus.dlm`",
        ),
        Reports(
            "of another configured name",
            {CORPUS: GOOD},
            f".dlm/shop.dlm: expected the corpus document '.dlm/shop.dlm', found '{CORPUS}'",
            {"name": "shop"},
        ),
    ],
    "ambiguous-corpus": [
        Reports(
            "a second document",
            {CORPUS: GOOD, ".dlm/docs.dlm": OTHER},
            f".dlm/docs.dlm: a second document beside '{CORPUS}'",
            hint="`git rm --cached .dlm/docs.dlm`, or list it under 'allow' in .dlm-git.toml",
            also=ADDS_NOTHING,
        ),
        Reports(
            "a name with blanks",
            {CORPUS: GOOD, ".dlm/my docs.dlm": OTHER},
            f".dlm/my docs.dlm: a second document beside '{CORPUS}'",
            hint="`git rm --cached '.dlm/my docs.dlm'`, or list it under 'allow' in .dlm-git.toml",
            also=ADDS_NOTHING,
        ),
        *(
            Reports(
                f"lookalike {name!r}",
                {CORPUS: GOOD, name: OTHER},
                f"{name}: the same file as '{CORPUS}' on some file systems",
                also=also,
            )
            for name, also in (
                (".DLM/CORPUS.DLM", ()),
                (".dlm/Corpus.dlm", ADDS_NOTHING),
                (".dlm/corpus.dlm ", ADDS_NOTHING),
                (".dlm./corpus.dlm", ()),
                (".d\u200clm/corpus.dlm", ()),
                (".dlm\\corpus.dlm", ()),
                (".dlm/corpus.dlm:stream", ADDS_NOTHING),
                (".\uff44lm/corpus.dlm", ()),
            )
        ),
        Reports(
            "several, none of them the corpus",
            {".dlm/a.dlm": GOOD, ".dlm/b.dlm": OTHER},
            f".dlm/a.dlm: one of 2 documents, none of them '{CORPUS}': dlm cannot choose",
            also=(
                f"ambiguous-corpus: .dlm/b.dlm: one of 2 documents, none of them '{CORPUS}': dlm"
                " cannot choose",
                f"missing-corpus: {CORPUS}: no corpus document in the index",
            ),
        ),
    ],
    "nested-corpus": [
        Reports(
            "in a subdirectory",
            {CORPUS: GOOD, "pkg/.dlm/corpus.dlm": OTHER},
            "pkg/.dlm/corpus.dlm: a second corpus document, in 'pkg/.dlm'",
            also=ADDS_NOTHING,
        ),
    ],
    "irregular-corpus": [
        Reports(
            "a link", {CORPUS: link("../x")}, f"{CORPUS}: the corpus document is a symbolic link"
        ),
        Reports(
            "a submodule", {CORPUS: SUBMODULE}, f"{CORPUS}: the corpus document is a submodule"
        ),
        Reports(
            ".dlm a link", {".dlm": link("x")}, ".dlm: '.dlm' is a symbolic link, not a directory"
        ),
        Reports(".dlm a file", {".dlm": "x"}, ".dlm: '.dlm' is a file, not a directory"),
        Reports(
            "a directory", {f"{CORPUS}/x": "x"}, f"{CORPUS}: the corpus document is a directory"
        ),
        Reports(
            "a pointer",
            {CORPUS: POINTER},
            f"{CORPUS}: the corpus document is a Git LFS pointer: dlm reads the pointer, not"
            " the document",
        ),
    ],
    "unmerged-corpus": [
        Reports("one side", {CORPUS: UNMERGED}, f"{CORPUS}: the corpus document is unmerged"),
    ],
}
NOT_REPORTED: dict[str, list[Reports]] = {
    "missing-corpus": [
        Reports(
            "of another name",
            {".dlm/x.dlm": GOOD},
            "",
            {"name": "x"},
            also=(
                "empty-training-set: .dlm/x.dlm:8:13: source '.' selects no tracked file with"
                " text: it adds nothing to the training set",
            ),
        )
    ],
    "ambiguous-corpus": [
        Reports(
            "allowed",
            {CORPUS: GOOD, ".dlm/b.dlm": OTHER},
            "",
            {"allow": [".dlm/b.dlm"]},
            also=ADDS_NOTHING,
        ),
        Reports("deeper", {CORPUS: GOOD, ".dlm/a/b.dlm": OTHER}, "", also=ADDS_NOTHING),
    ],
    "nested-corpus": [
        Reports(
            "allowed",
            {CORPUS: GOOD, "p/.dlm/corpus.dlm": OTHER},
            "",
            {"allow": ["p/.dlm/corpus.dlm"]},
            also=ADDS_NOTHING,
        ),
        Reports(
            "no document there", {CORPUS: GOOD, "p/.dlm/training.yaml": "{}"}, "", also=ADDS_NOTHING
        ),
    ],
    "irregular-corpus": [Reports("executable", {CORPUS: GOOD}, "", also=ADDS_NOTHING)],
    "unmerged-corpus": [Reports("another file", {CORPUS: GOOD, "src/a.py": UNMERGED}, "")],
}


test_a_rule_reports, test_a_rule_reports_nothing = rule_tests(REPORTED, NOT_REPORTED)


@pytest.mark.parametrize(
    ("label", "hint"),
    [
        (
            "revision abc",
            "add the document in a later commit;"
            f" `git log --all --oneline -- {CORPUS}` lists those that have it",
        ),
        ("revision abc (HEAD)", "create one: `dlm-git init --base qwen2.5-coder-1.5b`"),
    ],
)
def test_an_old_revision_gets_no_init(label: str, hint: str) -> None:
    state = snapshot({"src/a.py": "a"}).replace(revision="abc", label=label, root=lambda: "/x")
    (finding,) = run_rules(state, Config()).findings
    assert (finding.rule, finding.hint) == ("missing-corpus", hint)
