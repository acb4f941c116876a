"""The training set equals the trainer's: files, order, ids, tags and counters."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from posixpath import normpath
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given

import dlm_git
from dlm_git.document.parser import parse_document
from dlm_git.git.disk import DiskFiles
from dlm_git.git.read import read_index, read_revision
from dlm_git.git.repository import find_repository
from dlm_git.snapshots.files import Files, Refusal
from dlm_git.snapshots.tracked import TrackedFiles
from dlm_git.training.training_set import SourceFiles, expand_sources
from tests.modes import bound_by_modes, bound_command
from tests.oracle import Oracle
from tests.projects import fetch
from tests.support import CORPUS, VECTORS, Repo, environment, new_repo
from tests.trees import Tree, corpus, trees

TREES: list[dict[str, Any]] = json.loads((VECTORS / "trees.json").read_text("utf-8"))["cases"]
_COUNTERS = {
    "skipped_binary": ("binary",),
    "skipped_encoding": ("not-utf-8",),
    "skipped_over_size": ("max-bytes",),
    "skipped_by_descent": ("not-included", "excluded", "default-exclude", "ignored"),
    "skipped_image_no_store": ("image",),
    "skipped_audio_no_store": ("audio",),
    "skipped_audio_no_transcript": (),
}
_NEVER = dict.fromkeys(("image_count", "image_bytes", "audio_count", "audio_bytes"), 0)


def ours(files: Files, data: bytes, path: str) -> dict[str, Any]:
    """Return the training set of dlm-git in the form of the oracle."""
    parsed = parse_document(data)
    assert parsed.accepted
    answer: dict[str, Any] = {"ok": True, "sections": [], "provenance": []}
    assert parsed.frontmatter
    for source, found in zip(
        parsed.frontmatter.training.sources or (), expand_sources(parsed, path, files), strict=True
    ):
        if isinstance(found, Refusal):
            return {"ok": False}
        # where a link points outside the repository, only a clone's surroundings can tell
        members = [
            each for each in found.training_files() if each.path not in found.walk.external_links
        ]
        taken = [member for member in members if member.reason == "included"]
        answer["sections"] += [
            {
                "header": f"# source: {member.header}".partition("\n")[0],
                "section_id": member.section_id,
                "tags": dict(member.tags),
            }
            for member in taken
        ]
        reasons = Counter[str](member.reason for member in members)
        counters = {key: sum(map(reasons.__getitem__, each)) for key, each in _COUNTERS.items()}
        answer["provenance"].append(
            {
                "path": source.path,
                "file_count": len(taken),
                "total_bytes": sum(member.size for member in taken),
                **_NEVER,
                **counters,
            }
        )
    return answer


def theirs(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The oracle's answer, as far as the two are to agree."""
    if not answer["ok"]:
        return {"ok": False}
    return {key: answer[key] for key in ("ok", "sections", "provenance")}


@pytest.mark.parametrize("case", TREES, ids=lambda case: case["label"] or "unnamed")
def test_recorded_trees(case: dict[str, Any], tmp_path: Path) -> None:
    Tree.recorded(case["tree"]).plant(tmp_path)
    file = tmp_path / case["corpus"]
    files = DiskFiles(str(file.parent.parent))
    assert ours(files, file.read_bytes(), CORPUS) == theirs(case)


# a worktree


@contextmanager
def planted(tree: Tree, path: str = "shop") -> Iterator[Path]:
    """A directory with the tree, in one that goes away."""
    with TemporaryDirectory() as above:
        root = Path(above, path)
        root.mkdir(parents=True)
        tree.plant(root)
        yield root


@given(tree=trees())
def test_worktrees_agree(oracle: Oracle, tree: Tree) -> None:
    with planted(tree) as root:
        answer = oracle.expand(root / CORPUS)
        assert ours(DiskFiles(str(root)), tree.files[CORPUS], CORPUS) == theirs(answer)


