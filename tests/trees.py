"""Trees with a corpus document on which two walks below its sources may differ."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from posixpath import basename, dirname, relpath, splitext
from typing import Any

from hypothesis import strategies as st

from tests.strategies import Draw, Texts, one_in, one_of_or, tractable
from tests.support import CORPUS, ID

ASIDE = "../aside"  # a directory beside that of the repository
_GITLINK = "1" * 40


@dataclass(frozen=True)
class Tree:
    """Files and links below a directory; in the target of a link `<ROOT>` is that directory.

    `folders` are empty ones, `modules` are submodules, which Git records and a clone leaves empty.
    """

    files: Mapping[str, bytes]
    links: Mapping[str, str] = field(default_factory=dict)
    folders: Sequence[str] = ()
    pipes: Sequence[str] = ()
    modules: Sequence[str] = ()

    @classmethod
    def recorded(cls, tree: Mapping[str, Any]) -> Tree:
        """A tree of `vectors/trees.json`."""
        files = {path: base64.b64decode(data) for path, data in tree["files"].items()}
        return cls(files, tree["symlinks"], tree["empty_dirs"], tree["fifo"])

    def plant(self, root: Path) -> None:
        """Put it on the disk, submodules as the empty directories that a clone has of them."""
        for path in (*self.folders, *self.modules):
            _made(root, path).mkdir(exist_ok=True)
        for path, data in self.files.items():
            _made(root, path).write_bytes(data)
        for path, target in self.links.items():
            _made(root, path).symlink_to(target.replace("<ROOT>", os.fspath(root)))
        for path in self.pipes:
            os.mkfifo(_made(root, path))

    def commit(self, branch: str) -> bytes:
        """A commit of it, for `git fast-import`, whose names may be any."""
        head = f"reset refs/heads/{branch}\n\ncommit refs/heads/{branch}\n"
        return b"".join([head.encode(), b"committer A <a@b> 0 +0000\n", _data(b"x"), *self._rows()])

    def _rows(self) -> Iterator[bytes]:
        for path, content in self.files.items():
            if not path.startswith(ASIDE):
                yield b"M 100644 inline %b\n%b" % (_quoted(path), _data(content))
        for path, target in self.links.items():
            if not path.startswith(ASIDE):
                yield b"M 120000 inline %b\n%b" % (_quoted(path), _data(os.fsencode(target)))
        for path in self.modules:
            yield b"M 160000 %b %b\n" % (_GITLINK.encode(), _quoted(path))


def _made(root: Path, path: str) -> Path:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    return file


def _data(content: bytes) -> bytes:
    return b"data %d\n%b\n" % (len(content), content)


def _quoted(path: str) -> bytes:
    return b'"%b"' % b"".join(b"\\%03o" % byte for byte in os.fsencode(path))


def corpus(*sources: Mapping[str, object], policy: str = "strict") -> bytes:
    """A corpus document with these sources."""
    training = {"sources_policy": policy, "sources": sources}
    value = {"dlm_id": ID, "dlm_version": 15, "base_model": "smollm2-135m", "training": training}
    return f"---\n{json.dumps(value, ensure_ascii=False)}\n---\n\ntext\n".encode()


# names and contents

_FOLDERS = ["", "", "src", "src", "docs", "src/pkg", "src/pkg/deep", "build", "src/build"]
_FOLDERS += ["node_modules", "src/node_modules", "a b", "é", "[x]", "#x", "a\nb", ".hidden"]
_FOLDERS += ["src-2", "src.d", "src/é/#y", "docs/.git", ".git", "\u2028", "x.py", ".dlm/deep"]
_NAMES = [
    "a.py",
    "b.py",
    "a.md",
    "B.md",
    "x.pem",
    ".env",
    "prod.env",
    "é.md",
    "e\u0301.md",
    "LICENSE",
]
_NAMES += [" x ", "a b.txt", "#x", "!x", "[ab].py", "{a,b}.md", "a\nb.py", "\n", "**", "a?", "-x"]
_NAMES += ["pic.PNG", "pic.png", ".png", "x.png.", "s.wav", "a.tar.gz", "a.min.js", "uv.lock"]
_NAMES += ["secrets.py", "~x", "a\tb", "x.dlm", "training.yaml", "😀", "src", "a.py~", '"', "a:b"]
_NAMES += [".dlm", "a\rb.py", "x\r", "\r\n", "\ufeff"]
_CONTENTS = [b"", b"x\n", b"x\n", b"text\n", "é\r\ny\r\n".encode(), b"a\rb", b"\xef\xbb\xbfx\n"]
_CONTENTS += [b"\xef\xbb\xbf" * 2, b"\0x", b"a" * 1023 + b"\0", b"a" * 1024 + b"\0", b"\xff\xfe"]
_CONTENTS += [b"\xc3", b"\xed\xa0\x80", b"# source: a.py\n\nx", b"b" * 40, b"\x1a\x0c", b"\n \n"]


def _below(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


class _Ground:
    """The paths in use, so that no path is below a file; `git`: any name is free."""

    def __init__(self, *, git: bool) -> None:
        self.leaves = {CORPUS}
        self.folders = {"", ".dlm"}
        self._git = git

    def take(self, path: str) -> bool:
        """Return whether a file fits at a path, and reserve the path."""
        above = list(_ancestors(path))
        if path in self.leaves | self.folders or not self.leaves.isdisjoint(above):
            return False
        if not self._git and ".git" in path.split("/"):
            return False
        self.leaves.add(path)
        self.folders.update(above)
        return True


def _ancestors(path: str) -> Iterator[str]:
    while path := dirname(path):
        yield path


def _places() -> Texts:
    return st.builds(_below, st.sampled_from(_FOLDERS), st.sampled_from(_NAMES))


@st.composite
def _some(draw: Draw, ground: _Ground, most: int, *, least: int = 0) -> list[str]:
    """Free paths."""
    found = draw(st.lists(_places(), min_size=least, max_size=most))
    return [path for path in found if ground.take(path)]


# links

_LOST = ["nosuch", "../nosuch/x", "/nonexistent/x", "a.py/x", "\n"]
_AWAY = ["aside/out.py", "aside/out.pem", "aside", "aside/deep/in.md", "aside/nosuch", "aside/back"]


@st.composite
def _target(draw: Draw, path: str, ground: _Ground, *, recorded: bool) -> str:
    """Where a link at `path` says that it leads."""
    folder = dirname(path)
    kind = draw(st.sampled_from("ffffFFFloadx"))
    outside = _below("/".join([".."] * len([*_ancestors(path)])), "..")
    match kind:
        case "l":
            return draw(st.sampled_from(_LOST))
        case "o":
            return _below(outside, draw(st.sampled_from(_AWAY)))
        case "a" if not recorded:
            away = _below("<ROOT>/..", draw(st.sampled_from(_AWAY)))
            return draw(st.sampled_from([away, "<ROOT>/src", "<ROOT>/src/a.py", "<ROOT>"]))
        case "d":
            folders = sorted(ground.folders - {""}) or ["src"]
            return relpath(draw(st.sampled_from(folders)), folder or ".")
        case "x" if not recorded:
            return outside
    leaf = draw(st.sampled_from(sorted(ground.leaves)))
    return draw(_spelt(relpath(leaf, folder or ".")))


def _spelt(target: str) -> Texts:
    """A path, now and then in a spelling that the system takes differently, or not at all."""
    odd = [f"./{target}", f"{target}/", f"{target}/.", f"nosuch/../{target}", f"{target}/../a.py"]
    odd += [f"{dirname(target)}//{basename(target)}" if "/" in target else target]
    return st.one_of(st.just(target), st.just(target), st.just(target), st.sampled_from(odd))


@st.composite
def _links(draw: Draw, ground: _Ground, *, recorded: bool) -> dict[str, str]:
    links: dict[str, str] = {}
    for path in draw(_some(ground, 5)):
        links[path] = draw(_target(path, ground, recorded=recorded))
    return links


# patterns

_ODD = ["", "**/*.{py,md}", "[ab].py", "/src/a.py", "./a.py", "src/", "!a.py", "#x", "\\#x", "**x"]
_ODD += ["*", "**", "***", "**/*", "**/.*", "?", "**/", "*/", "**/*/**", "A.PY", ".dlm/**", "**\n*"]
_WAYS: Sequence[Callable[[str], str]] = (
    str,
    str,
    lambda tail: f"**/{tail}",
    lambda tail: f"**{basename(tail)}",
    lambda tail: f"*{basename(tail)[1:]}",
    lambda tail: f"**/*{splitext(tail)[1]}",
    lambda tail: f"*{splitext(tail)[1]}",
    lambda tail: f"{dirname(tail)}/**",
    lambda tail: f"{dirname(tail)}/*",
    lambda tail: f"{dirname(tail)}/**/{basename(tail)}",
    dirname,
    lambda tail: f"**/{basename(dirname(tail))}/**",
    lambda tail: f"?{tail[1:]}",
    lambda tail: f"{tail[:1]}*{tail[-1:]}",
    lambda tail: f"/{tail}",
    lambda tail: f"{tail}/",
)
_LONGEST = "x" * 60


@st.composite
def _pattern(draw: Draw, paths: Sequence[str]) -> str:
    """A pattern that likely speaks of one of the paths, from the root or from somewhere below."""
    if one_in(draw, 5):
        return draw(st.sampled_from(_ODD))
    parts = draw(st.sampled_from(paths)).split("/")
    tail = "/".join(parts[draw(st.integers(0, len(parts) - 1)) :])
    pattern = draw(st.sampled_from(_WAYS))(tail)
    return pattern if tractable(pattern, _LONGEST) else "**"


def _patterns(paths: Sequence[str], most: int = 3) -> st.SearchStrategy[list[str]]:
    return st.lists(_pattern(paths), max_size=most)


@st.composite
def _includes(draw: Draw, paths: Sequence[str]) -> list[str]:
    all_ = draw(st.sampled_from([["**/*"], ["**"], ["**/*"], ["**/*.py", "**/*.md"], []]))
    return all_ + (draw(_patterns(paths)) if one_in(draw, 2) or not all_ else [])


# the files of `.dlm` directories

_BROKEN = [b"a: [", b"nosuch: 1\n", b"include: x\n", b"\xff", b"- a\n", b"exclude: [1]\n", b"\0"]
_BROKEN += [
    b"",
    b"# only\n",
    b"metadata: {a: 1}\n",
    b"--- {}\n--- {}\n",
    b"a: b: c\n",
    b"\xef\xbb\xbf",
]
_BROKEN += [b"exclude_defaults: 'no'\n", b"dlm_training_version: 2\n", b"\xc2\xa0\n"]


@st.composite
def _training(draw: Draw, paths: Sequence[str]) -> bytes:
    if one_in(draw, 6):
        return draw(st.sampled_from(_BROKEN))
    tags = st.dictionaries(*[st.sampled_from(["a", "b", "é"])] * 2, max_size=2)
    value: dict[str, object] = {"metadata": draw(tags)} if one_in(draw, 2) else {}
    if one_in(draw, 3):
        value["include"] = draw(_includes(paths))
    if one_in(draw, 3):
        value["exclude"] = draw(_patterns(paths))
    if one_in(draw, 3):
        value["exclude_defaults"] = draw(st.booleans())
    start = one_of_or(draw, "", ["\ufeff"], odds=8)
    return f"{start}{json.dumps(value, ensure_ascii=False)}\n".encode()


@st.composite
def _ignore(draw: Draw, paths: Sequence[str]) -> bytes:
    lines = draw(st.lists(_pattern(paths), max_size=5))
    before = [one_of_or(draw, "", ["!", "/", "!/", "# ", " "], odds=2) for _ in lines]
    after = [one_of_or(draw, "", ["/", "  ", "#"], odds=3) for _ in lines]
    end = one_of_or(draw, "\n", ["\r\n", "\r", "\f\n"], odds=3)
    text = "".join(map("".join, zip(before, lines, after, [end] * len(lines), strict=True)))
    if one_in(draw, 8):
        return text.encode("latin-1", "replace")
    return (one_of_or(draw, "", ["\ufeff"], odds=6) + text).encode()


@st.composite
def _configs(draw: Draw, ground: _Ground) -> dict[str, bytes]:
    """Return files for the `.dlm` directories of some directories."""
    paths, files = sorted(ground.leaves), {}
    anchors = draw(st.lists(st.sampled_from(sorted(ground.folders)), max_size=3, unique=True))
    for anchor in anchors:
        for name, content in (("training.yaml", _training), ("ignore", _ignore)):
            file = f"{anchor}/.dlm/{name}" if anchor else f".dlm/{name}"
            if draw(st.booleans()) and ground.take(file):
                files[file] = draw(content(paths))
    return files


# the document

_SOURCES = ["src", "./src/", "docs/../src", "src/pkg/..", "nosuch", "nosuch/../src", "a.py/.."]
_SOURCES += ["src//pkg", "./", "src/a.py", "src/a.py/"]
_FARTHER = ["../aside", "../aside/out.py", "..", "src/../..", "../aside/back", "<ROOT>/src"]


@st.composite
def _source(draw: Draw, ground: _Ground, farther: Sequence[str]) -> dict[str, object]:
    paths, folders = sorted(ground.leaves), sorted(ground.folders - {""})
    odd = [*_SOURCES, *farther, draw(st.sampled_from(paths))]
    path = draw(st.sampled_from([*[".", draw(st.sampled_from(folders))] * len(odd), *odd]))
    source: dict[str, object] = {"path": f"./{path}" if path.startswith("~") else path}
    source["include"], source["exclude"] = draw(_includes(paths)), draw(_patterns(paths, 2))
    source["max_files"] = draw(st.sampled_from([None, None, None, 1, 2, 3]))
    source["max_bytes_per_file"] = draw(st.sampled_from([None, None, None, 1, 4, 1024]))
    return source


@st.composite
def trees(draw: Draw, *, recorded: bool = False) -> Tree:
    """A directory with a corpus document, and another one at ASIDE.

    `recorded` keeps to what Git can record, and what a clone has wherever it lies: nothing leads to
    the directory above, or by an absolute path to what there is.
    """
    ground = _Ground(git=not recorded)
    files = {path: draw(st.sampled_from(_CONTENTS)) for path in draw(_some(ground, 14, least=4))}
    files |= draw(_configs(ground))
    links = draw(_links(ground, recorded=recorded))
    modules = draw(_some(ground, 1)) if recorded else []
    pipes, folders = ([], []) if recorded else (draw(_some(ground, 1)), draw(_some(ground, 2)))
    farther = _FARTHER[:2] if recorded else _FARTHER
    sources = draw(st.lists(_source(ground, farther), min_size=1, max_size=3))
    policy = draw(st.sampled_from(["strict", "permissive"]))
    files[CORPUS] = corpus(*sources, policy=policy)
    return Tree({**files, **_OUTSIDE.files}, {**links, **_OUTSIDE.links}, folders, pipes, modules)


_OUTSIDE = Tree(
    {
        f"{ASIDE}/out.py": b"out\n",
        f"{ASIDE}/out.pem": b"out\n",
        f"{ASIDE}/deep/in.md": b"in\n",
        f"{ASIDE}/deep/.dlm/ignore": b"*.md\n",
        f"{ASIDE}/deep/.dlm/training.yaml": b"metadata: {of: aside}\n",
    },
    {f"{ASIDE}/back": "<ROOT>/src"},
)
