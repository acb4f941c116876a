"""`dlm-git ignore`: what it writes, keeps and prints."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dlm_git.patterns.line_plan import GUARDS
from dlm_git.training.ignore_block import BEGIN, END
from tests.modes import bound_command
from tests.support import (
    COMMAND,
    CORPUS,
    GOOD,
    Repo,
    Result,
    expect_clean,
    expect_error,
    expect_findings,
    new_repo,
)

IGNORE = ".dlm/ignore"
BASE = ("--base", "smollm2-135m")
OF_LOG = ("# from .gitignore: *.log", "*.log", "*.log/")
OF_TMP = ("# from .gitignore: *.tmp", "*.tmp", "*.tmp/")
WROTE = "Wrote .dlm/ignore: 2 lines from .gitignore\n  next: git add .dlm/ignore\n"
UP_TO_DATE = ".dlm/ignore: up to date\n"
STALE = """\
.dlm/ignore: out of date with .gitignore
  help: run `dlm-git ignore`
"""
LOST = """\
dlm-git: broken `dlm-git ignore` block: expected one '# >>>' line and one '# <<<' line
  help: remove the block from '.dlm/ignore', then run `dlm-git ignore`
"""


def ignore(repo: Repo, *args: str, cwd: Path | None = None) -> Result:
    """Run the installed `dlm-git ignore`."""
    return repo.run(COMMAND, "ignore", *args, cwd=cwd)


def block(*lines: str, newline: str = "\n") -> str:
    return "".join(f"{line}{newline}" for line in (BEGIN, *lines, END))


def text(repo: Repo, path: str = IGNORE) -> str:
    return (repo.path / path).read_bytes().decode()


@pytest.fixture
def logged(corpus_repo: Repo) -> Repo:
    """A repository with a corpus document, in which Git ignores `*.log`."""
    corpus_repo.add(".gitignore", "*.log\n")
    return corpus_repo


def test_ignore_writes_the_block(logged: Repo) -> None:
    assert expect_clean(ignore(logged)) == WROTE
    assert text(logged) == block(*OF_LOG)
    assert "?? .dlm/ignore" in logged.git("status", "--short")


def test_ignore_is_idempotent(logged: Repo) -> None:
    expect_clean(ignore(logged))
    before = (logged.path / IGNORE).stat().st_mtime_ns
    assert expect_clean(ignore(logged)) == UP_TO_DATE
    assert (logged.path / IGNORE).stat().st_mtime_ns == before


def test_check_reports_a_stale_block(logged: Repo) -> None:
    assert expect_findings(ignore(logged, "--check")) == STALE
    assert not (logged.path / IGNORE).exists()
    expect_clean(ignore(logged))
    assert expect_clean(ignore(logged, "--check")) == UP_TO_DATE
    logged.add("src/.gitignore", "/out\n")
    assert expect_findings(ignore(logged, "--check")) == STALE
    assert expect_clean(ignore(logged)) == (
        "Wrote .dlm/ignore: 4 lines from .gitignore, src/.gitignore\n  next: git add .dlm/ignore\n"
    )
    assert text(logged) == block(*OF_LOG, "# from src/.gitignore: /out", "/src/out", "/src/out/**")


def test_dry_run_writes_nothing(logged: Repo) -> None:
    shown = "".join(f"  {line}\n" for line in block(*OF_LOG).splitlines())
    assert expect_clean(ignore(logged, "--dry-run")) == f".dlm/ignore:\n{shown}"
    assert not (logged.path / IGNORE).exists()


def test_the_written_block_passes_the_check(logged: Repo) -> None:
    logged.add(".gitignore", "node_modules\nbuild\n/venv\n*.py[co]\n/docs/generated/\n*.log\n")
    expect_clean(ignore(logged))
    logged.git("add", IGNORE)
    expect_clean(logged.check())
    expect_clean(logged.check("--worktree"))


# What is there


@pytest.mark.parametrize("mine", ["mine.txt\n", "mine.txt", "# mine\n\n!a.log\n"])
def test_the_users_lines_are_kept_and_come_last(logged: Repo, mine: str) -> None:
    logged.write(IGNORE, mine)
    assert expect_clean(ignore(logged)) == WROTE
    assert text(logged) == block(*OF_LOG) + mine


def test_a_moved_block_stays_in_its_place(logged: Repo) -> None:
    logged.write(IGNORE, "first.txt\n\n" + block("*.tmp") + "last.txt\n")
    assert expect_clean(ignore(logged)) == WROTE
    assert text(logged) == "first.txt\n\n" + block(*OF_LOG) + "last.txt\n"


def test_crlf_is_kept(logged: Repo) -> None:
    logged.write(IGNORE, "mine.txt\r\n")
    for _ in range(2):
        expect_clean(ignore(logged))
        assert text(logged) == block(*OF_LOG, newline="\r\n") + "mine.txt\r\n"
    logged.add(".gitignore", "*.tmp\r\n")
    expect_clean(ignore(logged))
    assert text(logged) == block(*OF_TMP, newline="\r\n") + "mine.txt\r\n"


def test_a_byte_order_mark_is_kept(logged: Repo) -> None:
    logged.write(IGNORE, "\ufeffmine.txt\n")
    assert expect_clean(ignore(logged)) == WROTE
    assert text(logged) == "\ufeff" + block(*OF_LOG) + "mine.txt\n"
    assert expect_clean(ignore(logged)) == UP_TO_DATE
    logged.git("add", IGNORE)
    expect_clean(logged.check())
    logged.add(".gitignore", "*.tmp\n")
    expect_findings(logged.check(), f"{IGNORE}: stale-ignore: ")


@pytest.mark.slow
@pytest.mark.parametrize(
    "damaged",
    [
        block(*OF_LOG).removesuffix(f"{END}\n"),
        block(*OF_LOG).removeprefix(f"{BEGIN}\n"),
        block(*OF_LOG) * 2,
        f"{END}\n{BEGIN}\n",
    ],
    ids=["no end", "no beginning", "two", "turned round"],
)
@pytest.mark.parametrize("args", [(), ("--check",), ("--dry-run",)], ids=" ".join)
def test_a_missing_mark_is_an_error(logged: Repo, damaged: str, args: tuple[str, ...]) -> None:
    logged.write(IGNORE, f"a\n{damaged}b\n")
    assert expect_error(ignore(logged, *args)) == LOST
    assert text(logged) == f"a\n{damaged}b\n"


def test_an_ignore_file_that_is_not_utf8_is_an_error(logged: Repo) -> None:
    logged.write(IGNORE, b"caf\xe9\n")
    assert expect_error(ignore(logged)) == (
        "dlm-git: '.dlm/ignore' is not UTF-8, so dlm does not read it\n  help: save it as UTF-8\n"
    )
    assert (logged.path / IGNORE).read_bytes() == b"caf\xe9\n"


def test_a_linked_directory_is_refused(logged: Repo, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (logged.path / ".dlm").rename(outside)
    (logged.path / ".dlm").symlink_to(outside)
    expect_error(ignore(logged), "symbolic link")
    assert os.listdir(outside) == ["corpus.dlm"]


def test_a_linked_ignore_file_is_refused(logged: Repo, tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("mine.txt\n")
    (logged.path / IGNORE).symlink_to(tmp_path / "outside")
    expect_error(ignore(logged), "symbolic link")
    assert (tmp_path / "outside").read_text() == "mine.txt\n"


def test_a_directory_named_ignore_is_refused(logged: Repo) -> None:
    (logged.path / IGNORE).mkdir()
    expect_error(ignore(logged), "'.dlm/ignore' is not a regular file")


def test_a_read_only_directory_is_an_error(logged: Repo) -> None:
    (logged.path / ".dlm").chmod(0o500)
    try:
        result = logged.run(*bound_command(), COMMAND, "ignore")
        expect_error(result, IGNORE, "ermission denied")
    finally:
        (logged.path / ".dlm").chmod(0o700)
    assert os.listdir(logged.path / ".dlm") == ["corpus.dlm"]


def test_a_full_disk_is_an_error(logged: Repo) -> None:
    result = logged.run("bash", "-c", 'trap "" XFSZ; ulimit -f 0; "$0" ignore | cat', COMMAND)
    assert "dlm-git: cannot write" in result.err, result
    assert os.listdir(logged.path / ".dlm") == ["corpus.dlm"]


# What there is to carry over


@pytest.mark.parametrize("args", [(), ("--check",)], ids=" ".join)
def test_without_gitignore_nothing_is_written(corpus_repo: Repo, args: tuple[str, ...]) -> None:
    corpus_repo.write(".gitignore", "untracked\n")
    output = ".dlm/ignore: nothing to translate, no .gitignore is tracked\n"
    assert expect_clean(ignore(corpus_repo, *args)) == output
    assert not (corpus_repo.path / IGNORE).exists()


def test_dry_run_without_gitignore_prints_no_lines(corpus_repo: Repo) -> None:
    output = ".dlm/ignore:\n  (nothing to translate)\n"
    assert expect_clean(ignore(corpus_repo, "--dry-run")) == output


def test_removing_gitignore_removes_the_block(logged: Repo) -> None:
    logged.write(IGNORE, "mine.txt\n")
    expect_clean(ignore(logged))
    logged.git("rm", "--quiet", "--force", ".gitignore")
    logged.git("add", IGNORE)
    expect_findings(logged.check(), f"{IGNORE}: stale-ignore: ")
    assert expect_findings(ignore(logged, "--check")) == STALE
    expect_clean(ignore(logged))
    assert text(logged) == "mine.txt\n"
    logged.git("add", IGNORE)
    expect_clean(logged.check())


def test_a_secret_is_not_included(corpus_repo: Repo) -> None:
    corpus_repo.add(".gitignore", "*.env\n!.env\n")
    output = expect_clean(ignore(corpus_repo))
    assert output == WROTE + (
        ".gitignore:2: '!.env': not translated: dlm excludes '**/.env' as a secret\n"
    )
    assert text(corpus_repo) == block("# from .gitignore: *.env", "*.env", "*.env/")


def test_tracked_files_that_become_excluded_are_named_with_a_hint(corpus_repo: Repo) -> None:
    corpus_repo.add(".gitignore", "src/\n")
    corpus_repo.add("README.md")
    output = expect_clean(ignore(corpus_repo))
    assert output == (
        """\
