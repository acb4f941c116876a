"""Fixes: only the lines at fault change, the second run is clean, and the trainer agrees."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlm_git.config import load as config
from dlm_git.config.load import Config, resolve_config
from dlm_git.errors import DlmGitError
from dlm_git.operations import fix
from dlm_git.operations.check import CheckOptions, prepare
from dlm_git.operations.fix import applied
from dlm_git.operations.line_merge import merge_changes
from dlm_git.report import CheckResult, Edit, Finding, Fix
from dlm_git.rules.engine import run_rules
from dlm_git.snapshots.snapshot import Snapshot
from tests.oracle import Oracle
from tests.strategies import documents
from tests.support import COMMAND, CORPUS, GOOD, ID, VECTORS, Repo, cannot, clean, found, snapshot

HEAD = f"""\
---
# the corpus of the shop
dlm_id: {ID}  # never touched
dlm_version: 15
"""
TAIL = """\
---

# About

What this is.
"""
FILES = {"src/a.py": "x\n", "docs/a.md": "x\n", "docs/b.rst": "x\n"}


def corpus(*lines: str) -> str:
    return HEAD + "".join(f"{line}\n" for line in lines) + TAIL


def sourced(*lines: str, base: str = "smollm2-135m") -> str:
    """A document with these lines for its sources."""
    training = ("training:", "  sources_policy: strict", "  sources:  # what is learned", *lines)
    return corpus(f"base_model: {base}  # small", *training)


@dataclass(frozen=True)
class Case:
    """A document, and the lines that a fix takes away and puts in."""

    id: str
    rule: str
    text: str
    minus: list[str]
    plus: list[str]
    config: dict[str, Any] = field(default_factory=dict)
    unsafe: bool = False
    left: list[str] = field(default_factory=list)


INCLUDE = ('    - path: "."', "      include:", '        - "src/**"  # code')
PROSE = ('        - "docs/**"  # prose', "      exclude: ['*.rst', \"a/**\"]  # x")
MANY = ("        - docs/*", "        - docs/b.rst", "      exclude:", "        - c")
CASES = [
    Case(
        "a bare base",
        "wrong-base",
        sourced(*INCLUDE),
        ["base_model: smollm2-135m  # small"],
        ["base_model: qwen2.5-coder-1.5b  # small"],
        {"base": "qwen2.5-coder-1.5b"},
    ),
    Case(
        "a base in single quotes",
        "wrong-base",
        sourced(*INCLUDE, base="'smollm2-135m'"),
        ["base_model: 'smollm2-135m'  # small"],
        ["base_model: 'qwen2.5-coder-1.5b'  # small"],
        {"base": "qwen2.5-coder-1.5b"},
    ),
    Case(
        "one of several bases is a guess",
        "wrong-base",
        sourced(*INCLUDE),
        ["base_model: smollm2-135m  # small"],
        ["base_model: qwen2.5-coder-1.5b  # small"],
        {"base": ("qwen2.5-coder-1.5b", "smollm2-360m")},
        unsafe=True,
    ),
    Case(
        "a base in another case",
        "unknown-base",
        sourced(*INCLUDE, base="SmolLM2_135M"),
        ["base_model: SmolLM2_135M  # small"],
        ["base_model: smollm2-135m  # small"],
    ),
    Case(
        "a base that is near is a guess",
        "unknown-base",
        sourced(*INCLUDE, base="smollm2-135x"),
        ["base_model: smollm2-135x  # small"],
        ["base_model: smollm2-135m  # small"],
        unsafe=True,
    ),
    Case(
        "globs in a block",
        "wrong-globs",
        sourced(*INCLUDE, *PROSE),
        [*PROSE],
        ['        - "doc/*.md"  # prose', "      exclude: ['*.rst']  # x"],
        {"include": ("src/**", "doc/*.md"), "exclude": ("*.rst",), "ignore": {"dead-pattern": "x"}},
    ),
    Case(
        "globs that are lacking",
        "wrong-globs",
        sourced(*INCLUDE),
        [],
        [
            '        - "docs/*.md"',
            '        - "docs/*.rst"',
            '      exclude: ["a/**"]',
        ],
        {"include": ("src/**", "docs/*.md", "docs/*.rst"), "exclude": ("a/**",)},
    ),
    Case(
        "globs that are too many",
        "wrong-globs",
        sourced(*INCLUDE, *MANY),
        [*MANY],
        ["      exclude: []"],
        {"include": ("src/**",), "exclude": ()},
    ),
    Case(
        "a source that is lacking",
        "wrong-globs",
        sourced(*INCLUDE),
        [],
        ['    - path: "docs"', '      include: ["*.md"]'],
        {"sources": ({"path": "."}, {"path": "docs", "include": ("*.md",)})},
    ),
    Case(
        "a source that is too much is removed by a guess",
        "wrong-globs",
        sourced(*INCLUDE, '    - path: "docs"  # prose', "      include: ['*']"),
        ['    - path: "docs"  # prose', "      include: ['*']"],
        [],
        {"sources": ({"path": "."},)},
        unsafe=True,
    ),
    Case(
        "a policy",
        "wrong-sources-policy",
        sourced(*INCLUDE).replace(": strict", ": permissive  # why"),
        ["  sources_policy: permissive  # why"],
        ["  sources_policy: strict  # why"],
    ),
    Case(
        "no policy",
        "wrong-sources-policy",
        sourced(*INCLUDE).replace("  sources_policy: strict\n", ""),
        [],
        ["  sources_policy: strict"],
    ),
    Case(
        "no policy, all on one line",
        "wrong-sources-policy",
        corpus("base_model: smollm2-135m", 'training: {sources: [{path: "."}]}  # all'),
        ['training: {sources: [{path: "."}]}  # all'],
        ['training: {sources: [{path: "."}], sources_policy: strict}  # all'],
    ),
    Case(
        "the root",
        "absolute-source-path",
        sourced('    - path: "/srv/shop"  # here', *INCLUDE[1:]),
        ['    - path: "/srv/shop"  # here'],
        ['    - path: "."  # here'],
    ),
    Case(
        "below the root",
        "absolute-source-path",
        sourced("    - path: /srv/shop/src/  # here"),
        ["    - path: /srv/shop/src/  # here"],
        ["    - path: src  # here"],
    ),
    Case(
        "elsewhere, by what is tracked",
        "absolute-source-path",
        sourced("    - path: ~/code/shop/src"),
        ["    - path: ~/code/shop/src"],
        ["    - path: src"],
        unsafe=True,
    ),
    Case(
        "a path that leaves the repository, by what is tracked",
        "escaping-source-path",
        sourced("    - path: ../src"),
        ["    - path: ../src"],
        ["    - path: src"],
        unsafe=True,
    ),
    Case(
        "the same key with the same value",
        "duplicate-key",
        sourced(*INCLUDE, "  seed: 1  # one", "  lora_r: 8", "  seed: 1  # two"),
        ["  seed: 1  # two"],
        [],
    ),
    Case(
        "the same list twice",
        "duplicate-key",
        sourced(*INCLUDE, *INCLUDE[1:]),
        [*INCLUDE[1:]],
        [],
    ),
    Case(
        "of two values the trainer takes the last",
        "duplicate-key",
        sourced(*INCLUDE, "  seed: 1  # one", "  seed: 2  # two"),
        ["  seed: 1  # one"],
        [],
        unsafe=True,
    ),
    Case(
        "the same value with another between: the last one counts",
        "duplicate-key",
        sourced(*INCLUDE, "  seed: 1  # one", "  seed: 2  # two", "  seed: 1  # three"),
        ["  seed: 1  # one", "  seed: 2  # two"],
        [],
        unsafe=True,
    ),
    Case(
        "keys behind question marks",
        "wrong-globs",
        sourced('    - ? path', '      : "."', "      ? include", "      : [docs/*]"),
        ["      : [docs/*]"],
        ['      : ["src/**"]', '      exclude: ["c"]'],
        {"include": ("src/**",), "exclude": ("c",), "ignore": {"dead-pattern": "x"}},
    ),
    Case(
        "the name of an alias that is not there is a guess",
        "unparsable-document",
        sourced(*INCLUDE, "      exclude:", "        - *gone  # what"),
        ["        - *gone  # what"],
        ['        - "*gone"  # what'],
        unsafe=True,
    ),
    Case(
        "a key that is nearly right",
        "unknown-key",
        sourced(*INCLUDE, "  lora_rank: 16  # twice"),
        ["  lora_rank: 16  # twice"],
        ["  lora_r: 16  # twice"],
    ),
    Case(
        "a value that is nearly right",
        "invalid-value",
        sourced(*INCLUDE, "  lr_scheduler: 'Cosine'  # slow"),
        ["  lr_scheduler: 'Cosine'  # slow"],
        ["  lr_scheduler: 'cosine'  # slow"],
    ),
    Case(
        "braces",
        "dead-pattern",
        sourced(*INCLUDE, "        - 'docs/*.{md,rst}'  # prose"),
        ["        - 'docs/*.{md,rst}'  # prose"],
        ["        - 'docs/*.md'  # prose", "        - 'docs/*.rst'"],
    ),
    Case(
        "braces of which one has come to nothing are a guess",
        "dead-pattern",
        sourced(*INCLUDE, "        - 'docs/*.{md,txt}'  # prose"),
        ["        - 'docs/*.{md,txt}'  # prose"],
        ["        - 'docs/*.md'  # prose"],
        unsafe=True,
    ),
    Case(
        "a leading slash, on one line",
        "dead-pattern",
        sourced('    - {path: ".", include: ["/src/*.py", docs/*]}'),
        ['    - {path: ".", include: ["/src/*.py", docs/*]}'],
        ['    - {path: ".", include: ["src/*.py", docs/*]}'],
    ),
    Case(
        "a bare glob in a block",
        "unparsable-document",
        sourced('    - path: "."', "      include:", "        - **/*.{md,rst}  # prose"),
        ["        - **/*.{md,rst}  # prose"],
        ['        - "**/*.md"  # prose', '        - "**/*.rst"'],
    ),
    Case(
        "bare globs on one line",
        "unparsable-document",
        sourced('    - path: "."', "      include: [*.py, **/*.md]  # all"),
        ["      include: [*.py, **/*.md]  # all"],
        ['      include: ["*.py", "**/*.md"]  # all'],
        {"ignore": {"dead-pattern": "later"}},
    ),
    Case(
        "a bare glob within braces on one line",
        "unparsable-document",
        sourced("    - {path: ., include: [src/**, **/*.{md,rst}], max_files: 9}"),
        ["    - {path: ., include: [src/**, **/*.{md,rst}], max_files: 9}"],
        ["    - {path: ., include: [src/**, \"**/*.md\", \"**/*.rst\"], max_files: 9}"],
    ),
    Case(
        "bare globs between brackets, a line each",
        "unparsable-document",
        sourced('    - path: "."', "      include: [", "        *,  # all", "      ]"),
        ["        *,  # all"],
        ['        "*",  # all'],
        {"ignore": {"dead-pattern": "x", "empty-training-set": "x"}},
    ),
    Case(
        "a bare glob with brackets, between brackets",
        "unparsable-document",
        sourced('    - path: "."', "      include: [src/**, *.py[co], *.md]"),
        ["      include: [src/**, *.py[co], *.md]"],
        ['      include: [src/**, "*.py[co]", "*.md"]'],
        {"ignore": {"dead-pattern": "x"}},
    ),
    Case(
        "of two keys that are nearly the same right one is taken",
        "unknown-key",
        sourced('    - path: "."', '      Include: ["src/*"]', "  seeds: 1", "  Seed: 2"),
        ['      Include: ["src/*"]', "  seeds: 1"],
        ['      include: ["src/*"]', "  seed: 1"],
        left=["unknown-key"],
    ),
    Case(
        "a newer version is a guess",
        "unsupported-version",
        sourced(*INCLUDE).replace("dlm_version: 15", "dlm_version: 16  # new"),
        ["dlm_version: 16  # new"],
        ["dlm_version: 15  # new"],
        unsafe=True,
    ),
    Case(
        "a fence with a space behind it is a guess",
        "malformed-section",
        sourced(*INCLUDE).replace("What this is.", "::instruction:: \n### Q\nx\n### A\ny"),
        ["::instruction:: "],
        ["::instruction::"],
        unsafe=True,
    ),
]  # fmt: skip


def state(text: str) -> Snapshot:
    return replace(snapshot({CORPUS: text, **FILES}), root=lambda: "/srv/shop")


def mended(text: str, config: Config, *, unsafe: bool = False) -> str:
    """The text after as many rounds as it takes."""
    for _ in range(5):
        findings = run_rules(state(text), config).findings
        todo = [f for f in findings if f.fix and (f.fix.safe or unsafe) and f.path == CORPUS]
        text, done = applied(text, todo)
        if not done:
            return text
    raise AssertionError("there is no end to it")


def rules(text: str, config: Config) -> list[str]:
    return [finding.rule for finding in run_rules(state(text), config).findings]


def changed(before: str, after: str) -> tuple[list[str], list[str]]:
    """The lines that went and those that came."""
    lines = list(difflib.ndiff(before.split("\n"), after.split("\n")))
    return tuple([line[2:] for line in lines if line[0] == sign] for sign in "-+")  # type: ignore[return-value]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("bom", ["", "\ufeff"], ids=["", "BOM"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_only_the_lines_at_fault_change(case: Case, bom: str, newline: str, oracle: Oracle) -> None:
    config = resolve_config({}, case.config).config
    text = bom + case.text.replace("\n", newline)
    assert case.rule in rules(text, config)
    assert (mended(text, config) == text) == case.unsafe
    after = mended(text, config, unsafe=case.unsafe)
    minus, plus = changed(text, after)
    ends = "\r" if newline == "\r\n" else ""
    if newline == "\r":
        minus, plus = changed(case.text, after.removeprefix(bom).replace("\r", "\n"))
    assert minus == [f"{line}{ends}" for line in case.minus]
    assert plus == [f"{line}{ends}" for line in case.plus]
    assert rules(after, config) == case.left
    assert oracle.parse(after.encode())["ok"] == (not case.left)


@pytest.mark.parametrize(
    ("lines", "config"),
    [
        (('    - path: "."', "      include: &all ['src/**']"), {"include": ("docs/*.md",)}),
        (
            ('    - path: "."', "      include: ['src/**',  # code", "        ]"),
            {"include": ("a", "b")},
        ),
        (('    - path: "."', "      include: !!seq ['src/**']"), {"include": ("docs/*.md",)}),
        (
            ("    - &all {path: src, include: [a]}", "    - <<: *all", "      path: docs"),
            {"sources": ({"path": "src"}, {"path": "docs", "include": ("x",)})},
        ),
    ],
    ids=["an anchor", "a comment inside", "a tag", "a merge key"],
)  # fmt: skip
def test_what_is_written_in_an_odd_way_stays(lines: tuple[str, ...], config: Any) -> None:
    text = sourced(*lines)
    expected = resolve_config({}, {**config, "ignore": {"dead-pattern": "x"}}).config
    assert "wrong-globs" in rules(text, expected)
    assert mended(text, expected) == text


def test_the_id_is_never_touched() -> None:
    text = corpus("base_model: smollm2-135m", f"dlm_id: {ID}")
    (finding,) = run_rules(state(text), Config(ignore={"empty-training-set": "x"})).findings
    assert finding.rule == "duplicate-key"
    other = text.replace(f"dlm_id: {ID}  #", "dlm_id: 01HRZYQ2X0MB5K4VN7E9DNT5GJ  #")
    assert mended(other, Config(), unsafe=True).count("dlm_id") == 1
    assert f"dlm_id: {ID}\n" in mended(other, Config(), unsafe=True)


def test_what_the_config_expects_is_not_mended_in_the_document_alone() -> None:
    text = sourced('    - path: "."', '      include: ["src/*.{py,md}", "docs/*.md"]')
    config = Config(include=("src/*.{py,md}", "docs/*.md"))
    (finding,) = run_rules(state(text), config).findings
    assert (finding.rule, finding.fix) == ("dead-pattern", None)
    assert finding.hint == "write 'src/*.py', here and under 'include' in .dlm-git.toml"


EXPECTED = {"base": "qwen2.5-coder-1.5b", "include": ("src/**", "x"), "exclude": ("y",)}
RECORDED = json.loads((VECTORS / "documents.json").read_text())


@pytest.mark.parametrize("unsafe", [False, True], ids=["safe", "unsafe"])
def test_no_recorded_document_is_made_worse(unsafe: bool, oracle: Oracle) -> None:
    """Whatever the trainer has accepted it accepts, with its id, and there is an end to it."""
    config = resolve_config({}, EXPECTED).config
    changed_ones = 0
    for vector in RECORDED["parse_text"]:
        text = vector["text"]
        after = mended(text, config, unsafe=unsafe)
        changed_ones += after != text
        if vector["ok"] and after != text:
            answer = oracle.parse(after.encode())
            assert answer["ok"], (text, after, answer)
    assert changed_ones > 100


# By hand, in a repository


BROKEN = GOOD.replace("qwen2.5-coder-1.5b", "qwen2.5-0.5b").replace('"."', '"/nowhere/src"')
CHECK = (COMMAND, "check", "--base", "qwen2.5-coder-1.5b")


@pytest.fixture
def broken(repo: Repo) -> Repo:
    repo.add(CORPUS, BROKEN)
    repo.add("src/shop.py")
    repo.commit()
    return repo


def test_fix_tells_what_it_did_and_what_is_left(broken: Repo) -> None:
    before = broken.git("status", "--porcelain")
    result = broken.run(*CHECK, "--fix")
    assert (result.code, result.err) == (1, "")
    assert result.out == (
        """\
