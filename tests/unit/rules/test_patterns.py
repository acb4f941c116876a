"""The rules for patterns that match nothing."""

from __future__ import annotations

import pytest

from dlm_git.patterns.suggest import match_case
from tests.support import (
    CORPUS,
    GOOD,
    Files,
    link,
)
from tests.unit.rules.support import (
    NESTED,
    PACKAGE,
    Reports,
    block,
    corpus,
    rule_tests,
    with_globs,
)


def dead(pattern: str, reason: str, hint: str, *, key: str = "include") -> Reports:
    """A pattern in a repository of files that it could mean."""
    text = with_globs(["README.md", pattern]) if key == "include" else with_globs(["*"], [pattern])
    place = "9:30" if key == "include" else "10:17"
    message = f"{CORPUS}:{place}: {key} pattern '{pattern}' matches no tracked file{reason}"
    return Reports(f"{key} {pattern!r}", {CORPUS: text, **MEANT}, message, hint=hint)


def dead_line(line: str, reason: str, hint: str) -> Reports:
    """A line of an ignore file."""
    text = f"# first\n\n{line}\n*.tmp\n"
    message = f".dlm/ignore:3:1: line '{line}' excludes nothing: {reason}"
    return Reports(repr(line), {CORPUS: GOOD, **MEANT, ".dlm/ignore": text}, message, hint=hint)


