"""`dlm-git files`: which files it lists, and with which reasons."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support import COMMAND, CORPUS, GOOD, Repo, Result, expect_clean, expect_error

DOCUMENT = GOOD.replace(
    '["**/*"]',
    """["**/*.md", "src/**", "data/*"]
      exclude: ["**/old/**"]
      max_bytes_per_file: 1000""",
)
LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"
FILES: dict[str, str | bytes] = {
    CORPUS: DOCUMENT,
    ".dlm/ignore": "# ours\n*.log\n!keep.log\n",
    "Makefile": "x\n",
    "README.md": "# Shop\n",
    "data/b.txt": "b\n",
    "data/p.csv": LFS,
    "docs/.dlm/training.yaml": "metadata: {kind: doc}\nexclude: [drafts/**]\n",
    "docs/a.md": "a\n",
    "docs/drafts/b.md": "b\n",
    "src/a.log": "x\n",
    "src/a.wav": "x\n",
    "src/big.txt": "x" * 1001,
    "src/keep.log": "x\n",
    "src/latin.txt": b"caf\xe9\n",
    "src/logo.png": b"\x89PNG",
    "src/old/a.py": "x\n",
    "src/shop.py": "x = 1\n",
    "src/tool.bin": b"\0\1",
    "src/x.pem": "x\n",
}
PLAIN = """\
README.md
data/b.txt
data/p.csv
docs/a.md
src/keep.log
src/shop.py
"""
HOSTILE = ["a\nb.txt", "caf\xe9\u202e.md", '"q"\\.md', "\x1b[31m.md"]


def files(repo: Repo, *args: str, cwd: Path | None = None) -> Result:
    """Run the installed `dlm-git files`."""
    return repo.run(COMMAND, "files", *args, cwd=cwd)


def parsed(repo: Repo, *args: str) -> dict[str, Any]:
    """The JSON that it prints, which is ASCII."""
    out = expect_clean(files(repo, *args, "--format", "json"))
    assert out.isascii()
    assert out.endswith("}\n")
    answer: dict[str, Any] = json.loads(out)
    return answer


@pytest.fixture
def full(repo: Repo) -> Repo:
    """A repository with a file for each reason, committed."""
    for path, content in FILES.items():
        repo.add(path, content)
    (repo.path / "data/out").symlink_to("/etc/hostname")
    repo.git("add", "data/out")
    repo.commit()
    return repo


@pytest.fixture
def with_untracked(full: Repo) -> Repo:
    """The full repository, with untracked and ignored files in the worktree."""
    full.add(".gitignore", "*.tmp\n")
    full.write("src/new.py", "n\n")
    full.write("src/x.tmp", "t\n")
    return full


# The list


def test_files_lists_one_path_a_line(full: Repo) -> None:
    assert expect_clean(files(full)) == PLAIN
    assert expect_clean(files(full, cwd=full.path / "src")) == PLAIN


def test_files_separates_paths_by_nul(full: Repo) -> None:
    assert expect_clean(files(full, "-z")) == PLAIN.replace("\n", "\0")


def test_files_prints_json(full: Repo) -> None:
    out = expect_clean(files(full, "--format", "json"))
    assert out == expect_clean(files(full, "--format", "json"))
    answer = json.loads(out)
    listed = answer.pop("files")
    assert answer == {
        "version": 1,
        "checked": {"label": "the index", "revision": None, "content": "checkout"},
        "document": {"path": CORPUS},
        "notes": [],
    }
    assert [each["path"] for each in listed] == PLAIN.splitlines()
    assert listed[3] == {
        "path": "docs/a.md",
        "source": ".",
        "bytes": 2,
        "tags": {"kind": "doc"},
        "section_id": "58ba5d774c88aafc",
    }


def test_files_of_a_revision(full: Repo) -> None:
    oid = full.git("rev-parse", "HEAD")
    full.git("rm", "--quiet", "--cached", "src/shop.py")
    assert expect_clean(files(full)) == PLAIN.replace("src/shop.py\n", "")
    assert expect_clean(files(full, "--rev", "HEAD")) == PLAIN
    checked = parsed(full, "--rev", "HEAD")["checked"]
    assert checked == {
        "label": f"revision {oid[:12]} (HEAD)",
        "revision": oid,
        "content": "checkout",
    }


def test_files_of_the_worktree(with_untracked: Repo) -> None:
    assert expect_clean(files(with_untracked, "--worktree")) == PLAIN.replace(
        "src/shop.py\n", "src/new.py\nsrc/shop.py\nsrc/x.tmp\n"
    )
    answer = parsed(with_untracked, "--worktree")
    assert answer["checked"] == {
        "label": "the working tree",
        "revision": None,
        "content": "disk",
    }
    statuses = {each["path"]: each["status"] for each in answer["files"]}
    assert {statuses.pop("src/new.py"), statuses.pop("src/x.tmp")} == {"untracked", "ignored"}
    assert set(statuses.values()) == {"tracked"}
    assert "status" not in parsed(with_untracked)["files"][0]


def test_files_of_several_sources(repo: Repo) -> None:
    source = '    - path: "."\n      include: ["**/*"]\n'
    several = "    - path: src\n    - path: README.md\n    - path: .\n      max_files: 1\n"
    repo.add(CORPUS, GOOD.replace(source, several))
    repo.add("README.md")
    repo.add("src/a.py")
    assert expect_clean(files(repo)) == "src/a.py\nREADME.md\nREADME.md\n"
    assert [(each["path"], each["source"]) for each in parsed(repo)["files"]] == [
        ("src/a.py", "src"),
        ("README.md", "README.md"),
        ("README.md", "."),
    ]
    assert expect_clean(files(repo, "--why", "src/a.py", "README.md")) == (
        """\
