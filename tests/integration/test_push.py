"""Real pushes over a local path, checked by `dlm-git pre-receive` and `dlm-git pre-push`."""

from __future__ import annotations

import json
import os
import re
import shlex
import time
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from dlm_git.git.ref_updates import Update
from dlm_git.operations.configs import CheckOptions
from dlm_git.operations.push import pre_push
from dlm_git.paths import BASELINE
from dlm_git.report import CheckResult
from tests.hostile import assert_harmless
from tests.support import (
    COMMAND,
    CORPUS,
    GOOD,
    ID,
    OTHER_ID,
    PROJECT,
    Repo,
    Result,
    new_repo,
)

pytestmark = pytest.mark.slow

DRIFTED = GOOD.replace("qwen2.5-coder-1.5b", "smollm2-135m")
ABSOLUTE = GOOD.replace('path: "."', 'path: "/srv/build/shop"')
RENEWED = GOOD.replace(ID, OTHER_ID)
EXPECTING = 'base = "qwen2.5-coder-1.5b"\n'
RELAXED = 'base = "smollm2-135m"\n'
CONFIG = ".dlm-git.toml"


@dataclass(frozen=True)
class Pair:
    """A bare repository with a hook, and a clone that pushes to it."""

    server: Repo
    clone: Repo

    def serve(self, *args: str, before: str = "") -> None:
        """Install the hook of the server with these arguments."""
        _hook(self.server.path / "hooks" / "pre-receive", before, "pre-receive", *args)

    def guard(self, *args: str) -> None:
        """Install the pre-push hook of the clone with these arguments."""
        _hook(self.clone.path / ".git" / "hooks" / "pre-push", "", "pre-push", "$@", *args)

    def commit(self, files: dict[str, str | bytes]) -> str:
        """Commit files in the clone."""
        for path, content in files.items():
            self.clone.add(path, content)
        return self.clone.commit()

    def push(self, *refs: str) -> Result:
        """Push, and see to it that the server holds what Git says it holds."""
        before = self.refs()
        result = self.clone.run("git", "push", "--quiet", "origin", *refs)
        assert (self.refs() == before) or not result.code, result
        assert_harmless("\n".join(_remote(result)))
        return result

    def refs(self) -> str:
        return self.server.git("for-each-ref")


def _hook(path: Path, before: str, *args: str) -> None:
    words = " ".join('"$@"' if arg == "$@" else shlex.quote(arg) for arg in args)
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{before}\nexec {shlex.quote(COMMAND)} {words}\n")
    path.chmod(0o755)


def _remote(result: Result) -> list[str]:
    """Return the lines that the hook of the server prints."""
    lines = (line.rstrip() for line in result.err.split("\n"))
    return [line[len("remote: ") :] for line in lines if line.startswith("remote:")]


def assert_accepted(result: Result) -> None:
    """Assert that a push succeeds without any output."""
    assert (result.code, result.out, result.err) == (0, "", ""), result


def assert_accepted_unconfigured(result: Result) -> None:
    """Assert that a push succeeds, with a note that it was compared with nothing."""
    message = "note: base model and patterns are not configured, so they are not compared"
    assert result.code == 0, result
    assert [line for line in _remote(result) if line.startswith(message)], result


def assert_refused(result: Result, *words: str) -> list[str]:
    """Return the lines that the server prints as it refuses a push; they contain the words."""
    assert result.code == 1, result
    assert "(pre-receive hook declined)" in result.err, result
    output = _remote(result)
    assert not [word for word in words if not any(word in line for line in output)], (words, output)
    return output


def paired(tmp_path: Path, *options: str) -> Pair:
    server = new_repo(tmp_path / "shop.git", tmp_path / "home", "--bare", *options)
    clone = new_repo(tmp_path / "clone", tmp_path / "home", *options)
    clone.git("remote", "add", "origin", str(server.path))
    made = Pair(server, clone)
    made.serve()
    return made


