"""The trainer excludes what Git ignores, and includes nothing more."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from posixpath import dirname

import pytest
from hypothesis import event, example, given
from hypothesis import strategies as st

from dlm_git.patterns.defaults import DEFAULT_EXCLUDES
from dlm_git.patterns.gitignore import GITIGNORE, alternatives, parse_gitignore
from dlm_git.patterns.glob import parse_ignore_lines
from dlm_git.patterns.tokens import rule_tokens
from dlm_git.patterns.translate import Translation, translate
from tests.gitignores import IgnoringRepo, git_paths, git_patterns
from tests.oracle import Oracle
from tests.recorded import Case as Recorded
from tests.recorded import gitignores as recorded_files
from tests.recorded import recorded
from tests.strategies import Draw, Texts, one_in
from tests.support import CORPUS, Repo, new_repo
from tests.trees import corpus

Bytes = st.SearchStrategy[bytes]

_FOLDERS = ["a", "foo", "a/b", "a b", "build"]  # with a `.gitignore`, now and then
_TOPS = ["", "", "", "a", "foo", "a/b"]  # what a source names
_DEFAULTS = ["node_modules/a", ".env", "a/.env.x", "a/x.pem", ".dlm/a", "a/.dlm/b", "build/a.py"]
_DEFAULTS += ["a/secrets.py", "foo/a.min.js", "dist/x.log", "a/b/__pycache__/x", "a/b/.venv/foo"]
_CLOSE = ["a/b/a", "a/a/a", "a/b/b", "b/a", "b/b/a", "a/a", "a/foo/b", "foo/a/b", "a/b/x.log", "aé"]
_EXCLUDES = ["a/**", "**/*.py", "*.log", "foo/b", "**/b/**", "é", "?", "a b/*", "**", " a", "#x"]


_MAX_KNOWN = 100_000  # answers of the trainer


# invented `.gitignore` files


@dataclass(frozen=True)
class Case:
    """`.gitignore` files, the directory that a source names, and paths of files below it.

    `excludes` are the globs of the source, `defaults` tells whether those of the trainer hold.
    """

    files: Mapping[str, bytes]
    top: str
    paths: tuple[str, ...]
    excludes: tuple[str, ...] = ()
    defaults: bool = True

    @property
    def excluded(self) -> tuple[str, ...]:
        return (*self.excludes, *(DEFAULT_EXCLUDES * self.defaults))

    @property
    def translation(self) -> Translation:
        return translate(self.files, self.top, self.excluded)

    @property
    def exact(self) -> bool:
        """Return whether the trainer's grammar can express every pattern."""
        read = [
            each
            for path, data in self.files.items()
            for each in parse_gitignore(data, dirname(path))
        ]
        return all(each.exact for pattern in read for each in alternatives(pattern))


_STEERING = ["*", "/*", "!*/", "!*.py", "!*", "**", "!**", "a/*", "!a/b", "/*/", "!/a/", "!a", "b/"]
_STEERING += ["!b/", "foo/**", "!foo/**/", "!foo/b/", "*/*", "!a/*/", "!/a/b/", "**/b", "!**/b/a"]
_STEERING += ["!.env", "!*.pem", "!.env.*", "!node_modules/", "!/a/**", "a/**/b", "!x.log", "*.*"]
_FEW = ["a", "a", "b", "*", "**", "foo", "x.log", "*.log"]
_PLAIN = ["a", "b", "ab", "foo", "*", "*.log", "*.py", "a*", "*b", "é", "a b", "build", ".a", "]"]


@st.composite
def git_lines(draw: Draw) -> str:
    """A line of a `.gitignore`, which often has to do with others, as their names are few."""
    match draw(st.sampled_from("srrr*")):
        case "s":
            return draw(st.sampled_from(_STEERING))
        case "r":
            names = draw(st.lists(st.sampled_from(_FEW), min_size=1, max_size=3))
            before, after = (
                draw(st.sampled_from(["", "/"])),
                draw(st.sampled_from(["", "/", "/**"])),
            )
            return "!" * draw(st.integers(0, 1)) + before + "/".join(names) + after
    return "!" * one_in(draw, 3) + draw(git_patterns())


