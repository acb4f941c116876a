"""`init` takes or makes the document that the trainer takes or makes, except as documented."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from dlm_git import init
from dlm_git.document.yaml_plain import load_plain
from dlm_git.errors import DlmGitError
from tests.oracle import Oracle
from tests.support import GOOD, ID, Repo, new_repo

BASE = "qwen2.5-coder-1.5b"  # that of GOOD
IDS = {"corpus": ID, "docs": ID[:-1] + "J", "notes": ID[:-1] + "K"}
NEW = "a new id"


class Outcome(NamedTuple):
    """What becomes of the documents: the one that is taken, whether it is new, its id."""

    path: str = ""
    created: bool = False
    id: str = ""


REFUSED = Outcome()


class Case(NamedTuple):
    """The stems of the documents that exist, and what is asked for."""

    existing: tuple[str, ...]
    name: str | None
    rescaffold: bool
    base: str | None

    def plant(self, repo: Repo) -> None:
        """Write the documents, each with a text of its own."""
        repo.add("src/a.py")
        for stem in self.existing:
            repo.write(f".dlm/{stem}.dlm", GOOD.replace(ID, IDS[stem]) + f"Text of {stem}.\n")

    @property
    def replaced(self) -> str:
        """The stem of the document that --rescaffold replaces."""
        return self.name or "corpus"


EXISTING = ((), ("corpus",), ("docs",), ("corpus", "docs"), ("docs", "notes"))
NAMES = (None, "corpus", "docs", "other")
CASES = [Case(*case) for case in product(EXISTING, NAMES, (False, True), (None, BASE))]


def of_trainer(oracle: Oracle, case: Case, root: Path) -> Outcome:
    options = {"name": case.name} if case.name else {}
    answer = oracle.scaffold(root, base=case.base, rescaffold=case.rescaffold, **options)
    if not answer["ok"]:
        return REFUSED
    return _outcome(Path(answer["path"]).name, answer["scaffolded"], answer["dlm_id"])


def of_init(case: Case, root: Path) -> Outcome:
    try:
        result = init(
            root,
            base=case.base,
            name=case.name,
            rescaffold=case.rescaffold,
            config=False,
            ignore=False,
        )
    except DlmGitError:
        return REFUSED
    return _outcome(result.path.name, result.created, result.dlm_id)


def _outcome(path: str, created: bool, dlm_id: str) -> Outcome:
    return Outcome(path, created, dlm_id if dlm_id in IDS.values() else NEW)


def expected(case: Case, trainer: Outcome) -> Outcome:
    """Return the outcome of `init`: that of the trainer, but for the documented differences."""
    if case.rescaffold and case.replaced in case.existing:
        # the base model of the old document is kept; the trainer asks for one
        return Outcome(f"{case.replaced}.dlm", True, IDS[case.replaced])
    if case.rescaffold and case.replaced == "corpus" and case.existing:
        return REFUSED  # the trainer makes a second document
    return trainer


def test_the_table_has_every_combination() -> None:
    assert len(CASES) == len(set(CASES)) == 80


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_scaffolding_table(oracle: Oracle, tmp_path: Path, case: Case) -> None:
    ours, theirs = (new_repo(tmp_path / side, tmp_path / "home") for side in ("ours", "theirs"))
    for repo in (ours, theirs):
        case.plant(repo)
    outcome = of_init(case, ours.path)
    assert outcome == expected(case, of_trainer(oracle, case, theirs.path))
    for stem in case.existing:
        text = (ours.path / f".dlm/{stem}.dlm").read_text()
        replaced = outcome.created and outcome.path == f"{stem}.dlm"
        assert (f"Text of {stem}." in text) == (not replaced)
        assert IDS[stem] in text
        assert f"base_model: {BASE}" in text


def test_a_document_of_the_trainer_is_plain_yaml(oracle: Oracle, tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    oracle.scaffold(tmp_path, base=BASE)
    frontmatter = (tmp_path / ".dlm/corpus.dlm").read_text().split("---\n")[1]
    assert load_plain(frontmatter) == yaml.safe_load(frontmatter)