OTHER_FORM = ": the file names have another Unicode form"
GRAMMAR = "use only the wildcards '*', '**' and '?', or remove the pattern"
MEANT: Files = {
    "README.md": "x",
    "src/a.py": "x",
    "src/b.PY": "x",
    "Docs/x.md": "x",
    "more/y.rst": "x",
    "data/f1.txt": "x",
    "data/f2.txt": "x",
    "caf\u00e9/menu.txt": "x",
    "resume\u0301.odd": "x",
}
REPORTED: dict[str, list[Reports]] = {
    "dead-pattern": [
        dead(
            "**/*.{md,rst}",
            ": dlm matches braces literally",
            "write 2 patterns: '**/*.md', '**/*.rst'",
        ),
        dead("{README,LICENSE}.md", ": dlm matches braces literally", "write 'README.md'"),
        dead("**/*.{rs,toml}", ": dlm matches braces literally", GRAMMAR),
        dead(
            "data/f[0-9].txt",
            ": dlm matches brackets literally",
            "write 2 patterns: 'data/f1.txt', 'data/f2.txt'",
        ),
        dead("[Dd]ocs/**", ": dlm matches brackets literally", "write 'Docs/**'"),
        dead("data/f[!3].txt", ": dlm matches brackets literally", GRAMMAR),
        dead("/src/**", ": patterns are relative, without a '/' at the start", "write 'src/**'"),
        dead("src/", ": the name of a directory does not match the files in it", "write 'src/**'"),
        dead("src", ": the name of a directory does not match the files in it", "write 'src/**'"),
        dead("./src/a.py", ": patterns are relative, without './'", "write 'src/a.py'"),
        dead("docs/**", ": case matters", "write 'Docs/**'"),
        dead("****docs/**", ": case matters", "write '****Docs/**'"),
        dead("cafe\u0301/**", OTHER_FORM, 'write "caf\\u00e9/**"'),
        dead("resum\u00e9.*", OTHER_FORM, 'write "resume\\u0301.*"'),
        dead("resum\u00e9.*", OTHER_FORM, 'write "resume\\u0301.*"', key="exclude"),
        dead(" src/**", ": spaces at the start or end are part of a pattern", "write 'src/**'"),
        dead("src/** ", ": spaces at the start or end are part of a pattern", "write 'src/**'"),
        dead("src\\a.py", ": dlm matches '\\' literally, and paths use '/'", "write 'src/a.py'"),
        dead(
            "README.md, src/a.py",
            ": a comma is part of a pattern",
            "write 2 patterns: 'README.md', 'src/a.py'",
        ),
        dead("*.py", ": '*' does not match '/'", "write '**/*.py'"),
        dead(
            "/src/*.{py,PY}",
            ": patterns are relative, without a '/' at the start, and dlm matches braces literally",
            "write 2 patterns: 'src/*.py', 'src/*.PY'",
        ),
        dead("**/*.rs", "", "correct the pattern, or remove it"),
        dead("", "", "correct the pattern, or remove it"),
        dead(
            "src/",
            ": the name of a directory does not match the files in it",
            "write 'src/**'",
            key="exclude",
        ),
        dead(
            "src",
            ": the name of a directory does not match the files in it",
            "write 'src/**'",
            key="exclude",
        ),
        dead("*.txt", ": '*' does not match '/'", "write '**/*.txt'", key="exclude"),
        dead("DOCS/**", ": case matters", "write 'Docs/**'", key="exclude"),
        dead(
            "/build/",
            ": patterns are relative, without a '/' at the start, and the name of a directory does"
            " not match the files in it",
            "write 'build/**'",
            key="exclude",
        ),
        dead(
            "build/",
            ": the name of a directory does not match the files in it",
            "write 'build/**'",
            key="exclude",
        ),
        dead(
            "/*.log",
            ": patterns are relative, without a '/' at the start",
            "write '*.log'",
            key="exclude",
        ),
        dead(
            "./build/**",
            ": patterns are relative, without './'",
            "write 'build/**'",
            key="exclude",
        ),
        dead("!x", "", "correct the pattern, or remove it", key="exclude"),
        dead(
            "**/*.{md,rst}",
            ": dlm matches braces literally",
            "write 2 patterns: '**/*.md', '**/*.rst'",
            key="exclude",
        ),
        Reports(
            "of a nested training.yaml, counted from the root",
            {**NESTED, PACKAGE: 'include: ["*.py"]\n'},
            f"{PACKAGE}:1:11: include pattern '*.py' matches no tracked file: it starts at the"
            " root of the source, not at this directory",
            hint="write 'pkg/*.py'",
        ),
        Reports(
            "of a nested training.yaml, in another grammar",
            {**NESTED, PACKAGE: 'include: ["/pkg/a.py"]\n'},
            f"{PACKAGE}:1:11: include pattern '/pkg/a.py' matches no tracked file: patterns are"
            " relative, without a '/' at the start",
            hint="write 'pkg/a.py'",
        ),
        Reports(
            "of a nested training.yaml, behind one that matches",
            {**NESTED, PACKAGE: 'include: ["**/*.md", "*.zip"]\n'},
            f"{PACKAGE}:1:22: include pattern '*.zip' matches no tracked file",
        ),
        Reports(
            "an exclude of a training.yaml",
            {**NESTED, PACKAGE: 'exclude: ["/a.py"]\n'},
            f"{PACKAGE}:1:11: exclude pattern '/a.py' matches no file below this directory:"
            " patterns are relative, without a '/' at the start",
            hint="write 'a.py'",
        ),
        Reports(
            "in a worktree",
            {CORPUS: with_globs(["**/*.md", "**/*.rs"]), "README.md": "x"},
            f"{CORPUS}:9:28: include pattern '**/*.rs' matches no file",
            untracked={"a.py": "untracked"},
        ),
    ],
    "dead-ignore-line": [
        dead_line("/cafe\u0301/**", OTHER_FORM[2:], "write '/caf\u00e9/**'"),
        dead_line("resum\u00e9.odd", OTHER_FORM[2:], "write 'resume\u0301.odd'"),
        dead_line(
            "node_modules",
            "it names a directory, and dlm matches files only",
            "write 'node_modules/'",
        ),
        dead_line("src", "it names a directory, and dlm matches files only", "write 'src/'"),
        dead_line(
            "/src",
            "it names a directory, and dlm matches files only",
            "write '/src/**'",
        ),
        dead_line("/build/", "dlm does not support a slash at both ends", "write '/build/**'"),
        dead_line(
            "docs/generated/",
            "dlm does not support a slash at the end and another one inside",
            "write '/docs/generated/**'",
        ),
        dead_line("*.py[co]", "dlm matches brackets literally", "write '*.pyc' and '*.pyo'"),
        dead_line("{a,b}.txt", "dlm matches braces literally", "write 'a.txt' and 'b.txt'"),
        dead_line(
            "*.log # logs", "dlm does not support a comment after a pattern", "write '*.log'"
        ),
        dead_line("./src/a.py", "patterns are relative, without './'", "write 'src/a.py'"),
        Reports(
            "of a nested ignore file",
            {**NESTED, "pkg/.dlm/ignore": "/out/\n"},
            "pkg/.dlm/ignore:1:1: line '/out/' excludes nothing: dlm does not support a"
            " slash at both ends",
            hint="write '/out/**'",
        ),
        Reports(
            "with CRLF and a byte order mark",
            {CORPUS: GOOD, "README.md": "x", ".dlm/ignore": "\ufeff*.tmp\r\n/out/\r\n"},
            ".dlm/ignore:2:1: line '/out/' excludes nothing: dlm does not support a slash"
            " at both ends",
        ),
    ],
}
NOT_REPORTED: dict[str, list[Reports]] = {
    "dead-pattern": [
        Reports(
            "the name of a link out of its source",
            {
                CORPUS: with_globs(["b.md"], path="src"),
                "a.md": "x",
                "src/deep/b.md": link("../../a.md"),
            },
            "",
        ),
        Reports(
            "an exclude of nothing yet",
            {CORPUS: with_globs(["**/*"], ["build/**", "**/*.rs", "node_modules"]), **MEANT},
            "",
        ),
        Reports(
            "alive", {CORPUS: with_globs(["README.md", "**", "Docs/*", "src/?.py"]), **MEANT}, ""
        ),
        Reports(
            "as odd as a name",
            corpus(with_globs(["**/*", "[ab].{x,y}"]), **{"[ab].{x,y}": "x"}),
            "",
        ),
        Reports(
            "alive in a nested one",
            {**NESTED, PACKAGE: 'include: ["pkg/*.py"]\n'},
            "",
            also=(
                "widening-training-config: pkg/.dlm/training.yaml:1:10: adds 1 file that the"
                " document excludes, such as 'pkg/a.py'",
            ),
        ),
        Reports(
            "alive in a worktree only",
            {CORPUS: with_globs(["**/*.md", "**/*.rs"]), "README.md": "x"},
            "",
            untracked={"a.rs": "untracked"},
            also=(
                "untracked-training-file: a.rs: Git does not track this file, but dlm trains on it",
            ),
        ),
    ],
    "dead-ignore-line": [
        Reports(
            "live lines, and such as match nothing yet",
            {
                CORPUS: GOOD,
                **MEANT,
                ".dlm/ignore": "# x\n\n*.log\nsrc/\n/src/**\n*.pyc\n!README.md\ngone/\n!*.c\n",
            },
            "",
        ),
        Reports(
            "names of files that the index never contains",
            corpus(GOOD, **{".dlm/ignore": ".git\n/.git\n.coverage\n"}),
            "",
        ),
        Reports(
            "a name whose directory the next line excludes",
            corpus(GOOD, **{"out/a.py": "x", ".dlm/ignore": "out\nout/**\n"}),
            "",
        ),
        Reports(
            "a file of that name", corpus(GOOD, **{"build": "x", ".dlm/ignore": "build\n"}), ""
        ),
        Reports(
            "what `dlm-git ignore` wrote",
            corpus(
                GOOD,
                **{
                    ".gitignore": "node_modules\n",
                    ".dlm/ignore": block("node_modules", "node_modules/"),
                },
            ),
            "",
        ),
    ],
}


test_a_rule_reports, test_a_rule_reports_nothing = rule_tests(REPORTED, NOT_REPORTED)


@pytest.mark.parametrize(
    ("pattern", "path", "corrected"),
    [
        ("docs/*.md", "Docs/a.MD", "Docs/*.MD"),
        ("**/a?.md", "x/A1.md", "**/A?.md"),
        ("docs/*.md", "Docs/a.txt", None),
        ("*a*b*c*d*", "ABCD", None),  # a regular expression could take long
        ("a" * 91, "A" * 91, None),
    ],
)
def test_a_pattern_gets_the_case_of_a_path_that_it_then_matches(
    pattern: str, path: str, corrected: str | None
) -> None:
    assert match_case(pattern, path) == corrected