@pytest.fixture(params=["sha1", "sha256"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Pair:
    """An empty server and a clone with nothing in it, with each hash function."""
    return paired(tmp_path, f"--object-format={request.param}")


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    """A server that holds a good `main`."""
    made = paired(tmp_path)
    made.commit({CORPUS: GOOD, "src/shop.py": "print('shop')\n", CONFIG: EXPECTING})
    assert_accepted(made.push("main"))
    return made


def test_a_server_with_a_working_tree_checks_pushes(tmp_path: Path) -> None:
    """Git runs its hook in the Git directory."""
    server = new_repo(tmp_path / "shop", tmp_path / "home")
    server.git("config", "receive.denyCurrentBranch", "updateInstead")
    clone = new_repo(tmp_path / "clone", tmp_path / "home")
    clone.git("remote", "add", "origin", str(server.path))
    pair = Pair(Repo(server.path / ".git", server.environ), clone)
    pair.serve()
    pair.commit({CORPUS: GOOD, "a.py": "x\n", CONFIG: EXPECTING})
    assert_accepted(pair.push("main"))
    pair.commit({CORPUS: ABSOLUTE})
    assert_refused(pair.push("main"), "absolute-source-path")


def test_a_push_from_the_git_directory_is_checked(pair: Pair) -> None:
    pair.guard()
    pair.commit({CORPUS: ABSOLUTE})
    folder = pair.clone.path / ".git"
    refused = pair.clone.run("git", "push", "--quiet", "origin", "main:new", cwd=folder)
    assert (refused.code, "absolute-source-path" in refused.out + refused.err) == (1, True)


def test_a_refused_push_is_accepted_once_fixed(empty: Pair) -> None:
    empty.commit({CORPUS: GOOD, "src/shop.py": "print('shop')\n"})
    assert_accepted_unconfigured(empty.push("main"))
    tip = empty.commit({CORPUS: ABSOLUTE})
    assert assert_refused(empty.push("main")) == [
        f"refs/heads/main: revision {tip[:12]}",
        f"{CORPUS}:8:13: absolute-source-path: source path '/srv/build/shop' is absolute:"
        " it exists on one machine only",
        '    8 |     - path: "/srv/build/shop"',
        "      |             ^^^^^^^^^^^^^^^^^",
        "  help: write it relative to the repository root: `path: .`",
        "",
        "note: base model and patterns are not configured, so they are not compared"
        " (refs/heads/main)",
        "  help: set 'base', 'include' and 'exclude' in .dlm-git.toml, in an earlier push",
        "refs/heads/main  absolute-source-path",
        "1 in total: 0 clean, 1 with findings",
    ]
    empty.commit({CORPUS: GOOD})
    assert_accepted_unconfigured(empty.push("main"))


def test_the_first_push_is_checked_with_its_own_config(empty: Pair) -> None:
    empty.commit({CORPUS: DRIFTED, CONFIG: EXPECTING, "README.md": "# Shop\n"})
    assert_refused(empty.push("main"), "wrong-base")
    empty.commit({CONFIG: RELAXED})
    assert_accepted(empty.push("main"))


def test_a_push_cannot_relax_its_own_rules(pair: Pair) -> None:
    pair.commit({CORPUS: DRIFTED, CONFIG: RELAXED})
    later = "or change 'base' in .dlm-git.toml, in an earlier push"
    assert_refused(pair.push("main"), "wrong-base", later)
    assert_refused(pair.push("main:topic"), "refs/heads/topic", "wrong-base")
    assert_refused(pair.push("--force", "main"), "wrong-base")
    pair.commit({CORPUS: GOOD})
    assert_accepted(pair.push("main"))
    pair.commit({CORPUS: DRIFTED})
    assert_accepted(pair.push("main"))


def test_a_push_may_add_the_first_config(tmp_path: Path) -> None:
    pair = paired(tmp_path)
    pair.commit({CORPUS: DRIFTED, "src/shop.py": "print('shop')\n"})
    assert_accepted_unconfigured(pair.push("main"))
    pair.commit({CONFIG: EXPECTING})
    assert_accepted_unconfigured(pair.push("main"))
    pair.commit({"more": "x\n"})
    assert_refused(pair.push("main"), "wrong-base")


def test_after_a_push_that_deletes_the_config_nothing_is_compared(pair: Pair) -> None:
    pair.clone.git("rm", "--quiet", CONFIG)
    pair.clone.commit("without config")
    assert_accepted(pair.push("main"))
    pair.commit({CORPUS: DRIFTED})
    assert_accepted_unconfigured(pair.push("main"))


def test_a_broken_config_is_refused(pair: Pair) -> None:
    pair.commit({CONFIG: "bse = 1\n"})
    output = assert_refused(
        pair.push("main"), "refs/heads/main: cannot check: .dlm-git.toml:1: unknown key 'bse'"
    )
    assert output[-1] == "1 in total: 0 clean, 0 with findings, 1 not checked"


def test_a_config_of_the_server_replaces_a_broken_one(pair: Pair, tmp_path: Path) -> None:
    pair.server.path.joinpath("hooks/pre-receive").unlink()
    pair.commit({CONFIG: "bse = 1\n"})
    assert_accepted(pair.push("main"))
    pair.commit({CONFIG: EXPECTING})
    pair.serve()
    assert_refused(pair.push("main"), "unknown key 'bse'")
    config = tmp_path / "server.toml"
    config.write_text(EXPECTING)
    pair.serve("--config", str(config))
    assert_accepted(pair.push("main"))


def test_the_config_of_the_server_replaces_the_pushed_one(pair: Pair, tmp_path: Path) -> None:
    config = tmp_path / "server.toml"
    config.write_text(RELAXED)
    pair.serve("--config", str(config))
    pair.commit({"more": "x\n", CONFIG: "bse = 1\n"})
    assert_refused(pair.push("main"), f"change 'base' in {config}")
    pair.commit({CORPUS: DRIFTED})
    assert_accepted(pair.push("main"))
    config.unlink()
    pair.commit({"more": "y\n"})
    assert_refused(pair.push("main"), "cannot read", "help: check the path of --config")


def test_the_config_of_another_branch_can_be_used(pair: Pair) -> None:
    pair.serve("--config-rev", "refs/heads/main")
    pair.commit({CORPUS: DRIFTED, CONFIG: RELAXED})
    assert_refused(pair.push("main", "main:topic"), "refs/heads/main", "refs/heads/topic")


def test_an_update_is_checked_with_the_config_of_its_own_branch(pair: Pair) -> None:
    assert_accepted(pair.push("main:relaxed"))
    pair.commit({CONFIG: RELAXED})
    assert_accepted(pair.push("main:relaxed"))
    pair.commit({CORPUS: DRIFTED})
    assert_refused(pair.push("main"), "wrong-base")  # of main, which HEAD names
    assert_accepted(pair.push("main:relaxed"))


def test_flags_override_the_config(pair: Pair) -> None:
    pair.serve("--base", "smollm2-135m", "--ignore", "empty-body=as we like it")
    pair.commit({"more": "x\n"})
    assert_refused(
        pair.push("main"), "wrong-base", "change --base", "suppressed empty-body (0 findings)"
    )


@pytest.mark.parametrize("made", [False, True], ids=["empty", "with branches"])
def test_new_refs_need_a_head_that_names_a_branch(tmp_path: Path, made: bool) -> None:
    pair = paired(tmp_path)
    pair.server.git("symbolic-ref", "HEAD", "refs/heads/master")
    pair.commit({CORPUS: GOOD, CONFIG: EXPECTING, "README.md": "# Shop\n"})
    assert_accepted(pair.push("main"))
    if made:
        assert_accepted(pair.push("main:refs/tags/HEAD"))  # which is not HEAD
        output = assert_refused(pair.push("main:topic"), "the config for a new ref is unknown")
        assert "  help: on the server: `git symbolic-ref HEAD refs/heads/BRANCH`" in output
        pair.server.git("symbolic-ref", "HEAD", "refs/heads/main")
        assert_accepted(pair.push("main:topic"))


def test_a_deletion_is_accepted(pair: Pair) -> None:
    assert_accepted(pair.push("main:topic"))
    assert_accepted(pair.push(":topic"))
    assert "topic" not in pair.refs()


def test_a_deletion_does_not_hide_a_bad_branch(pair: Pair) -> None:
    assert_accepted(pair.push("main:aside"))
    pair.commit({CORPUS: ABSOLUTE})
    assert_refused(pair.push(":aside", "main:topic"), "refs/heads/topic")


def test_tags_are_not_checked_by_default(pair: Pair) -> None:
    pair.commit({CORPUS: ABSOLUTE})
    pair.clone.git("tag", "light")
    pair.clone.git("tag", "--annotate", "--message", "m", "heavy", "light")
    pair.clone.git("tag", "blob", "HEAD:src/shop.py")
    assert_accepted(pair.push("light", "heavy", "blob"))


def test_tags_are_checked_on_request(pair: Pair) -> None:
    pair.serve("--refs", "refs/tags/*")
    pair.clone.git("tag", "--annotate", "--message", "m", "good")
    pair.clone.git("tag", "--annotate", "--message", "m", "of-a-tag", "good")
    assert_accepted(pair.push("good", "of-a-tag"))
    pair.commit({CORPUS: ABSOLUTE})
    assert_accepted(pair.push("main"))  # a branch, which is not selected
    pair.clone.git("tag", "light")
    pair.clone.git("tag", "--annotate", "--message", "m", "heavy")
    output = assert_refused(
        pair.push("light", "heavy"), "refs/tags/light, refs/tags/heavy: revision"
    )
    assert output[-1] == "1 in total: 0 clean, 1 with findings"


@pytest.mark.parametrize("what", ["HEAD:src/shop.py", "HEAD^{tree}"], ids=["blob", "tree"])
def test_a_tag_of_no_commit_is_reported_and_accepted(pair: Pair, what: str) -> None:
    pair.serve("--refs", "refs/tags/*")
    pair.clone.git("tag", "--annotate", "--message", "m", "odd", what)
    result = pair.push("odd")
    kind = pair.clone.git("cat-file", "-t", what)
    said = f"remote: dlm-git: refs/tags/odd: not checked: it points to a {kind}, not a commit"
    assert (result.code, result.err.strip()) == (0, said)


def test_one_bad_branch_refuses_the_push(pair: Pair) -> None:
    good = pair.clone.git("rev-parse", "HEAD")
    pair.commit({CORPUS: ABSOLUTE})
    output = assert_refused(
        pair.push("main:bad", f"{good}:refs/heads/good"), "refs/heads/bad: revision"
    )
    assert output[-2:] == [
        "refs/heads/bad  absolute-source-path",
        "2 in total: 1 clean, 1 with findings",
    ]
    assert not any("refs/heads/good" in line for line in output)


def test_only_selected_branches_are_checked(pair: Pair) -> None:
    pair.serve("--refs", "refs/heads/main", "--refs", "refs/heads/release/*")
    pair.commit({CORPUS: ABSOLUTE})
    assert_accepted(pair.push("main:topic"))
    assert_refused(pair.push("main"), "refs/heads/main")
    assert_refused(pair.push("main:release/1/rc"), "refs/heads/release/1/rc")


@pytest.mark.parametrize("refs", ["refs/heads/main", "refs/heads/master", "HEAD"])
@pytest.mark.parametrize("pushed", ["main", "master"])
def test_a_branch_is_selected_by_each_of_its_names(pair: Pair, refs: str, pushed: str) -> None:
    pair.server.git("symbolic-ref", "refs/heads/master", "refs/heads/main")
    pair.serve("--refs", refs)
    pair.commit({CORPUS: ABSOLUTE})
    assert_accepted(pair.push("main:topic"))
    assert_refused(pair.push(f"main:{pushed}"), f"refs/heads/{pushed}", "absolute-source-path")


@pytest.mark.parametrize("refs", ["refs/heads/later", "refs/heads/alias"])
@pytest.mark.parametrize("pushed", ["later", "alias"])
def test_a_branch_is_selected_before_it_exists(pair: Pair, refs: str, pushed: str) -> None:
    pair.server.git("symbolic-ref", "refs/heads/alias", "refs/heads/later")
    pair.serve("--refs", refs)
    pair.commit({CORPUS: ABSOLUTE})
    assert_refused(pair.push(f"main:{pushed}"), f"refs/heads/{pushed}", "absolute-source-path")
    pair.server.path.joinpath("hooks/pre-receive").unlink()
    assert_accepted(pair.push(f"main:{pushed}"))
    assert "refs/heads/later" in pair.refs()


@pytest.mark.parametrize("tag", ["HEAD", "refs/heads/master", "heads/master", "master"])
def test_a_tag_does_not_stand_in_for_head(pair: Pair, tag: str) -> None:
    pair.server.git("symbolic-ref", "HEAD", "refs/heads/master")
    pair.commit({CORPUS: DRIFTED, CONFIG: RELAXED})
    pair.clone.git("update-ref", f"refs/tags/{tag}", "HEAD")
    assert_accepted(pair.push(f"refs/tags/{tag}"))
    assert_refused(pair.push("main:topic"), "the config for a new ref is unknown")


@pytest.mark.parametrize("rev", ["refs/heads/rules", "refs/heads/rules~0", "HEAD"])
def test_a_tag_does_not_stand_in_for_the_revision_of_the_config(pair: Pair, rev: str) -> None:
    pair.commit({CORPUS: DRIFTED, CONFIG: RELAXED})
    name = rev.removesuffix("~0")
    pair.clone.git("update-ref", f"refs/tags/{name}", "HEAD")
    assert_accepted(pair.push(f"refs/tags/{name}"))
    pair.server.git("symbolic-ref", "HEAD", "refs/heads/rules")
    pair.serve("--config-rev", rev)
    assert_refused(pair.push("main"), f"cannot read revision '{rev}'")
    pair.server.git("update-ref", "refs/heads/rules", "refs/heads/main")
    assert_refused(pair.push("main"), "wrong-base")  # and the tag is not ambiguous either


def test_a_forced_push_is_checked_with_the_replaced_config(pair: Pair) -> None:
    pair.clone.git("checkout", "--quiet", "--orphan", "anew")
    pair.commit({CORPUS: DRIFTED, CONFIG: RELAXED})
    assert_refused(pair.push("--force", "anew:main"), "wrong-base")
    pair.commit({CORPUS: GOOD})
    assert_accepted(pair.push("--force", "anew:main"))


def test_an_id_is_compared_with_the_old_revision_of_the_ref(pair: Pair) -> None:
    start = pair.clone.git("rev-parse", "HEAD")
    pair.commit({CORPUS: RENEWED})
    pair.commit({"more": "x\n"})
    later = "add the rule to 'ignore' in .dlm-git.toml, in an earlier push"
    assert_refused(pair.push("main"), "changed-id", later)
    assert pair.clone.check("--rev", "HEAD").code == 0
    for state in (["--rev", "HEAD"], [], ["--worktree"]):
        assert "changed-id" in pair.clone.check(*state, "--since", start).out
        assert pair.clone.check(*state, "--since", "HEAD").code == 0
    nowhere = pair.clone.check("--since", "nowhere")
    assert (nowhere.code, "'nowhere'" in nowhere.err) == (2, True)


def test_a_new_id_needs_a_suppressed_rule(pair: Pair) -> None:
    ignoring = EXPECTING + '[ignore]\nchanged-id = "a new store"\n'
    pair.commit({CONFIG: ignoring})
    assert_accepted(pair.push("main"))
    pair.commit({CORPUS: RENEWED})
    assert_accepted(pair.push("main"))
    pair.commit({CONFIG: EXPECTING})
    assert_accepted(pair.push("main"))


def test_a_missing_hook_environment_is_an_error(pair: Pair, tmp_path: Path) -> None:
    pair.serve(before="cat > /dev/null")
    pair.commit({"more": "x\n"})
    assert_refused(pair.push("main"), "no ref updates on standard input")
    pair.serve(before="unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY")
    assert_refused(pair.push("main"), "is not in this repository", "in which Git runs the hook")
    pair.serve(before="echo nonsense |")
    assert_refused(pair.push("main"), "'nonsense' on standard input is not a line that Git writes")
    pair.serve(before=f"cd {tmp_path}")
    assert_refused(pair.push("main"), "not a git repository")


def test_relative_object_directories_are_followed(pair: Pair) -> None:
    here = {"GIT_OBJECT_DIRECTORY": ".git/quarantine", "GIT_ALTERNATE_OBJECT_DIRECTORIES": ".git/o"}
    git = pair.clone.path / ".git"
    (git / "objects").rename(git / "o")
    (git / "objects").mkdir()
    (git / "quarantine").mkdir()
    result = pair.clone.check("--rev", "HEAD", env=here)
    assert result.code == 0, result


def test_a_repository_with_a_worktree_checks_pushes(pair: Pair) -> None:
    pair.server.git("config", "core.bare", "false")
    pair.commit({CORPUS: ABSOLUTE})
    assert_refused(pair.push("main:topic"), "absolute-source-path")


def test_reports_are_written_in_several_formats(pair: Pair, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    pair.serve("--format", "text", "--format", f"json={file}")
    pair.commit({"more": "x\n"})
    result = pair.push("main")
    assert result.code == 0
    assert re.sub(r"(^remote: | +$)", "", result.err, flags=re.MULTILINE).splitlines() == [
        "note: patterns are not configured, so they are not compared (refs/heads/main)",
        "  help: set 'include' and 'exclude' in .dlm-git.toml, in an earlier push",
        "1 in total: 1 clean, 0 with findings",
    ]
    (verdict,) = json.loads(file.read_text())["results"]
    assert (verdict["name"], verdict["clean"]) == ("refs/heads/main", True)


# what a push may bring to tie the server up, to run something there, or to fool who reads


def _tree(repo: Repo, rows: str) -> str:
    return repo.git("mktree", data=rows.encode())


def _bomb(repo: Repo, levels: int) -> str:
    """A commit of ten to the power of `levels` files, in as many trees as there are levels."""
    blob = repo.git("hash-object", "-w", "--stdin")
    tree = _tree(repo, "".join(f"100644 blob {blob}\t{n}\n" for n in range(10)))
    for _ in range(levels - 1):
        tree = _tree(repo, "".join(f"040000 tree {tree}\t{n}\n" for n in range(10)))
    return repo.git("commit-tree", "-m", "m", tree)


def test_more_file_names_than_the_limit_are_an_error(pair: Pair) -> None:
    pair.serve("--size-limit", "1")
    bomb = _bomb(pair.clone, 10)
    output = assert_refused(pair.push(f"{bomb}:refs/heads/bomb"))
    assert output[0] == "refs/heads/bomb: cannot check: git lists more than 1 MiB of file names"


def test_the_time_limit_ends_git(pair: Pair) -> None:
    pair.serve("--size-limit", "100000", "--timeout", "1")
    bomb = _bomb(pair.clone, 12)
    output = assert_refused(pair.push(f"{bomb}:refs/heads/bomb"))
    assert output == [
        "dlm-git: the check exceeds the time limit of 1 s",
        "  help: push fewer refs at once, or raise --timeout on the server",
    ]
    assert not _working_in(pair.server.path)


def test_too_little_memory_is_an_error(pair: Pair) -> None:
    pair.serve("--memory-limit", "1")
    pair.commit({"a.txt": "x\n"})
    output = assert_refused(pair.push("main"))
    assert output == [
        "dlm-git: the check exceeds the memory limit of 1 MiB",
        "  help: push smaller files, or raise --memory-limit on the server",
    ]


def test_a_document_that_needs_much_memory_is_an_error(pair: Pair) -> None:
    pair.serve("--memory-limit", "150")
    pair.commit({CORPUS: GOOD + "x" * 60_000_000 + "\U0001f600"})
    output = assert_refused(pair.push("main"))
    assert output[0] == "dlm-git: the check exceeds the memory limit of 150 MiB"


def _working_in(directory: Path) -> list[str]:
    """Return the processes that stand in a directory, after a minute for those that end now."""
    for _ in range(600):
        links = [link for link in Path("/proc").glob("[0-9]*/cwd") if _target(link) == directory]
        if not links:
            break
        time.sleep(0.1)
    return [str(link) for link in links]


def _target(link: Path) -> Path | None:
    try:
        return Path(os.readlink(link))
    except OSError:
        return None


@pytest.mark.parametrize("value", ["0", "-1", "x", "1.5", "9999999999"])
def test_limits_must_be_positive_integers(pair: Pair, value: str) -> None:
    for flag in ("--timeout", "--size-limit", "--memory-limit"):
        result = pair.server.run(COMMAND, "pre-receive", flag, value)
        assert (result.code, f"expected a positive integer, found '{value}'" in result.err) == (
            2,
            True,
        )


def test_documents_over_the_limit_together_are_an_error(pair: Pair) -> None:
    pair.serve("--size-limit", "1")
    half = b"x" * (600 << 10)
    pair.commit({f".dlm/{name}.dlm": GOOD.encode() + half + name.encode() for name in "ab"})
    assert_refused(pair.push("main"), "more than 1 MiB in total", "commit less under '.dlm'")


def test_a_deeply_nested_config_is_an_error(pair: Pair) -> None:
    pair.commit({CONFIG: "a = " + "[" * 100_000})
    assert_refused(pair.push("main"), ": invalid TOML")


def test_deep_directories_are_accepted(pair: Pair) -> None:
    tree = _tree(pair.clone, f"100644 blob {pair.clone.git('rev-parse', f'HEAD:{CORPUS}')}\tf\n")
    for _ in range(800):  # paths may have 4,096 bytes
        tree = _tree(pair.clone, f"040000 tree {tree}\tdeep\n")
    root = pair.clone.git("ls-tree", "HEAD")
    commit = pair.clone.git(
        "commit-tree", "-m", "m", _tree(pair.clone, f"{root}\n040000 tree {tree}\tdeep\n")
    )
    result = pair.push(f"{commit}:refs/heads/deep")
    assert (result.code, _remote(result)) == (0, [])  # the client's git warns of its own limits


@pytest.mark.parametrize(
    "yaml",
    [
        "a: &a [x, x]\n" + "\n".join(f"a{n}: &a{n} {{<<: [*a, *a]}}" for n in range(30)),
        "a: " + "[" * 50_000,
        "a: " + "9" * 50_000,
    ],
    ids=["merge keys", "nesting", "digits"],
)
def test_yaml_made_to_hang_is_refused(pair: Pair, yaml: str) -> None:
    pair.commit({CORPUS: GOOD.replace("training:", f"{yaml}\ntraining:")})
    assert_refused(pair.push("main"), f"{CORPUS}:")


NAMES = {
    "escape": ".dlm/\x1b[31mred.dlm",
    "carriage return": ".dlm/a\r::error::x.dlm",
    "log command": ".dlm/::error::x.dlm",
    "line break": ".dlm/a\nremote: all is well.dlm",
    "runner": ".dlm/##vso[task.x].dlm",
    "direction": ".dlm/\u202emld.dlm",
    "bytes": ".dlm/\udcff\udc9b.dlm",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_misleading_names_are_printed_harmlessly(pair: Pair, name: str) -> None:
    pair.commit({name: GOOD})
    assert_refused(pair.push("main:\u202ehidden"), "ambiguous-corpus")


def test_nothing_pushed_is_executed(pair: Pair, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    trap = tmp_path / "trap"
    trap.write_text(f'#!/bin/sh\necho "$0 $@" >> {canary}\n')
    trap.chmod(0o755)
    config = f"""\
[core]
  repositoryformatversion = 0
  bare = true
  fsmonitor = {trap}
  hooksPath = .dlm/hooks
  pager = {trap}
[filter "x"]
  clean = {trap}
  smudge = {trap}
  process = {trap}
  required
[diff "x"]
  textconv = {trap}
  command = {trap}
"""
    pair.commit(
        {
            ".dlm/HEAD": "ref: refs/heads/main\n",
            ".dlm/config": config,
            ".dlm/objects/.keep": "",
            ".dlm/refs/.keep": "",
            **{f".dlm/hooks/{hook}": trap.read_text() for hook in ("update", "post-index-change")},
            ".gitattributes": "* filter=x diff=x merge=x\n",
            ".gitconfig": config,
        }
    )
    assert_refused(pair.push("main"), "converted-document", "filtered-file-in-training-set")
    pair.commit({".gitattributes": "*.png filter=x diff=x merge=x\n", "logo.png": "x\n"})
    assert_accepted(pair.push("main"))
    # dlm-git does not run what the server's own config names, either
    pair.server.git("config", "core.fsmonitor", str(trap))
    pair.server.git("config", "diff.x.textconv", str(trap))
    pair.commit({"more": "x\n"})
    assert_accepted(pair.push("main"))
    assert not canary.exists(), canary.read_text()


def _many(pair: Pair, count: int, *, alike: bool) -> None:
    """As many branches of the clone, of one commit or each of its own."""
    tree = pair.clone.git("rev-parse", "HEAD^{tree}")
    made = "".join(
        f"commit refs/heads/many/{n}\ncommitter A <a@example.org> {0 if alike else n} +0000\n"
        f"data 0\nM 040000 {tree} \n\n"
        for n in range(count)
    )
    pair.clone.git("fast-import", "--quiet", data=made.encode())


def test_a_branch_named_like_an_object_id_does_not_matter(pair: Pair) -> None:
    tip = pair.clone.git("rev-parse", "HEAD")
    assert_accepted(pair.push(f"main:refs/heads/{tip}"))
    pair.commit({"more": "x\n"})
    assert_accepted(pair.push("main"))


def test_many_branches_of_one_commit_are_accepted(pair: Pair) -> None:
    _many(pair, 3000, alike=True)
    assert_accepted(pair.push("refs/heads/many/*:refs/heads/many/*"))


def test_a_push_compares_no_ref_with_another(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """A push can have a hundred thousand refs."""
    tip = pair.clone.git("rev-parse", "HEAD")
    updates = [Update(f"refs/{kind}/{n}", "", tip) for kind in ("heads", "tags") for n in range(9)]
    monkeypatch.chdir(pair.clone.path)
    for key, value in pair.clone.environ.items():
        monkeypatch.setenv(key, value)
    compared: list[Update] = []
    monkeypatch.setattr(Update, "__eq__", lambda update, _: compared.append(update))
    result = pre_push(updates, ["refs/heads/*"], CheckOptions())
    assert [tip.clean for tip in result.outcomes if isinstance(tip, CheckResult)] == [True]
    assert result.unselected == tuple(f"refs/tags/{n}" for n in range(9))
    assert compared == []


def test_many_branches_of_one_bad_commit_are_one_report(pair: Pair) -> None:
    pair.commit({CORPUS: ABSOLUTE})
    _many(pair, 50, alike=True)
    output = assert_refused(pair.push("refs/heads/many/*:refs/heads/many/*"))
    assert re.fullmatch(
        r"(refs/heads/many/\d+(, )?){3} and 47 more  absolute-source-path", output[-2]
    )


def test_more_commits_than_the_limit_are_an_error(pair: Pair) -> None:
    _many(pair, 1001, alike=False)
    output = assert_refused(pair.push("refs/heads/many/*:refs/heads/many/*"))
    assert output == [
        "dlm-git: the push has 1001 commits to check, more than the limit of 1000",
        "  help: push fewer refs at once",
    ]


# in a clone


@pytest.fixture
def guarded(empty: Pair) -> Pair:
    """A clone that checks what it pushes, to a server without hooks."""
    empty.server.path.joinpath("hooks/pre-receive").unlink()
    empty.commit({CORPUS: GOOD, "src/shop.py": "print('shop')\n", CONFIG: EXPECTING})
    empty.guard()
    return empty


def stopped(result: Result, *words: str) -> str:
    """Assert that the clone stops a push, and return its output."""
    output = result.out + result.err
    assert (result.code, "failed to push some refs" in output) == (1, True), result
    assert not [word for word in words if word not in output], (words, output)
    return output


def test_pre_push_stops_a_bad_push(guarded: Pair) -> None:
    assert_accepted(guarded.push("main"))
    assert_accepted(guarded.push("main"))  # up to date: no lines
    guarded.commit({CORPUS: ABSOLUTE})
    stopped(guarded.push("main"), "refs/heads/main: revision", "absolute-source-path")
    guarded.clone.write(CORPUS, GOOD)  # what lies in the worktree is not what is pushed
    stopped(guarded.push("HEAD~0:refs/heads/topic"), "refs/heads/topic: revision")
    guarded.commit({CORPUS: GOOD})
    assert_accepted(guarded.push("main", "HEAD:refs/heads/topic"))
    assert_accepted(guarded.push(":topic"))


def test_pre_push_uses_the_pushed_config(guarded: Pair) -> None:
    assert_accepted(guarded.push("main"))
    guarded.commit({CORPUS: DRIFTED})
    stopped(guarded.push("main"), "wrong-base", "or change 'base' in .dlm-git.toml\n")
    guarded.commit({CONFIG: RELAXED})
    assert_accepted(guarded.push("main"))
    guarded.guard("--base", "qwen2.5-coder-1.5b")
    guarded.commit({"more": "x\n"})
    stopped(guarded.push("main"), "change --base")


def test_pre_push_takes_the_baseline_of_each_commit_with_the_config_of_a_file(
    guarded: Pair, tmp_path: Path
) -> None:
    assert_accepted(guarded.push("main"))
    strict = tmp_path / "strict.toml"
    strict.write_text('base = "smollm2-135m"\n')
    guarded.guard("--config", str(strict))
    guarded.commit({"more": "x\n"})
    stopped(guarded.push("main"), "wrong-base")
    written = guarded.clone.run(COMMAND, "check", "--config", str(strict), "--write-baseline")
    assert written.code == 0, written
    guarded.commit({BASELINE: guarded.clone.path.joinpath(BASELINE).read_text()})
    assert_accepted(guarded.push("main"))


def test_pre_push_checks_every_ref_on_request(guarded: Pair) -> None:
    guarded.guard("--refs", "refs/*")
    guarded.clone.git("branch", "good")
    guarded.commit({CORPUS: ABSOLUTE})
    guarded.clone.git("tag", "--annotate", "--message", "m", "v1")
    guarded.clone.git("tag", "blob", "HEAD:src/shop.py")
    output = stopped(
        guarded.push("good", "main", "v1", "blob"),
        "refs/heads/main, refs/tags/v1: revision",
        "2 in total: 1 clean, 1 with findings",
        "dlm-git: refs/tags/blob: not checked: it points to a blob, not a commit\n",
    )
    assert "refs/heads/good" not in output
    guarded.guard("--refs", "refs/heads/good")
    assert_accepted(guarded.push("good", "main"))


def test_pre_push_compares_ids_with_the_remote(guarded: Pair) -> None:
    assert_accepted(guarded.push("main"))
    guarded.commit({CORPUS: RENEWED})
    guarded.commit({"more": "x\n"})
    stopped(guarded.push("main"), "changed-id")
    guarded.guard("--ignore", "changed-id=a new store")
    assert_accepted(guarded.push("main"))


def test_pre_push_over_unknown_remote_commits_compares_with_the_parent(
    guarded: Pair, tmp_path: Path
) -> None:
    assert_accepted(guarded.push("main"))
    other = replace(guarded.clone, path=tmp_path / "other")
    guarded.clone.git("clone", "--quiet", str(guarded.server.path), str(other.path))
    other.add("theirs")
    other.commit()
    other.git("push", "--quiet", "origin", "main")
    guarded.commit({CORPUS: RENEWED})
    guarded.commit({"more": "x\n"})
    assert_accepted(guarded.push("--force", "main"))  # compared with the parent


@pytest.mark.parametrize("place", ["worktree", "submodule", "git directory", "subdirectory"])
def test_pre_push_works_outside_of_the_worktree(guarded: Pair, tmp_path: Path, place: str) -> None:
    guarded.commit({CORPUS: ABSOLUTE})
    clone = guarded.clone
    if place == "worktree":
        clone.git("worktree", "add", "--quiet", str(tmp_path / "linked"))
        where = tmp_path / "linked"
    elif place == "submodule":
        outer = new_repo(tmp_path / "outer", tmp_path / "home")
        clone.path.rename(outer.path / "inner")
        outer.git("init", "--quiet")
        where = outer.path / "inner"
    else:
        where = clone.path / {"git directory": ".git", "subdirectory": "src"}[place]
    result = clone.run("git", "push", "origin", "HEAD:refs/heads/topic", cwd=where)
    stopped(result, "refs/heads/topic: revision", "absolute-source-path")


def test_pre_push_without_arguments_exits_with_2(pair: Pair) -> None:
    assert pair.clone.run(COMMAND, "pre-push").code == 2


# the page

PAGE = (PROJECT / "docs" / "server.md").read_text()


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def _steady(text: str) -> str:
    text = re.sub(r"\b[0-9a-f]{12}\b", "OID", text)
    return re.sub(r" +$", "", text, flags=re.MULTILINE)


def test_the_page_shows_what_is_printed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    new_repo(tmp_path / "shop.git", home, "--bare")
    clone = new_repo(tmp_path / "clone", home)
    assert clone.run("sh", "-e", "-c", _blocks("sh")[0], cwd=tmp_path).code == 0
    clone.git("remote", "add", "origin", "../shop.git")
    clone.add(CORPUS, GOOD)
    clone.add(CONFIG, EXPECTING)
    clone.add("README.md", "# Shop\n")
    clone.commit()
    assert_accepted(clone.run("git", "push", "--quiet", "origin", "main"))
    (shown,) = _blocks("console")
    commands = re.findall(r"^\$ (.*)$", shown, re.MULTILINE)
    outputs = [clone.run("sh", "-c", f"{command} 2>&1").out for command in commands]
    printed = "".join(f"$ {command}\n{out}" for command, out in zip(commands, outputs, strict=True))
    assert _steady(shown) == _steady(printed)


# their hooks, and where each has the scripts of administrators: behave like those of the servers
_GITEA = """\
#!/bin/sh
refs=$(cat) failed=0
for script in "${GIT_DIR:-.}"/hooks/pre-receive.d/*; do
    [ -f "$script" ] && [ -x "$script" ] || continue
    printf '%s\\n' "$refs" | "$script" || failed=$?
done
exit $failed
"""
_GITLAB = """\
#!/bin/sh
refs=$(cat)
for script in custom_hooks/pre-receive.d/* ../global/pre-receive.d/*; do
    case $script in *~) continue ;; esac
    [ -f "$script" ] && [ -x "$script" ] || continue
    printf '%s\\n' "$refs" | "$script" || exit
done
"""


@pytest.fixture(params=["gitea", "gitlab", "gitea for all", "gitlab for all"])
def hosted(request: pytest.FixtureRequest, tmp_path: Path) -> Repo:
    """A clone of `shop.git`, on a server with the script of the page."""
    home, kind = tmp_path / "home", str(request.param)
    server = new_repo(tmp_path / "shop.git", home, "--bare")
    place = "hooks" if "gitea" in kind else "custom_hooks"
    hook = server.write("hooks/pre-receive", _GITEA if "gitea" in kind else _GITLAB)
    hook.chmod(0o755)
    _, gitea, gitlab, for_all, *_ = _blocks("sh")
    recipe = for_all if "all" in kind else gitea if "gitea" in kind else gitlab
    log = server.write(f"{place}/pre-receive.d/another", '#!/bin/sh\ncat > "$GIT_DIR/seen"\n')
    log.chmod(0o755)
    start = tmp_path
    if kind == "gitea for all":
        start = server.path / "hooks"
    elif kind == "gitlab for all":
        start = tmp_path / "global"
        (start / "pre-receive.d").mkdir(parents=True)
    assert server.run("sh", "-e", "-c", recipe, cwd=start) == Result(0, "", "")
    if kind == "gitlab":
        unpacked = server.run("tar", "-xf", str(tmp_path / "custom_hooks.tar"))
        assert unpacked == Result(0, "", "")
    clone = new_repo(tmp_path / "clone", home)
    clone.git("remote", "add", "origin", str(server.path))
    clone.add(CORPUS, GOOD)
    clone.add(CONFIG, EXPECTING)
    clone.add("README.md", "# Shop\n")
    clone.commit()
    assert_accepted(clone.run("git", "push", "--quiet", "origin", "main"))
    return clone


def test_the_scripts_for_other_servers_check_pushes(hosted: Repo, tmp_path: Path) -> None:
    good = hosted.git("rev-parse", "HEAD")
    hosted.add(CORPUS, ABSOLUTE)
    bad = hosted.commit()
    refused = hosted.run("git", "push", "origin", "main", "HEAD:refs/heads/other")
    assert refused.code == 1
    assert "absolute-source-path" in refused.err
    assert "refs/heads/other" in refused.err
    seen = (tmp_path / "shop.git" / "seen").read_text().splitlines()
    assert f"{good} {bad} refs/heads/main" in seen  # each script gets the refs
    assert hosted.git("ls-remote", "origin", "refs/heads/*").split() == [good, "refs/heads/main"]
    hosted.git("reset", "--quiet", "--hard", good)
    hosted.git("rm", "--quiet", CORPUS)
    hosted.commit()
    deleted = hosted.run("git", "push", "origin", "main")
    assert (deleted.code, "missing-corpus" in deleted.err) == (1, True)


def test_the_script_for_all_repositories_leaves_others_alone(tmp_path: Path) -> None:
    server = new_repo(tmp_path / "notes.git", tmp_path / "home", "--bare")
    server.write("hooks/pre-receive", _GITEA).chmod(0o755)
    (server.path / "hooks/pre-receive.d").mkdir()
    _, _, _, for_all, *_ = _blocks("sh")
    hooks = server.path / "hooks"
    assert server.run("sh", "-e", "-c", for_all, cwd=hooks) == Result(0, "", "")
    clone = new_repo(tmp_path / "clone", tmp_path / "home")
    for text in ("a", "b"):
        clone.add("README.md", text)
        clone.commit()
        assert_accepted(clone.run("git", "push", "--quiet", str(server.path), "main"))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("services/a/.dlm/corpus.dlm", GOOD),
        ("pyproject.toml", "[tool.dlm-git]\n"),
        (CONFIG, ""),
    ],
)
def test_the_script_for_all_repositories_checks_those_with_a_document_or_a_config(
    tmp_path: Path, path: str, text: str
) -> None:
    server = new_repo(tmp_path / "notes.git", tmp_path / "home", "--bare")
    clone = new_repo(tmp_path / "clone", tmp_path / "home")
    clone.add(path, text)
    clone.commit()
    assert_accepted(clone.run("git", "push", "--quiet", str(server.path), "main"))
    server.write("hooks/pre-receive", _GITEA).chmod(0o755)
    (server.path / "hooks/pre-receive.d").mkdir()
    _, _, _, for_all, *_ = _blocks("sh")
    assert server.run("sh", "-e", "-c", for_all, cwd=server.path / "hooks").code == 0
    clone.add("a.py")
    clone.commit()
    refused = clone.run("git", "push", "--quiet", str(server.path), "main")
    assert (refused.code, "missing-corpus" in refused.err) == (1, True)


def test_the_hooks_of_the_page_run(pair: Pair) -> None:
    *_, limited, pushing = _blocks("sh")
    pair.commit({CORPUS: ABSOLUTE})
    hook = pair.server.path / "hooks" / "pre-receive"
    hook.write_text(limited)
    assert_refused(pair.push("main"), "absolute-source-path")
    assert pair.clone.run("sh", "-e", "-c", pushing).code == 0
    stopped(pair.push("main"), "refs/heads/main: revision", "absolute-source-path")


def test_the_flags_of_the_page_exist(repo: Repo) -> None:
    helps = "".join(
        repo.run(COMMAND, command, "--help").out for command in ("pre-push", "pre-receive", "check")
    )
    prose = re.sub(r"^```.*?^```$", "", PAGE, flags=re.MULTILINE | re.DOTALL)
    named = {flag for code in re.findall(r"`([^`]+)`", prose) for flag in _FLAG.findall(code)}
    assert {"--refs", "--timeout", "--since"} <= named
    assert {flag for flag in named - {"--no-verify"} if f" {flag}" not in helps} == set()


_FLAG = re.compile(r"(?<![\w-])--[a-z-]+")
