"""A git that dies or prints too little, at any of its calls: exit 2, or the right result."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from dlm_git.errors import DlmGitError
from dlm_git.git.cat_file import CatFile
from dlm_git.git.process import Git
from dlm_git.git.read import read_index, read_revision
from dlm_git.git.repository import find_repository
from dlm_git.snapshots.entry import Entry
from tests.faults import Runner
from tests.support import CORPUS, GOOD, ID, OTHER_ID, Repo, Result, git_with, new_repo, on_git

pytestmark = pytest.mark.slow
# what git does instead; $git is the real one. The output of a batch ends inside its first answer
FAULTS = {
    "fails": "echo 'fatal: out of memory' >&2; exit 128",
    "is killed": "kill -9 $$",
    "prints nothing": 'exec $git "$@" >/dev/null',
    "prints half": """\
case " $* " in
*" cat-file "*)
  mkfifo $0.$$; exec 3<&0; $git "$@" <&3 3<&- >$0.$$ & exec 3<&-; exec head -c 9 $0.$$ ;;
esac
$git "$@" >$0.$$; code=$?
head -c $(($(wc -c <$0.$$) / 2)) $0.$$; exit $code""",
    "prints garbage": "echo 'what\\ngit\\tnever 1 prints'; exit",
}
# the commands, by the repository in which they run
COMMANDS: Mapping[str, tuple[str, ...]] = {
    "clean": (
        "check",
        "check --no-cache",
        "check --rev refs/heads/main",
        "check --worktree",
        "files",
        "diff HEAD~1 HEAD",
        "status",
        "doctor",
    ),
    "changed": ("check --format sarif",),
    "ignored": ("check --format concise",),
    "deleted": ("check",),
    "empty": ("check --rev HEAD",),
    "noted": ("check",),
    "pushed": ("pre-receive",),
}
CASES = [(name, command) for name, commands in COMMANDS.items() for command in commands]


def clean(repo: Repo) -> None:
    repo.add(CORPUS, GOOD)
    repo.add(".dlm-git.toml", 'base = "qwen2.5-coder-1.5b"\n')
    repo.add(".gitattributes", "*.png binary\n")
    repo.add(".gitignore", "*.log\n")
    repo.commit()
    repo.add("src/__init__.py", "")
    repo.add("src/deep/shop.py")
    repo.commit()
    repo.write("a.log")
    repo.write("untracked.py")


def changed(repo: Repo) -> None:
    clean(repo)
    repo.add(CORPUS, GOOD.replace(ID, OTHER_ID))
    repo.commit()
    repo.add(CORPUS, GOOD)


def ignored(repo: Repo) -> None:
    repo.add(".gitignore", ".dlm/\n")
    repo.commit()
    repo.write(CORPUS, GOOD)


def deleted(repo: Repo) -> None:
    clean(repo)
    repo.git("rm", "--quiet", CORPUS)


def empty(repo: Repo) -> None:
    repo.git("commit", "--quiet", "--allow-empty", "--message", "nothing")


def noted(repo: Repo) -> None:
    repo.add(CORPUS, GOOD)
    repo.add("pyproject.toml", '[tool.dlm-git]\nbase = "qwen2.5-coder-1.5b"\n')
    repo.add(".dlm/training.yaml", "exclude: []\n")
    repo.add(".gitattributes", "*.toml text\n.dlm-git.toml -diff\n")
    repo.commit()
    repo.write("pyproject.toml", '[tool.dlm-git]\nbase = "smollm2-135m"\n')
    repo.git("update-index", "--assume-unchanged", ".dlm/training.yaml")
    repo.write(".dlm/training.yaml", "exclude: ['a']\n")
    repo.write(".gitignore", ".dlm/ignore\n")
    repo.write(".dlm/ignore", "*.md\n")


def pushed(repo: Repo) -> None:
    repo.git("symbolic-ref", "refs/heads/alias", "refs/heads/main")
    clean(repo)


PREPARE = {
    "clean": clean,
    "changed": changed,
    "ignored": ignored,
    "deleted": deleted,
    "empty": empty,
    "noted": noted,
    "pushed": pushed,
}


class Dying:
    """Repositories whose git misbehaves at one of its calls."""

    def __init__(self, directory: Path, runner: Runner) -> None:
        self.runner, self._directory = runner, directory
        self._count = directory / "count"
        self._repos: dict[str, Repo] = {}

    def run(self, name: str, command: str, number: int = 0, fault: str = ":") -> Result:
        """Run a command in a repository; the git call of a number, 0 for none, has a fault."""
        repo, data = self._at(name, number, fault), b""
        if command == "pre-receive":
            oid = self._repos[name].git("rev-parse", "HEAD")
            data = f"{oid} {oid} refs/heads/main\n".encode()
            command += " --refs refs/heads/alias"
        return self.runner.run(repo, *command.split(), data=data).result

    def _at(self, name: str, number: int, fault: str) -> Repo:
        if name not in self._repos:
            self._repos[name] = new_repo(self._directory / name, self._directory / "home")
            PREPARE[name](self._repos[name])
        repo = self._repos[name]
        self._count.write_text("0")
        os.utime(repo.path / ".git" / "index")  # so that a cached check lists it
        script = f"read n <{self._count}; n=$((n + 1)); echo $n >{self._count}\n"
        script += f"git={shutil.which('git')}; if [ $n = {number} ]; then\n{fault}\nfi"
        return on_git(repo, git_with(self._directory / "fake", script))

    def calls(self) -> int:
        return int(self._count.read_text())


@pytest.fixture(scope="module")
def dying(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dying]:
    directory = tmp_path_factory.mktemp("dying")
    with Runner(directory) as runner:
        yield Dying(directory, runner)


def is_explained(result: Result) -> bool:
    if result.code == 1:  # `doctor` reports an error as a problem
        problem = r"  problem .*(`git \S+` (failed|did not print)|git d(id|oes) not report)"
        return bool(re.search(problem, result.out))
    explained = result.err.startswith("dlm-git: ") or "main: cannot check: " in result.out
    return result.code == 2 and explained


@pytest.mark.parametrize(("name", "command"), CASES)
def test_a_call_of_git_goes_wrong(dying: Dying, name: str, command: str) -> None:
    dying.run(name, command)  # fills the cache
    expected = dying.run(name, command)
    assert expected.code in (0, 1), expected
    wrong = []
    for number in range(1, dying.calls() + 1):
        for fault, script in FAULTS.items():
            result = dying.run(name, command, number, script)
            if result != expected and not is_explained(result):
                wrong.append((number, fault, result))
    assert not wrong, expected


def with_several_ends(repo: Repo) -> Iterator[str]:
    """Yield commits whose trees end with a file, a deep file, a link, a submodule, or nothing."""
    empty = repo.git("hash-object", "-t", "tree", "-w", "--stdin")
    repo.add("a/b.py")
    yield repo.commit()
    repo.add("b/.dlm/c/d/e f")
    yield repo.commit()
    (repo.path / "c").symlink_to("a")
    repo.git("add", "c")
    yield repo.commit()
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{repo.git('rev-parse', 'HEAD')},d")
    yield repo.commit()
    rows = repo.git("ls-tree", "HEAD")
    for end in (f"040000 tree {empty}\te", f"040000 tree {empty}\te\n100644 blob {'1' * 40}\tf"):
        tree = repo.git("mktree", "--missing", data=f"{rows}\n{end}\n".encode())
        yield repo.git("commit-tree", tree, "-m", "ends with a tree")


def test_a_listing_of_a_tree_is_complete_or_an_error(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits = [*with_several_ends(repo)]
    found = find_repository(repo.path, repo.environ)
    list_rows = Git.list_rows
    for commit in commits:
        read_revision(found, commit)
        question = ("ls-tree", "-r", "-t", "-z", "--full-tree", commit)
        rows = found.git.list_rows(*question)
        cuts = [at for at in range(len(rows) - 1) if rows[at] == 0]
        assert cuts
        for at in cuts:
            monkeypatch.setattr(Git, "list_rows", lambda *_, cut=rows[: at + 1], **__: cut)
            with pytest.raises(DlmGitError, match="`git ls-tree` did not print all of its output"):
                read_revision(found, commit)
        monkeypatch.setattr(Git, "list_rows", list_rows)


def test_an_empty_tree_is_complete(repo: Repo) -> None:
    empty(repo)
    assert not [*read_revision(find_repository(repo.path, repo.environ), "HEAD")]


def test_an_index_is_complete_or_an_error(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    clean(repo)
    found = find_repository(repo.path, repo.environ)
    rows = found.git.list_rows("ls-files", "--stage", "-z")
    for at in [at for at in range(len(rows) - 1) if rows[at] == 0]:
        monkeypatch.setattr(Git, "list_rows", lambda *_, cut=rows[: at + 1]: cut)
        with pytest.raises(DlmGitError, match="`git ls-files` did not print all of its output"):
            read_index(found)


def test_an_index_that_changes_while_it_is_read_is_read_again(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    clean(repo)
    found = find_repository(repo.path, repo.environ)
    list_rows = Git.list_rows
    late = ["late.py", "later.py"]

    def list_later(git: Git, *args: str) -> bytes:
        if late:
            repo.add(late.pop())
        return list_rows(git, *args)

    monkeypatch.setattr(Git, "list_rows", list_later)
    assert {"late.py", "later.py"} <= {entry.path for entry in read_index(found)}


def test_a_failure_while_the_parent_is_read_is_not_an_absent_parent(
    corpus_repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = find_repository(corpus_repo.path, corpus_repo.environ)

    def fail(*_: object) -> None:
        raise DlmGitError("git did not report all of the requested objects")

    monkeypatch.setattr(CatFile, "headers", fail)
    with pytest.raises(DlmGitError, match="did not report all"):
        found.objects.parent_contents("HEAD", [Entry(CORPUS, "100644", "1" * 40)])


def test_success_without_an_answer_is_an_error(tmp_path: Path) -> None:
    git = Git(str(git_with(tmp_path, "exit 0") / "git"), "", {})
    with pytest.raises(DlmGitError, match="`git config` did not print all of its output"):
        git.answer("config", "--get", "core.bare", ok=(0, 1))
