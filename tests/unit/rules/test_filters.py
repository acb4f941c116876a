"""The rules for files of the training set that a checkout converts."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from dlm_git.config.load import Config
from dlm_git.errors import MissingObjectError
from dlm_git.rules.engine import run_rules
from dlm_git.snapshots.entry import Blob, Entry
from tests.support import CORPUS, GOOD, link, snapshot
from tests.unit.rules.support import (
    LFS,
    POINTER,
    Reports,
    assert_reports,
    assert_reports_nothing,
    corpus,
    pointer,
    table,
    with_globs,
    with_source,
)

CRYPT = "*.sec filter=git-crypt diff=git-crypt\n"
RULE = "filtered-file-in-training-set"
ENCODING = "working-tree-encoding"


def encrypted(path: str, files: str = "this file", name: str = "git-crypt") -> str:
    return (
        f"{path}: the filter '{name}' encrypts {files} in Git, but dlm trains on the plain content"
        " of an unlocked clone"
    )


def converted(path: str, name: str) -> str:
    return (
        f"{path}: dlm trains on what the filter '{name}' makes of this file, not on what Git stores"
    )


def reencoded(path: str, name: str, files: str = "this file") -> str:
    return f"{path}: a checkout writes {files} as {name}, but dlm reads only UTF-8"


REPORTED: dict[str, list[Reports]] = {
    "pointer-in-training-set": [
        Reports(
            "by .gitattributes",
            {CORPUS: GOOD, "README.md": "x", ".gitattributes": LFS, "a.csv": POINTER},
            pointer("a.csv"),
            hint="add the line '/a.csv' to .dlm/ignore",
        ),
        Reports(
            "all files of a directory",
            corpus(GOOD, **{".gitattributes": LFS, "d/a.csv": POINTER, "d/b.csv": POINTER}),
            "d/: dlm trains on the Git LFS pointers of 2 files ('a.csv', 'b.csv'), not the content",
            hint="add the line '/d/**' to .dlm/ignore",
        ),
        Reports(
            "some files of a directory",
            corpus(
                GOOD,
                **{".gitattributes": LFS, "d/a.csv": POINTER, "d/b.csv": POINTER, "d/c.md": "x"},
            ),
            pointer("d/a.csv"),
            hint="add the line '/d/a.csv' to .dlm/ignore",
            also=(f"pointer-in-training-set: {pointer('d/b.csv')}",),
        ),
        Reports(
            "by a nested .gitattributes",
            corpus(GOOD, **{"data/.gitattributes": "/big/* filter=lfs\n", "data/big/x": POINTER}),
            pointer("data/big/x"),
        ),
        Reports(
            "by a class, and with CRLF",
            corpus(GOOD, **{".gitattributes": "*.[cC]sv\tfilter=lfs\r\n", "x.Csv": POINTER}),
            pointer("x.Csv"),
        ),
        Reports(
            "by a pattern for every file",
            corpus(GOOD, **{".gitattributes": "* filter=lfs\n", "x": POINTER}),
            pointer("x"),
            also=(
                f"converted-document: {CORPUS}: the filter 'lfs' converts this file, so a clone"
                " has another content than Git stores",
            ),
        ),
        Reports(
            "by a macro",
            corpus(GOOD, **{".gitattributes": "[attr]big filter=lfs\n*.x big\n", "a.x": POINTER}),
            pointer("a.x"),
        ),
        Reports(
            "a quoted name with escapes",
            corpus(GOOD, **{".gitattributes": '"#\\303\\251 " filter=lfs\n', "#é ": POINTER}),
            pointer("#é "),
        ),
        Reports(
            "a quoted name",
            corpus(GOOD, **{".gitattributes": '"a b" filter=lfs\n', "a b": POINTER}),
            pointer("a b"),
        ),
        Reports(
            "a quoted name with an escaped quote",
            corpus(GOOD, **{".gitattributes": '"a\\"b" filter=lfs\n', 'a"b': POINTER}),
            pointer('a"b'),
        ),
        Reports(
            "many of one directory",
            corpus(GOOD, **{".gitattributes": LFS, **{f"d/{n}.csv": POINTER for n in range(5)}}),
            "d/: dlm trains on the Git LFS pointers of 5 files ('0.csv', '1.csv', '2.csv', ...),"
            " not the content",
            hint="add the line '/d/**' to .dlm/ignore",
        ),
        Reports(
            "one beside another file",
            corpus(GOOD, **{".gitattributes": LFS, "d/a.csv": POINTER, "d/b.csv": "1,2\n"}),
            pointer("d/a.csv"),
        ),
    ],
    RULE: [
        Reports(
            "git-crypt",
            corpus(GOOD, **{".gitattributes": CRYPT, "a.sec": "\0GITCRYPT\0\1\2"}),
            encrypted("a.sec"),
            hint="add the line '/a.sec' to .dlm/ignore",
        ),
        Reports(
            "git-crypt with a named key",
            corpus(GOOD, **{".gitattributes": "a filter=git-crypt-ops\n", "a": "x"}),
            encrypted("a", name="git-crypt-ops"),
        ),
        Reports(
            "a whole directory",
            corpus(
                GOOD,
                **{
                    ".gitattributes": "s/** filter=git-crypt\n",
                    **{f"s/{n}/{n}": "x" for n in range(5)},
                },
            ),
            encrypted("s/", "5 files ('0', '1', '2', ...)"),
            hint="add the line '/s/**' to .dlm/ignore",
        ),
        Reports(
            "another filter",
            corpus(GOOD, **{".gitattributes": "*.ipynb filter=nbstripout\n", "a.ipynb": "{}"}),
            converted("a.ipynb", "nbstripout"),
        ),
        Reports(
            "by a macro of a macro",
            corpus(
                GOOD,
                **{
                    ".gitattributes": "[attr]a b\n[attr]b filter=git-crypt\n",
                    "d/.gitattributes": "x a\n",
                    "d/x": "x",
                },
            ),
            encrypted("d/x"),
        ),
        Reports(
            "in a worktree",
            corpus(GOOD, **{".gitattributes": CRYPT, "a.sec": "plain"}),
            encrypted("a.sec"),
            untracked={"b": "untracked"},
            also=(
                "untracked-training-file: b: Git does not track this file, but dlm trains on it",
            ),
        ),
        Reports(
            "by a link to a file outside of the source",
            corpus(
                with_source("s"),
                **{".gitattributes": CRYPT, "k/a.sec": "x"},
                **{"s/a.txt": link("../k/a.sec")},
            ),
            encrypted("s/a.txt"),
        ),
        Reports(
            "a source that is a file",
            corpus(with_source("s/a.sec"), **{".gitattributes": CRYPT, "s/a.sec": "x"}),
            encrypted("s/a.sec"),
        ),
        Reports(
            "more lines than are searched for",
            corpus(
                GOOD,
                **{".gitattributes": "".join(f"x{n} filter=y\n" for n in range(1500)), "x7": "x"},
            ),
            converted("x7", "y"),
        ),
    ],
    "reencoded-file-in-training-set": [
        Reports(
            "UTF-16",
            corpus(GOOD, **{".gitattributes": f"*.x {ENCODING}=UTF-16\n", "a.x": "x"}),
            reencoded("a.x", "UTF-16"),
            hint=f"remove the attribute '{ENCODING}', or add the line '/a.x' to .dlm/ignore",
        ),
        Reports(
            "beyond ASCII",
            corpus(GOOD, **{".gitattributes": f"d/* {ENCODING}=latin1\n", "d/a": "é", "d/b": "x"}),
            reencoded("d/a", "latin1"),
        ),
        Reports(
            "an encoding that Python does not know",
            corpus(GOOD, **{".gitattributes": f"*.x {ENCODING}=UTF-7\n", "a.x": "x"}),
            reencoded("a.x", "UTF-7"),
        ),
        Reports(
            "a whole directory",
            corpus(GOOD, **{".gitattributes": f"d/* {ENCODING}=UTF-16\n", "d/a": "x", "d/b": "y"}),
            reencoded("d/", "UTF-16", "2 files ('a', 'b')"),
            hint=f"remove the attribute '{ENCODING}', or add the line '/d/**' to .dlm/ignore",
        ),
        Reports(
            "by a link",
            corpus(
                with_source("s"),
                **{".gitattributes": f"*.x {ENCODING}=UTF-16\n", "k/a.x": "x"},
                **{"s/a.txt": link("../k/a.x")},
            ),
            reencoded("s/a.txt", "UTF-16"),
        ),
        Reports(
            "beside files with a filter",
            corpus(
                GOOD,
                **{
                    ".gitattributes": f"a.x filter=y\n*.x {ENCODING}=UTF-16\nc.x -{ENCODING}\n",
                    **dict.fromkeys(("a.x", "b.x", "c.x"), "x"),
                },
            ),
            reencoded("b.x", "UTF-16"),
            also=(f"filtered-file-in-training-set: {converted('a.x', 'y')}",),
        ),
    ],
}
NOT_REPORTED: dict[str, list[Reports]] = {
    "pointer-in-training-set": [
        Reports(
            "excluded",
            corpus(with_globs(["**/*"], ["**/*.csv"]), **{".gitattributes": LFS, "a.csv": POINTER}),
            "",
        ),
        Reports("the content", corpus(GOOD, **{".gitattributes": LFS, "a.csv": "1,2\n"}), ""),
        Reports(
            "unset by a nested .gitattributes",
            corpus(
                GOOD,
                **{".gitattributes": LFS, "d/.gitattributes": "* -filter\n", "d/a.csv": POINTER},
            ),
            "",
        ),
        Reports(
            "a comment",
            corpus(GOOD, **{".gitattributes": "# *.csv filter=lfs\n", "a.csv": "1\n"}),
            "",
        ),
        Reports(
            "an image",
            corpus(GOOD, **{".gitattributes": "*.png filter=lfs\n", "a.png": POINTER}),
            "",
        ),
    ],
    "reencoded-file-in-training-set": [
        Reports(
            "ASCII",
            corpus(GOOD, **{".gitattributes": f"*.x {ENCODING}=latin1\n", "a.x": "x"}),
            "",
        ),
        Reports(
            "UTF-8",
            corpus(GOOD, **{".gitattributes": f"*.x {ENCODING}=utf-8\n", "a.x": "é"}),
            "",
        ),
        Reports(
            "excluded",
            corpus(
                with_globs(["**/*"], ["*.x"]),
                **{".gitattributes": f"*.x {ENCODING}=UTF-16\n", "a.x": "x"},
            ),
            "",
        ),
    ],
    RULE: [
        Reports(
            "excluded",
            corpus(with_globs(["**/*"], ["*.sec"]), **{".gitattributes": CRYPT, "a.sec": "x"}),
            "",
        ),
        Reports(
            "unset",
            corpus(GOOD, **{".gitattributes": f"{CRYPT}a.sec -filter\n", "a.sec": "x"}),
            "",
        ),
        Reports(
            "unspecified",
            corpus(GOOD, **{".gitattributes": f"{CRYPT}a.sec !filter\n", "a.sec": "x"}),
            "",
        ),
        Reports("without a value", corpus(GOOD, **{".gitattributes": "a filter\n", "a": "x"}), ""),
        Reports(
            "a directory, whose files do not inherit",
            corpus(GOOD, **{".gitattributes": "d filter=x\nd/ filter=x\n", "d/a": "x"}),
            "",
        ),
        Reports(
            "an image", corpus(GOOD, **{".gitattributes": "*.png filter=x\n", "a.png": "x"}), ""
        ),
        Reports(
            "Git LFS",
            corpus(GOOD, **{".gitattributes": LFS, "a.csv": POINTER}),
            "",
            also=(f"pointer-in-training-set: {pointer('a.csv')}",),
        ),
        Reports(
            "a macro of a nested file, which Git ignores",
            corpus(GOOD, **{"d/.gitattributes": "[attr]m filter=x\na m\n", "d/a": "x"}),
            "",
        ),
    ],
}


@pytest.mark.parametrize(("rule", "case"), table(NOT_REPORTED))
def test_a_rule_reports_nothing(rule: str, case: Reports) -> None:
    assert_reports_nothing(rule, case)


@pytest.mark.parametrize(("rule", "case"), table(REPORTED))
def test_a_rule_reports(rule: str, case: Reports) -> None:
    assert_reports(rule, case)


def test_a_file_that_a_partial_clone_lacks_is_noted_and_the_others_are_checked() -> None:
    attributes = f"*.x {ENCODING}=UTF-16\n"
    state = snapshot(corpus(GOOD, **{".gitattributes": attributes, "a.x": "a", "b.x": "b"}))

    def read(entries: Sequence[Entry]) -> Sequence[Blob]:
        if missing := [entry.path for entry in entries if entry.path == "a.x"]:
            raise MissingObjectError("an object is missing", "`git fetch`", missing)
        return state.read(entries)

    partial = state.replace(read=read, missing={})
    (finding,) = run_rules(partial, Config()).findings
    assert finding.path == "b.x"
    assert partial.missing == {"a.x": "`git fetch`"}
