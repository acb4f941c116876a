"""Texts that anyone can commit cost memory and time in proportion to their size."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlm_git.config.load import Config
from dlm_git.document.sections import MAX_VIOLATIONS, parse_body
from dlm_git.patterns.line_plan import MAX_REOPENED
from dlm_git.patterns.translate import translate
from dlm_git.rules import dead_lines, engine
from dlm_git.rules.engine import run_rules
from dlm_git.training.ignore_block import with_block
from tests.support import COMMAND, CORPUS, GOOD, ID, Repo, Result, expect_error, snapshot

HEAD = f"---\ndlm_id: {ID}\ndlm_version: 15\nbase_model: smollm2-135m\n"
TAIL = "\n---\n\nbody\n"
BLOCK = with_block("", ("a",))
MEMORY = 700_000  # KiB of address space, of which the interpreter takes 100
SECONDS = 10  # of the processor


def limited(repo: Repo, *args: str) -> Result:
    """Run dlm-git within the limits."""
    script = f'ulimit -v {MEMORY}; ulimit -t {SECONDS}; exec "$@"'
    return repo.run("sh", "-c", script, "sh", COMMAND, *args, timeout=200)


def unknown(count: int) -> str:
    return ", ".join(f"k{number}: 1" for number in range(count))


DOCUMENTS: Mapping[str, Callable[[], str]] = {
    "a long line": lambda: HEAD + "x: " + "a" * 10_000_000 + TAIL,
    "a long line that is not closed": lambda: "---\n" + "a" * 10_000_000,
    "a long first line": lambda: "a" * 10_000_000,
    "many keys on one line": lambda: HEAD + f"training: {{{unknown(20_000)}}}" + TAIL,
    "many keys below a long one": lambda: HEAD + f"? {'k' * 90_000}\n: {{{unknown(9000)}}}" + TAIL,
    "repeated keys": lambda: HEAD + "base_model: x\n" * 4000 + TAIL,
    "repeated keys with several values": lambda: (
        HEAD + "".join(f"base_model: x{number}\n" for number in range(4000)) + TAIL
    ),
    "keys that resemble one": lambda: (
        HEAD + "".join(f"dlm_i{number}: x\n" for number in range(4000)) + TAIL
    ),
    "sources": lambda: HEAD + "training:\n  sources:\n" + "    - path: a\n" * 9000 + TAIL,
    "fences": lambda: GOOD + "::x::\n" * 1_500_000,
    "conflicts": lambda: GOOD + "<<<<<<< a\n" * 100_000,
    "undeclared adapters": lambda: GOOD + "::instruction#a::\n### Q\nx\n### A\ny\n" * 50_000,
}
OTHERS: Mapping[str, tuple[str, Callable[[], str]]] = {
    "a long training.yaml": (".dlm/training.yaml", lambda: "a: " + "b" * 10_000_000),
    "a long ignore line": (".dlm/ignore", lambda: "?" * 10_000_000),
    "ignore lines": (".dlm/ignore", lambda: "a*b\n" * 2_500_000),
    "blanks in attributes": (".gitattributes", lambda: "\n" * 20_000),
    "quotes in attributes": (".gitattributes", lambda: '"\\' * 20_000),
}
GITIGNORES: Mapping[str, Callable[[], str]] = {
    "question marks": lambda: "?" * 600 + "/" + "?" * 600 + "\n!x\n",
    "many question marks": lambda: "a" + "?" * 200_000 + "\n",
    "many sets": lambda: "[!a]" * 50_000 + "\n",
    "many stars": lambda: "a*" * 120_000 + "\n",
    "characters and question marks": lambda: "`?" * 600 + "\n!a\n",
    "pairs of question marks": lambda: "??a" * 200 + "\n!a\n",
    "classes": lambda: "[ab]" * 600 + "\n",
    "a long line": lambda: "a*" * 500_000 + "\n",
    "lines and negated lines": lambda: "".join(
        f"name{number}.log\n!keep{number}.log\n" for number in range(1000)
    ),
    "patterns of stars": lambda: "*a" * 50_000 + "\n!" + "*b" * 1000 + "\n",
    "directories to open": lambda: "".join(
        f"{'/*' if number == 0 else f'b{number}/'}\n!/pkg{number}/b{number}/\n"
        for number in range(1000)
    ),
    "a deep directory": lambda: "a\n!" + "*/" * 3000 + "a\n",
    "many lines": lambda: "".join(f"?{number}*\n!x{number}/\n" for number in range(5000)),
}


@pytest.mark.slow
@pytest.mark.parametrize("text", DOCUMENTS.values(), ids=DOCUMENTS.keys())
def test_documents(repo: Repo, text: Callable[[], str]) -> None:
    repo.add(CORPUS, text())
    result = limited(repo, "check")
    assert (result.code, result.err) == (1, ""), result.err[-300:]


@pytest.mark.slow
@pytest.mark.parametrize(("path", "text"), OTHERS.values(), ids=OTHERS.keys())
def test_other_files(corpus_repo: Repo, path: str, text: Callable[[], str]) -> None:
    corpus_repo.add(path, text())
    result = limited(corpus_repo, "check")
    assert (result.code in (0, 1), result.err) == (True, ""), result.err[-300:]
    assert (result.code == 1) == path.startswith(".dlm/")


@pytest.mark.slow
@pytest.mark.parametrize("text", GITIGNORES.values(), ids=GITIGNORES.keys())
def test_gitignores(corpus_repo: Repo, text: Callable[[], str]) -> None:
    corpus_repo.add(".gitignore", text())
    corpus_repo.add(".dlm/ignore", BLOCK)
    result = limited(corpus_repo, "check")
    assert (result.code, result.err) == (1, ""), result.err[-300:]
    assert "stale-ignore" in result.out


@pytest.mark.parametrize("path", [".dlm-git.toml", "pyproject.toml"])
def test_a_large_config_is_an_error(corpus_repo: Repo, path: str) -> None:
    corpus_repo.add(path, "a = 1\n" * 200_000)
    expect_error(limited(corpus_repo, "check"), f"'{path}' is too large: 1,200,000 bytes")


@pytest.mark.parametrize(
    ("path", "text"),
    [(".dlm/training.yaml", "a: " + "b" * 300_000), (".dlm/ignore", "a\n" * 200_000)],
)
def test_a_directory_config_that_is_too_long_is_not_passed_over(
    corpus_repo: Repo, path: str, text: str
) -> None:
    corpus_repo.add(path, text)
    reason = "dlm-git cannot check this file, dlm may read it"
    assert f"{path}" in corpus_repo.check().out
    assert reason in corpus_repo.check().out
    expect_error(corpus_repo.run(COMMAND, "files"), f"'{path}': {reason}")


def test_the_findings_of_a_rule_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "MAX_FINDINGS", 3)
    findings = run_rules(snapshot({CORPUS: GOOD + "<<<<<<< a\n" * 5}), Config()).findings
    messages = [f.message for f in findings if f.rule == "conflict-marker"]
    assert len(messages) == 3
    assert "more than 2 findings of this rule, others are not listed" in messages


@pytest.mark.parametrize("levels", [2000, 2100, 80_000])
def test_a_path_that_cannot_be_checked_out_is_an_error(corpus_repo: Repo, levels: int) -> None:
    oid = corpus_repo.git("rev-parse", f"HEAD:{CORPUS}")
    row = f"100644 {oid} 0\t{'a/' * levels}f\n"
    corpus_repo.git("update-index", "--index-info", data=row.encode())
    result = limited(corpus_repo, "check")
    if levels == 2000:
        assert result.code == 0
    else:
        expect_error(result, f"the index contains a path of {2 * levels + 1:,} bytes: 'a/a/a/")


def test_a_commit_with_a_path_that_cannot_be_checked_out_is_an_error(corpus_repo: Repo) -> None:
    oid = corpus_repo.git("rev-parse", f"HEAD:{CORPUS}")
    tree = corpus_repo.git("mktree", data=f"100644 blob {oid}\tf\n".encode())
    tree = corpus_repo.git("mktree", data=f"100644 blob {oid}\tf\n".encode())
    for _ in range(60):
        tree = corpus_repo.git("mktree", data=f"040000 tree {tree}\t{'d' * 99}\n".encode())
    commit = corpus_repo.git("commit-tree", tree, "-m", "x")
    expect_error(limited(corpus_repo, "check", "--rev", commit), "contains a path of 4,199 bytes")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("".join(f"?{n}*\n!x{n}/\n" for n in range(300)), "would be longer than 262144 characters"),
        ("aa\n" * 200_000, "too many patterns to translate: 400000 bytes"),
        ("a\n" * 20_000 + "!b\n" * 20_000, "too many patterns to translate: 60000 bytes"),
    ],
    ids=["lines", "patterns", "comparisons"],
)
def test_too_many_patterns_are_an_error(corpus_repo: Repo, text: str, message: str) -> None:
    corpus_repo.add(".gitignore", text)
    expect_error(limited(corpus_repo, "ignore"), message)


def test_directories_beyond_the_limit_are_named() -> None:
    count = MAX_REOPENED + 2
    text = "build\n" + "".join(f"!/p{n:03}/build\n" for n in range(count))
    found = translate({".gitignore": text.encode()})
    reason = "not translated: dlm-git re-includes at most 64 such directories"
    assert [(p.source, p.reason) for p in found.untranslated] == [
        (".gitignore:66", reason),
        (".gitignore:67", reason),
    ]


def test_a_negated_pattern_that_is_too_deep_is_named() -> None:
    text = "*.log\n!/" + "a/" * 200 + "x.log\n"
    (found,) = translate({".gitignore": text.encode()}).untranslated
    assert found.reason == "not translated: dlm-git re-includes at most 100 directories deep"


@given(line=st.text("ab`?*[]!/\\ ", max_size=300), count=st.integers(1, 3))
def test_every_pattern_has_few_lines(line: str, count: int) -> None:
    lines = translate({".gitignore": f"{line}\n".encode() * count}).lines
    assert sum(map(len, lines)) <= 200 * (len(line) + 100)


@given(text=st.lists(st.sampled_from(["::x::", " ::prose::", "```", "::prose::"]), max_size=50))
def test_violations_have_a_limit(text: list[str]) -> None:
    body = parse_body("\n".join(text * 200))
    assert len(body.violations) <= MAX_VIOLATIONS + 1
    assert len(body.lookalikes) <= MAX_VIOLATIONS


def test_lines_of_an_ignore_file_are_compared_with_the_files_up_to_a_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dead_lines, "_MAX_SEARCHED", 3)
    files = {CORPUS: GOOD, "src/a.py": "x\n", ".dlm/ignore": "/src/\n" * 5}
    findings = run_rules(snapshot(files), Config()).findings
    assert [f.span.line for f in findings if f.rule == "dead-ignore-line" and f.span] == [1, 2, 3]
