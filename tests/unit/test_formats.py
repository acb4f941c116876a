"""Reports for CI systems: whole outputs, published schemas, hostile names."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit
from xml.etree import ElementTree

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator
from junitparser import JUnitXml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from dlm_git.config.load import Config
from dlm_git.document.text import Text
from dlm_git.formats.github import github
from dlm_git.formats.github_summary import github_summary
from dlm_git.formats.gitlab import gitlab
from dlm_git.formats.json import json as as_json
from dlm_git.formats.junit import junit
from dlm_git.formats.locations import locate_findings
from dlm_git.formats.sarif import sarif
from dlm_git.formats.text import text
from dlm_git.report import (
    CheckFailure,
    CheckOutcome,
    CheckResult,
    Edit,
    Finding,
    Fix,
    Note,
    Origin,
    Span,
)
from dlm_git.rules.engine import run_rules
from dlm_git.rules.registry import RULES
from tests.outputs import (
    GITLAB,
    JUNIT,
    SARIF,
    assert_harmless,
    log_commands,
    regions,
)
from tests.support import CORPUS, GOOD, REPORT_SCHEMA, snapshot
from tests.verdicts import verdicts

DRIFTED = GOOD.replace("qwen2.5-coder-1.5b", "smollm2-135m").replace(" strict", " permissive")
BACKUP = ".dlm/corpus.dlm.bak"
IGNORING = Config(base="qwen2.5-coder-1.5b", ignore={"dead-pattern": "of last year"})
BROKEN = run_rules(snapshot({CORPUS: DRIFTED, "README.md": "x", BACKUP: "x"}), IGNORING)
CLEAN = run_rules(snapshot({CORPUS: GOOD, "README.md": "x"}), Config())
NOTES = (Note("x is not compared", "set 'x'"), Note("'a b' is not read", path="a b"))
NOTED = CLEAN.replace(notes=NOTES)
NOT_CHECKED = CheckFailure("", "cannot read revision 'x'", "fetch it first")

WRONG_BASE = "expected base model 'qwen2.5-coder-1.5b', found 'smollm2-135m'"
WRONG_BASE_HELP = "write `base_model: qwen2.5-coder-1.5b`, or change 'base' in .dlm-git.toml"
WRONG_POLICY = "expected sources policy 'strict', found 'permissive'"
WRONG_POLICY_HELP = (
    "write `sources_policy: strict` under `training`, or change 'sources-policy' in .dlm-git.toml"
)
STRAY, STRAY_HELP = BROKEN.findings[-1].message, BROKEN.findings[-1].hint


# whole outputs


def test_github() -> None:
    stray = f"{BACKUP}: stray-backup: {STRAY}%0Ahelp: {STRAY_HELP}"
    assert github([BROKEN]) == (
        f"""\
