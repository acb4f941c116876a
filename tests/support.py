"""Repositories for tests, without the user's Git config, home or clock."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NoReturn

import pytest
import yaml

from dlm_git.git.attributes import query_attributes
from dlm_git.git.untrusted import isolated_git
from dlm_git.snapshots.entry import MAX_BLOB, Blob
from dlm_git.snapshots.listing import Listing
from dlm_git.snapshots.snapshot import MissingPathStatus, Snapshot
from dlm_git.snapshots.statuses import TrackingStatus
from dlm_git.snapshots.tracked import TrackedFiles

CORPUS = ".dlm/corpus.dlm"
ID = "01HRZYQ2X0MB5K4VN7E9DNT5GH"
OTHER_ID = "01HRZYQ2X0MB5K4VN7E9DNT5GJ"
GOOD = f"""\
---
dlm_id: {ID}
dlm_version: 15
base_model: qwen2.5-coder-1.5b
training:
  sources_policy: strict
  sources:
    - path: "."
      include: ["**/*"]
---

# About

What this repository is.
"""
# the note of a check without a config
NOT_CONFIGURED = """\
note: base model and patterns are not configured, so they are not compared
  help: set 'base', 'include' and 'exclude' in .dlm-git.toml
"""
_GITCONFIG = """\
[user]
  name = Ann
  email = ann@example.org
[init]
  defaultBranch = main
[maintenance]
  auto = false
"""
_KEPT = ("LANG", "TMPDIR", "SSL_CERT_FILE")
COMMAND = str(Path(sys.executable).parent / "dlm-git")


@dataclass(frozen=True)
class Result:
    """The result of a command."""

    code: int
    out: str
    err: str


def children() -> set[int]:
    """Return the processes that this one has started and not waited for, zombies included."""
    found = set()
    for entry in os.scandir("/proc"):
        if entry.name.isdecimal():
            with suppress(OSError):  # it has ended
                status = Path(entry.path, "stat").read_text()
                if int(status.rpartition(")")[2].split()[1]) == os.getpid():
                    found.add(int(entry.name))
    return found


def environment(home: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return an environment without the user's Git settings, and with a fixed clock."""
    home.mkdir(parents=True, exist_ok=True)
    config = home / "gitconfig"
    if not config.exists():
        config.write_text(_GITCONFIG)
    kept = {key: os.environ[key] for key in _KEPT if key in os.environ}
    return {
        **kept,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "xdg"),
        "XDG_CONFIG_DIRS": str(home / "system"),  # without the organization's config
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": str(config),
        "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
        "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
        "GIT_TERMINAL_PROMPT": "0",
        **(extra or {}),
    }