@given(tree=trees())
def test_corpora_below_the_root_agree(oracle: Oracle, tree: Tree) -> None:
    path = f"services/a/{CORPUS}"
    with planted(tree, "shop/services/a") as root:
        answer = oracle.expand(root / CORPUS)
        files = DiskFiles(str(root.parent.parent))
        assert ours(files, tree.files[CORPUS], path) == theirs(answer)


# the index, and a revision


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """A repository, one for many trees."""
    above = tmp_path_factory.mktemp("shop")
    return new_repo(above / "shop", above / "home")


def stage(shop: Repo, tree: Tree) -> None:
    """Make the tree the tip of `main` and the index."""
    shop.git("fast-import", "--quiet", "--force", data=tree.commit("main"))
    shop.git("read-tree", "main")


@contextmanager
def clone(shop: Repo) -> Iterator[Path]:
    """A directory with what the index holds, in one that goes away."""
    with TemporaryDirectory() as above:
        root = Path(above, "clone")
        shop.git("checkout-index", "--all", f"--prefix={root}/")
        yield root


def states(shop: Repo, revision: str = "main") -> dict[str, TrackedFiles]:
    """Return the files of the index and of a revision."""
    repository = find_repository(shop.path, shop.environ)
    return {
        "the index": TrackedFiles(read_index(repository)),
        "the revision": TrackedFiles(read_revision(repository, revision)),
    }


@pytest.mark.slow
@given(tree=trees(recorded=True))
def test_index_and_revision_agree(oracle: Oracle, shop: Repo, tree: Tree) -> None:
    stage(shop, tree)
    with clone(shop) as root:
        expected = theirs(oracle.expand(root / CORPUS))
    for name, files in states(shop).items():
        assert ours(files, tree.files[CORPUS], CORPUS) == expected, name


_BELOW = "services/a"


@pytest.mark.slow
@given(tree=trees(recorded=True))
def test_index_and_revision_agree_below_the_root(oracle: Oracle, shop: Repo, tree: Tree) -> None:
    stage(shop, _moved(tree))
    with clone(shop) as root:
        expected = theirs(oracle.expand(root / _BELOW / CORPUS))
    for name, files in states(shop).items():
        assert ours(files, tree.files[CORPUS], f"{_BELOW}/{CORPUS}") == expected, name


def _moved(tree: Tree) -> Tree:
    """The tree in a directory, and beside it files that it can link to."""
    files = {normpath(f"{_BELOW}/{path}"): data for path, data in tree.files.items()}
    return replace(
        tree,
        files={**files, "services/x.py": b"x\n", "a.py": b"a\n"},
        links={normpath(f"{_BELOW}/{path}"): target for path, target in tree.links.items()},
        modules=[f"{_BELOW}/{path}" for path in tree.modules],
    )


@pytest.mark.parametrize("policy", ["strict", "permissive"])
@pytest.mark.parametrize("path", [".", "..", "../..", "../b", "lib", "lib/..", "../a/src", "up"])
def test_sources_outside_of_a_corpus_agree(
    oracle: Oracle, repo: Repo, path: str, policy: str
) -> None:
    repo.add(f"{_BELOW}/{CORPUS}", corpus({"path": path}, policy=policy))
    for file in ("top.py", "services/b/b.py", f"{_BELOW}/src/a.py", "libs/l.py"):
        repo.add(file)
    (repo.path / _BELOW / "lib").symlink_to("../../libs")
    (repo.path / _BELOW / "up").symlink_to("..")
    (repo.path / _BELOW / "src/top.py").symlink_to("../../../top.py")
    repo.git("add", "--all")
    document = repo.path / _BELOW / CORPUS
    repo.commit()
    name, branch = f"{_BELOW}/{CORPUS}", repo.git("branch", "--show-current")
    with clone(repo) as root:
        expected = theirs(oracle.expand(root / name))
        on_disk = ours(DiskFiles(str(root)), document.read_bytes(), name)
    assert on_disk == expected
    for label, files in states(repo, branch).items():
        assert ours(files, document.read_bytes(), name) == expected, label