.dlm/corpus.dlm: fixed wrong-base: write 'base_model: qwen2.5-coder-1.5b'
next: git add .dlm/corpus.dlm
.dlm/corpus.dlm:8:13: absolute-source-path: source path '/nowhere/src' is absolute, so it exists on one machine only
    8 |     - path: "/nowhere/src"
      |             ^^^^^^^^^^^^^^
  help: write it relative to the repository root, which is '.'
1 finding in the index, as mended
"""  # noqa: E501
    )
    assert before == ""
    assert broken.git("status", "--porcelain") == "M .dlm/corpus.dlm"
    again = broken.run(*CHECK, "--fix")
    assert again.out.startswith(".dlm/corpus.dlm: fixed already: wrong-base")
    assert again.code == 1
    broken.git("add", CORPUS)
    assert "fixed" not in found(broken.run(*CHECK, "--fix"), "1 finding in the index\n")
    guessed = broken.run(*CHECK, "--fix", "--unsafe-fixes")
    assert (guessed.code, "as mended: .dlm/corpus.dlm: nothing found" in guessed.out) == (1, True)
    broken.git("add", CORPUS)
    clean(broken.run(*CHECK, "--fix"))
    assert '"src"' in (broken.path / CORPUS).read_text()


def test_diff_is_a_patch_and_changes_nothing(broken: Repo) -> None:
    result = broken.run(*CHECK, "--diff")
    assert result.code == 1
    assert (broken.path / CORPUS).read_text() == BROKEN
    assert "would fix wrong-base" in result.err
    assert result.err.endswith("1 finding in the index, once mended\n")
    broken.git("apply", data=result.out.encode())
    assert (broken.path / CORPUS).read_text() == BROKEN.replace("-0.5b", "-coder-1.5b")


@pytest.mark.parametrize(
    "form",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
        lambda text: text.replace("strict\n", "strict\r\n"),
        lambda text: text.replace("dlm_version", "# a\ttab\ndlm_version"),
        lambda text: text.split("# About")[0] + "x",
    ],
    ids=["CRLF", "a BOM", "mixed line ends", "a tab", "no newline at the end"],
)
def test_the_patch_and_the_fix_are_the_same(broken: Repo, form: Callable[[str], str]) -> None:
    text = form(BROKEN.replace("/nowhere/src", ".")).encode()
    broken.add(CORPUS, text)
    broken.git("apply", data=broken.run(*CHECK, "--diff").out.encode())
    applied_one = (broken.path / CORPUS).read_bytes()
    broken.write(CORPUS, text)
    assert broken.run(*CHECK, "--fix").code == 1
    assert (broken.path / CORPUS).read_bytes() == applied_one
    assert applied_one == text.replace(b"-0.5b", b"-coder-1.5b")


def test_what_comes_next_is_said_from_where_the_user_stands(broken: Repo) -> None:
    result = broken.run(*CHECK, "--fix", cwd=broken.path / "src")
    assert "next: git add ../.dlm/corpus.dlm\n" in result.out


def test_many_bare_globs_are_quoted_in_one_run(repo: Repo) -> None:
    globs = "".join(f"        - *.x{number}\n" for number in range(25))
    repo.add(CORPUS, GOOD.replace('      include: ["**/*"]', f"      exclude:\n{globs.rstrip()}"))
    repo.add("a.py")
    assert "as mended: .dlm/corpus.dlm: nothing found" in repo.check("--fix").out
    repo.git("add", CORPUS)
    clean(repo.check("--fix"))


def test_a_file_that_changes_meanwhile_is_not_overwritten(
    broken: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = broken.path / CORPUS

    def judging(*args: Any) -> CheckResult:
        file.write_text(f"{file.read_text()}more\n")
        return run_rules(*args)

    monkeypatch.setattr(fix, "judge", judging)
    found = prepare(
        broken.path, CheckOptions(overrides=config.overrides(base=["qwen2.5-coder-1.5b"]))
    )
    with pytest.raises(DlmGitError, match="has changed meanwhile"):
        fix.fix(*found)
    assert "qwen2.5-0.5b" in file.read_text()


def test_other_changes_of_the_worktree_stay(broken: Repo) -> None:
    text = (broken.path / CORPUS).read_text()
    broken.write(CORPUS, text.replace("What this", "Whatever this"))
    assert broken.run(*CHECK, "--fix").code == 1
    after = (broken.path / CORPUS).read_text()
    assert after == text.replace("-0.5b", "-coder-1.5b").replace("What this", "Whatever this")


def test_a_change_of_the_same_lines_is_refused(broken: Repo) -> None:
    text = (broken.path / CORPUS).read_text().replace("0.5b", "0.5b  # mine")
    broken.write(CORPUS, text)
    out = found(
        broken.run(*CHECK, "--fix"), "not mended: the worktree has other text", "wrong-base"
    )
    assert "help: `git add .dlm/corpus.dlm` takes the worktree's, `git restore" in out
    assert (broken.path / CORPUS).read_text() == text


def test_a_file_that_is_gone_is_refused(broken: Repo) -> None:
    (broken.path / CORPUS).unlink()
    out = found(broken.run(*CHECK, "--fix"), "not mended: it is not in the worktree")
    broken.run("sh", "-c", out.split("`")[1])
    assert (broken.path / CORPUS).read_text() == BROKEN


def test_a_file_that_a_sparse_checkout_leaves_out_is_refused(broken: Repo) -> None:
    broken.git("sparse-checkout", "set", "--no-cone", "src")
    out = found(broken.run(*CHECK, "--fix"), "not mended: it is not in the worktree")
    assert not (broken.path / CORPUS).exists()
    broken.run("sh", "-c", out.split("`")[1])
    assert "fixed wrong-base" in broken.run(*CHECK, "--fix").out


def test_a_link_in_its_place_is_refused(broken: Repo, tmp_path: Path) -> None:
    (broken.path / CORPUS).unlink()
    (tmp_path / "other").write_text(BROKEN)
    (broken.path / CORPUS).symlink_to(tmp_path / "other")
    found(broken.run(*CHECK, "--fix"), "not mended: cannot read", "symbolic link")
    assert (tmp_path / "other").read_text() == BROKEN


def test_line_ends_that_only_the_worktree_has_stay(broken: Repo) -> None:
    broken.git("config", "core.autocrlf", "true")
    text = (broken.path / CORPUS).read_bytes().replace(b"\n", b"\r\n")
    broken.write(CORPUS, text)
    assert broken.run(*CHECK, "--fix").code == 1
    assert (broken.path / CORPUS).read_bytes() == text.replace(b"-0.5b", b"-coder-1.5b")


def test_the_mode_stays(broken: Repo) -> None:
    (broken.path / CORPUS).chmod(0o640)
    assert broken.run(*CHECK, "--fix").code == 1
    assert (broken.path / CORPUS).stat().st_mode & 0o777 == 0o640


def test_the_worktree_is_mended_as_it_is(broken: Repo) -> None:
    text = (broken.path / CORPUS).read_text().replace("0.5b", "0.5b  # mine")
    broken.write(CORPUS, text)
    result = broken.run(*CHECK, "--worktree", "--fix")
    assert (result.code, "fixed wrong-base" in result.out) == (1, True)
    assert (broken.path / CORPUS).read_text() == text.replace("-0.5b", "-coder-1.5b")


def test_a_stale_block_is_brought_up_to_date(repo: Repo) -> None:
    repo.add(CORPUS, GOOD)
    repo.add("a.py")
    repo.add(".gitignore", "old/\n")
    clean(repo.run(COMMAND, "ignore"))
    repo.write(".dlm/ignore", "# mine\n" + (repo.path / ".dlm/ignore").read_text() + "!keep\n")
    repo.git("add", ".")
    repo.add(".gitignore", "new/\n")
    assert (
        "fixed stale-ignore: bring the block up to date" in repo.run(COMMAND, "check", "--fix").out
    )
    text = (repo.path / ".dlm/ignore").read_text()
    assert text.startswith("# mine\n#")
    assert re.search(r"^new/$", text, re.MULTILINE)
    assert "old/" not in text
    repo.git("add", ".dlm/ignore")
    clean(repo.check("--fix"))
    clean(repo.run(COMMAND, "ignore", "--check"))


def test_a_dead_line_is_written_as_it_was_meant(repo: Repo) -> None:
    repo.add(CORPUS, GOOD)
    repo.add("a.py")
    repo.add(".dlm/ignore", "node_modules\r\n*.py[co]\r\n")
    found(repo.check("--fix"), "2 findings in the index\n")
    assert repo.check("--fix", "--unsafe-fixes").code == 1
    assert (repo.path / ".dlm/ignore").read_bytes() == b"node_modules/\r\n*.pyc\r\n*.pyo\r\n"


def test_a_file_without_a_newline_at_its_end_keeps_none(repo: Repo) -> None:
    repo.add(CORPUS, GOOD)
    repo.add("a.py")
    repo.add(".dlm/ignore", "# a\n# b\n# c\n*.py[co]")
    repo.write(".dlm/ignore", "# mine\r\n# b\n# c\n*.py[co]")
    assert repo.check("--fix", "--unsafe-fixes").code == 1
    assert (repo.path / ".dlm/ignore").read_bytes() == b"# mine\r\n# b\n# c\n*.pyc\n*.pyo"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("excludes: [x]  # why\n", "exclude: [x]  # why\n"),
        ("exclude:\n  - **/*.md # prose\n", 'exclude:\n  - "**/*.md" # prose\n'),
        ('exclude: ["/src/**"]', 'exclude: ["src/**"]'),
    ],
    ids=["a near miss", "a bare glob", "a leading slash"],
)
def test_a_training_yaml_is_mended_too(repo: Repo, before: str, after: str) -> None:
    for path, content in {CORPUS: GOOD, "a.py": "x\n", "b.md": "x\n", "src/c": "x\n"}.items():
        repo.add(path, content)
    repo.add(".dlm/training.yaml", before)
    assert "as mended: .dlm/corpus.dlm: nothing found" in repo.check("--fix").out
    assert (repo.path / ".dlm/training.yaml").read_text() == after
    repo.git("add", ".")
    clean(repo.check("--fix"))


def test_a_fix_that_cannot_be_applied_is_not_promised_again(broken: Repo) -> None:
    broken.write(CORPUS, BROKEN.replace("0.5b", "0.5b  # mine"))
    assert found(broken.run(*CHECK, "--fix")).endswith("\n2 findings in the index\n")


def test_an_ignore_file_that_is_not_tracked(repo: Repo) -> None:
    repo.add(CORPUS, GOOD)
    repo.add("a.py")
    repo.write(".dlm/ignore", "node_modules\n")
    assert repo.check("--worktree", "--fix", "--unsafe-fixes").code == 1
    assert (repo.path / ".dlm/ignore").read_text() == "node_modules/\n"


def test_in_a_commit_hook_the_fix_stops_the_commit(broken: Repo) -> None:
    hook = broken.write(".git/hooks/pre-commit", "#!/bin/sh\nexec dlm-git check --fix\n")
    hook.chmod(0o755)
    broken.write(".dlm-git.toml", 'base = "qwen2.5-coder-1.5b"\n')
    broken.write(CORPUS, BROKEN.replace('"/nowhere/src"', '"."'))
    broken.git("add", ".")
    assert broken.run("git", "commit", "--quiet", "-m", "x").code == 1
    broken.git("add", ".")
    assert broken.run("git", "commit", "--quiet", "-m", "x").code == 0


def test_what_is_pushed_is_judged_only(broken: Repo) -> None:
    """The hook's arguments are the same at every stage."""
    pushing = {"PRE_COMMIT_TO_REF": broken.git("rev-parse", "HEAD")}
    result = broken.run(*CHECK, "--fix", env=pushing)
    assert "wrong-base" in found(result, "2 findings in revision ")
    assert (broken.path / CORPUS).read_text() == BROKEN


