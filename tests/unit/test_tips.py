"""The commits of a push that are checked, and the names of their refs."""

from __future__ import annotations

import pytest

from dlm_git.errors import DlmGitError
from dlm_git.git.ref_updates import Update
from dlm_git.operations.push import Tip, _group, name_refs

A, B, C, TAG, TREE = ("a" * 40, "b" * 40, "c" * 40, "d" * 40, "e" * 40)
PEELED = {A: (A, "commit"), B: (B, "commit"), C: (C, "commit"), TAG: (C, "commit")}
PEELED[TREE] = (TREE, "tree")


@pytest.mark.parametrize(
    ("refs", "name"),
    [
        (["a"], "a"),
        (["a", "b", "c"], "a, b, c"),
        (["a", "b", "c", "d"], "a, b, c and 1 more"),
        (["a", "b", "c", "d", "e"], "a, b, c and 2 more"),
    ],
)
def test_the_first_refs_of_a_commit_are_named(refs: list[str], name: str) -> None:
    assert name_refs(refs) == Tip(tuple(refs), A, "").name == name


def test_refs_with_the_same_commits_before_and_after_are_one_tip() -> None:
    updates = [
        Update("refs/heads/one", A, B),
        Update("refs/heads/two", A, B),
        Update("refs/heads/new", "", B),
        Update("refs/heads/unknown", "f" * 40, B),  # its commit is not in this repository
        Update("refs/tags/of-tree", TREE, B),
        Update("refs/tags/of-commit", A, TAG),
        Update("refs/heads/last", TAG, C),
    ]
    assert _group(updates, PEELED) == (
        [
            Tip(("refs/heads/one", "refs/heads/two"), B, A),
            Tip(("refs/heads/new", "refs/heads/unknown", "refs/tags/of-tree"), B, ""),
            Tip(("refs/tags/of-commit",), C, A),
            Tip(("refs/heads/last",), C, C),
        ],
        [],
    )


def test_a_ref_to_a_tree_is_skipped() -> None:
    updates = [Update("refs/tags/t", "", TREE), Update("refs/heads/a", "", A)]
    assert _group(updates, PEELED) == ([Tip(("refs/heads/a",), A, "")], [("refs/tags/t", "tree")])


def test_a_pushed_object_must_be_in_the_repository() -> None:
    with pytest.raises(DlmGitError, match="of 'refs/heads/a' is not in this repository"):
        _group([Update("refs/heads/a", "", A)], {A: ("", "")})
