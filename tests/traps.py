"""Repositories in which everything that Git or Python might run is a canary.

A canary is a program that appends its name to a file. The traps of `arm_tree` are commits, so that
each clone has them; those of `arm_config` are in the Git directory.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.support import CORPUS, GOOD, Repo

HOOKS = (
    *("pre-commit", "pre-merge-commit", "prepare-commit-msg", "commit-msg", "post-commit"),
    *("pre-rebase", "post-checkout", "post-merge", "pre-push", "post-rewrite", "pre-auto-gc"),
    *("applypatch-msg", "pre-applypatch", "post-applypatch", "post-index-change"),
    *("reference-transaction", "pre-receive", "update", "post-receive", "post-update"),
    *("push-to-checkout", "proc-receive", "fsmonitor-watchman", "sendemail-validate"),
)
# what dlm-git imports early and late, what Python imports by itself, and what imports it
MODULES = (
    *("yaml.py", "pydantic/__init__.py", "git.py", "ulid.py", "dlm_git/__init__.py", "typing.py"),
    *("re.py", "argparse.py", "tomllib.py", "json/__init__.py", "encodings/__init__.py"),
    *("sitecustomize.py", "usercustomize.py", "conftest.py", "setup.py", "tempfile.py"),
)
PROGRAMS = ("git", "git.exe", "dlm-git", "python", "python3", "sh", "less", "ssh", "bin/git")
MANAGERS = {
    ".pre-commit-config.yaml": "repos: [{{repo: local, hooks: [{{id: x, name: x, language: system,"
    " entry: {program}}}]}}]\n",
    "prek.toml": '[[repos]]\nrepo = "local"\n[[repos.hooks]]\nid = "x"\nname = "x"\n'
    'language = "system"\nentry = "{program}"\n',
    "lefthook.yml": "pre-commit: {{commands: {{x: {{run: {program}}}}}}}\n",
    ".overcommit.yml": "PreCommit: {{x: {{command: ['{program}']}}}}\n",
    ".husky/pre-commit": "{program}\n",
    "Makefile": "all:\n\t{program}\n",
    ".envrc": "{program}\n",
}
ATTRIBUTES = """\
src/** merge=trap
*.clean filter=clean
*.smudge filter=smudge
*.process filter=process
*.conv diff=conv
*.cmd diff=cmd
*.included filter=included
*.conditional filter=conditional
.dlm-git.toml diff=conv merge=trap
"""
_KINDS = ("clean", "smudge", "process", "conv", "cmd", "included", "conditional", "file", "txt")
CHANGED = tuple(f"data/x.{kind}" for kind in _KINDS)
MISSING = "data/missing.txt"
_MODULE = """\
import posix
file = posix.open({!r}, posix.O_WRONLY | posix.O_APPEND | posix.O_CREAT)
posix.write(file, {!r}.encode())
posix.close(file)
"""
_HEADER = "repositoryFormatVersion = 0\nbare = false\nworktree = ../"


@dataclass(frozen=True)
class Canaries:
    """A directory of programs, each of which appends its name to the file `fired` beside it."""

    path: Path

    def program(self, name: str) -> Path:
        """Return the canary of a name."""
        file = self.path / name
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(self.script(name))
            file.chmod(0o755)
        return file

    def script(self, name: str) -> str:
        """Return the text of a canary; its output is text for those who wait for some."""
        return f"#!/bin/sh\necho '{name}' >> '{self.path}/fired'\necho x\n"

    def fired(self) -> set[str]:
        """Return the names of the canaries that have run, and forget them."""
        file = self.path / "fired"
        names = set(file.read_text().split()) if file.exists() else set()
        file.unlink(missing_ok=True)
        return names


def arm_tree(repo: Repo, canaries: Canaries) -> None:
    """Commit traps, a good document and some files; afterwards all these files are changed."""
    program = canaries.program
    repo.write(CORPUS, GOOD)
    repo.write("src/shop.py", "print('shop')\n")
    repo.write(".gitignore", "*.log\n")
    for path in (*CHANGED, MISSING):
        repo.write(path, f"{path}\n")
    _arm_bare(repo, program("bare-fsmonitor"))
    repo.write(".gitattributes", ATTRIBUTES)
    repo.write(".dlm/.gitattributes", "ignore filter=clean\n")
    repo.write(
        ".gitmodules",
        f'[submodule "data"]\n\tpath = data\n\turl = ext::{program("submodule-url")}\n'
        f"\tupdate = !{program('submodule-update')}\n",
    )
    for path in PROGRAMS:
        repo.write(path, canaries.script(f"planted-{Path(path).name}")).chmod(0o755)
    for path in MODULES:
        repo.write(path, _MODULE.format(f"{canaries.path}/fired", f"module-{path}\n"))
    repo.write("dlm_git.pth", f"import os; os.system('{program('pth')}')\n")
    repo.write("pyvenv.cfg", "home = .\n")
    for path, text in MANAGERS.items():
        repo.write(path, text.format(program=program("manager")))
    repo.write("hooks/pre-commit", canaries.script("committed-hook")).chmod(0o755)
    repo.git("add", "--all", "--force")
    repo.commit("the traps")
    repo.git("commit", "--quiet", "--allow-empty", "--no-verify", "--message", "another")
    for path in (*CHANGED, "src/shop.py"):
        repo.write(path, "print('changed')\n")


def _arm_bare(repo: Repo, program: Path) -> None:
    """Make `.dlm` a bare repository, whose config is content of the repository around it."""
    repo.write(".dlm/HEAD", "ref: refs/heads/main\n")
    repo.write(".dlm/config", f"[core]\n{_HEADER}\nfsmonitor = {program}\nhooksPath = ../hooks\n")
    for name in ("objects", "refs"):
        repo.write(f".dlm/{name}/.keep", "")


def _values(repo: Repo, canaries: Canaries) -> dict[str, str]:
    """Return the keys of a config whose values are programs, or lead to some."""
    program = canaries.program
    commands = (
        *("core.fsmonitor", "core.pager", "core.sshCommand", "core.gitProxy", "core.editor"),
        *("core.askPass", "core.alternateRefsCommand", "sequence.editor", "gpg.program"),
        *("gpg.ssh.program", "gpg.ssh.defaultKeyCommand", "pager.log", "pager.diff"),
        *("pager.config", "diff.external", "diff.conv.textconv", "diff.cmd.command"),
        *("merge.trap.driver", "filter.clean.clean", "filter.smudge.smudge"),
        *("filter.process.process", "filter.file.clean", "credential.helper", "hook.trap.command"),
        *("uploadpack.packObjectsHook", "trailer.trap.command"),
        *("interactive.diffFilter", "tar.trap.command", "difftool.trap.cmd", "mergetool.trap.cmd"),
        *("man.trap.cmd", "browser.trap.cmd", "gc.recentObjectsHook", "remote.up.uploadpack"),
        *("remote.up.receivepack", "trace2.eventTarget", "trace2.normalTarget", "ssh.variant"),
        *("sendemail.smtpServer", "web.browser", "instaweb.httpd"),
    )
    aliases = ("trap", "ls-files", "rev-parse", "cat-file", "config", "check-ignore", "add")
    return {
        **{key: str(program(key)) for key in commands},
        **{f"alias.{name}": f"!{program(f'alias.{name}')}" for name in aliases},
        "hook.trap.event": "post-index-change",
        "submodule.data.update": f"!{program('submodule-update')}",
        "protocol.ext.allow": "always",
        "remote.origin.url": f"ext::{program('promisor')} x",
        "remote.origin.promisor": "true",
        "extensions.partialClone": "origin",
        "core.repositoryFormatVersion": "1",
        "remote.up.url": f"{repo.path}",
        "remote.up.promisor": "true",
        "remote.ssh.url": "ssh://host.invalid/x",
        "remote.ssh.promisor": "true",
        "remote.proxy.url": "git://host.invalid/x",
        "remote.proxy.promisor": "true",
        "core.attributesFile": str(repo.path / ".git/more-attributes"),
        "core.excludesFile": str(repo.path / ".git/more-excludes"),
        "init.templateDir": str(repo.path / ".git/template"),
        "include.path": "included",
        "includeIf.gitdir:**.path": "conditional",
        "commit.gpgSign": "true",
        "commit.template": ".git/more-excludes",
        "diff.tool": "trap",
        "merge.tool": "trap",
        "log.showSignature": "true",
    }


def arm_config(repo: Repo, canaries: Canaries, *, hooks_path: bool = False) -> None:
    """Make everything in the Git directory a trap.

    hooks_path: whether the hooks are in `core.hooksPath`. If not, they are in `.git/hooks`, and an
    object is missing, which programs that the config names would fetch.
    """
    config = repo.path / ".git/config"
    for name in ("included", "conditional"):
        text = f'[filter "{name}"]\n\tclean = {canaries.program(f"filter.{name}.clean")}\n'
        repo.write(f".git/{name}", text)
    repo.write(".git/more-attributes", "*.file filter=file\n")
    repo.write(".git/more-excludes", "nothing\n")
    oid = repo.git("rev-parse", f"HEAD:{MISSING}")
    hooks = repo.path / (".git/other-hooks" if hooks_path else ".git/hooks")
    for folder in (hooks, repo.path / ".git/template/hooks"):
        folder.mkdir(parents=True, exist_ok=True)
        for hook in HOOKS:
            (folder / hook).unlink(missing_ok=True)
            (folder / hook).symlink_to(canaries.program(f"hook-{hook}"))
    values = _values(repo, canaries)
    if hooks_path:
        values["core.hooksPath"] = str(hooks)
    with config.open("a") as file:
        file.write("".join(_section(key, value) for key, value in values.items()))
    if not hooks_path:
        (repo.path / f".git/objects/{oid[:2]}/{oid[2:]}").unlink()


def _section(key: str, value: str) -> str:
    section, _, rest = key.partition(".")
    middle, dot, name = rest.rpartition(".")
    header = f'{section} "{middle}"' if dot else section
    return f'[{header}]\n\t{name} = "{value}"\n'