Wrote .dlm/ignore: 1 line from .gitignore
  next: git add .dlm/ignore
src/shop.py: tracked, but only the block excludes it
  help: below the block in .dlm/ignore, add lines such as '!/src/shop.py' to include files, \
or '/src/shop.py' to exclude them on purpose
"""
    )
    assert "src/shop.py: tracked" in expect_findings(ignore(corpus_repo, "--check"))
    corpus_repo.write(IGNORE, f"{text(corpus_repo)}!src/shop.py\n")
    assert expect_clean(ignore(corpus_repo)) == UP_TO_DATE
    assert (
        "src/shop.py" in expect_clean(corpus_repo.run(COMMAND, "files", "--worktree")).splitlines()
    )


def advised_lines(output: str) -> Iterator[tuple[str, str]]:
    """Yield each `.dlm/ignore` that hints name, with the line to include a file."""
    yield from re.findall(
        r"help: below the block in (\S+), add (?:lines such as )?'(!.*?)'", output
    )


@pytest.mark.parametrize("command", ["check", "ignore --check"])
@pytest.mark.parametrize(
    "paths",
    [
        ["src/a.log", "b.log", "docs/c.log"],
        ["sp ace.log"],
        ["*.log"],
        ["\u00fc[1].log", "#.log", "!x.log"],
        ["gen.log/one", "gen.log/deep/two"],
        ["a\u2028b.log"],
    ],
    ids=repr,
)
def test_the_advice_about_tracked_files_works(repo: Repo, paths: list[str], command: str) -> None:
    """Each line that a hint names is written, until nothing is reported."""
    repo.add(CORPUS, GOOD.replace('- path: "."', "- path: .\n    - path: src"))
    repo.add("src/kept.py")
    repo.add(".gitignore", "*.log\n")
    for path in paths:
        repo.write(path, "x\n")
        repo.git("add", "--force", "--", path)
    expect_clean(ignore(repo))
    repo.git("add", "--all")
    for _ in paths:
        advice = list(advised_lines(repo.run(COMMAND, *command.split()).out))
        for file, line in advice:
            repo.write(file, f"{text(repo, file)}{line}\n")
        repo.git("add", "--all")
    expect_clean(repo.check())
    expect_clean(ignore(repo, "--check"))
    assert {*paths} <= {*expect_clean(repo.run(COMMAND, "files", "-z")).split("\0")}


def test_of_many_excluded_files_only_some_are_named(corpus_repo: Repo) -> None:
    for number in range(30):
        corpus_repo.add(f"gen/{number:02}.txt")
    corpus_repo.add(".gitignore", "gen/\n")
    output = expect_clean(ignore(corpus_repo)).splitlines()
    assert output[2] == "gen/00.txt: tracked, but only the block excludes it"
    assert output[-2] == "and 10 more tracked files"
    assert len(output) == 24


def test_a_pattern_that_is_not_utf8_is_widened_and_reported(corpus_repo: Repo) -> None:
    """A byte may begin any letter beyond ASCII; the files that the line costs are named."""
    corpus_repo.add(".gitignore", b"caf\xe9\n")
    output = expect_clean(ignore(corpus_repo))
    assert "'caf?' matches more" in output
    assert ".gitignore:1: " in output


_SHELL_INPUTS = {
    "whitelist": (
        "/*\n!/top.md\n!/src/\n!/src/**\n!/.dlm/\n",
        ["src/a.py", "src/deep/b.py", "top.md"],
        [".gitignore"],
    ),
    "reopened": ("lib/\n!web/src/lib/\n", ["web/src/lib/api.ts"], []),
    "gitignore(5)": (
        "/*\n!/foo\n/foo/*\n!/foo/bar\n!/.dlm/\n",
        ["foo/bar/a.py", "foo/bar/b/c"],
        [".gitignore"],
    ),
    "another depth": ("build\n!pkg/build\n", ["pkg/build/a.py"], []),
    "a dotted name": (".*\n!.github\n!.dlm\n!.gitignore\n", [".github/ci.yml"], []),
}


@pytest.mark.parametrize(("gitignore", "paths", "lost"), _SHELL_INPUTS.values(), ids=_SHELL_INPUTS)
def test_reopened_directories_stay_in_the_training_set(
    repo: Repo, gitignore: str, paths: list[str], lost: list[str]
) -> None:
    for path in paths:
        repo.add(path)
    repo.write(".gitignore", gitignore)
    repo.git("add", "--force", ".gitignore")
    expect_clean(repo.init(*BASE))
    listed = expect_clean(repo.run(COMMAND, "files")).splitlines()
    assert [path for path in paths if path not in listed] == []
    result = ignore(repo, "--check")
    assert re.findall("^(.*): tracked, but", result.out, re.MULTILINE) == lost
    assert re.findall("^(.*): tracked-file-excluded", repo.check().out, re.MULTILINE) == lost
    assert (result.code, repo.check().code) == (len(lost), len(lost))


def test_a_tracked_file_that_only_the_block_excludes_is_a_finding(corpus_repo: Repo) -> None:
    for path in (".x/.github/a.yml", "core.c"):
        corpus_repo.add(path)
    corpus_repo.write(".gitignore", ".*\n!.github\n!.x\n!.dlm\n!.gitignore\ncore.????\n")
    corpus_repo.git("add", ".gitignore")
    assert "'core.?', 'core.??'" in expect_clean(ignore(corpus_repo))
    corpus_repo.git("add", "--force", IGNORE)
    output = expect_findings(corpus_repo.check(), "core.c: tracked-file-excluded: ")
    assert ".x/.github/a.yml: tracked-file-excluded: " in output
    mine = "!/core.c\n/.x/.github/a.yml\n"
    corpus_repo.write(IGNORE, text(corpus_repo) + mine)
    corpus_repo.git("add", "--force", IGNORE)
    expect_clean(corpus_repo.check())


def test_a_comment_cannot_end_the_block_or_add_a_line(corpus_repo: Repo) -> None:
    corpus_repo.add(".gitignore", "# <<<\n<<< dlm-git ignore <<<\na\u2028!x\nb\x0b!y\n".encode())
    expect_clean(ignore(corpus_repo))
    assert expect_clean(ignore(corpus_repo)).startswith(UP_TO_DATE)
    comments = [line for line in text(corpus_repo).splitlines() if line.startswith("# from ")]
    assert comments == [
        "# from .gitignore: <<< dlm-git ignore <<<",
        "# from .gitignore: a?!x",
        "# from .gitignore: b?!y",
    ]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_a_utf16_gitignore_ignores_nothing_and_is_named(corpus_repo: Repo, encoding: str) -> None:
    corpus_repo.add(".gitignore", "\ufeff*.log\n*.py\n".encode(encoding))
    for path in ("a.log", "b.py"):
        corpus_repo.add(path)  # Git ignores neither
    assert expect_clean(ignore(corpus_repo)) == (
        ".dlm/ignore: up to date\n.gitignore:1: the file is UTF-16,"
        " so Git does not read its patterns; save it as UTF-8\n"
    )


def test_utf16_without_a_mark_is_what_git_makes_of_it(corpus_repo: Repo) -> None:
    corpus_repo.add(".gitignore", "*.log\n".encode("utf-16-le"))
    assert corpus_repo.git("check-ignore", "--no-index", "any") == "any"
    expect_clean(ignore(corpus_repo))
    assert text(corpus_repo) == block("# from .gitignore: *", "*", "*/")


def test_remove_takes_the_block_out(logged: Repo) -> None:
    logged.write(IGNORE, "mine.txt\n")
    logged.add("src/.dlm/ignore", block("*.old") + "!keep\n")
    expect_clean(ignore(logged))
    assert expect_clean(ignore(logged, "--remove")) == (
        """\