::error file=.dlm/corpus.dlm,line=4,endLine=4,col=13,endColumn=25,title=wrong-base::.dlm/corpus.dlm:4:13: wrong-base: {WRONG_BASE}%0Ahelp: {WRONG_BASE_HELP}
::error file=.dlm/corpus.dlm,line=6,endLine=6,col=19,endColumn=29,title=wrong-sources-policy::.dlm/corpus.dlm:6:19: wrong-sources-policy: {WRONG_POLICY}%0Ahelp: {WRONG_POLICY_HELP}
::error file={BACKUP},title=stray-backup::{stray}
"""  # noqa: E501
    )
    assert github([CLEAN]) == ""
    assert github([NOT_CHECKED]) == (
        "::error title=cannot check::dlm-git: cannot read revision 'x'%0Ahelp: fetch it first\n"
    )


def test_github_gives_no_columns_over_several_lines() -> None:
    finding = Finding("invalid-value", "a", "m", "", Span(2, 3, 4, 5, 0, 0))
    assert github([CheckResult("x", None, (), (finding,))]) == (
        "::error file=a,line=2,endLine=4,title=invalid-value::a:2:3: invalid-value: m\n"
    )


def test_github_prints_ten_and_where_to_find_the_others() -> None:
    many = [Finding("dead-pattern", name, "m", "") for name in ("a", *"b" * 9, *"c" * 3, "d")]
    lines = github([CheckResult("x", None, (), tuple(many))]).splitlines()
    assert [line.startswith("::error file=") for line in lines] == [True] * 10 + [False]
    assert lines[-1] == "and 4 more: 3 in c, 1 in d"
    scattered = [many[0].replace(path=f"p{number}") for number in range(40)]
    last = github([CheckResult("x", None, (), tuple(scattered))]).splitlines()[-1]
    assert last.startswith("and 30 more: 1 in p10, ")
    assert last.endswith(", 1 in p29, the rest in 10 more places")


def test_gitlab() -> None:
    first, second, third = marks([BROKEN])
    assert json.loads(gitlab([BROKEN])) == [
        {
            "description": f"wrong-base: {WRONG_BASE}\nhelp: {WRONG_BASE_HELP}",
            "check_name": "wrong-base",
            "fingerprint": first,
            "severity": "major",
            "location": {"path": CORPUS, "lines": {"begin": 4}},
        },
        {
            "description": f"wrong-sources-policy: {WRONG_POLICY}\nhelp: {WRONG_POLICY_HELP}",
            "check_name": "wrong-sources-policy",
            "fingerprint": second,
            "severity": "major",
            "location": {"path": CORPUS, "lines": {"begin": 6}},
        },
        {
            "description": f"stray-backup: {STRAY}\nhelp: {STRAY_HELP}",
            "check_name": "stray-backup",
            "fingerprint": third,
            "severity": "major",
            "location": {"path": BACKUP, "lines": {"begin": 1}},
        },
    ]
    assert gitlab([CLEAN]) == "[]\n"
    (entry,) = json.loads(gitlab([NOT_CHECKED]))
    assert (entry["check_name"], entry["severity"]) == ("cannot-check", "blocker")


def test_junit() -> None:
    output = junit([BROKEN])
    assert output.startswith(
        f"""\
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="dlm-git" tests="{len(RULES)}" failures="3" errors="0">
  <testsuite name="dlm-git" tests="{len(RULES)}" failures="3" errors="0" skipped="1">
    <testcase classname="dlm-git.presence" name="missing-corpus" />
"""
    )
    failing = output[output.index('    <testcase classname="dlm-git.expectation"') :]
    assert failing.startswith(
        f"""\
    <testcase classname="dlm-git.expectation" name="wrong-base" file=".dlm/corpus.dlm">
      <failure message="{WRONG_BASE}">.dlm/corpus.dlm:4:13: wrong-base: {WRONG_BASE}
help: {WRONG_BASE_HELP}</failure>
    </testcase>
    <testcase classname="dlm-git.expectation" name="wrong-globs" />
    <testcase classname="dlm-git.expectation" name="wrong-sources-policy" file=".dlm/corpus.dlm">
      <failure message="{WRONG_POLICY}">.dlm/corpus.dlm:6:19: wrong-sources-policy: {WRONG_POLICY}
help: {WRONG_POLICY_HELP}</failure>
    </testcase>
"""
    )
    assert (
        """\
    <testcase classname="dlm-git.training" name="dead-pattern">
      <skipped message="of last year" />
    </testcase>
"""
        in output
    )


def test_junit_has_the_times_of_the_rules_and_their_sums() -> None:
    timed = run_rules(snapshot({CORPUS: DRIFTED}), Config(), timed=True)
    output = junit([timed, timed.replace(name="b"), NOT_CHECKED.replace(name="c")])
    JUNIT.validate(output)
    root = ElementTree.fromstring(output)
    for suite in root.findall("testsuite")[:2]:
        times = [float(case.attrib["time"]) for case in suite.iter("testcase")]
        assert 0 < sum(times) < 10
        assert float(suite.attrib["time"]) == pytest.approx(sum(times))
    assert float(root.attrib["time"]) == pytest.approx(2 * sum(times))
    assert "time" not in root.findall("testsuite")[2].attrib
    assert "time=" not in junit([BROKEN])


def test_a_parser_of_junit_reads_the_report() -> None:
    timed = run_rules(
        snapshot({CORPUS: DRIFTED, "README.md": "x", BACKUP: "x"}), IGNORING, timed=True
    )
    (suite,) = JUnitXml.fromstring(junit([timed]))
    cases = {case.name: case for case in suite}
    assert (suite.tests, suite.failures, suite.skipped) == (len(RULES), 3, 1)
    assert suite.time == pytest.approx(sum(case.time for case in cases.values()))
    (failure,) = cases["wrong-base"].result
    assert failure.message == WRONG_BASE
    assert cases["dead-pattern"].is_skipped


def test_junit_names_the_files_of_a_subdirectory_from_the_top_of_the_checkout() -> None:
    cases = ElementTree.fromstring(junit([BROKEN], prefix="sub/")).iter("testcase")
    files = {case.get("name"): case.get("file") for case in cases}
    assert files["wrong-base"] == f"sub/{CORPUS}"
    assert files["missing-corpus"] is None


def test_junit_has_the_same_names_in_every_run() -> None:
    outcomes = ([BROKEN], [CLEAN], SEVERAL)
    broken, clean, several = (
        list(ElementTree.fromstring(junit(o)).iter("testcase")) for o in outcomes
    )
    assert [_name(case) for case in broken] == [_name(case) for case in clean]
    assert len({_name(case) for case in several}) == len(several)
    assert {rule for _, rule in map(_name, clean)} == set(RULES)


def _name(case: ElementTree.Element) -> tuple[str | None, str | None]:
    return case.get("classname"), case.get("name")


def test_junit_reports_errors() -> None:
    assert junit([NOT_CHECKED]) == (
        """\
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="dlm-git" tests="1" failures="0" errors="1">
  <testsuite name="dlm-git" tests="1" failures="0" errors="1" skipped="0">
    <testcase classname="dlm-git.check" name="check">
      <error message="cannot read revision 'x'">cannot read revision 'x'