def test_the_listed_files_of_each_corpus_are_the_trainers(oracle: Oracle, repo: Repo) -> None:
    roots = ("services/a", "services/b", "tools")
    tables = "".join(f'\n[[corpus]]\nroot = "{root}"\n' for root in roots)
    repo.add(".dlm-git.toml", 'base = "smollm2-135m"\n' + tables)
    for number, root in enumerate(roots):
        data = corpus({"path": ".", "exclude": ["x.md"]}).replace(b"1", b"%d" % number, 1)
        repo.add(f"{root}/{CORPUS}", data)
        for name in ("x.md", "y.md", "src/z.py", "src/.env", "src/.dlm/ignore"):
            repo.add(f"{root}/{name}", "q.py\n")
    repo.add("tools/.dlm/ignore", "/src/z.py\n")
    for root in roots:
        answer = oracle.expand(repo.path / root / CORPUS)
        theirs_listed = [
            f"{root}/{section['header'].removeprefix('# source: ')}"
            for section in answer["sections"]
        ]
        listed = dlm_git.files(repo.path / root)
        assert listed.document == f"{root}/{CORPUS}"
        assert [file.path for file in listed.files] == theirs_listed
        assert theirs_listed


# what strategies hardly ever meet


def members(files: Files, data: bytes) -> list[tuple[str, str]]:
    """The path of each member of a document's training set, and what becomes of it."""
    parsed = parse_document(data)
    expanded = expand_sources(parsed, CORPUS, files)
    assert not [each for each in expanded if isinstance(each, Refusal)], expanded
    return [
        (member.path, member.reason)
        for each in expanded
        if not isinstance(each, Refusal)
        for member in each.training_files()
        if not member.path.startswith((".dlm/", "../"))
    ]