def test_misuse(broken: Repo) -> None:
    cannot(broken.run(*CHECK, "--fix", "--rev", "HEAD"), "a revision cannot be mended")
    cannot(broken.run(*CHECK, "--unsafe-fixes"), "--unsafe-fixes alone does nothing")
    assert broken.run(*CHECK, "--fix", "--diff").code == 2
    assert broken.check("--fix", "--base", "x", "--format", "json") == broken.check(
        "--base", "x", "--format", "json"
    )


def test_a_full_disk_leaves_the_file(broken: Repo) -> None:
    code = f"ulimit -f 0; trap '' XFSZ; {' '.join(CHECK)} --fix"
    result = broken.run("bash", "-c", code)
    assert (result.code, "cannot write '.dlm/corpus.dlm'" in result.err) == (2, True), result
    assert (broken.path / CORPUS).read_text() == BROKEN
    assert [path.name for path in (broken.path / ".dlm").iterdir()] == ["corpus.dlm"]


# Laws


LINES = st.lists(st.sampled_from("abc"), max_size=8).map(
    lambda lines: "".join(f"{x}\n" for x in lines)
)


@given(LINES, LINES)
def test_law_what_did_not_change_takes_every_change(old: str, new: str) -> None:
    assert merge_changes(old, new, old) == new
    assert merge_changes(old, new, new) == new
    assert merge_changes(old, old, new) == new
    assert merge_changes(old, new, old.replace("\n", "\r\n")) == new.replace(
        "\n", "\r\n" if old else "\n"
    )


