"""Every command prints hostile values of every kind so that terminals and log readers ignore them.

The command lines come from the parsers, so that a new command or option is tested, too.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
from argparse import Action
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from dlm_git.cli.commands import COMMANDS
from dlm_git.cli.commands.fix_report import patch
from dlm_git.cli.main import main
from dlm_git.cli.parser import command_parser
from dlm_git.formats import FORMATS
from dlm_git.operations.file_change import FileChange
from dlm_git.operations.fix import FixResult
from dlm_git.report import CheckResult
from tests.hostile import HOSTILE_NAMES, assert_harmless
from tests.outputs import log_commands
from tests.support import CORPUS, GOOD, ID, Repo, environment, new_repo

HARMFUL = (
    "##[error]a ##vso[task.b] ##teamcity[c] ##[group]\x1b[31m\x1b]0;title\x07\x9b32m\u202egnp\u2066"
    "\udcff\u2028::notice::d\r::error::e\x1b[0Ksection_start:1:f\r\x1b[0K\n::error::g\n ::debug::h"
)
VALUES = (HARMFUL, " ::stop-commands::x", "::error::\t\x7f")
QUOTED = json.dumps(HARMFUL.replace("\udcff", ""))
DOCUMENT = f"""\
---
dlm_id: {ID}
dlm_version: 15
base_model: {QUOTED}
description: {QUOTED}
{QUOTED}: {QUOTED}
training:
  sources:
    - path: /srv/x
      include: [{QUOTED}, "**/*.py"]
      exclude: [{QUOTED}]
---

 ::error::before
\t::stop-commands::before
::imagine::
 ::error::behind
   ::warning::behind ##[error]
