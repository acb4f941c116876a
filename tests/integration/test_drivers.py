"""The merge and diff drivers, run by real merges and diffs."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.oracle import Oracle
from tests.support import COMMAND, CORPUS, ID, Repo, Result, expect_clean, new_repo

_HEAD = f"""\
---
dlm_id: {ID}
dlm_version: 15
base_model: qwen2.5-coder-1.5b
training:
  lora_r: 8
  seed: 42
  sources_policy: strict
  sources:
    - path: "."
      include: ["**/*"]
---

# About

What this repository is.
"""


def harvested(number: int) -> str:
    """Return a section as `dlm harvest` appends it."""
    return (
        f'\n::instruction::\n<!-- dlm-auto-harvest: source="run-{number}.json" -->\n'
        f"### Q\nWhat is {number}?\n### A\nThe number {number}.\n"
    )


BASE = _HEAD + harvested(1)
OURS = BASE.replace("lora_r: 8", "lora_r: 16") + harvested(2)
THEIRS = BASE.replace("seed: 42", "seed: 7") + harvested(3)
MERGED = BASE.replace("lora_r: 8", "lora_r: 16").replace("seed: 42", "seed: 7")
MERGED += harvested(2) + harvested(3)
# both change the same key, and each another one
OUR_RANK = BASE.replace("lora_r: 8", "lora_r: 16").replace("is 1?", "is one?")
THEIR_RANK = BASE.replace("lora_r: 8", "lora_r: 32") + harvested(3)


@pytest.fixture
def repo(corpus_repo: Repo) -> Repo:
    """A repository with the drivers installed."""
    corpus_repo.add(CORPUS, BASE)
    corpus_repo.commit("base")
    expect_clean(corpus_repo.run(COMMAND, "install", "--drivers"))
    return corpus_repo


def branches(repo: Repo, ours: str, theirs: str, path: str = CORPUS) -> None:
    """Commit one version on `main`, which stays checked out, and the other on `other`."""
    repo.git("switch", "--quiet", "--create", "other")
    repo.add(path, theirs)
    repo.commit("theirs")
    repo.git("switch", "--quiet", "main")
    repo.add(path, ours)
    repo.commit("ours")


def without_drivers(repo: Repo, directory: Path) -> Repo:
    """Return a clone with all branches and no drivers."""
    clone = Repo(directory, repo.environ)
    repo.git("clone", "--quiet", str(repo.path), str(directory))
    clone.git("branch", "--quiet", "other", "origin/other")
    return clone


def merge(repo: Repo) -> Result:
    return repo.run("git", "merge", "--no-edit", "other")


def rebase(repo: Repo) -> Result:
    repo.git("switch", "--quiet", "other")
    return repo.run("git", "rebase", "main")


def rebase_apply(repo: Repo) -> Result:
    repo.git("switch", "--quiet", "other")
    return repo.run("git", "rebase", "--apply", "main")


def cherry_pick(repo: Repo) -> Result:
    return repo.run("git", "cherry-pick", "other")


def revert(repo: Repo) -> Result:
    """Let the change of `other` be what the revert of its opposite brings."""
    repo.git("switch", "--quiet", "--create", "opposite", "other")
    repo.git("checkout", "--quiet", "main~", "--", CORPUS)
    repo.commit("the opposite")
    repo.git("switch", "--quiet", "main")
    return repo.run("git", "revert", "--no-edit", "opposite")


def stash_pop(repo: Repo) -> Result:
    repo.git("switch", "--quiet", "--detach", "main~")
    repo.write(CORPUS, repo.git("show", f"other:{CORPUS}") + "\n")
    repo.git("stash", "push", "--quiet")
    repo.git("switch", "--quiet", "main")
    return repo.run("git", "stash", "pop")


def switch_merge(repo: Repo) -> Result:
    """Carry a change of the working tree over to another branch."""
    repo.git("switch", "--quiet", "--detach", "main~")
    repo.write(CORPUS, repo.git("show", f"other:{CORPUS}") + "\n")
    return repo.run("git", "checkout", "--merge", "main")


WAYS: Mapping[str, Callable[[Repo], Result]] = {
    "merge": merge,
    "rebase": rebase,
    "rebase --apply": rebase_apply,
    "cherry-pick": cherry_pick,
    "revert": revert,
    "stash pop": stash_pop,
    "checkout --merge": switch_merge,
}


def document(repo: Repo, path: str = CORPUS) -> str:
    return (repo.path / path).read_bytes().decode()


@pytest.mark.parametrize("way", WAYS)
def test_branches_that_harvested_and_tuned_other_keys_merge_cleanly(
    repo: Repo, way: str, oracle: Oracle
) -> None:
    branches(repo, OURS, THEIRS)
    result = WAYS[way](repo)
    assert result.code == 0, result
    text = document(repo)
    assert text == MERGED
    answer = oracle.parse(text.encode())
    assert (answer["ok"], len(answer["sections"])) == (True, 4), answer
    training = answer["frontmatter"]["training"]
    assert (training["lora_r"], training["seed"]) == (16, 7)
    assert repo.run("git", "status", "--short").out in ("", f" M {CORPUS}\n", f"M  {CORPUS}\n")


@pytest.mark.parametrize("way", WAYS)
def test_a_conflict_has_markers_only_around_it(repo: Repo, way: str) -> None:
    branches(repo, OUR_RANK, THEIR_RANK)
    result = WAYS[way](repo)
    assert result.code == (0 if way == "checkout --merge" else 1), result
    text = document(repo)
    before, conflict, after = re.split(r"(?s)(<<<<<<<.*>>>>>>>[^\n]*\n)", text)
    assert re.sub(r" .*", "", conflict.replace("  lora_r: ", "")) == (
        "<<<<<<<\n16\n=======\n32\n>>>>>>>\n"
    )
    assert before == BASE.partition("  lora_r")[0]
    assert after == THEIR_RANK.partition("32\n")[2].replace("is 1?", "is one?")
    if way != "checkout --merge":  # newer versions of git hide what a driver prints there
        assert f"dlm-git: {CORPUS}: 1 conflict\n" in result.err


def test_both_sides_created_the_document(repo: Repo, oracle: Oracle) -> None:
    repo.git("rm", "--quiet", "-r", ".dlm")
    repo.commit("no document yet")
    ids = []
    for branch in ("main", "other"):
        if branch == "other":
            repo.git("switch", "--quiet", "--create", "other", "HEAD~")
        expect_clean(repo.init("--base", "qwen2.5-coder-1.5b"))
        found = re.search("dlm_id: (.*)", document(repo))
        ids += [found[1]] if found else []
        repo.commit(f"init on {branch}")
    repo.git("switch", "--quiet", "main")
    result = merge(repo)
    assert result.code == 0, result
    answer = oracle.parse(document(repo).encode())
    assert answer["ok"], answer
    assert answer["frontmatter"]["dlm_id"] == min(ids)
    assert f"dlm-git: {CORPUS}: both sides created the document; kept dlm_id" in result.err
    expect_clean(repo.check())


@pytest.mark.parametrize("style", ["merge", "diff3"])
def test_marker_size_and_conflict_style_are_respected(repo: Repo, style: str) -> None:
    repo.git("config", "merge.conflictStyle", style)
    repo.write(".git/info/attributes", _attributes(repo) + "*.dlm conflict-marker-size=11\n")
    branches(repo, OUR_RANK, THEIR_RANK)
    assert merge(repo).code == 1
    text = document(repo)
    assert ("\n" + "<" * 11 + " " in text, "\n" + "=" * 11 + "\n" in text) == (True, True)
    assert ("\n" + "|" * 11 in text) is (style == "diff3")
    ours, theirs = ("HEAD", "other") if _passes_labels(repo) else ("ours", "theirs")
    assert f"\n{'<' * 11} {ours}\n" in text
    assert f"\n{'>' * 11} {theirs}\n" in text


def _attributes(repo: Repo) -> str:
    return (repo.path / ".git/info/attributes").read_text()


# paths


@pytest.mark.parametrize(
    "directory",
    ["a b", 'it\'s "q"', "-x", "--", "$(touch x)`touch x`", "%O %A%%", "n\nl", "é", "a;b&c|d"],
)
def test_paths_reach_the_drivers_as_they_are(repo: Repo, directory: str) -> None:
    path = f"{directory}/.dlm/corpus.dlm"
    repo.add(path, BASE)
    repo.commit("a nested document")
    branches(repo, OURS, THEIRS, path)
    result = merge(repo)
    assert result.code == 0, result
    assert document(repo, path) == MERGED
    for revisions in ([], ["HEAD~"]):
        repo.write(path, MERGED + harvested(4))
        diff = repo.git("diff", *revisions)
        assert "\n+## instruction  [" in diff
    assert not (repo.path / "x").exists()


# the kinds of clones


def test_linked_worktrees_share_the_drivers(repo: Repo) -> None:
    branches(repo, OURS, THEIRS)
    linked = Repo(repo.path.parent / "linked", repo.environ)
    repo.git("worktree", "add", "--quiet", "-b", "third", str(linked.path))
    assert merge(linked).code == 0
    assert document(linked) == MERGED


def test_a_submodule_has_drivers_of_its_own(repo: Repo) -> None:
    branches(repo, OURS, THEIRS)
    around = new_repo(repo.path.parent / "around", repo.path.parent / "home")
    allowed = ("-c", "protocol.file.allow=always")
    around.git(*allowed, "submodule", "--quiet", "add", str(repo.path), "sub")
    sub = Repo(around.path / "sub", repo.environ)
    sub.git("branch", "--quiet", "other", "origin/other")
    expect_clean(sub.run(COMMAND, "install", "--drivers"))
    assert merge(sub).code == 0
    assert document(sub) == MERGED
    assert not (around.path / ".git/info/attributes").exists()


def test_a_merge_without_a_working_tree(repo: Repo) -> None:
    branches(repo, OURS, THEIRS)
    tree = repo.run("git", "merge-tree", "--write-tree", "main", "other")
    assert tree.code == 0, tree
    assert repo.git("show", f"{tree.out.split()[0]}:{CORPUS}") + "\n" == MERGED


def test_a_criss_cross_merge(repo: Repo) -> None:
    """Git first merges the two common ancestors, by the same driver."""
    branches(repo, OURS, THEIRS)
    repo.git("branch", "ours")
    assert merge(repo).code == 0  # main has both
    repo.git("switch", "--quiet", "other")
    repo.git("merge", "--quiet", "--no-edit", "ours")  # other has both
    repo.add(CORPUS, document(repo).replace("The number 3.", "It is 3."))
    repo.commit("an answer")
    repo.git("switch", "--quiet", "main")
    repo.add(CORPUS, document(repo) + harvested(4))
    repo.commit("one more")
    assert len(repo.git("merge-base", "--all", "main", "other").split()) == 2
    result = merge(repo)
    assert result.code == 0, result
    assert document(repo) == MERGED.replace("The number 3.", "It is 3.") + harvested(4)


def test_a_criss_cross_merge_whose_ancestors_conflict(repo: Repo) -> None:
    """The conflict that both sides have solved alike does not come back."""
    branches(repo, OUR_RANK, THEIR_RANK)
    repo.git("branch", "ours")
    solved = THEIR_RANK.replace("lora_r: 32", "lora_r: 24").replace("is 1?", "is one?")
    for branch, parent in (("main", "other"), ("other", "ours")):
        repo.git("switch", "--quiet", branch)
        assert repo.run("git", "merge", parent).code == 1
        repo.add(CORPUS, solved)
        repo.commit("solved")
    repo.add(CORPUS, solved + harvested(4))
    repo.commit("one more")
    repo.git("switch", "--quiet", "main")
    repo.add(CORPUS, solved.replace("seed: 42", "seed: 7"))
    repo.commit("a seed")
    result = merge(repo)
    assert result.code == 0, result
    assert document(repo) == solved.replace("seed: 42", "seed: 7") + harvested(4)


# without dlm-git


def absent(repo: Repo) -> Repo:
    """Return the repository with drivers that run a missing dlm-git."""
    command = repo.git("config", "merge.dlm-git.driver").replace(COMMAND, "/gone/dlm-git")
    repo.git("config", "merge.dlm-git.driver", command)
    textconv = repo.git("config", "diff.dlm-git.textconv").replace(COMMAND, "/gone/dlm-git")
    repo.git("config", "diff.dlm-git.textconv", textconv)
    path = os.pathsep.join(
        entry
        for entry in repo.environ["PATH"].split(os.pathsep)
        if not Path(entry, "dlm-git").exists()
    )
    return Repo(repo.path, {**repo.environ, "PATH": path})


def with_program(repo: Repo, script: str) -> Repo:
    """Return the repository with another program as dlm-git."""
    program = repo.path.parent / "broken" / "dlm-git"
    program.parent.mkdir()
    program.write_text(script)
    program.chmod(0o755)
    for key in ("merge.dlm-git.driver", "diff.dlm-git.textconv"):
        repo.git("config", key, repo.git("config", key).replace(COMMAND, str(program)))
    return repo


BROKEN: Mapping[str, Callable[[Repo], Repo]] = {
    "not found": absent,
    "cannot be executed": lambda repo: with_program(repo, "#!/nowhere/python\n"),
    "cannot be imported": lambda repo: with_program(
        repo, f"#!{sys.executable} -I\nimport dlm_git_is_gone\n"
    ),
    "an older version": lambda repo: with_program(repo, "#!/bin/sh\nexit 2\n"),
    "a bug": lambda repo: with_program(repo, "#!/bin/sh\nexit 3\n"),
    "killed": lambda repo: with_program(repo, "#!/bin/sh\nkill -9 $$\n"),
}


@pytest.mark.parametrize("fault", BROKEN)
@pytest.mark.parametrize("style", ["merge", "diff3"])
def test_without_dlm_git_a_merge_is_that_of_git(
    repo: Repo, fault: str, style: str, tmp_path: Path
) -> None:
    repo.git("config", "merge.conflictStyle", style)
    branches(repo, OUR_RANK, THEIR_RANK)
    plain = without_drivers(repo, tmp_path / "plain")
    plain.git("config", "merge.conflictStyle", style)
    expected = merge(plain)
    assert expected.code == 1
    broken = BROKEN[fault](repo)
    result = merge(broken)
    assert result.code == 1
    assert result.out == expected.out
    assert _comparable(document(broken), repo) == _comparable(document(plain), repo)
    assert repo.git("ls-files", "--unmerged") == plain.git("ls-files", "--unmerged")


def _comparable(text: str, repo: Repo) -> str:
    """Return a text without the labels of markers, which git before 2.44 does not pass."""
    return text if _passes_labels(repo) else re.sub(r"(?m)^([<>|]{7}) .*", r"\1", text)


def _passes_labels(repo: Repo) -> bool:
    return [*map(int, repo.git("version").split()[2].split(".")[:2])] >= [2, 44]


@pytest.mark.parametrize("fault", BROKEN)
def test_without_dlm_git_a_clean_merge_stays_clean(repo: Repo, fault: str) -> None:
    branches(repo, BASE.replace("lora_r: 8", "lora_r: 16"), BASE + harvested(2))
    assert merge(BROKEN[fault](repo)).code == 0
    assert document(repo) == BASE.replace("lora_r: 8", "lora_r: 16") + harvested(2)


@pytest.mark.parametrize("fault", BROKEN)
def test_without_dlm_git_a_diff_is_plain_text(repo: Repo, fault: str, tmp_path: Path) -> None:
    branches(repo, OURS, THEIRS)
    plain = without_drivers(repo, tmp_path / "plain")
    broken = BROKEN[fault](repo)
    for command in (("diff", "main", "other"), ("log", "-p"), ("show",)):
        result = broken.run("git", *command)
        assert result.code == 0, result
        assert _body(result.out) == _body(plain.git(*command) + "\n")


def _body(diff: str) -> list[str]:
    """Return a diff without the headers of its hunks, which name other lines."""
    return [re.sub(r"^(@@ .* @@).*", r"\1", line) for line in diff.splitlines()]


@pytest.mark.parametrize("left", ["attributes", "config"])
def test_attributes_or_config_alone_are_as_without_both(
    repo: Repo, left: str, tmp_path: Path
) -> None:
    branches(repo, OUR_RANK, THEIR_RANK)
    plain = without_drivers(repo, tmp_path / "plain")
    if left == "attributes":
        repo.git("config", "--remove-section", "merge.dlm-git")
        repo.git("config", "--remove-section", "diff.dlm-git")
    else:
        (repo.path / ".git/info/attributes").unlink()
    assert repo.git("diff", "main", "other") == plain.git("diff", "main", "other")
    assert merge(repo).out == merge(plain).out
    assert document(repo) == document(plain)


def test_binary_documents_conflict_as_without_drivers(repo: Repo, tmp_path: Path) -> None:
    branches(repo, "\0ours", "\0theirs")
    plain = without_drivers(repo, tmp_path / "plain")
    assert (merge(repo).code, merge(plain).code) == (1, 1)
    assert document(repo) == document(plain) == "\0ours"
    assert repo.git("ls-files", "--unmerged") == plain.git("ls-files", "--unmerged")


def test_another_file_with_the_attributes_is_merged_by_lines(repo: Repo, tmp_path: Path) -> None:
    repo.add(".gitattributes", "src/* merge=dlm-git diff=dlm-git\n")
    repo.commit("attributes of a stranger")
    branches(repo, "print('our shop')\n", "print('their shop')\n", "src/shop.py")
    plain = without_drivers(repo, tmp_path / "plain")
    assert repo.git("diff", "main", "other") == plain.git("diff", "main", "other")
    assert (merge(repo).code, merge(plain).code) == (1, 1)
    texts = [_comparable(document(each, "src/shop.py"), repo) for each in (repo, plain)]
    assert texts[0] == texts[1]


HOSTILE = {
    "not UTF-8": BASE.encode() + b"\xff\xfe\n",
    "deep YAML": BASE.replace("seed: 42", f"seed: {'[' * 5000}{']' * 5000}").encode(),
    "aliases": BASE.replace("seed: 42", "x: &a [1]\n  y: &b [*a, *a]\n  z: [*b, *b]").encode(),
    "a carriage return": BASE.replace("# About", "# About\r").encode(),
    "many lines": BASE.encode() + b"line\n" * 20_000,
    "long lines": BASE.encode() + b"x" * 2_000_000,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_documents_are_merged(repo: Repo, kind: str) -> None:
    repo.git("switch", "--quiet", "--create", "other")
    repo.add(CORPUS, HOSTILE[kind] + b"theirs\n")
    repo.commit("theirs")
    repo.git("switch", "--quiet", "main")
    repo.add(CORPUS, HOSTILE[kind] + b"ours\n")
    repo.commit("ours")
    result = merge(repo)
    assert "Traceback" not in result.err
    data = (repo.path / CORPUS).read_bytes()
    assert data.startswith(b"---\n")
    assert (b"ours\n" in data, b"theirs\n" in data) == (True, True)
    markers = (b"\n<<<<<<< ", b"\n=======\n", b"\n>>>>>>> ")
    assert [marker in data for marker in markers] == [result.code == 1] * 3
    assert "theirs" in repo.git("diff", "--text", "HEAD~" if result.code == 0 else "main", "other")


def test_a_version_that_cannot_be_written_is_left_as_it_is(repo: Repo) -> None:
    for name, text in (("base", BASE), ("ours", OURS), ("theirs", THEIRS)):
        repo.write(name, text)
    driver = f'"{COMMAND}" merge-driver base ours theirs 7 {CORPUS}'
    result = repo.run("sh", "-c", f"trap '' XFSZ; ulimit -f 0; exec {driver} 2>/dev/null")
    assert result.code == 2, result
    assert document(repo, "ours") == OURS
    assert not [name for name in os.listdir(repo.path) if name.startswith(".ours")]


@pytest.mark.parametrize("shell", ["dash", "bash", "busybox", "ksh", "zsh"])
def test_the_commands_run_in_any_posix_shell(repo: Repo, shell: str) -> None:
    found = shutil.which(shell)
    if not found:
        pytest.skip(f"needs {shell}")
    words = [found, "sh"] if shell == "busybox" else [found]
    command = repo.git("config", "merge.dlm-git.driver")
    for name, text in (("base", BASE), ("ours", OURS), ("theirs", THEIRS)):
        repo.write(name, text)
    values = {"O": "base", "A": "ours", "B": "theirs", "L": "7", "P": f"'{CORPUS}'", "%": "%"}
    script = re.sub(r"%([OABLP%])", lambda match: values[match[1]], command)
    result = repo.run(*words, "-c", script)
    assert (result.code, document(repo, "ours")) == (0, MERGED), result
    repo.write("ours", OURS)
    gone = repo.run(*words, "-c", script.replace(COMMAND, "/gone"), env={"PATH": "/usr/bin:/bin"})
    assert (gone.code, "<<<<<<< ours\n" in document(repo, "ours")) == (1, True), gone
    textconv = repo.git("config", "diff.dlm-git.textconv") + ' "$@"'
    shown = repo.run(*words, "-c", textconv, "name", CORPUS)
    assert "\n## instruction  [" in shown.out
    plain = repo.run(
        *words, "-c", textconv.replace(COMMAND, "/gone"), "name", CORPUS, env={"PATH": "/bin"}
    )
    assert plain.out == BASE


# diffs


def test_a_diff_names_the_section_and_the_key(repo: Repo) -> None:
    changed = BASE.replace("The number 1.", "One.").replace('["**/*"]', '["**/*", "!x"]')
    repo.write(CORPUS, changed)
    diff = repo.git("diff")
    assert '\n+        - "!x"\n' in diff
    assert "\n-The number 1.\n+One." in diff
    assert re.search(r"\n\+## instruction  \[[0-9a-f]{8}\]\n", diff)
    headers = re.findall(r"(?m)^@@ .* @@ ?(.*)", repo.git("diff", "--unified=0"))
    assert headers[0] == "  sources:"
    assert headers[-1].startswith("## instruction  [")


def test_another_notation_of_the_frontmatter_is_no_difference(repo: Repo) -> None:
    repo.write(CORPUS, BASE.replace('["**/*"]', "\n        - '**/*'"))
    assert "@@" not in repo.git("diff")
    assert "@@" in repo.git("diff", "--no-textconv")


def test_textconv_prints_what_does_not_parse_as_it_is(repo: Repo) -> None:
    file = repo.write("-x y.dlm", b"no \xff document\0\n")
    result = repo.run(COMMAND, "textconv", "--", file.name)
    assert (result.code, result.err) == (0, "")
    assert os.fsencode(result.out) == file.read_bytes()


# .dlm/ignore


@pytest.fixture
def ignoring(repo: Repo) -> Repo:
    """A repository whose `.dlm/ignore` has a block."""
    repo.add(".gitignore", "*.log\n\nbuild/\n\n*.tmp\n")
    expect_clean(repo.run(COMMAND, "ignore"))
    repo.add(".dlm/ignore", f"/own\n{document(repo, '.dlm/ignore')}/last\n")
    repo.commit("ignore files")
    return repo


def ignore_on(repo: Repo, branch: str, old: str, new: str, own: str = "") -> None:
    """Change `.gitignore` on a branch, and bring the block up to date."""
    repo.git("switch", "--quiet", "--create", branch, "main")
    repo.add(".gitignore", document(repo, ".gitignore").replace(old, new))
    expect_clean(repo.run(COMMAND, "ignore"))
    if own:
        repo.write(".dlm/ignore", document(repo, ".dlm/ignore").replace("/own\n", own))
    repo.add(".dlm/ignore", document(repo, ".dlm/ignore"))
    repo.commit(branch)


@pytest.mark.parametrize("way", ["merge", "rebase", "cherry-pick"])
@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (("*.log\n", "*.log\n*.new\n"), ("*.tmp\n", "*.tmp\n*.last\n")),
        (("*.log\n", "*.first\n*.log\n"), ("build/\n", "build/\n!build/keep/\n")),
        (("build/\n", ""), ("*.log\n", "")),
        (("build/\n", "out/\n"), ("*.tmp\n", "*.tmp\n\n!a.tmp\n")),
        (("*.tmp\n", "*.tmp\n!keep.tmp\n"), ("*.log\n", "/sub/*.log\n")),
    ],
)
def test_the_block_is_made_anew(
    ignoring: Repo, way: str, theirs: tuple[str, str], ours: tuple[str, str]
) -> None:
    repo = ignoring
    ignore_on(repo, "other", *theirs, own="/own\n/theirs\n")
    ignore_on(repo, "ours", *ours)
    repo.git("switch", "--quiet", "main")
    repo.git("merge", "--quiet", "ours")
    result = WAYS[way](repo)
    assert result.code == 0, result
    text = document(repo, ".dlm/ignore")
    assert (text.startswith("/own\n/theirs\n# >>>"), text.endswith("<<<\n/last\n")) == (True, True)
    assert expect_clean(repo.run(COMMAND, "ignore", "--check")) == ".dlm/ignore: up to date\n"


def test_recorded_patterns_of_both_sides_are_kept(ignoring: Repo) -> None:
    repo = ignoring
    for branch, pattern in (("other", "*.theirs"), ("ours", "*.ours")):
        repo.git("switch", "--quiet", "--create", branch, "main")
        repo.write(".git/info/exclude", f"{pattern}\n")
        expect_clean(repo.run(COMMAND, "ignore", "--all-sources"))
        repo.add(".dlm/ignore", document(repo, ".dlm/ignore"))
        repo.commit(branch)
    assert repo.run("git", "merge", "--no-edit", "other").code == 0
    text = document(repo, ".dlm/ignore")
    assert ("\n*.theirs\n" in text, "\n*.ours\n" in text) == (True, True)
    expect_clean(repo.run(COMMAND, "ignore", "--check"))


def test_a_conflict_around_the_block_leaves_the_block_alone(ignoring: Repo) -> None:
    repo = ignoring
    ignore_on(repo, "other", "*.log\n", "*.log\n*.new\n", own="/theirs\n")
    ignore_on(repo, "ours", "*.tmp\n", "*.tmp\n*.last\n", own="/ours\n")
    result = repo.run("git", "merge", "--no-edit", "other")
    assert result.code == 1
    text = document(repo, ".dlm/ignore")
    assert re.match(
        r"<<<<<<< .*\n/ours\n=======\n/theirs\n>>>>>>> .*\n# >>> dlm-git ignore", text
    ), text
    repo.write(".dlm/ignore", "/own\n" + text[text.index("# >>>") :])
    expect_clean(repo.run(COMMAND, "ignore", "--check"))


def test_blocks_that_both_sides_created_become_one(repo: Repo) -> None:
    repo.add(".gitignore", "*.log\n\nbuild/\n\n*.tmp\n")
    repo.commit("ignored files")
    ignore_on(repo, "other", "*.log\n", "*.new\n*.log\n")
    ignore_on(repo, "ours", "*.tmp\n", "*.tmp\n*.last\n")
    assert repo.run("git", "merge", "--no-edit", "other").code == 0
    expect_clean(repo.run(COMMAND, "ignore", "--check"))


def test_a_block_that_one_side_removed_is_gone(ignoring: Repo) -> None:
    repo = ignoring
    ignore_on(repo, "other", "*.log\n", "*.new\n*.log\n")
    repo.git("switch", "--quiet", "main")
    expect_clean(repo.run(COMMAND, "ignore", "--remove"))
    repo.add(".dlm/ignore", document(repo, ".dlm/ignore"))
    repo.commit("no block")
    assert merge(repo).code == 0
    assert document(repo, ".dlm/ignore") == "/own\n/last\n"


def test_a_block_is_merged_where_our_side_is_not_head(ignoring: Repo) -> None:
    repo = ignoring
    ignore_on(repo, "other", "*.log\n", "*.new\n*.log\n")
    ignore_on(repo, "ours", "*.tmp\n", "*.tmp\n*.last\n")
    repo.git("switch", "--quiet", "main")
    tree = repo.git("merge-tree", "--write-tree", "ours", "other").split()[0]
    repo.git("read-tree", "--reset", "-u", tree)
    expect_clean(repo.run(COMMAND, "ignore", "--check"))


def test_line_endings_of_an_ignore_file_are_kept(ignoring: Repo) -> None:
    repo = ignoring
    for path in (".gitignore", ".dlm/ignore"):
        repo.add(path, document(repo, path).replace("\n", "\r\n"))
    repo.commit("CRLF")
    ignore_on(repo, "other", "*.log\r\n", "*.log\r\n*.new\r\n")
    ignore_on(repo, "ours", "*.tmp\r\n", "*.tmp\r\n*.last\r\n")
    assert repo.run("git", "merge", "--no-edit", "other").code == 0
    text = document(repo, ".dlm/ignore")
    assert text.count("\n") == text.count("\r\n")
    expect_clean(repo.run(COMMAND, "ignore", "--check"))


def test_a_broken_block_is_merged_by_lines(ignoring: Repo) -> None:
    repo = ignoring
    broken = document(repo, ".dlm/ignore").replace("# <<<", "# ...")
    branches(repo, f"{broken}/ours\n", f"{broken}/theirs\n", ".dlm/ignore")
    result = merge(repo)
    assert result.code == 1
    assert "its lines were merged: broken `dlm-git ignore` block" in result.err
    assert "\n<<<<<<< " in document(repo, ".dlm/ignore")