@st.composite
def plain_lines(draw: Draw) -> str:
    """A pattern that both grammars know, and that lets nothing in."""
    names = draw(st.lists(st.sampled_from(_PLAIN), min_size=1, max_size=3))
    if len(names) > 1 and one_in(draw, 4):
        names.insert(draw(st.integers(0, len(names))), "**")
    before, after = draw(st.sampled_from(["", "", "/"])), draw(st.sampled_from(["", "", "/"]))
    return before + "/".join(names) + after


@st.composite
def reopening_lines(draw: Draw) -> str:
    """A line of a whitelist: a plain pattern, or a `!` and the path of a directory or file."""
    if draw(st.booleans()):
        return draw(plain_lines())
    names = draw(st.lists(st.sampled_from(["a", "b", "ab", "foo"]), min_size=1, max_size=3))
    return "!/" + "/".join(names) + draw(st.sampled_from(["", "/", "/"]))


def gitignores(lines: Texts) -> Bytes:
    """The bytes of a `.gitignore`."""
    return st.lists(lines, min_size=1, max_size=6).map("\n".join).map(os.fsencode)


@st.composite
def odd_gitignores(draw: Draw) -> bytes:
    """The bytes of a `.gitignore`, now and then none that are UTF-8."""
    ends = [
        b"",
        b"",
        b"\n",
        b"\r\n",
        b"\n\xff\n",
        b"\na\xc3*\n",
        b"\n# \xe9",
        b"\nb\xc3\xa9?",
        b" ",
    ]
    mark = draw(st.sampled_from([b"", b"", b"", b"\xef\xbb\xbf"]))
    return mark + draw(gitignores(git_lines())) + draw(st.sampled_from(ends))


@st.composite
def cases(draw: Draw, contents: Bytes | None = None) -> Case:
    """Invented files, and many paths below one of the places that a source may name."""
    contents = odd_gitignores() if contents is None else contents
    folders = ["", *draw(st.lists(st.sampled_from(_FOLDERS), max_size=2, unique=True))]
    files = {below(folder, GITIGNORE): draw(contents) for folder in folders}
    paths = draw(st.lists(git_paths(), min_size=6, max_size=20, unique=True)) + _DEFAULTS + _CLOSE
    paths = list(dict.fromkeys(paths))
    top = draw(st.sampled_from(_TOPS))
    folders += map(dirname, list(folders))
    return Case(files, top, tuple(path for path in paths if below(top, path) not in folders))


@st.composite
def cases_of_any_source(draw: Draw) -> Case:
    """Cases whose source has excludes, or no default excludes."""
    excludes = draw(st.lists(st.sampled_from(_EXCLUDES), max_size=3))
    return replace(draw(cases()), excludes=tuple(excludes), defaults=not one_in(draw, 3))


