"""Searches of the rows that Git lists find what the patterns match."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from tempfile import TemporaryFile
from unittest import mock

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from dlm_git.paths import fold_case, is_utf8
from dlm_git.patterns.glob import Glob, parse_ignore_lines
from dlm_git.patterns.matcher import GlobMatcher, RuleMatcher
from dlm_git.patterns.tokens import rule_tokens
from dlm_git.snapshots import rows
from dlm_git.snapshots.entry import FILE, LINK
from dlm_git.snapshots.files import Files, Root
from dlm_git.snapshots.listing import Listing
from dlm_git.snapshots.mapped_rows import MappedRows
from dlm_git.snapshots.overlay import OverlaidFiles
from dlm_git.snapshots.rows import find_long_row
from dlm_git.snapshots.tracked import TrackedFiles
from tests import strategies
from tests.support import link, snapshot

Rows = bytes | MappedRows

ROOT = Root("")
OTHERS = ["a", "b/a.py", ".env", "src/.env", "src/b/a", "Ab/é", "node_modules/x", "x.pem"]


def tracked(*paths: str) -> TrackedFiles:
    return snapshot(dict.fromkeys(paths, "x")).tracked


def can_be_tracked(path: str) -> bool:
    """Return whether Git can hold a path, without a newline, which the searches do not match."""
    return not re.search(r"^/|//|/$|\n|\0|^$", path)


def paths_with(path: str) -> list[str]:
    """Return paths that a state can hold together, if possible with this one."""
    return sorted({*OTHERS, path} if can_be_tracked(path) else OTHERS)


@given(case=strategies.glob_cases())
def test_a_search_finds_the_files_that_a_glob_matches(case: tuple[str, str]) -> None:
    pattern, path = case
    paths = paths_with(path)
    matches = {each for each in paths if Glob(pattern).match(each)}
    matcher, files = GlobMatcher(pattern), tracked(*paths)
    assert set(files.matching(ROOT, matcher)) == matches
    assert set(files.search(ROOT, [matcher])) == matches
    assert matches <= set(files.candidates(ROOT, [matcher]))


@given(case=strategies.glob_cases(), directory=st.sampled_from(["d", "a", "d/e", "é", ".d"]))
def test_a_search_finds_the_files_in_a_directory(case: tuple[str, str], directory: str) -> None:
    pattern, path = case
    assume("\0" not in path)  # no file has such a name
    paths = paths_with(path)
    matches = {f"{directory}/{each}" for each in paths if Glob(pattern).match(each)}
    matcher, root = GlobMatcher(pattern), Root(directory)
    files = tracked(*(f"{directory}/{each}" for each in paths), "z", "zd/a")
    assert set(files.matching(root, matcher)) == matches
    assert set(files.matching(ROOT, matcher, directory)) == matches
    assert matches <= set(files.candidates(root, [matcher]))
    assert set(files.below(ROOT, directory)) == {f"{directory}/{each}" for each in paths}


@given(case=strategies.ignore_cases())
@example(case=("\0*", ""))
@example(case=(".*\nsecrets.*\nsecrets/\n.env.*", "a/secrets.d/b"))
@example(case=("secrets.*\nsecrets/", "a/secrets/b"))
def test_a_search_finds_the_files_that_a_line_matches(case: tuple[str, str]) -> None:
    text, path = case
    assume("\0" not in path)  # no file has such a name
    paths = paths_with(path)
    files = tracked(*paths)
    rules = [rule for rule in parse_ignore_lines(text) if rule_tokens(rule)]
    for rule in rules:
        matches = {each for each in paths if rule.match(each)}
        assert set(files.matching(ROOT, RuleMatcher(rule))) == matches
    matches = {each for each in paths if any(rule.match(each) for rule in rules)}
    assert matches <= set(files.candidates(ROOT, list(map(RuleMatcher, rules))))
    rules = [rule for rule in parse_ignore_lines(fold_case(text)) if rule_tokens(rule)]
    others = [*map(_in_capitals, paths)]
    matches = {each for each in others if any(rule.match(fold_case(each)) for rule in rules)}
    found = tracked(*others).candidates(ROOT, [*map(RuleMatcher, rules)], any_case=True)
    assert matches <= set(found)


def _in_capitals(path: str) -> str:
    return "".join(letter.upper() if letter.isascii() else letter for letter in path)


@pytest.mark.parametrize("line", ["*", "**", "/*", "/**", "?", "*/", "**/*"])
def test_a_line_without_literals_has_all_its_matches_as_candidates(line: str) -> None:
    (rule,) = parse_ignore_lines(line)
    files = tracked(*OTHERS)
    matches = {path for path in OTHERS if rule.match(path)}
    assert matches
    assert matches <= set(files.candidates(ROOT, [RuleMatcher(rule)]))


def test_a_search_can_ignore_case() -> None:
    files = tracked("docs/A.md", "src/a.py")
    assert [*files.matching(ROOT, GlobMatcher("DOCS/*.MD", ignore_case=True))] == ["docs/A.md"]
    assert [*files.matching(ROOT, GlobMatcher("DOCS/*.MD"))] == []


def test_a_search_finds_no_links_and_no_submodules() -> None:
    files = snapshot({"a": "x", "b": link("a"), "c/d": link("../a")}).tracked
    everything = GlobMatcher("**")
    assert [*files.matching(ROOT, everything)] == ["a"]
    assert [*files.candidates(ROOT, [everything])] == ["a"]
    assert [*files.below(ROOT, "c")] == []
    assert [*files.walk(ROOT).paths] == ["a", "b", "c/d"]
    assert [files.target(path) for path in ("a", "b", "c/d")] == ["", "a", "a"]


def test_files_with_replaced_contents_answer_as_before() -> None:
    before: Files = snapshot({".dlm/ignore": "a", "src/a": "x", "b": link("src/a")}).tracked
    after = OverlaidFiles(before, {"src/.dlm/ignore": b"b"})
    root = after.root(".", strict=True)
    assert root == Root("", ("", "src"))
    assert [blob and blob.data for blob in after.contents([".dlm/ignore", "src/.dlm/ignore"])] == [
        b"a",
        b"b",
    ]
    matcher = GlobMatcher("**/a")
    assert after.walk(ROOT) == before.walk(ROOT)
    assert [*after.matching(ROOT, matcher)] == [*before.matching(ROOT, matcher)] == ["src/a"]
    assert [*after.search(ROOT, [matcher])] == [*after.candidates(ROOT, [matcher])] == ["src/a"]
    assert [*after.below(ROOT, "src")] == ["src/a"]
    assert (after.target("b"), after.status("b"), after.exists("src")) == ("src/a", "tracked", True)
    assert (after.on_disk, after.noun) == (False, "tracked file")


SUFFIXES = ["/a", "/b.py", ".py", "y", "/x/a", ".é", "é", "/.py"]


PATHS = st.lists(st.text("axy./é\udcff", min_size=1, max_size=6), max_size=8)


def listed(paths: Iterable[str], mode: str = FILE) -> bytes:
    """Return rows as git lists them."""
    return b"\0" + b"".join(
        f"{mode} {'0' * 40} 0\t{path}\0".encode(errors="surrogateescape") for path in paths
    )


def mapped(listing: bytes) -> MappedRows:
    with TemporaryFile(buffering=0) as file:
        file.write(listing)
        return MappedRows(file.fileno(), len(listing))


def listing_of(rows: Rows, *, is_sorted: bool = False) -> Listing:
    return Listing(rows, lambda _: (), lambda *_: iter(()), {}, is_sorted)


@pytest.mark.parametrize("form", [bytes, mapped])
@given(
    paths=PATHS,
    suffixes=st.sets(st.sampled_from(SUFFIXES) | st.text("axy./é", min_size=1, max_size=4)),
    size=st.integers(1, 300),
)
def test_all_rows_are_searched(
    form: Callable[[bytes], Rows], paths: list[str], suffixes: set[str], size: int
) -> None:
    listing = form(listed(paths))
    expected = [path for path in paths if f"/{path}".endswith(tuple(suffixes))]
    for few in (0, 1 << 20):
        with mock.patch.object(rows, "_FEW", few):
            assert [
                entry.path for entry in rows.rows_ending(listing, frozenset(suffixes))
            ] == expected
    with mock.patch.object(rows, "_CHUNK", size):
        assert listing_of(listing).is_utf8 == all(map(is_utf8, paths))


@pytest.mark.parametrize("form", [bytes, mapped])
@given(
    paths=st.lists(st.text("abAB./éÉ\udcff", min_size=1, max_size=6), max_size=8),
    words=st.sets(st.text("ab./éÉ", min_size=1, max_size=3)),
    size=st.integers(1, 300),
)
def test_rows_are_searched_in_any_case(
    form: Callable[[bytes], Rows], paths: list[str], words: set[str], size: int
) -> None:
    listing = form(listed(paths))
    ending = [path for path in paths if f"/{fold_case(path)}".endswith(tuple(words))]
    for few in (0, 1 << 20):
        with mock.patch.object(rows, "_FEW", few):
            found = rows.rows_ending(listing, frozenset(words), any_case=True)
            assert [entry.path for entry in found] == ending
    containing = [path for path in paths if any(word in f"\t{fold_case(path)}" for word in words)]
    with mock.patch.object(rows, "_CHUNK", size):
        found = rows.rows_containing_in_any_case(listing, [word.encode() for word in words])
        assert {entry.path for entry in found} >= {*containing}


@given(
    data=st.binary(min_size=1, max_size=40),
    literal=st.binary(min_size=1, max_size=3),
    start=st.integers(0, 45),
    stop=st.integers(0, 45),
)
def test_mapped_rows_are_searched_like_bytes(
    data: bytes, literal: bytes, start: int, stop: int
) -> None:
    rows = mapped(data)
    assert bytes(rows) == data
    assert rows[start:stop] == data[start:stop]
    assert rows.find(literal, start) == data.find(literal, start)
    assert rows.find(literal, start, stop) == data.find(literal, start, stop)
    assert rows.rfind(literal, start, stop) == data.rfind(literal, start, stop)
    assert (literal in rows) == (literal in data)
    if literal in data:
        assert rows.index(literal) == data.index(literal)
    else:
        with pytest.raises(ValueError, match=r"^$"):
            rows.index(literal)


@given(paths=st.sets(st.text("ab./é\udcff", min_size=1, max_size=4), max_size=12))
def test_sorted_rows_are_searched_like_others(paths: set[str]) -> None:
    ordered = sorted(paths, key=os.fsencode)
    plain = listing_of(listed(ordered))
    known = listing_of(mapped(listed(ordered)), is_sorted=True)
    for path in [*ordered, "a", "b/a", ".", "é", "zzz"]:
        assert [entry.path for entry in known.entries(path)] == [path] * (path in paths)
        assert known.entries(path) == plain.entries(path)
        below = any(other.startswith(f"{path}/") for other in paths)
        assert known.holds_directory(path) == plain.holds_directory(path) == below
    first = {os.fsencode(path.partition("/")[0]) for path in ordered}
    unusual = {name for name in first if name[:1] == b"." or name[:1] >= b"\x80"}
    for listing in (plain, known):
        assert [name for name in listing.unusual_first_components() if name] == sorted(unusual)


def test_all_stages_of_a_path_are_found_in_sorted_rows() -> None:
    stages = b"\0" + b"".join(b"%s %s %d\tb\0" % (b"100644", b"1" * 40, n) for n in (1, 2, 3))
    listing = listed(["a"])[:-1] + stages + listed(["c"])[1:]
    found = listing_of(mapped(listing), is_sorted=True).entries("b")
    assert [entry.stage for entry in found] == [1, 2, 3]


@pytest.mark.parametrize("form", [bytes, mapped])
@given(modes=st.lists(st.sampled_from([FILE, LINK, "160000"]), max_size=8))
def test_rows_with_a_mode_are_found(form: Callable[[bytes], Rows], modes: list[str]) -> None:
    paths = {f"120000 {number}": mode for number, mode in enumerate(modes)}
    listing = b"\0" + b"".join(listed([path], mode)[1:] for path, mode in paths.items())
    found = [entry.path for entry in listing_of(form(listing)).with_mode(LINK)]
    assert found == [path for path, mode in paths.items() if mode == LINK]


@given(paths=st.lists(st.sampled_from(["a.b", ".a", "a/.b", "a.dlm", "a.dlm/b", "dlm-git.toml"])))
def test_dotfiles_and_misplaced_configs_are_selected(paths: list[str]) -> None:
    paths = [path for at, path in enumerate(paths) for path in (path, f"x{at}/{path}", f"{path}x")]
    expected = [
        path
        for path in paths
        if ".dlm" in path or "/." in f"/{path}" or path.endswith("dlm-git.toml")
    ]
    assert [entry.path for entry in listing_of(rows.select_dotfiles(listed(paths)))] == expected


@given(st.lists(st.integers(0, 12), max_size=8), st.integers(1, 10))
def test_a_long_row_is_found(sizes: list[int], limit: int) -> None:
    rows = [b"x" * size for size in sizes]
    listing = b"\0" + b"".join(row + b"\0" for row in rows)
    expected = next((row for row in rows if len(row) > limit), b"")
    assert find_long_row(listing, limit) == expected