included  src/a.py
  .dlm/corpus.dlm:8: **/*
excluded  src/a.py
  beyond max_files
included  README.md
  .dlm/corpus.dlm:9: **/*
included  README.md
  .dlm/corpus.dlm:10: **/*
"""
    )


def test_hostile_names_are_escaped(corpus_repo: Repo) -> None:
    for name in HOSTILE:
        corpus_repo.add(name)
    expected = sorted([*HOSTILE, "src/shop.py"])
    out = expect_clean(files(corpus_repo, "-z"))
    assert out.split("\0")[:-1] == expected
    plain = expect_clean(files(corpus_repo))
    assert len(plain.splitlines()) == len(expected)
    assert not set("\x1b\u202e\udcff") & set(plain)
    assert len(parsed(corpus_repo)["files"]) == len(expected)
    for args in (("--excluded",), ("--stat",), ("--why", *HOSTILE)):
        assert not set("\x1b\u202e\udcff") & set(expect_clean(files(corpus_repo, *args)))
        parsed(corpus_repo, *args)


def test_a_name_that_is_not_utf8_is_listed_and_fatal(corpus_repo: Repo) -> None:
    corpus_repo.add("\udcff.txt")
    message = (
        "dlm-git: dlm fails on '\\xff.txt' and trains on nothing: its name is not UTF-8\n"
        "  help: rename or exclude it; `dlm-git check` prints the line\n"
    )
    for args, out in {
        (): 'src/shop.py\n"\\xff.txt"\n',
        ("-z",): "src/shop.py\0\udcff.txt\0",
    }.items():
        result = files(corpus_repo, *args)
        assert (result.code, result.out, result.err) == (2, out, message)
    result = files(corpus_repo, "--format", "json")
    assert result.code == 2
    assert json.loads(result.out)["files"][1] == {
        "path": "\\xff.txt",
        "path_base64": "/y50eHQ=",
        "source": ".",
        "bytes": 2,
        "tags": {},
        "section_id": None,
    }
    for args in (("--excluded",), ("--stat",)):
        result = files(corpus_repo, *args)
        assert (result.code, result.err) == (2, message)
        assert "\udcff" not in result.out
    assert "\udcff" not in expect_clean(files(corpus_repo, "--why", "\udcff.txt"))
    corpus_repo.add(".dlm/ignore", "/?.txt\n")
    assert expect_clean(files(corpus_repo)) == "src/shop.py\n"


# Why


WHY = {
    "README.md": (
        "included  README.md\n  .dlm/corpus.dlm:9: **/*.md\n",
        ("included", CORPUS, 9, "**/*.md"),
    ),
    "Makefile": (
        "excluded  Makefile\n"
        "  .dlm/corpus.dlm:9: **/*.md, src/**, data/*  (no include pattern matches)\n",
        ("not-included", CORPUS, 9, "**/*.md, src/**, data/*"),
    ),
    "src/old/a.py": (
        "excluded  src/old/a.py\n  .dlm/corpus.dlm:10: **/old/**  (an exclude pattern matches)\n",
        ("excluded", CORPUS, 10, "**/old/**"),
    ),
    "docs/drafts/b.md": (
        "excluded  docs/drafts/b.md\n"
        "  docs/.dlm/training.yaml:2: drafts/**  (an exclude pattern matches)\n",
        ("excluded", "docs/.dlm/training.yaml", 2, "drafts/**"),
    ),
    "src/x.pem": (
        "excluded  src/x.pem\n  dlm's defaults: **/*.pem\n",
        ("default-exclude", None, None, "**/*.pem"),
    ),
    "src/a.log": (
        "excluded  src/a.log\n  .dlm/ignore:2: *.log  (a line of .dlm/ignore matches)\n",
        ("ignored", ".dlm/ignore", 2, "*.log"),
    ),
    "src/keep.log": (
        "included  src/keep.log\n  .dlm/ignore:3: !keep.log\n",
        ("included", ".dlm/ignore", 3, "!keep.log"),
    ),
    "data/p.csv": (
        "included  data/p.csv  (a Git LFS pointer, not the content)\n  .dlm/corpus.dlm:9: data/*\n",
        ("included", CORPUS, 9, "data/*"),
    ),
    "src/big.txt": (
        "excluded  src/big.txt\n  larger than max_bytes_per_file\n",
        ("max-bytes", CORPUS, 9, "src/**"),
    ),
    "src/logo.png": (
        "excluded  src/logo.png\n  dlm does not train on images in a source\n",
        ("image", CORPUS, 9, "src/**"),
    ),
    "src/a.wav": (
        "excluded  src/a.wav\n  dlm does not train on audio in a source\n",
        ("audio", CORPUS, 9, "src/**"),
    ),
    "src/shop.py": (
        "included  src/shop.py\n  .dlm/corpus.dlm:9: src/**\n",
        ("included", CORPUS, 9, "src/**"),
    ),
    "src/tool.bin": (
        "excluded  src/tool.bin\n  a NUL byte in the first 1024 bytes\n",
        ("binary", CORPUS, 9, "src/**"),
    ),
    "src/latin.txt": (
        "excluded  src/latin.txt\n  not UTF-8\n",
        ("not-utf-8", CORPUS, 9, "src/**"),
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("path", WHY)
def test_why_names_the_reason(full: Repo, path: str) -> None:
    text, (reason, file, line, pattern) = WHY[path]
    assert expect_clean(files(full, "--why", path)) == text
    (output,) = parsed(full, "--why", path)["files"]
    assert (output["path"], output["source"], output["reason"]) == (path, ".", reason)
    assert output["decided_by"] == {"path": file, "line": line, "pattern": pattern}


def test_why_names_submodules_and_links_to_other_repositories(corpus_repo: Repo) -> None:
    head = corpus_repo.git("rev-parse", "HEAD")
    corpus_repo.git("update-index", "--add", "--cacheinfo", f"160000,{head},lib")
    (corpus_repo.path / "host").symlink_to("/etc/hostname")
    corpus_repo.git("add", "host")
    listed = parsed(corpus_repo, "--why", "lib", "host")["files"]
    assert [(file["path"], file["reason"]) for file in listed] == [
        ("lib", "submodule"),
        ("host", "external-link"),
    ]


def test_why_takes_several_paths_and_directories(full: Repo) -> None:
    expected = "".join(text for path, (text, _) in sorted(WHY.items()) if path.startswith("src/"))
    assert expect_clean(files(full, "--why", "src")) == expected
    assert expect_clean(files(full, "--why", "src/", "README.md")) == expected + WHY["README.md"][0]


def test_why_takes_paths_from_the_current_directory(full: Repo) -> None:
    src = full.path / "src"
    assert expect_clean(files(full, "--why", "x.pem", cwd=src)) == WHY["src/x.pem"][0]
    assert expect_clean(files(full, "--why", "../README.md", cwd=src)) == WHY["README.md"][0]
    everything = expect_clean(files(full, "--why", ".", cwd=src))
    assert everything == expect_clean(files(full, "--why", "src"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("nope", "'nope' does not exist in the index"),
        ("src/new.py", "'src/new.py' does not exist in the index"),
        ("../x", "'../x' is outside the repository"),
        ("/etc/passwd", "'/etc/passwd' is outside the repository"),
    ],
)
def test_why_of_a_missing_path_is_an_error(with_untracked: Repo, path: str, words: str) -> None:
    result = files(with_untracked, "--why", "README.md", path, "src/nope.py")
    assert (result.code, result.out) == (2, WHY["README.md"][0])
    assert f"{words}; 'src/nope.py' does not exist in the index\n" in result.err
    parsed = files(with_untracked, "--format", "json", "--why", path, "README.md")
    assert (parsed.code, len(json.loads(parsed.out)["files"])) == (2, 1)


def test_why_in_the_worktree(with_untracked: Repo) -> None:
    assert expect_clean(
        files(with_untracked, "--worktree", "--why", "src/new.py", "src/x.tmp")
    ) == (
        """\
included  src/new.py  (untracked)
  .dlm/corpus.dlm:9: src/**
included  src/x.tmp  (ignored)
  .dlm/corpus.dlm:9: src/**
"""
    )


def test_why_of_a_path_outside_all_sources_is_an_error(repo: Repo) -> None:
    repo.add(CORPUS, GOOD.replace('path: "."', "path: src"))
    repo.add("src/a.py")
    repo.add("README.md")
    expect_error(
        files(repo, "--why", "README.md"), "not in a source of '.dlm/corpus.dlm': 'README.md'"
    )
    result = files(repo, "--why", "src", "README.md")
    assert (result.code, "included  src/a.py" in result.out) == (2, True)
    assert "not in a source" in result.err


def test_why_of_a_link_that_no_pattern_matches(full: Repo) -> None:
    """Of a link out of the repository the last name counts, which `data/*` does not match."""
    assert "not-included" in json.dumps(parsed(full, "--why", "data/out"))


# What is left out, and sums


def test_excluded_lists_files_by_reason(full: Repo) -> None:
    output = expect_clean(files(full, "--excluded"))
    assert output.endswith("14 files excluded, 6 files included, in the index\n")
    assert (
        "excluded (2): an exclude pattern matches\n  docs/drafts/b.md\n  src/old/a.py\n" in output
    )
    alone = ("ignored", "audio", "max-bytes", "not-utf-8", "image", "binary", "default-exclude")
    for reason in alone:
        assert f"\n{reason} (1): " in output
    reasons = {each.get("reason") for each in parsed(full, "--excluded")["files"]}
    assert {None, "not-included", "excluded", "binary"} <= reasons


@pytest.mark.slow
def test_excluded_lists_a_directory_on_one_line(corpus_repo: Repo) -> None:
    for number in range(500):
        corpus_repo.add(f"node_modules/{number}.js")
    output = expect_clean(files(corpus_repo, "--excluded"))
    assert len(output.splitlines()) < 10
    assert "  node_modules/  500 files\n" in output


def test_stat_sums_up_directories_and_kinds(full: Repo) -> None:
    assert expect_clean(files(full, "--stat")).startswith(
        """\
training set of the index: 6 files, 83 B
about 21 tokens (estimate: 4 bytes per token)

by directory
  data/             2 files      66 B   80%  ███████████████████
  src/              2 files       8 B   10%  ██
  (top level)        1 file       7 B    8%  ██
  docs/              1 file       2 B    2%  █

by file type
  .csv        1 file      64 B   77%  ███████████████████
  .md        2 files       9 B   11%  ███
  .py         1 file       6 B    7%  ██
  .log        1 file       2 B    2%  █
  .txt        1 file       2 B    2%  █

excluded: 5 not-included, 2 excluded, 1 """
    )


def test_stat_of_many_directories_and_kinds_fits_a_screen(corpus_repo: Repo) -> None:
    for number in range(40):
        corpus_repo.write(f"d{number:02}/sub/a.x{number}", "x" * (100 + number))
    corpus_repo.git("add", ".")
    output = expect_clean(files(corpus_repo, "--stat"))
    assert len(output.splitlines()) <= 26
    assert "  d39/" in output
    assert "(33 others)" in output
    shares = [int(share) for share in re.findall(r" (\d+)% ", output.partition("by file type")[2])]
    assert len(shares) == 9
    assert sum(shares) == pytest.approx(100, abs=5)


def test_stat_lists_the_files_that_the_model_reads_twice(corpus_repo: Repo) -> None:
    for name in ("a.txt", "b.txt", "c.txt"):
        corpus_repo.add(f"lib/{name}", "the same text\n")
    for number in range(3):
        corpus_repo.add(f"src/{number}.py", f"{number}\n" * 99)
        corpus_repo.add(f"old/{number}.py", f"{number}\n" * 99)
    corpus_repo.add("other.txt", "the same tex\n")
    corpus_repo.add("empty-1.txt", "")
    corpus_repo.add("empty-2.txt", "")
    output = expect_clean(files(corpus_repo, "--stat"))
    assert output.partition("\nidentical: ")[2].splitlines()[:5] == [
        "9 files in 4 groups repeat 622 B",
        "  2 x 198 B: old/0.py, src/0.py",
        "  2 x 198 B: old/1.py, src/1.py",
        "  2 x 198 B: old/2.py, src/2.py",
        "  and 1 more group",
    ]
    stat = parsed(corpus_repo, "--stat")["stat"]
    assert stat["repeated_bytes"] == 622
    assert stat["identical"][3] == {
        "bytes": 14,
        "files": [{"path": f"lib/{name}.txt"} for name in "abc"],
    }
    assert "identical" not in expect_clean(files(corpus_repo, "--stat", "--rev", "HEAD"))


def test_stat_counts_a_file_of_two_sources_twice(corpus_repo: Repo) -> None:
    second = 'path: "."\n      include: ["src/shop.py"]\n    - path: "."'
    corpus_repo.add(CORPUS, GOOD.replace('path: "."', second))
    output = expect_clean(files(corpus_repo, "--stat"))
    assert ": src/shop.py, in 2 sources\n" in output


def test_stat_as_json_has_the_same_numbers(full: Repo) -> None:
    report = parsed(full, "--stat")
    listed = parsed(full)["files"]
    assert set(report) == {"version", "checked", "document", "stat", "notes"}
    stat = report["stat"]
    assert (stat["files"], stat["bytes"]) == (len(listed), sum(f["bytes"] for f in listed))
    assert stat["tokens"] == {"estimate": 21, "method": "4 bytes per token"}
    assert stat["types"][0] == {"name": ".csv", "files": 1, "bytes": 64, "percent": 77.1}
    for rows in (stat["directories"], stat["types"]):
        assert sum(row["files"] for row in rows) == stat["files"]
        assert sum(row["bytes"] for row in rows) == stat["bytes"]
    excluded = [f for f in parsed(full, "--excluded")["files"] if "reason" in f]
    assert sum(stat["excluded"].values()) == len(excluded)


def test_stat_of_an_empty_training_set(repo: Repo) -> None:
    repo.add(CORPUS, GOOD)
    assert expect_clean(files(repo, "--stat")) == (
        "training set of the index: 0 files, 0 B\n\nexcluded: 1 default-exclude\n"
    )


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_stat_without_unicode_prints_no_bar(corpus_repo: Repo, encoding: str) -> None:
    env = {"PYTHONIOENCODING": encoding}
    output = expect_clean(corpus_repo.run(COMMAND, "files", "--stat", env=env))
    assert "  src/  " in output
    assert "\\u2588" not in output


# What cannot be listed


def test_a_missing_corpus_is_an_error(repo: Repo) -> None:
    repo.add("README.md")
    assert expect_error(files(repo)) == (
        """\
dlm-git: corpus document '.dlm/corpus.dlm' not found in the index
  help: `dlm-git init` creates one; `dlm-git check` explains
"""
    )


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("gone", "dlm refuses source path 'gone': not a tracked file or directory"),
        ("/srv/shop", "dlm refuses source path '/srv/shop': it is absolute"),
        ("../shop", "dlm refuses source path '../shop': it points outside the repository"),
    ],
)
def test_an_invalid_source_is_an_error(corpus_repo: Repo, path: str, words: str) -> None:
    corpus_repo.add(CORPUS, GOOD.replace('path: "."', f"path: {path}"))
    expect_error(files(corpus_repo), words, "dlm-git check")