Removed the block from .dlm/ignore
  next: git add .dlm/ignore
Removed the block from src/.dlm/ignore
  next: git add src/.dlm/ignore
"""
    )
    assert (text(logged), text(logged, "src/.dlm/ignore")) == ("mine.txt\n", "!keep\n")
    output = "No .dlm/ignore has a block of `dlm-git ignore`\n"
    assert expect_clean(ignore(logged, "--remove")) == output
    logged.git("add", ".dlm", "src/.dlm")
    expect_clean(logged.check())


def test_remove_reports_a_broken_block(logged: Repo) -> None:
    logged.write(IGNORE, block(*OF_LOG) * 2)
    assert expect_error(ignore(logged, "--remove")) == LOST


# Where


def test_ignore_works_in_a_subdirectory(logged: Repo) -> None:
    assert expect_clean(ignore(logged, cwd=logged.path / "src")) == WROTE.replace("add ", "add ../")
    assert expect_clean(ignore(logged, "src")) == UP_TO_DATE
    assert text(logged) == block(*OF_LOG)


def test_each_source_directory_has_an_ignore_file(repo: Repo) -> None:
    source = '    - path: "."\n      include: ["**/*"]\n'
    repo.add(CORPUS, GOOD.replace(source, "    - path: src\n    - path: a b\n    - path: x.md\n"))
    for path in ("src/a.py", "a b/c.md", "x.md"):
        repo.add(path)
    repo.add(".gitignore", "/src/gen/\n/a b/d.md\n")
    assert expect_clean(ignore(repo)) == (
        """\