help: fetch it first</error>
    </testcase>
  </testsuite>
</testsuites>
"""
    )


def test_junit_lists_the_findings_of_a_rule_and_counts_those_it_leaves_out() -> None:
    findings = tuple(Finding("dead-pattern", f"p{number}", "m", "") for number in range(102))
    two, many = (
        ElementTree.fromstring(junit([CheckResult("x", None, (), findings[:count])])).find(
            ".//failure"
        )
        for count in (2, 102)
    )
    assert two is not None
    assert many is not None
    assert two.get("message") == "2 findings, the first: m"
    assert two.text == "p0: dead-pattern: m\np1: dead-pattern: m"
    assert many.get("message") == "102 findings, the first: m"
    assert (many.text or "").endswith("\np99: dead-pattern: m\nand 2 more")


def test_sarif() -> None:
    (run,) = json.loads(sarif([BROKEN]))["runs"]
    index = list(RULES).index("wrong-base")
    assert run["results"][0] == {
        "ruleId": "wrong-base",
        "ruleIndex": index,
        "level": "error",
        "message": {"text": f"{WRONG_BASE}\nhelp: {WRONG_BASE_HELP}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": CORPUS, "uriBaseId": "%SRCROOT%"},
                    "region": {
                        "startLine": 4,
                        "startColumn": 13,
                        "endLine": 4,
                        "endColumn": 25,
                        "snippet": {"text": "smollm2-135m"},
                    },
                }
            }
        ],
        "partialFingerprints": {
            "dlmGitFinding/v1": next(marks([BROKEN])),
            "primaryLocationLineHash": Text(DRIFTED).line_hash(4),
        },
        "provenance": {"invocationIndex": 0},
        "fixes": [
            {
                "description": {"text": "write 'base_model: qwen2.5-coder-1.5b'"},
                "artifactChanges": [
                    {
                        "artifactLocation": {"uri": CORPUS, "uriBaseId": "%SRCROOT%"},
                        "replacements": [
                            {
                                "deletedRegion": {
                                    "startLine": 4,
                                    "startColumn": 13,
                                    "endLine": 4,
                                    "endColumn": 25,
                                },
                                "insertedContent": {"text": "qwen2.5-coder-1.5b"},
                            }
                        ],
                    }
                ],
                "properties": {"safe": True},
            }
        ],
    }
    assert regions(run) == [(CORPUS, 4), (CORPUS, 6), (BACKUP, 1)]
    assert run["columnKind"] == "unicodeCodePoints"
    dead = list(RULES).index("dead-pattern")
    assert run["invocations"] == [
        {
            "executionSuccessful": True,
            "ruleConfigurationOverrides": [
                {
                    "descriptor": {"id": "dead-pattern", "index": dead},
                    "configuration": {"enabled": False},
                    "properties": {"reason": "of last year", "count": 0},
                }
            ],
            "properties": {"label": "the index", "revision": None},
        }
    ]


def test_sarif_keeps_to_the_limit_of_github_and_counts_the_rest() -> None:
    finding = Finding("wrong-base", CORPUS, "message", "hint")
    many = CheckResult("x", None, (), (finding,) * 24_999, name="a")
    more = CheckResult("x", None, (), (finding,) * 3, name="b")
    (run,) = json.loads(sarif([many, more, CLEAN]))["runs"]
    assert len(run["results"]) == 25_000
    numbers = [result["provenance"]["invocationIndex"] for result in run["results"]]
    assert (numbers.count(0), numbers.count(1)) == (24_999, 1)
    first, second, third = run["invocations"]
    (notification,) = second["toolExecutionNotifications"]
    assert notification["message"]["text"] == (
        "2 more findings are not in this file: GitHub accepts 25000 in a run"
    )
    assert "toolExecutionNotifications" not in {**first, **third}
    run["results"] = run["results"][:2]
    SARIF.validate({"version": "2.1.0", "runs": [run]})


def test_sarif_describes_every_rule() -> None:
    driver = json.loads(sarif([CLEAN]))["runs"][0]["tool"]["driver"]
    assert [each["id"] for each in driver["rules"]] == list(RULES)
    for each in driver["rules"]:
        name = each["id"]
        assert each["name"] == "".join(word.capitalize() for word in name.split("-"))
        assert each["shortDescription"] == {"text": RULES[name].summary}
        assert 20 < len(each["fullDescription"]["text"]) < 1024  # GitHub's limit
        assert each["help"]["markdown"] == RULES[name].documentation
        assert each["helpUri"] == RULES[name].url


def test_sarif_reports_errors() -> None:
    (run,) = json.loads(sarif([NOT_CHECKED]))["runs"]
    assert run["results"] == []
    assert run["invocations"] == [
        {
            "executionSuccessful": False,
            "toolExecutionNotifications": [
                {
                    "level": "error",
                    "message": {"text": "cannot read revision 'x'\nhelp: fetch it first"},
                }
            ],
            "properties": {},
        }
    ]


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        (Origin("https://h/r"), {}),
        (Origin("https://h/r", "1" * 40), {"revisionId": "1" * 40}),
        (Origin("https://h/r", "", "a\udcff"), {"branch": "a\\xff"}),
    ],
)
def test_sarif_names_the_origin(origin: Origin, expected: dict[str, str]) -> None:
    for prefix, place in (("", {}), ("a b/", {"uri": "a%20b/"})):
        log = json.loads(sarif([BROKEN], prefix=prefix, origin=origin))
        SARIF.validate(log)
        mapped = {"uriBaseId": "%SRCROOT%", **place}
        assert log["runs"][0]["versionControlProvenance"] == [
            {"repositoryUri": "https://h/r", **expected, "mappedTo": mapped}
        ]
    assert "versionControlProvenance" not in sarif([BROKEN])


SPAN = Span(3, 5, 3, 8, 24, 27)  # of "x\r\n...", a byte order mark before it or not
QUOTE = "aaa bbb ccc"


@pytest.mark.parametrize(
    ("edits", "columns"),
    [
        ((Edit(24, 27, "new"),), [(5, 8, "new")]),
        ((Edit(20, 20, "a"), Edit(31, 31, "z")), [(1, 1, "a"), (12, 12, "z")]),
        ((Edit(19, 20, ""),), None),
        ((Edit(24, 27, "new"), Edit(30, 32, "")), None),
        ((), None),
    ],
    ids=["the place", "the ends of the line", "before the line", "beyond the line", "nothing"],
)
def test_sarif_locates_fixes_by_line_and_column_or_omits_them(
    edits: tuple[Edit, ...], columns: list[tuple[int, int, str]] | None
) -> None:
    finding = Finding(
        "wrong-base", "a:b", "m", "", SPAN, QUOTE, Fix("correct it", edits, safe=False)
    )
    (result,) = json.loads(sarif([CheckResult("x", None, (), (finding,))]))["runs"][0]["results"]
    if columns is None:
        assert "fixes" not in result
        return
    (fix,) = result["fixes"]
    assert (fix["description"], fix["properties"]) == ({"text": "correct it"}, {"safe": False})
    (change,) = fix["artifactChanges"]
    assert change["artifactLocation"]["uri"] == "a%3Ab"
    assert change["replacements"] == [
        {
            "deletedRegion": {
                "startLine": 3,
                "endLine": 3,
                "startColumn": start,
                "endColumn": end,
            },
            "insertedContent": {"text": new},
        }
        for start, end, new in columns
    ]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["no mark", "byte order mark"])
def test_the_fixes_of_sarif_are_those_of_the_findings(newline: str, mark: str) -> None:
    raw = mark + DRIFTED.replace("\n", newline)
    report = run_rules(snapshot({CORPUS: raw, "README.md": "x"}), IGNORING)
    results = json.loads(sarif([report]))["runs"][0]["results"]
    assert [result["ruleId"] for result in results] == ["wrong-base", "wrong-sources-policy"]
    for result, finding in zip(results, report.findings, strict=True):
        assert finding.fix is not None
        (edit,) = finding.fix.edits
        corrected = raw[: edit.start] + edit.text + raw[edit.end :]
        assert mark + newline.join(applied(DRIFTED.split("\n"), result)) == corrected != raw


def applied(lines: list[str], result: dict[str, Any]) -> list[str]:
    """Lines as an editor makes them of a result with one fix of one line."""
    ((change,),) = [fix["artifactChanges"] for fix in result["fixes"]]
    (replacement,) = change["replacements"]
    region, new = replacement["deletedRegion"], replacement["insertedContent"]["text"]
    at, line = region["startLine"] - 1, lines[region["startLine"] - 1]
    corrected = line[: region["startColumn"] - 1] + new + line[region["endColumn"] - 1 :]
    return [*lines[:at], corrected, *lines[at + 1 :]]


def test_markdown() -> None:
    report = BROKEN.replace(findings=BROKEN.findings[:1])
    assert github_summary([report]) == (
        f"""\
