"""Real repositories for tests, with nobody's git config, home or clock."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

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
_GITCONFIG = """\
[user]
  name = Ann
  email = ann@example.org
[init]
  defaultBranch = main
"""
_KEPT = ("LANG", "TMPDIR", "SSL_CERT_FILE")
COMMAND = str(Path(sys.executable).parent / "dlm-git")


@dataclass(frozen=True)
class Result:
    """What a command did: exit code, output, error output."""

    code: int
    out: str
    err: str


def environment(home: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """An environment without the user's own git settings, and with a clock that stands still."""
    home.mkdir(parents=True, exist_ok=True)
    config = home / "gitconfig"
    if not config.exists():
        config.write_text(
            "[user]\nname = Ann\nemail = ann@example.org\n[init]\ndefaultBranch = main\n"
        )
    kept = {
        key: os.environ[key] for key in ("LANG", "TMPDIR", "SSL_CERT_FILE") if key in os.environ
    }
    return {
        **kept,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "xdg"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": str(config),
        "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
        "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
        "GIT_TERMINAL_PROMPT": "0",
        **(extra or {}),
    }


@dataclass(frozen=True)
class Repo:
    """A directory that is, or is to be, a repository; every command runs in `environ`."""

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
        """Run git, which must succeed; gives its output, stripped."""
        result = self.run("git", *args, cwd=cwd, data=data)
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
        """Commit what is staged; gives the commit's object id."""
        self.git("commit", "--quiet", "--no-verify", "--message", message)
        return self.git("rev-parse", "HEAD")


def new_repo(path: Path, home: Path, *options: str) -> Repo:
    """An empty repository; `options` are those of `git init`."""
    path.mkdir(parents=True)
    repo = Repo(path, environment(home))
    repo.git("init", "--quiet", *options)
    return repo
