"""The pages of the documentation: links lead somewhere, and outputs are what is printed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support import CORPUS, GOOD, PROJECT, Repo, new_repo

PAGES = [
    *(PROJECT / name for name in ("README.md", "SECURITY.md", "CONTRIBUTING.md")),
    *sorted((PROJECT / "docs").glob("*.md")),
]
_LINK = re.compile(r"\]\(((?!https?:)[^)\s#]*)(?:#([^)\s]+))?\)")


def without_code(text: str) -> str:
    text = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`\n]*`", "", text)


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives the headings of a page."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    for path, anchor in _LINK.findall(without_code(page.read_text())):
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), path
        assert not anchor or anchor in anchors(target), f"{path}#{anchor}"


def test_the_index_lists_every_page() -> None:
    index = (PROJECT / "docs" / "README.md").read_text()
    listed = {Path(path).name for path in re.findall(r"\]\(([\w-]+\.md)\)", index)}
    assert {page.name for page in (PROJECT / "docs").glob("*.md")} == {*listed, "README.md"}


def test_every_promise_of_security_names_the_tests_that_hold_it() -> None:
    text = (PROJECT / "SECURITY.md").read_text()
    section = text.partition("## What dlm-git promises")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (\*\*.*) \| (.*) \|$", section, re.MULTILINE)
    assert len(rows) == section.count("\n| ") - 1  # without the header
    modules = {path.stem: path.read_text() for path in (PROJECT / "tests").rglob("test_*.py")}
    for promise, names in rows:
        tests = re.findall(r"`(\w+)::(\w+)`", names)
        assert tests, promise
        assert " ".join(f"`{module}::{test}`" for module, test in tests) == names
        for module, test in tests:
            assert f"\ndef {test}(" in modules[module], (promise, module, test)


def test_accepted_findings_are_shown_as_on_their_page(repo: Repo) -> None:
    page = (PROJECT / "docs" / "accepting.md").read_text()
    blocks = dict(re.findall(r"^```(console|toml)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL))
    command, _, output = blocks["console"].removeprefix("$ ").partition("\n")
    entry = blocks["toml"].replace("2027", "2999").replace(', "tests/**/*.pem"', "")
    base = 'base = "qwen2.5-coder-1.5b"\ninclude = ["**/*"]\n'
    comment = "# dlm-git: ignore[wrong-base] a trial, until May"
    repo.add(CORPUS, GOOD.replace("coder-1.5b", f"0.5b  {comment}"))
    repo.add(".dlm-git.toml", f"{base}\n{entry}")
    for path in (".netrc", "vendor/.npmrc", "a.py"):
        repo.add(path, "_authToken=x\n")
    repo.run("dlm-git", "check", "--write-baseline")
    repo.git("add", ".dlm-git-baseline.json")
    printed = repo.run("sh", "-c", command).out
    assert printed == output


def test_many_repositories_are_reported_as_shown(repo: Repo, tmp_path: Path) -> None:
    for number, name in enumerate(("blog", "cart", "shop", "till")):
        project = new_repo(tmp_path / name, tmp_path / "home")
        project.add("README.md", "# x\n")
        if name != "blog":
            project.add(CORPUS, GOOD.replace("N7E9DNT5GH", f"N7E9DNT5G{number}"))
        project.commit()
        bare = tmp_path / "git" / f"{name}.git"
        repo.git("clone", "--quiet", "--bare", str(project.path), str(bare))
    (tmp_path / "git" / "till.git" / "HEAD").write_text("x\n")
    page = (PROJECT / "docs" / "repositories.md").read_text()
    (shown,) = re.findall(r"^```console\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    command, _, output = shown.removeprefix("$ ").partition("\n")
    result = repo.run("sh", "-c", f"{command} 2>&1", cwd=tmp_path / "git")
    printed = result.out.replace(str(tmp_path), "/srv")
    assert re.sub(r"[0-9a-f]{12}", "OID", output) == re.sub(r"[0-9a-f]{12}", "OID", printed)


def test_several_corpora_are_made_as_shown(repo: Repo) -> None:
    repo.add("README.md", "# x\n")
    repo.add("services/a/shop.py", "print('shop')\n")
    page = (PROJECT / "docs" / "monorepo.md").read_text()
    (shown,) = re.findall(r"^```console\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    for step in shown.removeprefix("$ ").split("\n$ "):
        command, _, output = step.partition("\n")
        result = repo.run("sh", "-c", command)
        assert (result.code, result.err) == (0, ""), result
        printed, expected = (
            re.sub(r"[0-9A-Z]{26}", "ID", text) for text in (result.out, f"{output.rstrip()}\n")
        )
        assert printed == expected
