"""The rule about comments `# dlm-git: ignore[RULE] REASON`, and what they accept."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dlm_git.config.load import Config
from dlm_git.document.ignore_comments import line_comments, yaml_comments
from dlm_git.document.text import Extent, Text
from dlm_git.document.yaml_loader import Loaded, load
from dlm_git.report import CheckResult
from dlm_git.rules.context import Exceptions
from dlm_git.rules.engine import run_rules
from tests.support import CORPUS, GOOD, Files, snapshot
from tests.unit.rules.support import Reports, corpus, rule_tests

TRAINING = ".dlm/training.yaml"
IGNORE = ".dlm/ignore"


def commented(comment: str, line: str = "base_model: qwen2.5-coder-1.5b") -> Files:
    """Return a corpus whose base model has a comment behind it."""
    assert line in GOOD
    return corpus(GOOD.replace(line, f"{line}  {comment}"))


REPORTED: dict[str, list[Reports]] = {
    "unused-ignore": [
        Reports(
            "of a fixed finding",
            commented("# dlm-git: ignore[unknown-base] ours"),
            f"{CORPUS}:4:33: unknown-base reports nothing on the line of the comment",
            hint="remove the comment, or write it on the line of the finding or above it",
        ),
        Reports(
            "of two fixed findings",
            commented("# dlm-git: ignore[unknown-base, wrong-base] ours"),
            f"{CORPUS}:4:33: unknown-base and wrong-base report nothing on the line of the comment",
        ),
        Reports(
            "no rule",
            commented("# dlm-git: ignore ours"),
            f"{CORPUS}:4:33: the comment names no rule",
            hint="write `# dlm-git: ignore[RULE] REASON`",
        ),
        Reports(
            "no rule in brackets",
            commented("# dlm-git: ignore[ ] ours"),
            f"{CORPUS}:4:33: the comment names no rule",
        ),
        Reports(
            "no reason",
            commented("# dlm-git: ignore[unknown-base]"),
            f"{CORPUS}:4:33: the comment has no reason",
        ),
        Reports(
            "a misspelt rule",
            commented("#dlm-git:ignore[unknwn-base] ours"),
            f"{CORPUS}:4:33: the comment names the unknown rule 'unknwn-base'",
            hint="did you mean 'unknown-base'?",
        ),
        Reports(
            "itself",
            commented("# dlm-git: ignore[unused-ignore] ours"),
            f"{CORPUS}:4:33: a comment cannot ignore 'unused-ignore'",
        ),
        Reports(
            "on the first line of the frontmatter",
            corpus(GOOD.replace("---\n", "---\n# dlm-git: ignore[dead-pattern] x\n", 1)),
            f"{CORPUS}:2:1: dead-pattern reports nothing on the line of the comment",
        ),
        Reports(
            "at the end of the frontmatter",
            corpus(GOOD.replace("\n---\n\n", "\n# dlm-git: ignore[dead-pattern] x\n---\n\n")),
            f"{CORPUS}:10:1: dead-pattern reports nothing on the line of the comment",
        ),
        Reports(
            "in the config of a directory",
            corpus(
                GOOD, **{TRAINING: "# dlm-git: ignore[broken-training-config] x\nexclude: []\n"}
            ),
            f"{TRAINING}:1:1: broken-training-config reports nothing on the line of the comment",
        ),
        Reports(
            "in a list of patterns",
            corpus(GOOD, **{IGNORE: "\n  # dlm-git: ignore[dead-ignore-line] x\n\n*.csv\n"}),
            f"{IGNORE}:2:3: dead-ignore-line reports nothing on the line of the comment",
        ),
    ],
}
NOT_REPORTED: dict[str, list[Reports]] = {
    "unused-ignore": [
        Reports(
            "a value that looks like one",
            corpus(GOOD, **{TRAINING: 'metadata: {a: "# dlm-git: ignore[unknown-key] x"}\n'}),
            "",
        ),
        Reports("of a finding", commented("# dlm-git: ignore[wrong-base] x"), "", {"base": "b"}),
        Reports(
            "of a suppressed rule",
            commented("# dlm-git: ignore[wrong-base] x"),
            "",
            {"base": "b", "ignore": {"wrong-base": "y"}},
        ),
        Reports(
            "switched off",
            commented("# dlm-git: ignore[x]"),
            "",
            {"ignore": {"unused-ignore": "y"}},
        ),
        Reports("another comment", commented("# dlm-git: generated"), ""),
        Reports("a longer word", commented("# dlm-git: ignored[x] y"), ""),
        Reports("in the body", corpus(GOOD + "# dlm-git: ignore[x] y\n"), ""),
        Reports(
            "in a string",
            corpus(
                GOOD.replace("training:", 'system_prompt: "a # dlm-git: ignore[x] y"\ntraining:')
            ),
            "",
        ),
        Reports(
            "in a plain string",
            corpus(GOOD.replace("training:", "system_prompt: a#dlm-git: ignore[x] y\ntraining:")),
            "",
            also=(
                f"unparsable-document: {CORPUS}:5:25: cannot load the frontmatter as YAML:"
                " mapping values are not allowed here",
            ),
        ),
        Reports(
            "in a block",
            corpus(
                GOOD.replace(
                    "training:", "system_prompt: |\n  # dlm-git: ignore[x] y\n  b\ntraining:"
                )
            ),
            "",
        ),
        Reports(
            "behind a pattern",
            corpus(GOOD, **{IGNORE: "*.csv # dlm-git: ignore[dead-ignore-line] x\n"}),
            "",
            also=(
                "dead-ignore-line: .dlm/ignore:1:1: line '*.csv # dlm-git:"
                " ignore[dead-ignore-line] x' excludes nothing: dlm does not support a comment"
                " after a pattern",
            ),
        ),
        Reports("of a rule of pushes", commented("# dlm-git: ignore[changed-id, shared-id] x"), ""),
        Reports(
            "of a document with other problems",
            commented("# dlm-git: ignore[unknown-base] x\nlora: 3"),
            "",
            also=(f"unknown-key: {CORPUS}:5:1: unknown key 'lora'",),
        ),
    ],
}

test_a_rule_reports, test_a_rule_reports_nothing = rule_tests(REPORTED, NOT_REPORTED)


def check(files: Files, config: Config | None = None, *, comments: bool = True) -> CheckResult:
    exceptions = Exceptions(comments=comments)
    return run_rules(snapshot(files), config or Config(), exceptions=exceptions)


WRONG = Config(base="smollm2-135m")


def summary(result: CheckResult) -> tuple[list[str], list[tuple[object, ...]]]:
    """Return the rules that are reported, and what is accepted by what."""
    accepted: list[tuple[object, ...]] = [
        (one.finding.rule, one.kind, one.reason, one.where) for one in result.accepted
    ]
    return [finding.rule for finding in result.findings], accepted


@pytest.mark.parametrize(
    ("comment", "line"),
    [
        ("base_model: qwen2.5-coder-1.5b # dlm-git: ignore[wrong-base] we try it", 4),
        ("base_model: qwen2.5-coder-1.5b #dlm-git:ignore[ wrong-base ]we try it  ", 4),
        ('base_model: "qwen2.5-coder-1.5b"# dlm-git: ignore[wrong-base] we try it', 4),
        ("base_model: qwen2.5-coder-1.5b # why # dlm-git: ignore[wrong-base] we try it", 4),
        ("# dlm-git: ignore[wrong-base] we try it\nbase_model: qwen2.5-coder-1.5b", 4),
        ("  # dlm-git: ignore[wrong-base] we try it\n\n# x\nbase_model: qwen2.5-coder-1.5b", 4),
        (
            "x: |  # x\n  a\n"
            "# dlm-git: ignore[wrong-base] we try it\nbase_model: qwen2.5-coder-1.5b",
            6,
        ),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_comment_accepts_findings_on_its_line_or_the_next(
    comment: str, line: int, newline: str
) -> None:
    text = GOOD.replace("base_model: qwen2.5-coder-1.5b", comment).replace(
        "x: |", "system_prompt: |"
    )
    result = check(corpus(text.replace("\n", newline)), WRONG)
    accepted = [("wrong-base", "comment", "we try it", f"{CORPUS}:{line}")]
    assert summary(result) == ([], accepted)


def test_a_comment_beside_the_bar_of_a_block_counts() -> None:
    block = "adapter_x: |  # dlm-git: ignore[unknown-key] later\n  a"
    text = GOOD.replace("training:", f"{block}\ntraining:")
    assert summary(check(corpus(text))) == (
        [],
        [("unknown-key", "comment", "later", f"{CORPUS}:5")],
    )


@pytest.mark.parametrize(
    "comment",
    [
        "# dlm-git: ignore[wrong-base]",  # no reason
        "# dlm-git: ignore[unknown-base] x",  # another rule
        "\n# dlm-git: ignore[wrong-base] x",  # for the next line
    ],
)
def test_another_comment_accepts_nothing(comment: str) -> None:
    rules, accepted = summary(check(commented(comment), WRONG))
    assert rules == ["wrong-base", "unused-ignore"]
    assert accepted == []


def test_a_comment_accepts_findings_of_several_rules() -> None:
    text = GOOD.replace("**/*", "*.rs").replace("include:", "include: &a")
    line = '      include: &a ["*.rs"]'
    assert line in text
    comment = "  # dlm-git: ignore[dead-pattern, wrong-globs, empty-training-set] later"
    files = corpus(text.replace(line, line + comment))
    rules, accepted = summary(check(files, Config(include=("**/*",))))
    assert {rule for rule, *_ in accepted} == {"dead-pattern", "wrong-globs"}
    assert set(rules) == {"unused-ignore", "empty-training-set"}


def test_comments_in_the_configs_of_a_directory_count() -> None:
    dead = "# dlm-git: ignore[dead-ignore-line] later\n/build/\n"
    broken = "exclude: 3  # dlm-git: ignore[broken-training-config] later\n"
    result = check(corpus(GOOD, **{IGNORE: dead, TRAINING: broken}))
    assert summary(result) == (
        [],
        [
            ("dead-ignore-line", "comment", "later", f"{IGNORE}:1"),
            ("broken-training-config", "comment", "later", f"{TRAINING}:1"),
        ],
    )


FIRST, SECOND = "# dlm-git: ignore[r] why", "# dlm-git: ignore[s] so"


def test_comments_of_yaml_accept_their_line_or_the_next() -> None:
    source = f"x: 1\n\na: 1  {FIRST} \t\n{SECOND}\n\n  # y\nb: 2  "
    found = [*yaml_comments(Text(source), Extent(6, len(source)))]
    assert [source[each.span.start : each.span.end] for each in found] == [FIRST, SECOND]
    targets = [source[each.target.start : each.target.end] for each in found if each.target]
    assert targets == [f"a: 1  {FIRST} \t", "b: 2  "]


def test_comments_of_an_ignore_file_accept_the_next_line() -> None:
    source = f"{FIRST} \t\n{SECOND}\n\n  # y\nb\n{SECOND}"
    found = [*line_comments(Text(source))]
    assert [source[each.span.start : each.span.end] for each in found] == [FIRST, SECOND, SECOND]
    assert [each.target and each.target.line for each in found] == [5, 5, None]


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (f'a: "x\n  # y"  {FIRST}\nb: 1', 2),  # a line that continues a string
        (f"{FIRST}\n\xa0#x: 1\nb: 1", 2),  # a key
        (f"a: x\u2028{FIRST}\u2028b: x", 1),  # a line, as editors count
        (f"{FIRST}\n  # y\n\nb: 1", 4),
        (f"# why {FIRST}\nb: 1", 2),
    ],
)
def test_the_line_that_a_comment_of_yaml_accepts(source: str, target: int) -> None:
    (comment,) = yaml_comments(Text(source), Extent(0, len(source)))
    assert comment.target
    assert comment.target.line == target


@pytest.mark.parametrize(
    "source",
    [f"a: |\u2028  {FIRST}\n", f"# write `{FIRST}` here\na: b", f"a: |\x85 {FIRST}\x85", "a: |"],
)
def test_what_is_not_a_comment_accepts_nothing(source: str) -> None:
    assert not [*yaml_comments(Text(source), Extent(0, len(source)))]


@pytest.mark.parametrize("ignore", ["", "\ufeff", "\n", "# x"])
def test_an_ignore_file_without_lines_has_no_comments(ignore: str) -> None:
    files = {**commented("# dlm-git: ignore[wrong-base] x"), IGNORE: ignore}
    assert summary(check(files, WRONG))[0] == []


def test_a_training_config_may_end_with_the_start_of_a_text() -> None:
    comment = "# dlm-git: ignore[dead-pattern] x"
    files = corpus(GOOD, **{TRAINING: f"metadata:\n  {comment}\n  a: |"})
    assert summary(check(files))[0] == ["unused-ignore"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\x0c"])
def test_a_comment_of_an_ignore_file_accepts_the_next_line_only(end: str) -> None:
    lines = "/a/", "# dlm-git: ignore[dead-ignore-line] later", "/b/", "/c/"
    result = check(corpus(GOOD, **{IGNORE: end.join(lines)}))
    reported = [finding.message.split("'")[1] for finding in result.findings]
    accepted = [one.finding.message.split("'")[1] for one in result.accepted]
    assert (reported, accepted) == (["/a/", "/c/"], ["/b/"])


def test_a_comment_accepts_a_finding_about_the_end_of_its_line() -> None:
    comment = "# dlm-git: ignore[invalid-value] x\nbase_model:\n"
    result = check(corpus(GOOD.replace("base_model: qwen2.5-coder-1.5b\n", comment)))
    assert summary(result) == ([], [("invalid-value", "comment", "x", f"{CORPUS}:4")])


def test_comments_that_do_not_count_are_a_note() -> None:
    files = commented("# dlm-git: ignore[wrong-base] we try it")
    result = check(files, WRONG, comments=False)
    assert summary(result) == (["wrong-base"], [])
    (note,) = result.notes
    assert note.message == (
        "comments `# dlm-git: ignore` count only with the config of the checked state,"
        f" not in '{CORPUS}'"
    )


def test_what_a_comment_of_a_document_in_the_way_of_the_corpus_accepts_is_not_known() -> None:
    """Without a corpus document, many rules do not run: their comments are not reported."""
    files = {"a/b.dlm": GOOD.replace("training:", "training:  # dlm-git: ignore[dead-pattern] x")}
    rules, _ = summary(check(files))
    assert "unused-ignore" not in rules


def test_what_a_comment_accepts_is_not_known_where_a_file_is_missing() -> None:
    state = snapshot(commented("# dlm-git: ignore[wrong-base] x"))
    for missing, expected in (({}, ["unused-ignore"]), ({"a.md": "`git fetch`"}, [])):
        result = run_rules(state.replace(missing=missing), Config(), exceptions=Exceptions())
        assert summary(result) == (expected, [])


_COMMENT = "# dlm-git: ignore[dead-pattern] x"
_BITS = st.sampled_from(
    [
        *(
            "a: ",
            "b: ",
            "- ",
            "|\n",
            ">\n",
            "  ",
            "\n",
            "x",
            '"',
            "'",
            "[",
            "]",
            "{",
            "}",
            ", ",
            "#",
        ),
        *(_COMMENT, f" {_COMMENT}", f"{_COMMENT}\n", f"\n  {_COMMENT}\n", "&a ", "*a", "\u2028"),
    ]
)


_VALUES = [
    "x",
    '"x"',
    "'x'",
    "[x]",
    "{d: x}",
    "|\n  x",
    ">\n  x\n\n  x",
    "&e x",
    "!!str x",
    "\n- x",
]
_VALUES += [f'"{_COMMENT}"', f"'{_COMMENT}'", f"x{_COMMENT}", f"|\n  {_COMMENT}"]
_TAILS = ["", f" {_COMMENT}", f"\n{_COMMENT}", f"\n  {_COMMENT}", f"\n\n {_COMMENT}\n"]
_entries = st.builds(str.__add__, st.sampled_from(_VALUES), st.sampled_from(_TAILS))
_mappings = st.lists(_entries, min_size=1, max_size=3).map(
    lambda entries: "\n".join(f"{key}: {entry}" for key, entry in zip("abc", entries, strict=False))
)


_texts = st.lists(_BITS, max_size=14).map("".join)  # few of them can be loaded


@given(st.integers(0, 3).flatmap(lambda number: _mappings if number else _texts))
@example(f'a: "{_COMMENT}" {_COMMENT}\n')
@example(f"a: &b\n  {_COMMENT}\n  x\n")
@example(f"a: !!str  {_COMMENT}\n  |\n  x\n")
@example(f"a: |\n  x\n {_COMMENT}\nb: x")
@example(f"a: |  {_COMMENT}\n  x\n")
@example(f'a: "x"{_COMMENT}\n')
@example(f"a: x{_COMMENT}\n")
@example(f"a: >\n  x\n\n\n  {_COMMENT}\n\n\nb: x")
@example("a: |")
@example(f"a: |\n  {_COMMENT}\na: x")
@example(f"a: |\u2028  {_COMMENT}\n  x\n")
@example(f"a: x\u2028{_COMMENT}\u2028b: x")
def test_only_comments_of_yaml_are_comments(source: str) -> None:
    """Without a comment, the value is the same; without the same text in a value, another."""
    loaded = load(source)
    if not isinstance(loaded, Loaded) or loaded.nodes.duplicates:  # of which one value is lost
        return
    text = Text(source)
    found = [*yaml_comments(text, Extent(0, len(source)))]
    starts = {comment.span.start for comment in found}
    for match in re.finditer(re.escape(_COMMENT), source):
        changed = load(f"{source[: match.end() - 1]}y{source[match.end() :]}")
        same = isinstance(changed, Loaded) and repr(changed.value) == repr(loaded.value)
        in_comment = any(_is_inside(source, start, match.start()) for start in starts)
        assert same == in_comment, (source, match.start())


def _is_inside(source: str, start: int, offset: int) -> bool:
    """Return whether an offset is on the line of a comment, behind its start."""
    return start <= offset and not re.search("[\n\x85\u2028\u2029]", source[start:offset])