ALL: Mapping[str, object] = {"path": ".", "include": ["**"]}
Given = tuple[Tree, Mapping[str, object], list[tuple[str, str]]]
CASES: dict[str, Given] = {
    "a plain file": (Tree({"a.py": b"x"}), ALL, [("a.py", "included")]),
    "an empty file": (Tree({"a.py": b""}), ALL, [("a.py", "included")]),
    "two stars do not reach over a newline": (
        Tree({"a\nb.py": b"", "a\nb/c.py": b"", "c.py": b""}),
        {"path": ".", "include": ["**.py"]},
        [("a\nb/c.py", "not-included"), ("a\nb.py", "not-included"), ("c.py", "included")],
    ),
    "a star reaches over a newline": (
        Tree({"a\nb.py": b"", "a\nb/c.py": b""}),
        {"path": ".", "include": ["*.py"]},
        [("a\nb/c.py", "not-included"), ("a\nb.py", "included")],
    ),
    "the cap counts what is included": (
        Tree({"a.png": b"", "b.py": b"\0", "c.pem": b"", "d.py": b"", "e.py": b"", "f.py": b""}),
        {**ALL, "max_files": 1},
        [
            *(
                ("a.png", "image"),
                ("b.py", "binary"),
                ("c.pem", "default-exclude"),
                ("d.py", "included"),
            ),
            *(("e.py", "max-files"), ("f.py", "max-files")),
        ],
    ),
    "size comes before kind": (
        Tree({"a.png": b"xx", "b.wav": b"x", "c.py": b"\0\0", "d.py": b"\xff", "e.py": b"e"}),
        {**ALL, "max_bytes_per_file": 1},
        [
            *(("a.png", "max-bytes"), ("b.wav", "audio"), ("c.py", "max-bytes")),
            *(("d.py", "not-utf-8"), ("e.py", "included")),
        ],
    ),
    "a NUL counts in the first 1024 bytes": (
        Tree({"a": b"x" * 1023 + b"\0", "b": b"x" * 1024 + b"\0"}),
        ALL,
        [("a", "binary"), ("b", "included")],
    ),
    "one file, by default left out": (
        Tree({"src/.env": b"x"}),
        {**ALL, "path": "src/.env"},
        [("src/.env", "default-exclude")],
    ),
    "one file is matched by its name": (
        Tree({"src/a.py": b"x"}),
        {"path": "src/a.py", "include": ["*"], "exclude": ["src/**"]},
        [("src/a.py", "included")],
    ),
    "one file obeys no ignore file": (
        Tree({"src/a.py": b"x", "src/.dlm/ignore": b"a.py\n"}),
        {**ALL, "path": "src/a.py"},
        [("src/a.py", "included")],
    ),
    "what lies above the source is not read": (
        Tree({"src/a.py": b"x", ".dlm/ignore": b"a.py\n"}),
        {**ALL, "path": "src"},
        [("src/a.py", "included")],
    ),
    "a negated line brings in what the defaults leave out": (
        Tree({".env": b"", "x.pem": b"", ".dlm/ignore": b"!.env\n"}),
        ALL,
        [(".env", "included"), ("x.pem", "default-exclude")],
    ),
    "a link is matched by where it leads": (
        Tree({".env": b"", "a.py": b""}, {"b.py": ".env", "c.py": "a.py"}),
        {"path": ".", "include": ["a.py", ".env"]},
        [
            (".env", "default-exclude"),
            ("a.py", "included"),
            ("b.py", "default-exclude"),
            ("c.py", "included"),
        ],
    ),
    "links that lead to no file": (
        Tree(
            {"a.py": b"", "d/a.py": b""},
            {
                "loop": "loop",
                "lost": "nosuch",
                "over": "nosuch/../a.py",
                "slash": "a.py/",
                "below": "a.py/x",
                "dot": "a.py/.",
                "around": "a.py/../a.py",
                "folder": "d",
            },
        ),
        ALL,
        [("a.py", "included"), ("d/a.py", "included")],
    ),
    "a link by way of a link": (
        Tree({"d/e/a.py": b""}, {"f": "d/e", "g.py": "f/a.py", "h.py": "f/../../g.py"}),
        ALL,
        [("d/e/a.py", "included"), ("g.py", "included"), ("h.py", "included")],
    ),
    "a .dlm that is a link, below a name with a newline": (
        Tree({"a\nb/c.py": b"", "conf/ignore": b"c.py\n"}, {"a\nb/.dlm": "../conf"}),
        {"path": ".", "include": ["**", "*/*"]},
        [("a\nb/c.py", "ignored"), ("conf/ignore", "included")],
    ),
    "a .dlm that is a link, and leads nowhere": (
        Tree({"d/c.py": b"", "conf/ignore": b"c.py\n"}, {"d/.dlm": "../nosuch/../conf"}),
        ALL,
        [("conf/ignore", "included"), ("d/c.py", "included")],
    ),
    "a training.yaml that is a link": (
        Tree({"a.py": b"", "b.py": b"", "c": b"exclude: [a.py]"}, {".dlm/training.yaml": "../c"}),
        ALL,
        [("a.py", "excluded"), ("b.py", "included"), ("c", "included")],
    ),
    "patterns literally": (
        Tree({"[ab].py": b"", "a.py": b"", "{a}.py": b""}),
        {"path": ".", "include": ["[ab].py", "{a}.py", "/a.py", "./a.py", ""]},
        [("[ab].py", "included"), ("a.py", "not-included"), ("{a}.py", "included")],
    ),
    "the walk sorts by components": (
        Tree(dict.fromkeys(("a.txt", "a-b.txt", "a/b.txt", "a.b/c.txt", "A", "_", "é"), b"")),
        ALL,
        [
            (name, "included")
            for name in ("A", "_", "a/b.txt", "a-b.txt", "a.b/c.txt", "a.txt", "é")
        ],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_files_and_their_tags_agree(oracle: Oracle, shop: Repo, name: str) -> None:
    tree, source, expected = CASES[name]
    data = corpus(source)
    tree = replace(tree, files={**tree.files, CORPUS: data})
    stage(shop, tree)
    with planted(tree) as root:
        every: dict[str, Files] = {"the worktree": DiskFiles(str(root)), **states(shop)}
        answer = theirs(oracle.expand(root / CORPUS))
        for state, files in every.items():
            assert members(files, data) == expected, state
            assert ours(files, data, CORPUS) == answer, state


def test_files_missing_from_a_clone_are_tagged(shop: Repo) -> None:
    away = {"in.py": "a.py", "out.py": "../aside/out.py", "root.py": "/etc/hostname"}
    data = corpus(ALL)
    stage(shop, Tree({CORPUS: data, "a.py": b""}, away, modules=["vendor/lib"]))
    for state, files in states(shop).items():
        assert members(files, data) == [
            *(("a.py", "included"), ("in.py", "included"), ("out.py", "external-link")),
            *(("root.py", "external-link"), ("vendor/lib", "submodule")),
        ], state


def test_a_submodule_as_a_source_agrees(oracle: Oracle, shop: Repo) -> None:
    data = corpus({**ALL, "path": "vendor/lib"})
    stage(shop, Tree({CORPUS: data}, modules=["vendor/lib"]))
    with clone(shop) as root:
        expected = theirs(oracle.expand(root / CORPUS))
    assert expected["ok"]
    for files in states(shop).values():
        assert ours(files, data, CORPUS) == expected


def test_links_from_a_source_around_the_repository_agree(oracle: Oracle) -> None:
    data = corpus({"path": "..", "include": ["shop/src/*"]}, policy="permissive")
    tree = Tree({CORPUS: data, "src/a.py": b"x"}, {"b.py": "src/a.py"})
    with planted(tree) as root:
        answer = oracle.expand(root / CORPUS)
        headers = [section["header"] for section in answer["sections"]]
        assert headers == ["# source: shop/b.py", "# source: shop/src/a.py"]
        assert ours(DiskFiles(str(root)), data, CORPUS) == theirs(answer)


def test_a_file_name_that_is_not_utf8_is_refused(oracle: Oracle, shop: Repo) -> None:
    data = corpus(ALL)
    tree = Tree({CORPUS: data, os.fsdecode(b"\xff.py"): b"x", "a.py": b"x"})
    stage(shop, tree)
    with planted(tree) as root:
        assert oracle.expand(root / CORPUS)["error"] == "UnicodeEncodeError"
        every: list[Files] = [DiskFiles(str(root)), *states(shop).values()]
        for files in every:
            (found,) = expand_sources(parse_document(data), CORPUS, files)
            assert isinstance(found, SourceFiles)
            ids = [
                (each.path, each.section_id != "")
                for each in found.training_files(with_excluded=False)
            ]
            assert ids == [("a.py", True), ("\udcff.py", False)]


def test_a_link_with_an_overlong_target_does_not_raise() -> None:
    data = corpus(ALL)  # whether the trainer refuses it depends on its Python
    with planted(Tree({CORPUS: data}, {"a.py": "x" * 300})) as root:
        assert len(expand_sources(parse_document(data), CORPUS, DiskFiles(str(root)))) == 1


def test_a_pipe_as_a_source_agrees(oracle: Oracle) -> None:
    data = corpus({**ALL, "path": "pipe"})
    with planted(Tree({CORPUS: data}, pipes=["pipe"])) as root:
        answer = theirs(oracle.expand(root / CORPUS))
        assert answer["ok"]
        assert ours(DiskFiles(str(root)), data, CORPUS) == answer


@pytest.fixture(scope="module")
def bound_oracle(oracle: Oracle) -> Iterator[Oracle]:
    """The trainer as a user to whom the modes of files apply, even if root runs the tests."""
    del oracle  # which skips, or fails, without the trainer
    with Oracle(before=bound_command()) as trainer:
        yield trainer


def test_unreadable_files_are_tagged(bound_oracle: Oracle) -> None:
    data = corpus({**ALL, "max_bytes_per_file": 1})
    tree = Tree({CORPUS: data, "a.py": b"", "b.py": b"", "c.png": b"", "d.py": b"xx", "e/f": b""})
    names = ("a.py", "c.png", "d.py", "e")
    with planted(tree) as root, closed(*(root / name for name in names)), bound_by_modes():
        assert members(DiskFiles(str(root)), data) == [
            *(("a.py", "unreadable"), ("b.py", "included"), ("c.png", "image")),
            ("d.py", "max-bytes"),
        ]
        answer = theirs(bound_oracle.expand(root / CORPUS))
        assert ours(DiskFiles(str(root)), data, CORPUS) == answer


def test_a_file_that_is_deleted_meanwhile_is_tagged() -> None:
    data = corpus(ALL)
    with planted(Tree({CORPUS: data, "a.py": b"", "b.py": b"x"})) as root:
        (source,) = expand_sources(parse_document(data), CORPUS, DiskFiles(str(root)))
        assert isinstance(source, SourceFiles)
        assert list(source.walk.paths) == [CORPUS, "a.py", "b.py"]
        (root / "a.py").unlink()
        read = [(file.path, file.reason) for file in source.read(["a.py", "b.py"])]
        assert read == [("a.py", "unreadable"), ("b.py", "included")]


@pytest.mark.parametrize(
    ("path", "mode"),
    [
        # since Python 3.14, `Path.is_file` does not raise for them
        *(
            []
            if sys.version_info >= (3, 14)
            else [("src", 0o444), ("src/.dlm", 0), ("src/.dlm", 0o444)]
        ),
        ("src/.dlm/training.yaml", 0),
        ("src/.dlm/ignore", 0),
    ],
)
def test_files_that_crash_the_trainer_are_refused(
    bound_oracle: Oracle, path: str, mode: int
) -> None:
    data = corpus(ALL)
    config = {"src/.dlm/training.yaml": b"{}", "src/.dlm/ignore": b"a.py"}
    tree = Tree({CORPUS: data, "src/a.py": b"", **config})
    with planted(tree) as root, closed(root / path, mode=mode), bound_by_modes():
        assert bound_oracle.expand(root / CORPUS)["error"] == "PermissionError"
        assert ours(DiskFiles(str(root)), data, CORPUS) == {"ok": False}


@contextmanager
def closed(*files: Path, mode: int = 0) -> Iterator[None]:
    """Files and directories with another mode, until they are to go away."""
    for file in files:
        file.chmod(mode)
    try:
        yield
    finally:
        for file in files:
            file.chmod(0o700)


# real projects

_CODE = {"include": ["**/*.py", "**/*.md", "**/*.rst"], "exclude": ["**/test_*", "docs/**"]}
_NESTED = {
    ".dlm/ignore": b"# of the root\n*.po\nlocale/\n!*.pem\n/LICENSE\n",
    "docs/.dlm/training.yaml": b"include: ['**/*.txt', '**/*.rst']\nmetadata: {kind: docs}\n",
    "tests/.dlm/training.yaml": b"exclude_defaults: false\nexclude: ['**/data/**', '*.py']\n",
    "tests/.dlm/ignore": b"__init__.py\n!*.gz\r\n",
    "test/.dlm/training.yaml": b"exclude: [\n",
}
PROJECTS: dict[str, tuple[str, list[dict[str, object]]]] = {
    "setuptools": ("80.9.0", [{"path": "setuptools", **_CODE}, {"path": "docs"}]),
    "docutils": ("0.22.3", [{"path": "."}, {"path": "docutils/..", "max_bytes_per_file": 9000}]),
    "pygments": ("2.19.2", [{"path": ".", **_CODE}, {"path": "tests", "max_files": 1000}]),
    "django": ("5.2.8", [{"path": ".", **_CODE}, {"path": "django/conf"}, {"path": "README.rst"}]),
}


@pytest.fixture(params=PROJECTS)
def project_tree(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The source distribution of a project, unpacked, with a document and nested settings."""
    version, sources = PROJECTS[request.param]
    root = fetch(f"{request.param}=={version}", tmp_path)
    nested = {path: data for path, data in _NESTED.items() if (root / path).parents[1].is_dir()}
    Tree({**nested, CORPUS: corpus(*sources, {"path": ".", "include": ["**/*"]})}).plant(root)
    return root


@pytest.mark.slow
@pytest.mark.network
@pytest.mark.usefixtures("oracle")
def test_real_projects_agree(project_tree: Path, tmp_path: Path) -> None:
    data = (project_tree / CORPUS).read_bytes()
    repo = Repo(project_tree, environment(tmp_path / "home"))
    with Oracle(timeout=300) as patient:
        answer = theirs(patient.expand(project_tree / CORPUS))
    assert len(answer["sections"]) > 500
    assert ours(DiskFiles(str(project_tree)), data, CORPUS) == answer
    repo.git("init", "--quiet", "--initial-branch", "main")
    repo.git("add", "--force", "--all")
    repo.commit()
    for state, files in states(repo).items():
        assert ours(files, data, CORPUS) == answer, state


@pytest.mark.parametrize("name", ["a\rb.py", "a\r", "\r\n", "a\r\nb", "\ufeff", "a\ufeff\r"])
def test_sections_of_odd_file_names_agree(oracle: Oracle, name: str) -> None:
    tree = Tree(
        {CORPUS: corpus({"path": "."}), name: b"a\r\nb\rc\n", f"d/{name}": b"\xef\xbb\xbfx"}
    )
    with planted(tree) as root:
        answer = oracle.expand(root / CORPUS)
        assert ours(DiskFiles(str(root)), tree.files[CORPUS], CORPUS) == theirs(answer)
        assert len(answer["sections"]) == 2


# what makes the trainer fail


# since Python 3.14, `Path.is_file` does not raise for them
_TOO_LONG = {
    "a link to a name that is too long": Tree({"a.md": b"x"}, {"d/l": "x" * 256}),
    "a link beyond a name that is too long": Tree({"a.md": b"x"}, {"d/l": f"../{'é' * 128}/x"}),
}
FATAL = {
    "a name that is not UTF-8": Tree({"caf\udce9.md": b"x"}),
    "a link whose name is not UTF-8": Tree({"a.md": b"x"}, {"caf\udce9.md": "a.md"}),
    **(_TOO_LONG if sys.version_info < (3, 14) else {}),
}
HARMLESS = {
    "an excluded name": Tree({"caf\udce9.py": b"x", "a.md": b"x"}),
    "a binary": Tree({"caf\udce9.md": b"\0", "a.md": b"x"}),
    "a link to the longest name": Tree({"a.md": b"x"}, {"d/l": "x" * 255}),
    "a link to a long name in no directory": Tree({"a.md": b"x"}, {"d/l": f"no/{'x' * 256}"}),
}


@pytest.mark.parametrize("tree", [*FATAL.values(), *HARMLESS.values()], ids=[*FATAL, *HARMLESS])
def test_what_makes_the_trainer_fail_is_reported(oracle: Oracle, shop: Repo, tree: Tree) -> None:
    document = corpus({"path": ".", "include": ["**/*.md"]})
    tree = Tree({**tree.files, CORPUS: document}, tree.links)
    stage(shop, tree)
    with clone(shop) as root:
        accepted = oracle.expand(root / CORPUS)["ok"]
    findings = dlm_git.check(shop.path).findings
    assert ("unreadable-source" not in {finding.rule for finding in findings}) == accepted
