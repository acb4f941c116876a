"""Make the repositories to measure on, from fixed random seeds."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random

from benchmarks.measure import DLM_GIT

CORPUS = ".dlm/corpus.dlm"
NESTED = 100
_ID = "01HRZYQ2X0MB5K4VN7E9DNT5GH"
_DOCUMENT = f"""\
---
dlm_id: {_ID}
dlm_version: 15
base_model: smollm2-135m
training:
  sources_policy: strict
  sources:
    - path: "."
      include: ["**/*"]
      exclude: ["**/*.min.js"]
---

# About

What this repository is.
"""
_HYPERPARAMETERS = """\
training:
  adapter: lora
  lora_r: 16
  lora_alpha: 32
  lora_dropout: 0.05
  sequence_len: 2048
  micro_batch_size: 4
  grad_accum: 4
  learning_rate: 2e-4
  num_epochs: 3
  lr_scheduler: cosine
  warmup_ratio: 0.05
  seed: 42
"""
_TRAINING = """\
dlm_training_version: 1
exclude: ["**/generated_*", "*.css"]
metadata: {part: "number %d"}
"""
_IGNORE = "# not for training\n*.json\ncache_*/\n!index_*.json\n"
_REUSE = """\
version = 1
[[annotations]]
path = "**"
SPDX-FileCopyrightText = "Ann"
SPDX-License-Identifier = "MIT"
"""
_HOOKS = """\
repos:
  - repo: local
    hooks:
      - {id: nothing, name: nothing, language: system, entry: "true", always_run: true}
      - {id: dlm-git, name: dlm-git, language: system, entry: dlm-git check, always_run: true,
         pass_filenames: false}
"""
_WORDS = re.findall(
    r"\w+",
    "index model table schema parser worker client server session report cache queue user order"
    " account token stream buffer config runner generated update event state value écran größe",
)
_SUFFIXES = (
    *([".py"] * 30 + [".md"] * 15 + [".js"] * 10 + [".ts"] * 8 + [".json"] * 8 + [".c"] * 6),
    *([".h"] * 6 + [".yaml"] * 4 + [".txt"] * 4 + [".css"] * 3 + [".png"] * 3 + [".bin"] * 2),
    ".min.js",
)
_BINARY = (".png", ".bin")


def environment(home: Path) -> dict[str, str]:
    """Return an environment with its own home, and without the machine's git config and clock."""
    return {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(home),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
        "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
        **{f"GIT_{who}_NAME": "Ann" for who in ("AUTHOR", "COMMITTER")},
        **{f"GIT_{who}_EMAIL": "ann@example.org" for who in ("AUTHOR", "COMMITTER")},
    }


def tree(root: Path, environ: Mapping[str, str], count: int, nested: int) -> None:
    """Make a repository of `count` files, committed and packed, and `nested` directory configs."""
    random = Random(count)
    text = _text(random)
    folders = _folders(random, count)
    for path in _paths(random, folders, count):
        write(root / path, _content(random, text, path))
    for number, folder in enumerate(random.sample(folders, nested)):
        write(root / folder / ".dlm/training.yaml", (_TRAINING % number).encode())
        write(root / folder / ".dlm/ignore", _IGNORE.encode())
    write(root / CORPUS, _DOCUMENT.encode())
    git(root, environ, "init", "--quiet")
    git(root, environ, "add", "--all")
    git(root, environ, "-c", "gc.auto=0", "commit", "--quiet", "--message", "all")
    git(root, environ, "gc", "--quiet")


def edit(root: Path, environ: Mapping[str, str], count: int) -> None:
    """Append a line to some Python files of a repository, and stage them."""
    paths = git(root, environ, "ls-files", "-z", "*.py").removesuffix("\0").split("\0")
    for path in Random(count).sample(paths, count):
        write(root / path, (root / path).read_bytes() + b"# edited\n")
    git(root, environ, "add", "--all")


def index(root: Path, environ: Mapping[str, str], count: int) -> None:
    """Make a repository with `count` index entries, and no files in its working tree."""
    root.mkdir()
    git(root, environ, "init", "--quiet")
    random = Random(count)
    text = git(root, environ, "hash-object", "-w", "--stdin", data=b"some text\n")
    corpus = git(root, environ, "hash-object", "-w", "--stdin", data=_DOCUMENT.encode())
    command = ("git", "update-index", "--index-info")
    with subprocess.Popen(command, cwd=root, env=environ, stdin=subprocess.PIPE) as process:
        assert process.stdin
        process.stdin.write(f"100644 {corpus}\t{CORPUS}\n".encode())
        for path in _paths(random, _folders(random, count), count - 1):
            process.stdin.write(f"100644 {text}\t{path}\n".encode())
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    tree = git(root, environ, "write-tree")
    git(root, environ, "update-ref", "HEAD", git(root, environ, "commit-tree", "-m", "all", tree))