@dataclass(frozen=True)
class Repo:
    """A directory for a repository; every command runs in `environ`."""

    path: Path
    environ: dict[str, str] = field(repr=False)

    def run(
        self,
        *command: str,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        data: bytes = b"",
        timeout: float = 120,
    ) -> Result:
        """Run a command; `env` is added to the environment."""
        done = subprocess.run(
            command,
            cwd=cwd or self.path,
            env={**self.environ, **(env or {})},
            input=data,
            capture_output=True,
            timeout=timeout,
            check=False,
        )
        decode = {"errors": "surrogateescape"}
        return Result(done.returncode, done.stdout.decode(**decode), done.stderr.decode(**decode))

    def git(self, *args: str, cwd: Path | None = None, data: bytes = b"") -> str:
        """Run git, which must succeed, and return its output, stripped."""
        is_bare = Path(cwd or self.path, "HEAD").is_file()
        trusted = ("-c", "safe.bareRepository=all") if is_bare else ()  # not by default in git 3.0
        result = self.run("git", *trusted, *args, cwd=cwd, data=data)
        assert result.code == 0, result
        return result.out.strip()

    def check(
        self, *args: str, cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> Result:
        """Run the installed `dlm-git check`."""
        return self.run(COMMAND, "check", *args, cwd=cwd, env=env)

    def init(
        self, *args: str, cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> Result:
        """Run the installed `dlm-git init`."""
        return self.run(COMMAND, "init", *args, cwd=cwd, env=env)

    def write(self, path: str, content: str | bytes = "x\n") -> Path:
        """Write a file of the worktree, its directories included."""
        file = self.path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def add(self, path: str, content: str | bytes = "x\n") -> None:
        """Write a file and stage it."""
        self.write(path, content)
        self.git("add", "--force", "--", path)

    def commit(self, message: str = "a commit") -> str:
        """Commit what is staged and return the commit's object id."""
        self.git("commit", "--quiet", "--no-verify", "--message", message)
        return self.git("rev-parse", "HEAD")


def new_repo(path: Path, home: Path, *options: str) -> Repo:
    """Make an empty repository; `options` are those of `git init`."""
    path.mkdir(parents=True)
    repo = Repo(path, environment(home))
    repo.git("init", "--quiet", *options)
    return repo


def expect_clean(result: Result) -> str:
    """Return the output of a command that ends with 0 and an empty standard error."""
    assert (result.code, result.err) == (0, ""), result
    return result.out


def expect_findings(result: Result, *words: str) -> str:
    """Return the output of a check that ends with findings; it contains the words."""
    assert (result.code, result.err) == (1, ""), result
    assert not [word for word in words if word not in result.out], (words, result)
    return result.out


def expect_error(result: Result, *words: str) -> str:
    """Return the error of a command that exits with 2: a line, perhaps a hint, with the words."""
    assert (result.code, result.out) == (2, ""), result
    first, *rest = result.err.splitlines() or [""]
    assert first.startswith("dlm-git: "), result
    assert all(line.startswith("  help: ") for line in rest), result
    assert len(rest) < 2, result
    assert not [word for word in words if word not in result.err], (words, result)
    return result.err


def git_with(directory: Path, script: str) -> Path:
    """Create a directory with a git that first runs some lines of shell."""
    directory.mkdir(parents=True, exist_ok=True)
    program = directory / "git"
    program.write_text(f'#!/bin/sh\n{script}\nexec {shutil.which("git")} "$@"\n')
    program.chmod(0o755)
    return directory


def git_of_version(directory: Path, version: str) -> Path:
    """Create a directory with a git that says that it has this version."""
    answer = f'case " $* " in *" version "*) echo "git version {version}"; exit ;; esac'
    return git_with(directory, answer)


def on_git(repo: Repo, directory: Path) -> Repo:
    """Return a repository whose commands find the git of a directory."""
    path = f"{directory}{os.pathsep}{repo.environ['PATH']}"
    return Repo(repo.path, {**repo.environ, "PATH": path})


GIT_VERSION = tuple(
    int(number)
    for number in subprocess.check_output(["git", "version"], text=True).split()[2].split(".")[:2]
)
# what Python says about a date in month 13
MONTH_13 = "month must be in 1..12" + (", not 13" if sys.version_info >= (3, 14) else "")
# what the hint at a third-party hook says if git runs hooks of its config
CONFIGURED = ", or keep it as it is and use --configured" if GIT_VERSION >= (2, 54) else ""


def needs_ref_files(repo: Repo) -> None:
    """Skip a test that writes refs where they are not files, as by default in git 3.0."""
    if (repo.path / ".git/reftable").exists():
        pytest.skip("needs refs in files")


# a PATH without dlm-git
GIT_ONLY = f"{Path(shutil.which('git') or '/usr/bin/git').parent}:/usr/bin:/bin"


def damage(path: Path) -> None:
    """Change the last byte of a file."""
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))


def dlm_id(result: Result) -> str:
    """Return the id that a successful `dlm-git init` prints."""
    printed = re.search(r"\(id ([0-9A-Z]{26})\)", expect_clean(result))
    assert printed, result
    return printed[1]


def hook_arguments(output: str) -> list[str]:
    """Return the arguments of the hook that `dlm-git init` prints, as pre-commit reads them."""
    config = yaml.safe_load(output[output.index("repos:") :])
    (hook,) = config["repos"][0]["hooks"]
    arguments: list[str] = hook.get("args", [])
    return arguments