### dlm-git: 1 finding in <code>the index</code>

| place | rule | message and hint |
|---|---|---|
| <code>&#46;dlm&#47;corpus&#46;dlm&#58;4&#58;13</code> | [wrong-base]({RULES["wrong-base"].url}) | <code>expected base model &#39;qwen2&#46;5&#45;coder&#45;1&#46;5b&#39;&#44; found &#39;smollm2&#45;135m&#39;</code><br><code>write &#96;base&#95;model&#58; qwen2&#46;5&#45;coder&#45;1&#46;5b&#96;&#44; or change &#39;base&#39; in &#46;dlm&#45;git&#46;toml</code> |

- suppressed dead-pattern (0 findings): <code>of last year</code>

"""  # noqa: E501
    )
    assert github_summary([CLEAN]) == "### dlm-git: no findings in <code>the index</code>\n\n"
    assert github_summary([NOT_CHECKED]) == (
        "### dlm-git: cannot check\n\n"
        "<code>cannot read revision &#39;x&#39;</code>\n\nhelp: <code>fetch it first</code>\n\n"
    )


def test_markdown_stays_below_the_limit_of_github() -> None:
    worst = Finding("dead-pattern", "\U000e0001" * 4096, "<" * 9999, "<" * 9999)
    shown = github_summary([CheckResult("x", None, (), (worst,) * 999)])
    assert len(shown.encode()) < 2**20
    assert "and 949 more" in shown
    several = github_summary(
        [CheckResult("x", None, (), (worst,) * 50, name=name) for name in "abc"]
    )
    assert len(several.encode()) < 2**20
    assert several.endswith("\n### dlm-git: 2 more not listed, for lack of space\n\n")


# several verdicts


SEVERAL: list[CheckOutcome] = [
    BROKEN.replace(name="shops/a"),
    CLEAN.replace(name="./b"),
    BROKEN.replace(name="refs/heads/main"),
    CheckFailure("c", "not a repository", "make one"),
]


def test_paths_include_the_repository_but_not_the_ref() -> None:
    (run,) = json.loads(sarif(SEVERAL, prefix="top/"))["runs"]
    below = [(CORPUS, 4), (CORPUS, 6), (BACKUP, 1)]
    folders = ["top/shops/a/"] * 3 + ["top/"] * 3
    expected = zip(folders, below * 2, strict=True)
    assert regions(run) == [(f"{folder}{path}", line) for folder, (path, line) in expected]
    assert [each["executionSuccessful"] for each in run["invocations"]] == [True, True, True, False]
    assert [each["provenance"]["invocationIndex"] for each in run["results"]] == [0] * 3 + [2] * 3


def test_every_format_names_repositories_and_refs() -> None:
    commands = log_commands(github(SEVERAL))
    assert commands[0].properties["title"] == "cannot check"
    assert commands[0].data.startswith("c: not a repository")
    assert commands[1].properties["title"] == "wrong-base in shops/a"
    assert commands[1].properties["file"] == f"shops/a/{CORPUS}"
    entries = json.loads(gitlab(SEVERAL))
    assert entries[-1]["location"]["path"] == "c/.dlm/corpus.dlm"
    suites = ElementTree.fromstring(junit(SEVERAL)).findall("testsuite")
    assert [suite.get("name") for suite in suites] == ["shops/a", "./b", "refs/heads/main", "c"]
    headings = [line for line in github_summary(SEVERAL).splitlines() if line.startswith("#")]
    assert headings == [
        "### dlm-git: <code>shops&#47;a</code>: 3 findings in <code>the index</code>",
        "### dlm-git: <code>refs&#47;heads&#47;main</code>: 3 findings in <code>the index</code>",
        "### dlm-git: <code>c</code>: cannot check",
        "### dlm-git: 1 more without findings",
    ]


@pytest.mark.parametrize(
    ("name", "prefix", "path"),
    [
        ("", "", "x"),
        ("", "sub/", "sub/x"),
        (".", "", "x"),
        ("a", "", "a/x"),
        ("./a/", "sub/", "sub/a/x"),
        ("../a", "sub/", "a/x"),
        ("/srv/a", "", "srv/a/x"),
        ("refs/heads/main", "sub/", "sub/x"),
    ],
)
def test_paths_are_joined_with_the_repository(name: str, prefix: str, path: str) -> None:
    report = CheckResult("", None, (), (Finding("dead-pattern", "x", "", ""),), name=name)
    ((_, (issue,)),) = locate_findings([report], prefix)
    assert issue.path == path


# fingerprints


def marks(given: Sequence[CheckOutcome]) -> Iterator[str]:
    return (issue.fingerprint for _, found in locate_findings(given) for issue in found)


def test_a_fingerprint_survives_moved_lines_and_other_revisions() -> None:
    moved = DRIFTED.replace("dlm_id", "# a comment\ndlm_id", 1)
    later = run_rules(snapshot({CORPUS: moved, "README.md": "x", BACKUP: "x"}), IGNORING)
    assert later.findings[0].span != BROKEN.findings[0].span
    assert list(marks([later.replace(label="revision 1a2b3c")])) == list(marks([BROKEN]))


def test_fingerprints_differ_by_rule_path_line_and_repository() -> None:
    one = Finding("dead-pattern", "a", "m", "", SPAN, "  - x")
    others = [
        one.replace(rule="wrong-globs"),
        one.replace(path="b"),
        one.replace(quote="  - y"),
        one.replace(quote=""),
    ]
    known = CheckResult("x", None, (), (one, one, *others))
    found = list(marks([known, known.replace(name="shop")]))
    assert len(found) == len(set(found)) == 12
    indented = one.replace(quote="      - x", message="n", hint="h", span=None)
    assert next(marks([CheckResult("y", None, (), (indented,))])) == found[0]


# schemas


@pytest.mark.parametrize(
    "given",
    [[], [CLEAN], [BROKEN], [NOT_CHECKED], SEVERAL],
    ids=["nothing", "clean", "broken", "not checked", "several"],
)
def test_the_published_schemas_accept_the_reports(given: list[CheckOutcome]) -> None:
    SARIF.validate(json.loads(sarif(given)))
    GITLAB.validate(json.loads(gitlab(given)))
    JUNIT.validate(junit(given))


def test_the_schemas_refuse_invalid_reports() -> None:
    wrong = json.loads(sarif([BROKEN]))
    del wrong["runs"][0]["results"][0]["message"]
    assert not SARIF.is_valid(wrong)
    assert not GITLAB.is_valid([{**json.loads(gitlab([BROKEN]))[0], "severity": "fatal"}])
    assert not JUNIT.is_valid(junit([BROKEN]).replace("failures=", "faults="))


# hostile names and values


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("plain ::error::x", None),
        ("::error::x", "error"),
        (" \u00a0\u2003::add-mask::x", "add-mask"),
        ("a\r::error::x", "error"),
        ("src: ##[error]x", "##error"),
        ("##vso[task.complete]x", "##task.complete"),
        ("::unknown::x", None),
    ],
)
def test_the_log_parser_of_this_test_finds_commands(line: str, name: str | None) -> None:
    assert [command.name for command in log_commands(line)] == ([name] if name else [])


@given(verdicts())
def test_github_sees_only_our_commands(given: list[CheckOutcome]) -> None:
    output = github(given)
    assert not [char for char in output if char != "\n" and not char.isprintable()]
    findings = [f for each in given if isinstance(each, CheckResult) for f in each.findings]
    problems = [each for each in given if isinstance(each, CheckFailure)]
    notes = [note for each in given if isinstance(each, CheckResult) for note in each.notes]
    commands = [command for command in log_commands(output) if command.name != "notice"]
    assert len(commands) == min(10, len(findings) + len(problems))
    assert len(log_commands(output)) - len(commands) == min(10, len(notes))
    assert {command.name for command in log_commands(output)} <= {"error", "notice"}
    annotations = commands[len(problems) :]
    for command, finding in zip(annotations, findings, strict=False):
        where = {"line", "endLine"} if finding.span else set()
        columns = {"col", "endColumn"} if command.properties.keys() & {"col"} else set()
        assert command.properties.keys() == {"file", "title"} | where | columns
        assert command.properties["title"].partition(" in ")[0] == finding.rule
        assert f": {finding.rule}: " in command.data


@given(verdicts())
def test_gitlab_is_valid_whatever_the_names(given: list[CheckOutcome]) -> None:
    output = gitlab(given)
    assert output.isascii()
    entries = json.loads(output)
    GITLAB.validate(entries)
    json.dumps(entries, ensure_ascii=False).encode()  # no lone surrogate
    assert len({entry["fingerprint"] for entry in entries}) == len(entries)
    for entry in entries:
        assert_harmless(entry["description"].replace("\nhelp: ", " "))


@given(verdicts())
def test_sarif_is_valid_whatever_the_names(given: list[CheckOutcome]) -> None:
    output = sarif(given)
    assert output.isascii()
    loaded = json.loads(output)
    (run,) = loaded["runs"]
    json.dumps(loaded, ensure_ascii=False).encode()  # no lone surrogate
    del run["tool"]["driver"]["rules"][1:]  # which are always the same
    SARIF.validate(loaded)
    paths = [issue.path for _, found in locate_findings(given) for issue in found]
    uris = [unquote_to_bytes(uri) for uri, _ in regions(run)]
    assert uris[: len(paths)] == list(map(os.fsencode, paths))
    accepted = [one for o in given if isinstance(o, CheckResult) for one in o.accepted]
    assert len(uris) == len(paths) + len(accepted)
    for uri, _ in regions(run):
        assert urlsplit(uri)[:2] == ("", "")
        assert re.fullmatch(r"(?:[\w.~/-]|%[0-9A-F]{2})+", uri, re.ASCII)
    for result in run["results"]:
        assert "](" not in result["message"]["text"]


@given(verdicts())
def test_junit_is_valid_whatever_the_names(given: list[CheckOutcome]) -> None:
    output = junit(given)
    assert output.isascii()
    JUNIT.validate(output)
    suites = ElementTree.fromstring(output)
    results = [each for each in given if isinstance(each, CheckResult)]
    failed = sum(len({finding.rule for finding in each.findings}) for each in results)
    assert len(suites.findall("*/testcase/failure")) == failed
    assert int(suites.get("failures", "")) == failed
    for suite in suites:
        keys = [_name(case) for case in suite.iter("testcase")]
        assert len(keys) == len(set(keys))


@given(verdicts())
def test_a_job_summary_holds_only_our_table_and_links(given: list[CheckOutcome]) -> None:
    # pages are rendered by the same grammar as here: CommonMark, HTML and tables
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(github_summary(given))
    inline = [child for token in tokens for child in token.children or ()]
    assert {token.type for token in tokens} <= _BLOCKS
    assert {token.content for token in inline if token.type == "html_inline"} <= {
        *("<code>", "</code>", "<br>")
    }
    assert {token.type for token in inline} <= {"text", "html_inline", "link_open", "link_close"}
    links = [str(token.attrs["href"]) for token in inline if token.type == "link_open"]
    assert set(links) <= {rule.url for rule in RULES.values()}
    assert all(len(row) == 3 for row in rows(tokens))


_BLOCKS = {
    *("heading_open", "heading_close", "inline", "paragraph_open", "paragraph_close"),
    *(f"{name}_{end}" for name in ("table", "thead", "tbody", "tr", "th", "td")
      for end in ("open", "close")),
    *(f"{name}_{end}" for name in ("bullet_list", "list_item") for end in ("open", "close")),
}  # fmt: skip


def rows(tokens: Sequence[Token]) -> Iterator[Sequence[Token]]:
    ends = [at for at, token in enumerate(tokens) if token.type in ("tr_open", "tr_close")]
    for start, end in pairwise(ends):
        if tokens[start].type == "tr_open":
            yield [token for token in tokens[start:end] if token.type in ("td_open", "th_open")]


@given(verdicts())
def test_text_and_json_accept_the_same_results(given: list[CheckOutcome]) -> None:
    assert_harmless(text(given))
    Draft202012Validator(REPORT_SCHEMA).validate(json.loads(as_json(given)))


# notes


def test_github_shows_notes_as_notices() -> None:
    assert github([NOTED], prefix="sub/") == (
        "::notice title=not checked::note: x is not compared%0Ahelp: set 'x'\n"
        "::notice file=sub/a b,title=not checked::note: 'a b' is not read\n"
    )
    assert github([NOTED.replace(name="r")]).splitlines()[1] == (
        "::notice file=r/a b,title=not checked::note: r: 'a b' is not read"
    )


def test_github_shows_ten_notices_and_counts_the_rest() -> None:
    lines = github([CLEAN.replace(notes=NOTES[:1] * 13)]).splitlines()
    assert len(lines) == 11
    assert lines[-1] == "and 3 more notes"


def test_the_summary_of_github_lists_notes() -> None:
    assert github_summary([NOTED]).splitlines()[2:] == [
        "- note: <code>x is not compared</code><br><code>set &#39;x&#39;</code>",
        "- note: <code>&#39;a b&#39; is not read</code>",
        "",
    ]


def test_sarif_has_notes_as_notifications() -> None:
    for name, uri in (("", "sub/a%20b"), ("r", "sub/r/a%20b")):
        document = json.loads(sarif([NOTED.replace(name=name)], prefix="sub/"))
        SARIF.validate(document)
        (invocation,) = document["runs"][0]["invocations"]
        assert invocation["executionSuccessful"]
        location = {"artifactLocation": {"uri": uri, "uriBaseId": "%SRCROOT%"}}
        assert invocation["toolExecutionNotifications"] == [
            {"level": "note", "message": {"text": "x is not compared\nhelp: set 'x'"}},
            {
                "level": "note",
                "message": {"text": "'a b' is not read"},
                "locations": [{"physicalLocation": location}],
            },
        ]


def test_junit_has_notes_as_output_and_no_case() -> None:
    (suite,) = ElementTree.fromstring(junit([NOTED]))
    (clean,) = ElementTree.fromstring(junit([CLEAN]))
    assert suite.findtext("system-out") == (
        "note: x is not compared\nhelp: set 'x'\nnote: 'a b' is not read"
    )
    assert suite.attrib == clean.attrib
    assert clean.find("system-out") is None


def test_a_report_for_gitlab_has_no_place_for_notes() -> None:
    assert gitlab([NOTED]) == gitlab([CLEAN])


def test_json_lists_notes() -> None:
    document = json.loads(as_json([NOTED]))
    assert document["clean"]
    assert document["notes"] == [
        {"message": "x is not compared", "hint": "set 'x'", "path": None},
        {"message": "'a b' is not read", "hint": "", "path": "a b"},
    ]


def test_text_has_notes_before_the_summary() -> None:
    assert text([NOTED]) == (
        "note: x is not compared\n"
        "  help: set 'x'\n"
        "note: 'a b' is not read\n"
        "OK: .dlm/corpus.dlm in the index, no findings\n"
    )


def test_text_has_each_note_of_several_repositories_once() -> None:
    outcomes: list[CheckOutcome] = [
        NOTED.replace(name="r"),
        CLEAN.replace(name="s", notes=NOTES[:1]),
        NOT_CHECKED.replace(name="t"),
    ]
    assert text(outcomes).partition("help: fetch it first\n\n")[2].splitlines()[:3] == [
        "note: x is not compared (2 of 3)",
        "  help: set 'x'",
        "note: 'a b' is not read (r)",
    ]