def below(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


# the two sides


class Sides:
    """Git and the trainer, asked about paths that need not exist."""

    def __init__(self, oracle: Oracle, repo: Repo) -> None:
        self._oracle = oracle
        self._ground = IgnoringRepo(repo)
        self._known: dict[tuple[str, str], bool] = {}

    def ignored(self, case: Case) -> set[str]:
        """Return the paths that Git ignores."""
        whole = {below(case.top, path): path for path in case.paths}
        return {whole[path] for path in self._ground.ignored(case.files, whole)}

    def before(self, case: Case) -> set[str]:
        """Return the paths that the trainer excludes without an ignore file."""
        pairs = [(glob, path) for path in case.paths for glob in case.excluded]
        if len(self._known) > _MAX_KNOWN:  # thousands of examples would take a gigabyte
            self._known.clear()
        new = [pair for pair in pairs if pair not in self._known]
        self._known.update(zip(new, self._oracle.glob(new), strict=True))
        return {path for glob, path in pairs if self._known[glob, path]}

    def after(self, case: Case) -> set[str]:
        """Return the paths that the trainer excludes with the translated ignore file."""
        text = "\n".join(case.translation.lines)
        verdicts = self._oracle.ignore([(text, path) for path in case.paths])
        said = dict(zip(case.paths, verdicts, strict=True))
        before = {path for path in self.before(case) if said[path] is None}
        return before | {path for path, verdict in said.items() if verdict == "excluded"}


@pytest.fixture(scope="module")
def sides(oracle: Oracle, tmp_path_factory: pytest.TempPathFactory) -> Sides:
    """Git in one repository, and the trainer."""
    directory = tmp_path_factory.mktemp("sides")
    return Sides(oracle, new_repo(directory / "repo", directory / "home"))


def is_text(path: str) -> bool:
    """Return whether a name is UTF-8."""
    return not any("\udc80" <= char <= "\udcff" for char in path)


def ends_in_space(path: str) -> bool:
    """Return whether the name of a file, or of a directory above it, ends in white space."""
    return any(name != name.rstrip() for name in path.split("/"))


# the law


@example(case=Case({GITIGNORE: b"a/**\n!a/b/**"}, "", ("a/b/a",)))
@example(case=Case({GITIGNORE: b"*/**", "foo/.gitignore": b"!b"}, "", ("foo/a/b",)))
@example(case=Case({GITIGNORE: b"/a/\n!/a/b/"}, "a/b", ("a", "b/a")))
@example(case=Case({GITIGNORE: b"a\0b"}, "", ("a",)))
@example(case=Case({GITIGNORE: b"a\n!*\t"}, "", ("a", "b/a")))
@example(case=Case({"foo/.gitignore": b"/*\n!*/**"}, "", ("foo/a/b",)))
@example(case=Case({GITIGNORE: b"a\xc3*"}, "", ("a\u00e9",)))  # of which the byte is a half
@example(case=Case({GITIGNORE: b"/f[o]o\n!foo/**/"}, "", ("foo/a/b",)))
@example(case=Case({GITIGNORE: b"*\n!*\nb/"}, "", ("b/a", "a/b/a")))
@example(case=Case({GITIGNORE: "*.log".encode("utf-16-le")}, "", ("a", "x.log")))
@example(case=Case({GITIGNORE: b" ***/**"}, "", (" a", " a/b")))
@example(case=Case({GITIGNORE: b"foo**/b"}, "", ("foob", "foo/b", "foox/y/b", "foo/x/y/b", "b")))
@example(case=Case({GITIGNORE: b"foo**/a/"}, "a/b", ("foo/a",)))
@example(case=Case({GITIGNORE: b"*\n!**\\/a\n!/foo**\\/b"}, "", ("a", "foob", "b/a", "foo/b")))
@example(case=Case({GITIGNORE: b"?[a-[^b]/*\n[b-a]"}, "", ("ba/x", "a", "b", "b^/x")))
@given(case=cases_of_any_source())
def test_the_trainer_excludes_what_git_ignores(sides: Sides, case: Case) -> None:
    read = sides.ignored(case) - sides.after(case)
    # of names that are not UTF-8 the trainer dies; a pattern that ends in white space is reported
    assert sorted(path for path in read if is_text(path) and not ends_in_space(path)) == []


@example(case=Case({GITIGNORE: b"*\n!*"}, "", (" a",), (" a",)))
@example(case=Case({GITIGNORE: b"*\n!*"}, "", ("a ",), ("a ",)))
@given(case=cases_of_any_source())
def test_no_excluded_file_becomes_included(sides: Sides, case: Case) -> None:
    assert sorted(sides.before(case) - sides.after(case)) == []


@example(case=Case({GITIGNORE: b"a/**/"}, "", ("a/x", "a/b/x")))
@example(case=Case({"a b/.gitignore": b"/b"}, "", ("a-b/b", "a b/b")))
@given(case=cases(gitignores(plain_lines())))
def test_plain_patterns_exclude_nothing_else(sides: Sides, case: Case) -> None:
    assert case.exact
    assert case.translation.untranslated == ()
    assert sorted(sides.after(case) - sides.before(case) - sides.ignored(case)) == []


def taken_for_files(case: Case) -> list[str]:
    """Return the names with a suffix that a `!` line gives without a slash: a directory of that
    name stays excluded, without a remark; `check` reports each file below it."""
    lines = [line for data in case.files.values() for line in data.decode(errors="replace").split()]
    names = [line.lstrip("!").replace("\\", "").rpartition("/")[2] for line in lines if "!" in line]
    return [name for name in names if set(".*?[") & set(name[1:])]


def is_below(path: str, names: list[str]) -> bool:
    return any(fnmatchcase(part, name) for part in path.split("/")[:-1] for name in names)


@example(case=Case({GITIGNORE: b"/*\n!x.log"}, "", ("x.log/a", "b")))
@given(case=cases())
def test_files_excluded_beyond_git_have_a_reason(sides: Sides, case: Case) -> None:
    names = taken_for_files(case)
    beyond = sides.after(case) - sides.before(case) - sides.ignored(case)
    lost = {path for path in beyond if not is_below(path, names)}
    reasons = (case.translation.untranslated != (), not case.exact)
    event(f"lost: {bool(lost)}, for (a remark, an inexact pattern): {reasons}")
    assert not lost or any(reasons)


_GIT_EXAMPLE = b"/*\n!/foo\n/foo/*\n!/foo/bar"  # gitignore(5)
_WHITELIST = b"/*\n!/top.md\n!/src/\n!/src/**\n!/.dlm/"


@example(case=Case({GITIGNORE: _GIT_EXAMPLE}, "", ("foo/a", "foo/bar/x", "foo/b/bar/x", "bar/x")))
@example(case=Case({GITIGNORE: _WHITELIST}, "", ("src/a.py", "src/a/b.py", "top.md", "x/src/a")))
@example(case=Case({GITIGNORE: b"lib/\n!web/src/lib/"}, "", ("web/src/lib/a", "web/src/lib/lib/a")))
@example(case=Case({GITIGNORE: b"build\n!pkg/build"}, "", ("pkg/build/a", "pkg/build/build/a")))
@example(case=Case({GITIGNORE: "\ufeff*.log\n*.a".encode("utf-16-be")}, "", ("a", "x.log", "x.a")))
@example(case=Case({GITIGNORE: "\ufeff*.log\n*.a".encode("utf-16-le")}, "", ("a", "x.log", "x.a")))
@example(case=Case({GITIGNORE: b"a\t\nb"}, "", ("ab", "a", "a/b")))
@example(case=Case({GITIGNORE: b".*\n!/.github"}, "", (".github/a", ".github/.a", ".a/.github/a")))
@given(case=cases(gitignores(reopening_lines())))
def test_reopened_directories_lose_nothing(sides: Sides, case: Case) -> None:
    lost = sides.after(case) - sides.before(case) - sides.ignored(case)
    event(f"reopens: {any(line.startswith('!') for line in case.translation.lines)}")
    assert sorted(lost) == []


@given(case=cases_of_any_source())
def test_translated_lines_are_stable_and_match(case: Case) -> None:
    lines = case.translation.lines
    turned = dict(sorted(case.files.items(), reverse=True))
    assert translate(turned, case.top, case.excluded) == case.translation
    rules = list(parse_ignore_lines("\n".join(lines)))
    assert [str(rule) for rule in rules] == list(lines)
    assert [rule for rule in rules if rule_tokens(rule) is None] == []


_EVERYDAY = {
    "allow list of a Go project": "*\n!/.gitignore\n!*.go\n!go.sum\n!go.mod\n!README.md\n!*/\n",
    "plugins of a site": "/*\n!/wp-content/\n/wp-content/*\n!/wp-content/plugins/\n"
    "/wp-content/plugins/*\n!/wp-content/plugins/mine/\n*.log\nnode_modules/\n",
    "editor settings": ".vscode/*\n!.vscode/settings.json\n!.vscode/*.code-snippets\n.idea/\n"
    "*.py[cod]\n__pycache__/\nlib/\nlib64/\n!web/lib/\n*.egg-info/\n",
    "output with a placeholder": "/data/*\n!/data/.keep\n/data/raw/\n!/data/samples/\n*.tmp\n",
    "dotfiles": ".*\n!/.github/\n!/.gitignore\n*.swp\n",
    "build of each package": "build/\n!/tools/build/\n!/pkg/*/build/\n*.o\n",
}
_EVERYDAY_PATHS = [
    "a.go",
    "go.mod",
    "x/y.go",
    "x/y.py",
    "README.md",
    "x/README.md",
    ".gitignore",
    ".github/ci.yml",
    ".github/.x",
    "x/.github/y",
    "wp-content/a.php",
    "wp-content/plugins/a.php",
    "wp-content/plugins/mine/a.php",
    "wp-content/themes/a.php",
    "wp-content/plugins/mine/debug.log",
    "wp-content/plugins/mine/node_modules/x",
    "wp-content/plugins/mine/b/c",
    ".vscode/settings.json",
    ".vscode/x.code-snippets",
    ".vscode/a.json",
    ".vscode/x/settings.json",
    ".idea/x",
    "a.pyc",
    "lib/x",
    "lib64/x",
    "web/lib/x.js",
    "web/lib/lib/x.js",
    "x/web/lib/y",
    "x.egg-info/y",
    "a/__pycache__/x.py",
    "data/a",
    "data/.keep",
    "data/raw/.keep",
    "data/samples/a.csv",
    "data/samples/b/c",
    "data/samples/x.tmp",
    "x/data/a",
    "a.swp",
    "tools/build/a.py",
    "tools/build/build/x",
    "pkg/one/build/x",
    "pkg/build/x",
    "pkg/one/build/build/x",
    "pkg/one/x.o",
]


@pytest.mark.parametrize("text", _EVERYDAY.values(), ids=_EVERYDAY)
@pytest.mark.parametrize("top", ["", "web", "data", "wp-content/plugins", "pkg/one"])
def test_everyday_files_are_translated_without_loss(sides: Sides, text: str, top: str) -> None:
    start = f"{top}/" if top else ""
    paths = (p.removeprefix(start) for p in _EVERYDAY_PATHS if p.startswith(start))
    case = Case({GITIGNORE: text.encode()}, top, tuple(paths))
    assert sides.after(case) == sides.before(case) | sides.ignored(case)


@pytest.mark.parametrize("each", recorded("translations"), ids=lambda each: repr(each["files"]))
def test_recorded_translations_exclude_what_git_ignores(sides: Sides, each: Recorded) -> None:
    paths = dict.fromkeys([*_EVERYDAY_PATHS, *_DEFAULTS, *_CLOSE])
    own, defaults = tuple(each["excludes"]), each["defaults"]
    files = {below(folder, GITIGNORE) for folder in ("", *map(dirname, each["files"]))}
    names = tuple(path for path in paths if path not in files)
    case = Case(recorded_files(each), each["top"], names, own, defaults)
    assert sides.ignored(case) <= sides.after(case)
    assert sides.before(case) <= sides.after(case)


# on the disk


class Land:
    """A repository whose whole tree is planted anew for each example."""

    def __init__(self, oracle: Oracle, repo: Repo) -> None:
        self._oracle = oracle
        self._ground = IgnoringRepo(repo)
        self._root = repo.path

    def plant(self, case: Case) -> list[str]:
        """Put the case on the disk; gives the paths of the files."""
        self._clear()
        self._write(CORPUS, corpus({"path": case.top or ".", "include": ["**/*"]}))
        (self._root / case.top).mkdir(parents=True, exist_ok=True)
        return [
            path for path in self._leaves(case) if self._write(path, case.files.get(path, b"x"))
        ]

    def included(self, case: Case) -> set[str]:
        """Return the files that the trainer reads."""
        answer = self._oracle.expand(self._root / CORPUS)
        assert answer["ok"], answer
        headers = [section["header"] for section in answer["sections"]]
        return {below(case.top, header.removeprefix("# source: ")) for header in headers}

    def ignored(self, paths: Sequence[str]) -> set[str]:
        """Return the files that Git ignores."""
        return self._ground.ignored({}, paths)

    def carry(self, case: Case) -> None:
        """Write the translation to the trainer's ignore file."""
        text = "\n".join([*case.translation.lines, ""])
        self._write(below(case.top, ".dlm/ignore"), text.encode())

    def _leaves(self, case: Case) -> Iterator[str]:
        folders = {case.top, *_above(case.top), *_above(CORPUS)}
        leaves = {CORPUS}
        for path in (*case.files, *(below(case.top, path) for path in case.paths)):
            above = set(_above(path))
            if path.isprintable() and path not in folders | leaves and not above & leaves:
                folders |= above
                leaves.add(path)
                yield path

    def _write(self, path: str, data: bytes) -> bool:
        file = self._root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        return file.write_bytes(data) > -1

    def _clear(self) -> None:
        for entry in self._root.iterdir():
            if entry.name != ".git":
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


def _above(path: str) -> Iterable[str]:
    while path := dirname(path):
        yield path


@pytest.fixture(scope="module")
def land(oracle: Oracle, tmp_path_factory: pytest.TempPathFactory) -> Land:
    """A repository to plant trees in, and the trainer."""
    directory = tmp_path_factory.mktemp("land")
    return Land(oracle, new_repo(directory / "repo", directory / "home"))


@pytest.mark.slow
@given(case=cases())
def test_the_trainer_excludes_ignored_files_on_disk(land: Land, case: Case) -> None:
    paths = land.plant(case)
    before = land.included(case)
    event(f"taken: {bool(before)}")
    land.carry(case)
    after = land.included(case)
    assert sorted(after & land.ignored(paths)) == []
    assert sorted(after - before) == []
