"""Findings that `[[ignore-path]]` or the baseline accepts, and how formats show them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from dlm_git.config.load import Config, IgnoredPath
from dlm_git.errors import DlmGitError
from dlm_git.formats.github import github
from dlm_git.formats.github_summary import github_summary
from dlm_git.formats.gitlab import gitlab
from dlm_git.formats.json import json as as_json
from dlm_git.formats.junit import junit
from dlm_git.formats.sarif import sarif
from dlm_git.formats.text import Style, text
from dlm_git.report import AcceptedFinding, CheckResult, Finding, Span
from dlm_git.rules.baseline import fingerprint, parse_baseline, render_baseline
from dlm_git.rules.context import Exceptions
from dlm_git.rules.engine import run_rules, validate_config
from tests.outputs import JUNIT, SARIF
from tests.support import (
    CORPUS,
    GOOD,
    ID,
    OTHER_ID,
    REPORT_SCHEMA,
    Files,
    Special,
    snapshot,
)

SECRETS: Files = {CORPUS: GOOD, "a.py": "x", "vendor/.npmrc": "_authToken=x", ".netrc": "x"}
SECRET = "secret-in-training-set"


def ignored(*paths: str, until: str | None = None, rules: tuple[str, ...] = (SECRET,)) -> Config:
    entry = IgnoredPath(paths=paths, rules=rules, reason="test keys", until=until)
    return Config(ignore_path=(entry,))


def check(files: Files, config: Config | None = None, today: str = "") -> CheckResult:
    return run_rules(snapshot(files), config or Config(), exceptions=Exceptions(None, today))


def with_baseline(files: Files, baseline: str, config: Config | None = None) -> CheckResult:
    exceptions = Exceptions(parse_baseline(baseline.encode()))
    return run_rules(snapshot(files), config or Config(), exceptions=exceptions)


def baseline_of(files: Files, config: Config | None = None) -> str:
    result = check(files, config)
    return render_baseline(result.findings, result.label)


def paths(result: CheckResult) -> list[str]:
    return [finding.path for finding in result.findings]


def messages(result: CheckResult) -> list[str]:
    return [note.message for note in result.notes]


# paths


@pytest.mark.parametrize(
    ("patterns", "left"),
    [
        (["vendor/**"], [".netrc"]),
        (["**/.npmrc", ".netrc"], []),
        ([".npmrc", "**/.netrc"], ["vendor/.npmrc"]),  # dlm's grammar: a pattern is for whole paths
    ],
)
def test_findings_at_ignored_paths_are_accepted(patterns: list[str], left: list[str]) -> None:
    result = check(SECRETS, ignored(*patterns))
    assert paths(result) == left
    assert {one.finding.path for one in result.accepted} == {".netrc", "vendor/.npmrc"} - {*left}
    assert all(one.kind == "path" and one.reason == "test keys" for one in result.accepted)
    assert all(one.where in patterns for one in result.accepted)


def test_only_findings_of_the_named_rules_are_accepted() -> None:
    result = check(SECRETS, ignored("**", rules=("dead-pattern",)))
    assert paths(result) == [".netrc", "vendor/.npmrc"]
    assert result.accepted == ()
    assert messages(result) == ["'ignore-path' lists '**', where its rules report nothing"]


@pytest.mark.parametrize(("today", "counts"), [("2027-01-31", False), ("2027-02-01", True)])
def test_an_entry_applies_up_to_its_last_day(today: str, counts: bool) -> None:
    result = check(SECRETS, ignored("vendor/**", until="2027-01-31"), today)
    assert ("vendor/.npmrc" in paths(result)) == counts
    message = f"'ignore-path' for 'vendor/**' ended on 2027-01-31: {SECRET} counts again there"
    assert messages(result) == ([message] if counts else [])


def test_patterns_without_a_finding_are_a_note() -> None:
    result = check(SECRETS, ignored("vendor/**", "vendr/**", "vendor/.npmrc", "x"))
    assert messages(result) == [
        "'ignore-path' lists 'vendr/**', 'x', where its rules report nothing"
    ]


def test_patterns_of_rules_that_did_not_run_are_not_a_note() -> None:
    assert messages(check({"a.py": "x"}, ignored("vendor/**"))) == []
    rules = (SECRET, "untracked-training-file")
    assert messages(check({CORPUS: GOOD, "a": "x"}, ignored("vendor/**", rules=rules))) == []
    config = ignored("vendor/**").replace(ignore={SECRET: "x"})
    assert messages(check({CORPUS: GOOD, "a": "x"}, config)) == []


def test_an_unknown_rule_of_an_entry_is_an_error() -> None:
    with pytest.raises(DlmGitError) as raised:
        validate_config(ignored("a", rules=("secret-in-trainingset",)))
    assert raised.value.message == "unknown rule 'secret-in-trainingset' in 'ignore-path'"
    assert raised.value.hint == f"did you mean '{SECRET}'?"


def test_a_comment_without_effect_is_accepted_by_a_path() -> None:
    files = {CORPUS: GOOD.replace("training:", "training:  # dlm-git: ignore[dead-pattern] x")}
    result = check({**files, "a": "x"}, ignored(CORPUS, rules=("unused-ignore",)))
    assert paths(result) == []
    assert [one.finding.rule for one in result.accepted] == ["unused-ignore"]


def test_a_finding_is_accepted_by_the_first_way_and_no_note_says_otherwise() -> None:
    commented = GOOD.replace('["**/*"]', '["**/*", "x.rs"]  # dlm-git: ignore[dead-pattern] later')
    files: Files = {CORPUS: commented, "a": "x"}
    result = check(files, ignored(CORPUS, rules=("dead-pattern",)))
    assert (result.findings, messages(result)) == ((), [])
    assert [(one.kind, one.where) for one in result.accepted] == [("comment", f"{CORPUS}:9")]


def test_a_pattern_is_unused_if_just_its_rules_ran() -> None:
    result = run_rules(snapshot(SECRETS), ignored("x"), selected=(SECRET,))
    assert messages(result) == ["'ignore-path' lists 'x', where its rules report nothing"]


# the baseline

DRIFTED = GOOD.replace('["**/*"]', '["**/*", "*.rs", "*.go"]')
DRIFT: Files = {CORPUS: DRIFTED, "a.py": "x", ".netrc": "x"}
WRONG = Config(base="smollm2-135m")
OTHER = GOOD.replace(ID, OTHER_ID)


def test_a_baseline_accepts_what_it_lists() -> None:
    baseline = baseline_of(DRIFT, WRONG)
    result = with_baseline(DRIFT, baseline, WRONG)
    assert (result.findings, result.notes) == ((), ())
    assert {(one.kind, one.where) for one in result.accepted} == {
        ("baseline", ".dlm-git-baseline.json")
    }
    assert len(result.accepted) == len(check(DRIFT, WRONG).findings) == 4


def test_a_baseline_is_sorted_with_an_entry_on_each_line_and_without_line_numbers() -> None:
    lines = baseline_of(DRIFT, WRONG).splitlines()
    assert lines[:3] == ["{", '  "version": 1,', '  "findings": [']
    entries = [json.loads(line.rstrip(",")) for line in lines[3:-2]]
    keys = [(entry["path"], entry["rule"], entry["fingerprint"]) for entry in entries]
    assert keys == sorted(keys)
    assert len({*keys}) == 4
    assert {*entries[0]} == {"rule", "path", "fingerprint"}


_LINES = st.sampled_from(["# a\n", "\n", "system_prompt: a b\n", "# 7\n\n"])


@given(above=_LINES, below=_LINES, body=st.text("ab\n# ", max_size=9), crlf=st.booleans())
def test_edits_of_other_lines_keep_a_baseline(
    above: str, below: str, body: str, crlf: bool
) -> None:
    start, end = ("---\n", "training:\n")
    edited = DRIFTED.replace(start, start + above, 1)
    edited = edited.replace(end, ("" if "prompt" in above else below) + end, 1) + body
    edited = edited.replace("\n", "\r\n") if crlf else edited
    baseline = baseline_of(DRIFT, WRONG)
    result = with_baseline({**DRIFT, CORPUS: edited, "b.py": "x"}, baseline, WRONG)
    assert (result.findings, result.notes) == ((), ())


NEW = {
    "another file": {"b/.netrc": "x"},
    "the same line": {CORPUS: DRIFTED.replace("*.go", "*.c")},
    "another line": {CORPUS: DRIFTED.replace("training:", "lora: 1\ntraining:")},
}


@pytest.mark.parametrize("change", NEW)
def test_a_new_finding_is_reported(change: str) -> None:
    result = with_baseline({**DRIFT, **NEW[change]}, baseline_of(DRIFT, WRONG), WRONG)
    found = {(finding.path, finding.rule) for finding in result.findings}
    expected = {
        "another file": {("b/.netrc", SECRET)},
        "the same line": {(CORPUS, "dead-pattern")},
        "another line": {(CORPUS, "unknown-key")},
    }
    assert found == expected[change]


PIECES: dict[str, Files] = {
    SECRET: {"x/.netrc": "x"},
    "stray-backup": {".dlm/corpus.dlm.bak": "x"},
    "nested-corpus": {"x/.dlm/corpus.dlm": OTHER},
    "dead-ignore-line": {".dlm/ignore": "/x/\n"},
    "broken-training-config": {".dlm/training.yaml": "exclude: 3\n"},
    "ambiguous-corpus": {".dlm/other.dlm": OTHER},
}
_PIECES = st.sets(st.sampled_from(sorted(PIECES)))


def assembled(names: set[str]) -> Files:
    files: dict[str, str | bytes | Special] = {**DRIFT}
    for name in names:
        files |= PIECES[name]
    return files


@given(before=_PIECES, after=_PIECES)
def test_exactly_the_new_findings_are_reported(before: set[str], after: set[str]) -> None:
    baseline = baseline_of(assembled(before), WRONG)
    assert with_baseline(assembled(before), baseline, WRONG).findings == ()
    result = with_baseline(assembled(after), baseline, WRONG)
    old = {fingerprint(f, "the index") for f in check(assembled(before), WRONG).findings}
    new = [
        finding
        for finding in check(assembled(after), WRONG).findings
        if fingerprint(finding, "the index") not in old
    ]
    assert [*result.findings] == new
    assert {finding.rule for finding in new} >= after - before


def test_what_no_longer_occurs_is_a_note() -> None:
    baseline = baseline_of(DRIFT, WRONG)
    result = with_baseline({**DRIFT, CORPUS: GOOD}, baseline, WRONG)
    assert result.clean
    assert messages(result) == [
        "'.dlm-git-baseline.json' lists 2 findings that no longer occur:"
        f" dead-pattern in '{CORPUS}', dead-pattern in '{CORPUS}'"
    ]
    assert result.notes[0].hint == "`dlm-git check --write-baseline` removes what no longer occurs"


@pytest.mark.parametrize(
    ("names", "listed"),
    [
        ("a", "a finding that no longer occurs: r in 'a'"),
        ("abc", "3 findings that no longer occur: r in 'a', r in 'b', r in 'c'"),
        ("abcd", "4 findings that no longer occur: r in 'a', r in 'b', r in 'c' and 1 more"),
        ("abcdef", "6 findings that no longer occur: r in 'a', r in 'b', r in 'c' and 3 more"),
    ],
)
def test_the_first_that_no_longer_occur_are_named(names: str, listed: str) -> None:
    baseline = render_baseline([Finding("r", name, "m", "h") for name in names], "the index")
    result = with_baseline({CORPUS: GOOD, "a": "x"}, baseline)
    assert messages(result) == [f"'.dlm-git-baseline.json' lists {listed}"]


def test_what_did_not_run_is_not_a_note() -> None:
    assert messages(with_baseline({"a.py": "x"}, baseline_of(SECRETS))) == []


def test_equal_findings_are_counted() -> None:
    finding = Finding("dead-pattern", "a", "m", "h")
    baseline = render_baseline([finding] * 3 + [finding.replace(path="b")], "the index")
    assert sorted(parse_baseline(baseline.encode()).counts.values()) == [1, 3]
    assert '"count": 3' in baseline


def test_as_many_equal_findings_are_accepted_as_are_listed() -> None:
    source = '    - path: "."\n      include: ["**/*", "x.rs"]\n'
    start, end = GOOD.split('    - path: "."\n      include: ["**/*"]\n')
    files: Files = {CORPUS: start + source * 3 + end, "a": "x"}
    baseline = baseline_of(files)
    assert baseline.count('"count": 3') == 1
    assert with_baseline(files, baseline).findings == ()
    (left,) = with_baseline(files, baseline.replace('"count": 3', '"count": 2')).findings
    assert (left.rule, left.span and left.span.line) == ("dead-pattern", 13)


def test_fingerprints_differ_where_findings_do() -> None:
    line = "  include: [a, a, b]"
    base = Finding("r", "p", "'a' matches nothing", "h", Span(7, 13, 7, 14, 90, 91), line)
    moved = base.replace(span=Span(9, 13, 9, 14, 190, 191), quote=f"  {line}".rstrip())
    same = [
        base.replace(span=Span(9, 13, 9, 14, 190, 191)),
        base.replace(message="'a' excludes nothing", hint="x"),
        base.replace(quote=line + "  "),
        base.replace(message="'a' matches nothing, see line 12"),
        base.replace(message="'a' matches nothing in revision 1a2b"),
    ]
    other = [
        base.replace(rule="q"),
        base.replace(path="q"),
        base.replace(message="'b' matches nothing"),
        base.replace(message="'a' matches 5 files"),
        base.replace(span=Span(7, 19, 7, 20, 96, 97)),
        base.replace(quote="  include: [a, a, c]"),
        base.replace(span=None, quote=""),
        moved,  # the marked text is another one
    ]
    prints = [fingerprint(finding, "revision 1a2b") for finding in (base, *same)]
    assert len({*prints}) == 1
    assert prints[0] not in {fingerprint(finding, "revision 1a2b") for finding in other}
    assert prints[0] == "474bc3df9f727673"  # a baseline stays valid


def test_a_baseline_of_the_index_applies_to_a_revision() -> None:
    files: Files = {"a.py": "x"}
    revision = snapshot(files).replace(label="revision 1a2b3c4d5e6f (HEAD)", revision="1" * 40)
    exceptions = Exceptions(parse_baseline(baseline_of(files).encode()))
    assert run_rules(revision, Config(), exceptions=exceptions).clean


@given(st.lists(st.tuples(st.sampled_from("ab"), st.text(max_size=3), st.text(max_size=4))))
def test_a_written_baseline_is_read(parts: list[tuple[str, str, str]]) -> None:
    findings = [Finding(rule, path, message, "") for rule, path, message in parts]
    written = render_baseline(findings, "the index")
    assert written.isascii()
    counts = parse_baseline(written.encode()).counts
    assert sum(counts.values()) == len(findings)
    assert render_baseline([*reversed(findings)], "the index") == written


ENTRY = '{"rule": "r", "path": "p", "fingerprint": "0123456789abcdef"}'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", ":1:1: invalid JSON: Expecting value"),
        ("{\n  x\n}", ":2:3: invalid JSON: Expecting property name"),
        ("[" * 100_000, ": invalid JSON: nested too deeply"),
        ('{"version": ' + "1" * 5000 + "}", ": invalid JSON: Exceeds the limit"),
        ("[]", ": expected 'version' 1 and a list 'findings'"),
        ('{"findings": []}', ": expected 'version' 1 and a list 'findings'"),
        ('{"version": true, "findings": []}', ": expected 'version' 1 and a list 'findings'"),
        ('{"version": 1, "findings": {}}', ": expected 'version' 1 and a list 'findings'"),
        ('{"version": 2, "findings": {}}', ": version 2 is of a later dlm-git"),
        ("{\n<<<<<<< HEAD\n=======\n>>>>>>> b\n}", ":2: the file contains a conflict marker"),
        ("\n<<<<<<< HEAD\n", ":2: the file contains a conflict marker"),
        ('{"a": 1}\n\udcff', ":2: not UTF-8"),
        ("\n\udcff", ":2: not UTF-8"),
        (f'{{"version": 1, "findings": [{ENTRY}, 3]}}', ": entry 2 of 'findings': expected 'rule'"),
        (
            f'{{"version": 1, "findings": [{ENTRY.replace("f", "g")}]}}',
            ": entry 1 of 'findings': expected 'rule'",
        ),
        (
            f'{{"version": 1, "findings": [{ENTRY.replace("abcdef", "")}]}}',
            ": entry 1 of 'findings': expected a fingerprint of 16",
        ),
        *(
            (
                f'{{"version": 1, "findings": [{ENTRY[:-1]}, "count": {count}}}]}}',
                ": entry 1 of 'findings': expected a positive integer as 'count'",
            )
            for count in ("0", "true", '"1"', "null", "1.0")
        ),
    ],
)
def test_a_broken_baseline_is_an_error_with_its_place(content: str, message: str) -> None:
    with pytest.raises(DlmGitError) as raised:
        parse_baseline(content.encode(errors="surrogateescape"))
    assert raised.value.message.startswith(f".dlm-git-baseline.json{message}")
    assert raised.value.hint


def test_a_repeated_entry_counts_once() -> None:
    data = f'{{"version": 1, "findings": [{ENTRY}, {ENTRY[:-1]}, "count": 2}}, {ENTRY}]}}'
    assert [*parse_baseline(data.encode()).counts.values()] == [2]


# formats

FINDING = Finding("wrong-base", CORPUS, "m", "h", Span(4, 13, 4, 14, 50, 51), "base_model: x")
RESULT = CheckResult(
    "the index",
    None,
    (CORPUS,),
    (FINDING,),
    accepted=(
        AcceptedFinding(FINDING, "baseline", "", ".dlm-git-baseline.json"),
        AcceptedFinding(FINDING, "baseline", "", ".dlm-git-baseline.json"),
        AcceptedFinding(FINDING, "comment", "we try it", f"{CORPUS}:4"),
        AcceptedFinding(Finding(SECRET, "vendor/x", "m", "h"), "path", "test keys", "vendor/**"),
    ),
)
COUNTS = "4 accepted: 2 baseline, 1 comment, 1 vendor/**"
CLEAN = RESULT.replace(findings=())


def test_text_counts_accepted_findings() -> None:
    assert text([CLEAN]) == f"OK: {CORPUS} in the index, no findings ({COUNTS})\n"
    assert text([RESULT]).endswith(f"1 finding in the index ({COUNTS})\n")
    assert text([CLEAN], Style(quiet=True)) == ""
    several = [CLEAN.replace(name="a"), CLEAN.replace(name="b", accepted=()), RESULT]
    assert text(several).endswith(
        "3 in total: 2 clean, 1 with findings (8 accepted: 4 baseline, 2 comment, 2 vendor/**)\n"
    )


def test_text_lists_accepted_findings_if_asked_to() -> None:
    place = f"{CORPUS}:4:13: wrong-base: m\n    4 | base_model: x\n      |             ^\n"
    assert text([CLEAN], Style(accepted=True)) == (
        f"{place}  accepted by .dlm-git-baseline.json\n"
        f"{place}  accepted by .dlm-git-baseline.json\n"
        f"{place}  accepted by the comment at {CORPUS}:4: we try it\n"
        f"vendor/x: {SECRET}: m\n"
        "  accepted by vendor/** in 'ignore-path': test keys\n"
        f"OK: {CORPUS} in the index, no findings ({COUNTS})\n"
    )


def test_json_lists_accepted_findings() -> None:
    loaded = json.loads(as_json([CLEAN]))
    Draft202012Validator(REPORT_SCHEMA).validate(loaded)
    assert loaded["clean"] is True
    assert [(one["kind"], one["reason"], one["where"]) for one in loaded["accepted"][1:]] == [
        ("baseline", "", ".dlm-git-baseline.json"),
        ("comment", "we try it", f"{CORPUS}:4"),
        ("path", "test keys", "vendor/**"),
    ]
    assert loaded["accepted"][0]["rule"] == "wrong-base"


def test_sarif_has_suppressed_results() -> None:
    loaded = json.loads(sarif([RESULT]))
    SARIF.validate(loaded)
    results = loaded["runs"][0]["results"]
    external = {"kind": "external", "status": "accepted"}
    assert [result["suppressions"] for result in results] == [
        [],
        [{**external, "justification": "listed in .dlm-git-baseline.json"}],
        [{**external, "justification": "listed in .dlm-git-baseline.json"}],
        [{"kind": "inSource", "status": "accepted", "justification": "we try it"}],
        [{**external, "justification": "test keys"}],
    ]
    prints = [result["partialFingerprints"]["dlmGitFinding/v1"] for result in results]
    assert len({*prints}) == 5
    plain = json.loads(sarif([RESULT.replace(accepted=())]))["runs"][0]["results"]
    assert all("suppressions" not in result for result in plain)


def test_accepted_findings_fail_nothing_in_other_formats() -> None:
    JUNIT.validate(junit([CLEAN]))
    assert "<failure" not in junit([CLEAN])
    assert f"<system-out>{COUNTS}</system-out>" in junit([CLEAN])
    assert gitlab([CLEAN]) == "[]\n"
    assert github([CLEAN]) == ""
    assert "accepted" in github_summary([CLEAN])