Wrote src/.dlm/ignore: 1 line from .gitignore
  next: git add src/.dlm/ignore
Wrote a b/.dlm/ignore: 2 lines from .gitignore
  next: git add 'a b/.dlm/ignore'
"""
    )
    assert text(repo, "src/.dlm/ignore") == block("# from .gitignore: /src/gen/", "/gen/**")
    assert text(repo, "a b/.dlm/ignore") == block(
        "# from .gitignore: /a b/d.md", "/d.md", "/d.md/**"
    )
    assert not (repo.path / IGNORE).exists()
    repo.git("add", "src/.dlm/ignore", "a b/.dlm/ignore")
    expect_clean(repo.check())


def test_ignore_follows_another_document_name(logged: Repo) -> None:
    logged.add(".dlm/docs.dlm", GOOD.replace('path: "."', "path: src"))
    output = expect_clean(ignore(logged, "--name", "docs"))
    assert output.startswith("Wrote src/.dlm/ignore: 2 lines from .gitignore\n")


def test_a_missing_document_is_an_error(logged: Repo) -> None:
    expect_error(ignore(logged, "--name", "dosc"), "corpus document '.dlm/dosc.dlm' not found")


def test_a_bare_repository_is_an_error(tmp_path: Path) -> None:
    bare = new_repo(tmp_path / "bare", tmp_path / "home", "--bare")
    output = expect_error(ignore(bare), "a bare repository has no working tree")
    assert "--rev" not in output, "there is no such flag"


def test_outside_of_a_repository_is_an_error(tmp_path: Path, repo: Repo) -> None:
    expect_error(ignore(repo, str(tmp_path)), "not a git repository")


# With init


def test_init_writes_and_stages_the_ignore_file(repo: Repo) -> None:
    repo.add("README.md")
    repo.add(".gitignore", "*.log\n")
    output = expect_clean(repo.init(*BASE))
    assert "Wrote .dlm/ignore from .gitignore and staged it\n" in output
    assert repo.git("show", f":{IGNORE}") == block(*OF_LOG).strip()
    expect_clean(repo.check(*BASE))


def test_init_no_ignore_writes_no_ignore_file(repo: Repo) -> None:
    repo.add("README.md")
    repo.add(".gitignore", "*.log\n")
    assert IGNORE not in expect_clean(repo.init(*BASE, "--no-ignore"))
    assert os.listdir(repo.path / ".dlm") == ["corpus.dlm"]
    expect_clean(repo.check(*BASE))


@pytest.mark.parametrize("options", [(), ("--dry-run",)], ids=" ".join)
def test_init_without_gitignore_writes_no_ignore_file(repo: Repo, options: tuple[str, ...]) -> None:
    repo.add("README.md")
    assert IGNORE not in expect_clean(repo.init(*BASE, *options))
    assert not (repo.path / IGNORE).exists()


def test_init_keeps_an_ignore_file_that_is_not_utf8(repo: Repo) -> None:
    repo.add("README.md")
    repo.add(".gitignore", "*.log\n")
    repo.write(IGNORE, b"\xe9")
    output = expect_clean(repo.init(*BASE))
    assert ".gitignore was not translated: '.dlm/ignore' is not UTF-8" in output
    assert (repo.path / IGNORE).read_bytes() == b"\xe9"


# The ignore files of one clone

LOCAL = (
    "# core.excludesFile: *.swp",
    "# core.excludesFile: !keep.swp",
    "# core.excludesFile: .idea/",
    "# info/exclude: /notes/",
)


@pytest.fixture
def local(logged: Repo) -> Repo:
    """A repository whose user has ignore files outside of the index."""
    user = logged.path.parent / "home/xdg/git/ignore"
    user.parent.mkdir(parents=True)
    user.write_text("# mine\n*.swp  \n\n!keep.swp\n.idea/\n")
    (logged.path / ".git/info/exclude").write_text("/notes/\n")
    return logged


def without_local_files(repo: Repo) -> None:
    """Make the repository what a clone of it is on another machine."""
    (repo.path.parent / "home/xdg/git/ignore").unlink()
    (repo.path / ".git/info/exclude").unlink()


def test_all_sources_translates_the_files_of_the_clone(local: Repo) -> None:
    output = expect_clean(ignore(local, "--all-sources"))
    assert re.match(
        r"Wrote \.dlm/ignore: \d+ lines from \.gitignore, core\.excludesFile, info/exclude\n",
        output,
    )
    begin, *lines = text(local).splitlines()
    groups = [line for line in lines if line.startswith("# from ")]
    assert (begin, *lines[: len(LOCAL)]) == (BEGIN, *LOCAL)
    assert groups == [
        "# from core.excludesFile: *.swp",
        "# from core.excludesFile: !keep.swp",
        "# from core.excludesFile: *.swp",
        "# from core.excludesFile: .idea/",
        "# from info/exclude: /notes/",
        "# from .gitignore: *.log",
        f"# from {GUARDS}",
    ]
    for path in ("a.swp", "keep.swp", ".idea/x", "notes/x", "a.log"):
        local.write(path, "x\n")
    listed = expect_clean(local.run(COMMAND, "files", "--worktree")).split()
    assert listed == [".gitignore", "keep.swp", "src/shop.py"]
    assert str(local.path.parent) not in text(local)


@pytest.mark.parametrize("is_local", [True, False])
def test_a_block_of_all_sources_stays_up_to_date_in_other_clones(
    local: Repo, *, is_local: bool
) -> None:
    expect_clean(ignore(local, "--all-sources"))
    if not is_local:
        without_local_files(local)
    local.git("add", IGNORE)
    expect_clean(local.check())
    assert expect_clean(ignore(local)) == UP_TO_DATE
    assert expect_clean(ignore(local, "--check")) == UP_TO_DATE
    local.add(".gitignore", "*.tmp\n")
    output = expect_findings(local.check(), f"{IGNORE}: stale-ignore: ")
    assert "added since: '.gitignore: *.tmp'; removed since: '.gitignore: *.log'" in output
    fixed = local.run(COMMAND, "check", "--fix")
    assert "stale-ignore" in fixed.out, fixed
    expect_clean(ignore(local, "--check"))
    assert text(local) == text(local).replace("*.log", "*.tmp")
    assert [line for line in text(local).splitlines() if line in LOCAL] == [*LOCAL]


def test_all_sources_replaces_the_patterns_of_another_clone(local: Repo) -> None:
    expect_clean(ignore(local, "--all-sources"))
    assert expect_clean(ignore(local, "--all-sources", "--check")) == UP_TO_DATE
    (local.path / ".git/info/exclude").write_text("/other/\n")
    assert expect_clean(ignore(local, "--check")) == UP_TO_DATE
    assert expect_findings(ignore(local, "--all-sources", "--check")) == STALE
    without_local_files(local)
    expect_clean(ignore(local, "--all-sources"))
    assert text(local) == block(*OF_LOG)


def test_gitignore_takes_precedence_over_the_files_of_the_clone(local: Repo) -> None:
    local.add(".gitignore", "!*.swp\n/notes/*\n")
    local.write("a.swp", "x\n")
    assert local.run("git", "check-ignore", "-q", "a.swp").code == 1
    expect_clean(ignore(local, "--all-sources"))
    assert "a.swp" in expect_clean(local.run(COMMAND, "files", "--worktree")).split()


def test_excludes_file_is_what_the_config_names(local: Repo, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("*.bak\n")
    (tmp_path / "link").symlink_to(tmp_path / "mine")
    local.git("config", "core.excludesFile", str(tmp_path / "link"))
    expect_clean(ignore(local, "--all-sources"))
    assert "# core.excludesFile: *.bak\n" in text(local)
    assert "*.swp" not in text(local)
    local.git("config", "core.excludesFile", "")
    expect_clean(ignore(local, "--all-sources"))
    assert "core.excludesFile" not in text(local)


def test_a_linked_worktree_has_the_info_exclude_of_its_repository(
    local: Repo, tmp_path: Path
) -> None:
    local.commit("all")
    local.git("worktree", "add", "-q", str(tmp_path / "linked"))
    expect_clean(ignore(local, "--all-sources", cwd=tmp_path / "linked"))
    assert "# info/exclude: /notes/\n" in (tmp_path / "linked" / IGNORE).read_text()


def test_a_local_pattern_that_no_block_can_contain_is_named(local: Repo) -> None:
    (local.path / ".git/info/exclude").write_bytes(b"a\xe9\nb\x0bc\nplain\n")
    output = expect_clean(ignore(local, "--all-sources"))
    reason = "not translated: a block contains text in UTF-8 only, without control characters"
    assert output.count(f"info/exclude: 'a\\xe9': {reason}") == 1, output
    assert output.count(reason) == 2
    assert "# info/exclude: plain\n" in text(local)
    local.git("add", IGNORE)
    expect_clean(local.check())


def test_without_all_sources_the_files_of_the_clone_are_not_read(local: Repo) -> None:
    assert expect_clean(ignore(local)) == WROTE
    assert text(local) == block(*OF_LOG)


def test_a_local_file_that_cannot_be_read_is_an_error(local: Repo) -> None:
    (local.path / ".git/info/exclude").unlink()
    os.mkfifo(local.path / ".git/info/exclude")
    expect_error(ignore(local, "--all-sources"), "info/exclude' is not a regular file")


def test_remove_does_not_go_with_all_sources(local: Repo) -> None:
    expect_error(ignore(local, "--all-sources", "--remove"), "omit --all-sources")