def test_an_invalid_document_is_an_error(corpus_repo: Repo) -> None:
    corpus_repo.add(CORPUS, "# none\n")
    assert expect_error(files(corpus_repo)) == (
        "dlm-git: dlm refuses '.dlm/corpus.dlm'\n  help: `dlm-git check` prints the reason\n"
    )


def test_a_document_without_sources(corpus_repo: Repo) -> None:
    text = "".join(line for line in GOOD.splitlines(keepends=True) if not _of_sources(line))
    corpus_repo.add(CORPUS, text)
    assert expect_clean(files(corpus_repo)) == ""
    assert parsed(corpus_repo)["files"] == []
    assert expect_clean(files(corpus_repo, "--stat")) == "training set of the index: 0 files, 0 B\n"


def _of_sources(line: str) -> bool:
    return line.startswith(("training:", "  sources", "    - path", "      include"))


@pytest.mark.parametrize(
    "args",
    [("--why", "x", "-z"), ("--excluded", "--stat"), ("--rev", "HEAD", "--worktree"), ("--why",)],
    ids=" ".join,
)
def test_options_that_exclude_each_other(corpus_repo: Repo, args: tuple[str, ...]) -> None:
    result = files(corpus_repo, *args)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("usage: dlm-git files")


# The bar


SLOW = """
import sys, time
from dlm_git.cli.main import main
from dlm_git.operations.files import TrainingSet
training_files = TrainingSet.training_files
def slow(*args, **options):
    for file in training_files(*args, **options):
        time.sleep(0.3)
        yield file
TrainingSet.training_files = slow
sys.exit(main(sys.argv[1:]))
"""