@given(LINES, LINES, LINES)
def test_law_two_ways_of_carrying_agree(old: str, new: str, other: str) -> None:
    one, two = merge_changes(old, new, other), merge_changes(old, other, new)
    assert (one is None) == (two is None)
    assert one == two


@given(documents())
def test_law_only_what_is_expected_changes(oracle: Oracle, data: bytes) -> None:
    """To the trainer a mended document is the same but for what the config speaks of."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return
    config = resolve_config({}, {**EXPECTED, "ignore": {"dead-pattern": "x"}}).config
    before, after = oracle.parse(data), oracle.parse(mended(text, config).encode())
    if before["ok"]:
        assert after["ok"], after
        assert unexpected(after) == unexpected(before)
        assert oracle.parse(mended(text, config, unsafe=True).encode())["ok"]


def unexpected(answer: dict[str, Any]) -> dict[str, Any]:
    """What no fix may change of a document that the trainer takes: all but the expectations.

    Of the sources it is the settings that are not expectations, of those that have any.
    """
    training = dict(answer["frontmatter"]["training"])
    sources = training.pop("sources") or ()
    settings = [{key: value for key, value in s.items() if key not in SPOKEN_OF} for s in sources]
    training["settings"] = [each for each in settings if any(each.values())]
    training["sources_policy"] = ""
    front = {**answer["frontmatter"], "base_model": "", "training": training}
    sections = [{**section, "start_line": 0} for section in answer["sections"]]
    return {"frontmatter": front, "sections": sections}


SPOKEN_OF = ("path", "include", "exclude")
GLOB = st.text(st.sampled_from("ab*/\\\"'#:, \u00e9\t[]{}!&"), min_size=1, max_size=8)
GLOBS = st.lists(GLOB, max_size=4, unique=True).map(tuple)
QUOTES = st.sampled_from(['"', "'"])


@given(GLOBS, GLOBS, st.booleans(), st.sampled_from(["", "  # why"]), QUOTES)
def test_law_the_globs_are_the_wanted_ones(
    have: tuple[str, ...], want: tuple[str, ...], block: bool, comment: str, quote: str
) -> None:
    """Whatever the globs, they are written so that they come back, and all else stays."""
    items = [_quoted(glob, quote) for glob in have]
    lines = [f"        - {item}{comment}" for item in items]
    written = (
        ["      include:", *lines] if block and have else [f"      include: [{', '.join(items)}]"]
    )
    text = sourced('    - path: "."', *written, "      max_files: 9  # few")
    config = Config(include=want, ignore={"dead-pattern": "x", "empty-training-set": "x"})
    after = mended(text, config)
    assert rules(after, config) == []
    minus, plus = changed(text, after)
    assert not [line for line in (*minus, *plus) if "max_files" in line or "dlm_id" in line]


def _quoted(glob: str, quote: str) -> str:
    plain = quote == "'" and glob.isprintable()
    if plain:
        return "'" + glob.replace("'", "''") + "'"
    return '"' + glob.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t") + '"'


@given(st.data())
def test_law_fixes_that_overlap_are_not_mixed(data: st.DataObject) -> None:
    text = "abcdefgh"
    spans = st.tuples(st.integers(0, 8), st.integers(0, 8)).map(sorted)
    findings = [
        Finding("r", "x", "m", "h", fix=Fix("t", (Edit(start, end, "X"),)))
        for start, end in data.draw(st.lists(spans, max_size=4))
    ]
    after, done = applied(text, findings)
    kept = len(text) - sum(f.fix.edits[0].end - f.fix.edits[0].start for f in done if f.fix)
    assert after.count("X") == len(done)
    assert len(after.replace("X", "")) == kept