PROJECT = Path(__file__).resolve().parent.parent
VECTORS = PROJECT / "tests" / "vectors"
SCHEMAS = PROJECT / "tests" / "schemas"
REPORT_SCHEMA = json.loads((PROJECT / "dlm_git/formats/report.schema.json").read_text())
PROJECT_TAG = "v0.0.1"
_INSTALLING = ("PIP_", "UV_", "SSL_CERT_", "REQUESTS_CA_BUNDLE")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
_INSTALLERS = {"PIP_CONFIG_FILE": "pip/pip.conf", "UV_CONFIG_FILE": "uv/uv.toml"}


def skip_or_fail(reason: str) -> NoReturn:
    """Skip a test that lacks something, or fail it if DLM_GIT_REQUIRE_ALL is set."""
    if os.environ.get("DLM_GIT_REQUIRE_ALL"):
        pytest.fail(reason)
    pytest.skip(reason)


def project_files(environ: dict[str, str]) -> list[str]:
    """Return the files of this project that Git tracks or would track."""
    # in a container the files often belong to another user than runs the tests
    command = ("git", "-c", "safe.directory=*", "ls-files", "-z")
    listed = Repo(PROJECT, environ).run(*command, "--cached", "--others", "--exclude-standard")
    if listed.code:
        skip_or_fail("needs a clone of the project")
    return listed.out.split("\0")[:-1]


def installing() -> dict[str, str]:
    """Return the environment variables that pip and uv need to reach the user's package index."""
    xdg = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    configs = {key: xdg / name for key, name in _INSTALLERS.items()}
    found = {key: str(file) for key, file in configs.items() if file.is_file()}
    kept = {
        key: value
        for key, value in os.environ.items()
        if key.startswith(_INSTALLING) or key.upper() in _PROXIES
    }
    return found | kept


@dataclass(frozen=True)
class Special:
    """An entry of a snapshot that is no plain file: a link, a submodule, one side of a conflict."""

    mode: str
    content: bytes = b""
    stage: int = 0


def link(target: str) -> Special:
    """A symbolic link."""
    return Special("120000", target.encode())


SUBMODULE = Special("160000")
UNMERGED = Special("100644", GOOD.encode(), stage=2)
Files = Mapping[str, str | bytes | Special]


def snapshot(
    files: Files,
    *,
    before: Mapping[str, str] | None = None,
    missing_path: MissingPathStatus | None = None,
) -> Snapshot:
    """Return a Snapshot of a dict of paths, without any repository."""
    rows, contents = b"\0", {}
    for number, (path, file) in enumerate(sorted(files.items()), start=1):
        text = file.encode(errors="surrogateescape") if isinstance(file, str) else file
        entry = text if isinstance(text, Special) else Special("100644", text)
        oid = f"{number:040x}"
        rows += f"{entry.mode} {oid} {entry.stage}\t".encode() + os.fsencode(path) + b"\0"
        contents[oid] = entry.content
    blobs = {oid: _blob(content) for oid, content in contents.items()}
    return Snapshot(
        label="the index",
        rows=rows,
        missing={},
        read=lambda entries: [blobs[entry.oid] for entry in entries],
        stream=lambda entries, _: (blobs[entry.oid] for entry in entries),
        parent_contents=lambda _: {path: text.encode() for path, text in (before or {}).items()},
        explain_missing=lambda _: missing_path or MissingPathStatus(),
        query_attributes=partial(query_attributes, isolated_git(os.environ), None),
    )


def worktree(files: Files, untracked: Mapping[str, TrackingStatus]) -> Snapshot:
    """Return a Snapshot of a worktree that also has text files that Git does not track."""
    everything = snapshot({**files, **dict.fromkeys(untracked, "x\n")})
    files_on_disk = FilesOnDisk(everything, untracked)
    return snapshot(files).replace(label="the working tree", disk_files=files_on_disk)


class FilesOnDisk(TrackedFiles):
    """The files of a worktree, without any disk."""

    on_disk = True
    noun = "file"

    def __init__(self, listing: Listing, untracked: Mapping[str, TrackingStatus]) -> None:
        super().__init__(listing)
        self._untracked = untracked

    def status(self, path: str) -> TrackingStatus:
        return self._untracked.get(path, "tracked")


def _blob(content: bytes) -> Blob:
    return Blob(len(content), content if len(content) <= MAX_BLOB else None)