def slowly(repo: Repo, *args: str, terminal: bool) -> tuple[bytes, bytes]:
    """The output and the error output, which may be a terminal, of a listing that takes long."""
    ours, theirs = pty.openpty()
    done = subprocess.Popen(
        [sys.executable, "-c", SLOW, "files", *args],
        cwd=repo.path,
        env={**repo.environ, "TERM": "xterm", "COLUMNS": "80"},
        stdout=subprocess.PIPE,
        stderr=theirs if terminal else subprocess.PIPE,
    )
    os.close(theirs)
    shown = b""
    while terminal:
        try:
            piece = os.read(ours, 1 << 16)
        except OSError:  # what Linux says at the end
            break
        if not piece:
            break
        shown += piece
    os.close(ours)
    out, err = done.communicate(timeout=60)
    assert done.returncode == 0, (out, err, shown)
    return out, shown if terminal else err


@pytest.fixture
def many(corpus_repo: Repo) -> Repo:
    for number in range(8):
        corpus_repo.add(f"src/{number}.py")
    return corpus_repo


@pytest.mark.parametrize("args", [(), ("-z",), ("--format", "json"), ("--stat",)], ids=" ".join)
def test_a_terminal_shows_progress_but_the_output_does_not(
    many: Repo, args: tuple[str, ...]
) -> None:
    out, shown = slowly(many, *args, terminal=True)
    assert b"reading files" in shown
    assert out.decode() == expect_clean(files(many, *args))