def hook(root: Path, environ: Mapping[str, str], *, hyperparameters: bool = False) -> None:
    """Make a small repository, as `dlm-git init` leaves it, on which all compared hooks pass.

    hyperparameters: whether the document also sets those of the training.
    """
    files = {
        "ci.yaml": "jobs:\n  test:\n    steps: [{run: make test}]\n",
        "ci.schema.json": '{"type": "object", "required": ["jobs"]}\n',
        "REUSE.toml": _REUSE,
        "LICENSES/MIT.txt": "the text of the license\n",
        ".pre-commit-config.yaml": _HOOKS,
        **{f"shop/part_{number}.py": f"print({number})\n" for number in range(20)},
    }
    for path, text in files.items():
        write(root / path, text.encode())
    git(root, environ, "init", "--quiet")
    init = (DLM_GIT, "init", "--base", "smollm2-135m")
    subprocess.run(init, cwd=root, env=environ, stdout=subprocess.DEVNULL, check=True)
    text = re.sub("(?<=^dlm_id: ).*", _ID, (root / CORPUS).read_text(), flags=re.MULTILINE)
    if hyperparameters:
        text = text.replace("training:\n", _HYPERPARAMETERS, 1)
    write(root / CORPUS, text.encode())
    git(root, environ, "add", "--all")
    git(root, environ, "commit", "--quiet", "--message", "all")


def document(root: Path, environ: Mapping[str, str], count: int) -> None:
    """Make a repository with a corpus document of `count` sections of half a kilobyte."""
    random = Random(count)
    text = _text(random).replace("\n", " ")
    parts = [_DOCUMENT.replace('      exclude: ["**/*.min.js"]\n', "")]
    for number in range(count):
        start = random.randrange(len(text) - 400)
        answer = text[start : start + 400].strip()
        parts.append(f"\n::instruction::\n### Q\nwhat is number {number}?\n### A\n{answer}\n")
    write(root / CORPUS, "".join(parts).encode())
    write(root / "shop.py", b"print()\n")
    git(root, environ, "init", "--quiet")
    git(root, environ, "add", "--all")
    git(root, environ, "commit", "--quiet", "--message", "all")


def history(root: Path, environ: Mapping[str, str], count: int) -> None:
    """Make a repository of `count` commits."""
    hook(root, environ)
    head = git(root, environ, "rev-parse", "HEAD")
    commits = [
        f"commit refs/heads/long\ncommitter Ann <ann@example.org> {number} +0000\ndata 1\nx\n"
        + (f"from {head}\n" if not number else "")
        for number in range(count - 1)
    ]
    git(root, environ, "fast-import", "--quiet", data="".join(commits).encode())
    if commits:
        git(root, environ, "symbolic-ref", "HEAD", "refs/heads/long")


def git(root: Path, environ: Mapping[str, str], *args: str, data: bytes = b"") -> str:
    """Run git, and return its output without surrounding white space."""
    command = ("git", *args)
    result = subprocess.run(
        command, cwd=root, env=environ, input=data, stdout=subprocess.PIPE, check=True
    )
    return result.stdout.decode().strip()


def document_text(dlm_id: str) -> str:
    """Return a corpus document with this id."""
    return _DOCUMENT.replace(_ID, dlm_id)


def _folders(random: Random, count: int) -> list[str]:
    """Return directories of up to five levels, enough for about a dozen files each."""
    folders = [*_WORDS]
    seen = {*folders}
    while len(folders) < max(NESTED + 50, count // 12):
        folder = f"{random.choice(folders)}/{random.choice(_WORDS)}{random.randrange(50)}"
        if folder.count("/") < 5 and folder not in seen:
            folders.append(folder)
            seen.add(folder)
    return folders


def _paths(random: Random, folders: list[str], count: int) -> Iterator[str]:
    for number in range(count):
        name = f"{random.choice(_WORDS)}_{number}{random.choice(_SUFFIXES)}"
        yield f"{random.choice(folders)}/{name}"


def _text(random: Random) -> str:
    return "".join(
        f"{word}{random.choice(('', ' ', ' ', ', ', '()', chr(10)))}"
        for word in random.choices(_WORDS, k=40_000)
    )


def _content(random: Random, text: str, path: str) -> bytes:
    size = int(200 * 40 ** random.random())  # 0.2 to 8 kB, mostly small
    if path.endswith(_BINARY):
        return b"\x89\0" + random.randbytes(size)
    start = random.randrange(len(text) - size)
    return text[start : start + size].encode()


def write(file: Path, data: bytes) -> None:
    """Write a file, and make its directories."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