\u202e \x1b[31m

::instruction#x\x1b::
"""
FIXABLE = GOOD.replace("  sources_policy", "  source_policy").replace(
    "# About", " ::error::before\n::Instruction::\n\t ::stop-commands::x\n ::error::behind"
)
CONFIG = f"""\
base = "smollm2-135m"
secrets = [{QUOTED}]
allow = [{QUOTED}]
[ignore]
dead-pattern = {QUOTED}
"""
REFS = ("refs/heads/main", f"refs/heads/{HARMFUL}".replace("\n", " "), "refs/heads/\x1b[31m")


def plant(repo: Repo, document: str, config: str) -> None:
    text = HARMFUL.replace("\udcff", "") if document == FIXABLE else HARMFUL
    for number, name in enumerate(HOSTILE_NAMES):
        path = f".dlm/{name}.dlm" if number % 4 == 0 else f"src/{name}"
        repo.write(path, DOCUMENT if number % 8 == 0 else "x\n")
    repo.write(CORPUS, document)
    repo.write(".dlm-git.toml", config)
    repo.write(".dlm/ignore", f"{text}\n!\n[z-a]\n".encode(errors="surrogateescape"))
    repo.write(".gitignore", f"?{text}\n![a\x1b]\n".encode(errors="surrogateescape"))
    repo.write(".gitattributes", f"{QUOTED} filter=lfs\n")
    repo.write(".dlm/training.yaml", f"{QUOTED}: {QUOTED}\nmetadata: {{a: {QUOTED}}}\n")
    (repo.path / "src/link").symlink_to(HARMFUL)
    repo.write(f"hooks{VALUES[1]}\x1b[31m\n::error::/pre-commit", "#!/bin/sh\n").chmod(0o755)
    repo.git("config", "core.hooksPath", f"hooks{VALUES[1]}\x1b[31m\n::error::")
    repo.git("add", "--all", "--force")
    repo.commit("\n\n ::error::x\n")


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Repositories with hostile texts: refused, fixable, and with an invalid config."""
    top = tmp_path_factory.mktemp("hostile")
    contents = (
        (DOCUMENT, CONFIG),
        (FIXABLE, CONFIG),
        (GOOD, f"{QUOTED} = {QUOTED}\n"),
        (GOOD, f"base = [{QUOTED}]\n[ignore]\n{QUOTED} = {QUOTED}\n"),
    )
    paths = []
    for number, (document, config) in enumerate(contents):
        path = top / str(number) / "\x1b[31m ::error::\u202e##[x]"
        plant(new_repo(path, top / "home"), document, config)
        paths.append(path)
    return paths


def command_lines(name: str) -> Iterator[list[str]]:
    actions = command_parser(name).actions()
    needed = [_valid(action) for action in actions if _is_needed(action)]
    yield [name, *needed]
    for value in VALUES:
        yield [name, *needed, value]
        yield [name, *needed, f"--{value}"]
    for action in actions:
        for option in action.option_strings or [""]:
            yield from ([name, *words] for words in _words(action, option, needed))


def _words(action: Action, option: str, needed: Sequence[str]) -> Iterator[list[str]]:
    if not option:
        yield from ([value] * max(1, len(needed)) for value in (*(action.choices or ()), *VALUES))
        yield ["."] * max(1, len(needed))
    elif action.nargs == 0:
        yield [*needed, option]
        yield [*needed, f"{option}={HARMFUL}"]
    elif not option.startswith("--"):
        yield [*needed, option, HARMFUL]
    else:
        choices = FORMATS if action.dest == "format" else action.choices or ()
        choices = [choice for choice in choices if choice != "always"]  # colors of dlm-git itself
        yield from ([*needed, f"{option}={value}"] for value in (*choices, *VALUES, "1", "."))


def _is_needed(action: Action) -> bool:
    return not action.option_strings and action.nargs is None


def _valid(action: Action) -> str:
    return str(next(iter(action.choices))) if action.choices else HARMFUL


EXTRA: dict[str, list[list[str]]] = {
    "check": [
        ["check", "--diff", "--unsafe-fixes"],
        ["check", "--fix", "--unsafe-fixes", "--verbose"],
        ["check", "--format=text", "--format=json=x", "--verbose", "--no-cache"],
        ["check", ".", HARMFUL, "--format=github"],
        ["check", ".", "--format=gitlab"],
        ["check", "--ignore", f"dead-pattern={HARMFUL}"],
    ],
    "files": [["files", "--why", "src", HARMFUL, "--format=json"], ["files", "--stat", "-v"]],
    "merge-driver": [
        ["merge-driver", ".dlm/ignore", CORPUS, ".dlm-git.toml", "7", HARMFUL],
        ["merge-driver", ".dlm/ignore", CORPUS, ".dlm-git.toml", "7", ".dlm/x.dlm", HARMFUL],
    ],
    "init": [["init", "--base=smollm2-135m", "--rescaffold", "--dry-run", f"--include={HARMFUL}"]],
}
# what these print is for programs
VERBATIM = (["files", "-z"], *(["completion", shell] for shell in ("bash", "zsh", "fish")))


def assert_escaped(out: str, argv: Sequence[str]) -> None:
    """Assert that a text is harmless but for the workflow commands of dlm-git itself."""
    lines = out.split("\n")
    if "--format=github" in argv:
        own = [line for line in lines if line.startswith(("::error ", "::notice "))]
        assert len(log_commands("\n".join(own))) == len(own)
        lines = [line.removeprefix("::") if line in own else line for line in lines]
    assert_harmless("\n".join(lines))


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_commands(
    name: str,
    templates: Sequence[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    for key in [key for key in os.environ if key.startswith(("GIT_", "PRE_COMMIT"))]:
        monkeypatch.delenv(key)
    for key, value in environment(tmp_path / "home").items():
        monkeypatch.setenv(key, value)
    monkeypatch.setattr(sys, "argv", [shutil.which("dlm-git") or "dlm-git"])
    updates = "".join(f"{ref} {'1' * 40} {ref} {'0' * 40}\n" for ref in REFS)
    received = "".join(f"{'0' * 40} {'1' * 40} {ref}\n" for ref in REFS)
    data = {"pre-push": updates, "pre-receive": received}.get(name, HARMFUL)
    for number, template in enumerate(templates):
        repository = tmp_path / str(number) / template.name
        shutil.copytree(template, repository, symlinks=True)
        monkeypatch.chdir(repository)
        lines = [*EXTRA.get(name, []), *command_lines(name)] if number < 2 else [[name]]
        codes = set()
        for argv in lines:
            stdin = io.TextIOWrapper(io.BytesIO(data.encode(errors="surrogateescape")))
            monkeypatch.setattr(sys, "stdin", stdin)
            code = main(argv)
            captured = capfd.readouterr()
            codes.add(code)
            assert code in (0, 1, 2), (argv, captured.err)
            if argv not in VERBATIM:
                assert_escaped(captured.out, argv)
            assert_escaped(captured.err, argv)
        assert number > 1 or codes & {0, 1}


def test_a_patch_keeps_fences_and_escapes_commands() -> None:
    body = "::instruction::\n ::error::x\n\t::debug::x\n::imagine::\n##[error]\n"
    change = FileChange(CORPUS, f"---\na: 1\n{body}", f"---\na: 2\n{body}")
    fixed = FixResult((), (change,), {}, CheckResult("", None, (), ()))
    assert patch(fixed).splitlines()[5:] == [
        "+a: 2",
        " ::instruction::",
        r"  \x3a:error::x",
        " \t\\x3a:debug::x",
    ]
    assert log_commands(patch(fixed)) == []