@pytest.mark.parametrize("args", [(), ("--format", "json")], ids=" ".join)
def test_without_a_terminal_there_is_no_progress(many: Repo, args: tuple[str, ...]) -> None:
    out, err = slowly(many, *args, terminal=False)
    assert err == b""
    assert out.decode() == expect_clean(files(many, *args))


def test_a_quick_command_shows_no_progress(corpus_repo: Repo) -> None:
    assert slowly(corpus_repo, terminal=True)[1] == b""


@pytest.mark.parametrize("path", [".dlm/training.yaml", "node_modules/x/.dlm/training.yaml"])
def test_a_directory_config_that_crashes_the_trainer_is_an_error(
    corpus_repo: Repo, path: str
) -> None:
    corpus_repo.add(path, "a: 2024-13-45\n")
    result = corpus_repo.run(COMMAND, "files")
    expect_error(result, f"'{path}': dlm fails on this file and trains on nothing")
    assert "trains on nothing" in corpus_repo.check().out


UNMERGED = {
    "the document": (CORPUS, GOOD, GOOD + "ours\n", GOOD + "theirs\n"),
    "ignore lines": (".dlm/ignore", "*.log\n", "*.a\n", "*.b\n"),
    "a directory config": ("src/.dlm/training.yaml", "exclude: []\n", "tags: {}\n", "{}\n"),
    "a new file": ("src/.dlm/ignore", "", "*.a\n", "*.b\n"),
    "a config": (".dlm-git.toml", "allow = []\n", "include = []\n", "exclude = []\n"),
}


