"""Repositories that are traps, and names that are attacks.

A trap plants a program that leaves a file, or a pipe without a writer.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.support import CORPUS, Repo

# bidirectional controls and invisible ones; the lines that some readers split at
_INVISIBLE = re.compile("[\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_LOG_COMMAND = re.compile(r"##\w*\[")
_BLANKS = "".join(chr(code) for code in range(0x10000) if chr(code).isspace()) + "\ufeff\u200b"
HOSTILE_NAMES = (
    *("::error::x", "\xa0::add-mask::x", "\u3000::x", "\ufeff::x", " ::x", "\t::x", "\r::error::x"),
    *(
        "##[error]x",
        "##vso[task.x]",
        "##teamcity[x]",
        "####[x]",
        "#\n#[x]",
        "a\nb",
        "a\r\nb",
        "\x0b",
    ),
    *("\x1b[31m", "\x9b31m", "\x7f", "\x85::x", "\u2028::x", "\u202egnp", "\u2066x", "\u200b::x"),
    *(
        "\udcff",
        "\udced\udca0\udc80",
        '"',
        "'",
        "`id`",
        "$(id)",
        "a:1:2: fake-rule: x",
        "-rf",
        " a",
    ),
    *("\U000e0001", "\u061c", "\xad", "\u180e", "\u115f", "e\u0301", "\ue000", "\ufffe", "%0A::x"),
)


def assert_harmless(out: str) -> None:
    """Assert that terminals and log readers take a text for text alone."""
    for char in out:
        assert char == "\n" or unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp"), out
        assert not _INVISIBLE.match(char), (char, out)
    assert not _LOG_COMMAND.search(out), out
    for line in out.split("\n"):
        assert not line.strip(_BLANKS).startswith("::"), out


Plant = Callable[[Repo, Path], object]


@dataclass(frozen=True)
class Trap:
    """How to plant it; `fires` is what a naive tool asks git, and what sets it off; `code` is how
    `dlm-git check REPOSITORY` is to end."""

    plant: Plant
    fires: tuple[str, ...] = ()
    code: int = 0
    message: str = ""


def _config(*pairs: tuple[str, str]) -> Plant:
    def plant(repo: Repo, program: Path) -> None:
        for key, value in pairs:
            words = (word.format(program=program, path=repo.path) for word in (key, value))
            repo.git("config", *words)

    return plant


def _included(key: str) -> Plant:
    def plant(repo: Repo, program: Path) -> None:
        repo.write(".git/more", f"[core]\n\tfsmonitor = {program}\n")
        repo.git("config", key, "more")

    return plant


def _worktree_config(repo: Repo, program: Path) -> None:
    repo.git("config", "extensions.worktreeConfig", "true")
    repo.git("config", "--worktree", "core.fsmonitor", str(program))


def _hook(folder: str, *config: tuple[str, str]) -> Plant:
    def plant(repo: Repo, program: Path) -> None:
        _config(*config)(repo, program)
        hook = repo.path / folder / "post-index-change"
        hook.parent.mkdir(exist_ok=True)
        hook.unlink(missing_ok=True)
        hook.symlink_to(program)
        os.utime(repo.path / "src/shop.py", (1, 1))

    return plant


def _attributes(line: str, *config: tuple[str, str]) -> Plant:
    def plant(repo: Repo, program: Path) -> None:
        repo.write(".git/info/attributes", f"* {line}\n")
        repo.write("src/shop.py", "print('another')\n")
        _config(*config)(repo, program)

    return plant


def _promisor(*config: tuple[str, str]) -> Plant:
    """A partial clone without the document, and a remote that is a program."""

    def plant(repo: Repo, program: Path) -> None:
        oid = repo.git("rev-parse", f"HEAD:{CORPUS}")
        repo.git("config", "core.repositoryFormatVersion", "1")
        partial = (("extensions.partialClone", "origin"), ("remote.origin.promisor", "true"))
        _config(*partial, *config)(repo, program)
        (repo.path / f".git/objects/{oid[:2]}/{oid[2:]}").unlink()

    return plant


def pipe(path: str) -> Plant:
    """A pipe in the place of a file of the Git directory; who opens it waits for ever."""

    def plant(repo: Repo, _: Path) -> None:
        file = repo.path / ".git" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        os.mkfifo(file)

    return plant


def _text(path: str, text: str) -> Plant:
    def plant(repo: Repo, _: Path) -> None:
        repo.write(path, text.format(path=repo.path))

    return plant


def _zero(repo: Repo, _: Path) -> None:
    (repo.path / ".git/objects/info/alternates").symlink_to("/dev/zero")


def _elsewhere(repo: Repo, *, link: bool) -> None:
    """A `.git` that points to the repository of another user."""
    victim = repo.path.with_name("victim")
    (repo.path / ".git").rename(victim)
    if link:
        (repo.path / ".git").symlink_to(victim)
    else:
        repo.write(".git", f"gitdir: {victim}\n")


def _nowhere(repo: Repo, _: Path) -> None:
    _elsewhere(repo, link=False)
    repo.write(".git", "gitdir: a\0b\n")


def _empty(repo: Repo, _: Path) -> None:
    (repo.path / ".git").rename(repo.path.with_name("old"))
    (repo.path / ".git").mkdir()


def _truncated(repo: Repo, _: Path) -> None:
    os.truncate(repo.path / ".git/index", 40)


def _big(repo: Repo, _: Path) -> None:
    with (repo.path / ".git/config").open("a") as file:
        file.truncate(1 << 30)


_LIST = ("git", "ls-files", "--stage")
_BLOB = ("git", "cat-file", "blob", f"HEAD:{CORPUS}")
_REFRESH = ("git", "update-index", "--refresh")
_CHANGED = ("git", "ls-files", "--modified")
_LATE = "exceeds the time limit of 2 s"
_NOT_HERE = f"the content of '{CORPUS}' is not in this repository"
_URL = "remote.origin.url"

TRAPS = {
    "fsmonitor": Trap(_config(("core.fsmonitor", "{program}")), _LIST),
    "include": Trap(_included("include.path"), _LIST),
    "includeIf": Trap(_included("includeIf.gitdir:**.path"), _LIST),
    "config.worktree": Trap(_worktree_config, _LIST),
    "hooks": Trap(_hook(".git/hooks"), _REFRESH),
    "hooksPath": Trap(_hook("h", ("core.hooksPath", "h")), _REFRESH),
    "filter.clean": Trap(_attributes("filter=x", ("filter.x.clean", "{program}")), _CHANGED),
    "filter.process": Trap(_attributes("filter=x", ("filter.x.process", "{program}")), _CHANGED),
    "textconv": Trap(
        _attributes("diff=x", ("diff.x.textconv", "{program}")), ("git", "diff", "--no-ext-diff")
    ),
    "diff.command": Trap(_attributes("diff=x", ("diff.x.command", "{program}")), ("git", "diff")),
    "diff.external": Trap(_attributes("-x", ("diff.external", "{program}")), ("git", "diff")),
    "alternateRefs": Trap(
        _config(("core.alternateRefsCommand", "{program}")),
    ),
    "ext": Trap(
        _promisor((_URL, "ext::{program} x"), ("protocol.ext.allow", "always")),
        _BLOB, 2, _NOT_HERE,
    ),
    "ssh": Trap(
        _promisor((_URL, "ssh://host/x"), ("core.sshCommand", "{program}")), _BLOB, 2, _NOT_HERE
    ),
    "uploadpack": Trap(
        _promisor((_URL, "{path}"), ("remote.origin.uploadpack", "{program}")), _BLOB, 2, _NOT_HERE
    ),
    "gitProxy": Trap(
        _promisor((_URL, "git://host/x"), ("core.gitProxy", "{program}")), _BLOB, 2, _NOT_HERE
    ),
    "insteadOf": Trap(
        _promisor(
            (_URL, "https://host/x"),
            ("url.ext::{program} .insteadOf", "https://"),
            ("protocol.ext.allow", "always"),
        ),
        _BLOB, 2, _NOT_HERE,
    ),
    "pipe: HEAD": Trap(pipe("HEAD"), code=2, message="HEAD' is not a regular file"),
    "pipe: config": Trap(pipe("config"), code=2, message="config' is not a regular file"),
    "pipe: index": Trap(pipe("index"), code=2, message="index' is not a regular file"),
    "pipe: packed-refs": Trap(pipe("packed-refs"), code=2, message="refs' is not a regular file"),
    "pipe: shallow": Trap(pipe("shallow"), code=2, message="shallow' is not a regular file"),
    "pipe: alternates": Trap(
        pipe("objects/info/alternates"), code=2, message="alternates' is not a regular file"
    ),
    "pipe: commit-graph": Trap(
        pipe("objects/info/commit-graph"), code=2, message="commit-graph' is not a regular file"
    ),
    "pipe: commondir": Trap(pipe("commondir")),
    "pipe: info/attributes": Trap(pipe("info/attributes")),
    "pipe: info/exclude": Trap(pipe("info/exclude")),
    "pipe: include.path": Trap(
        lambda repo, program: (pipe("more")(repo, program), _text(
            ".git/config", "[include]\n\tpath = more\n"
        )(repo, program))
    ),
    "pipe: a branch": Trap(pipe("refs/heads/main"), code=2, message=_LATE),
    "pipe: of an alternate": Trap(
        lambda repo, program: (
            pipe("far/info/alternates")(repo, program),
            _text(".git/objects/info/alternates", "{path}/.git/far\n")(repo, program),
        ),
        code=2, message=_LATE,
    ),
    "zeros: alternates": Trap(_zero, code=2, message="alternates' is not a regular file"),
    "core.worktree": Trap(_config(("core.worktree", "/etc"))),
    "core.bare": Trap(_config(("core.bare", "true"))),
    "a link to another": Trap(
        lambda repo, _: _elsewhere(repo, link=True),
        code=2,
        message="neither a directory nor a file",
    ),
    "a file to another": Trap(
        lambda repo, _: _elsewhere(repo, link=False), code=2, message="does not list this worktree"
    ),
    "a file to nowhere": Trap(_nowhere, code=2, message="expected 'gitdir: PATH'"),
    "empty": Trap(_empty, code=2, message="is not a repository"),
    "garbage: HEAD": Trap(_text(".git/HEAD", "\0x"), code=2, message="HEAD' is damaged"),
    "garbage: config": Trap(_text(".git/config", "[[[\0")),
    "garbage: formats": Trap(
        _text(".git/config", "[[[objectformat"), code=2, message="`git config` failed"
    ),
    "unknown format": Trap(
        _text(".git/config", "[extensions]\nobjectformat = md5\n"), code=2, message="'md5'"
    ),
    "garbage: index": Trap(_text(".git/index", "DIRC" + "x" * 99), code=2, message="the index"),
    "truncated index": Trap(_truncated, code=2, message="the index"),
    "a config of 1 GiB": Trap(_big, code=2, message="more than 1048576 bytes"),
}  # fmt: skip