@pytest.mark.parametrize("versions", UNMERGED.values(), ids=UNMERGED)
@pytest.mark.parametrize("options", [[], ["--stat"], ["--why", "src/shop.py"], ["--worktree"]])
def test_an_unmerged_file_that_decides_is_an_error(
    corpus_repo: Repo, versions: tuple[str, ...], options: list[str]
) -> None:
    path, *contents = versions
    corpus_repo.write(path, contents[1])
    oids = [
        corpus_repo.git("hash-object", "-w", "--stdin", data=text.encode()) for text in contents
    ]
    stages = [n for n, text in enumerate(contents, start=1) if text]
    rows = [f"0 {'0' * 40}\t{path}\n"]
    rows += [f"100644 {oids[stage - 1]} {stage}\t{path}\n" for stage in stages]
    corpus_repo.git("update-index", "--index-info", data="".join(rows).encode())
    result = corpus_repo.run(COMMAND, "files", *options)
    expect_error(result, f"'{path}' is unmerged in", f"resolve the conflict, then `git add {path}`")


def test_an_unmerged_source_file_is_listed(corpus_repo: Repo) -> None:
    oid = corpus_repo.git("rev-parse", "HEAD:src/shop.py")
    rows = f"0 {'0' * 40}\tsrc/shop.py\n100644 {oid} 2\tsrc/shop.py\n100644 {oid} 3\tsrc/shop.py\n"
    corpus_repo.git("update-index", "--index-info", data=rows.encode())
    assert "src/shop.py" in expect_clean(corpus_repo.run(COMMAND, "files"))
