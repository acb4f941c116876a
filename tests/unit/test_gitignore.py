"""Patterns of .gitignore are parsed, and translated for dlm."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from dlm_git.patterns.gitignore import Atom, Pattern, parse_gitignore
from dlm_git.patterns.translate import Translation, translate

# what a line is parsed to


def shown(pattern: Pattern) -> str:
    """A pattern in short: its components, sets in braces, `!` and `/` for what it says."""
    forms = (
        "/".join(part if isinstance(part, str) else "".join(map(shown_atom, part)) for part in form)
        for form in pattern.forms
    )
    return "!" * pattern.negated + " | ".join(forms) + "/" * pattern.directory


def shown_atom(atom: Atom) -> str:
    return atom if isinstance(atom, str) else "{" + "".join(sorted(atom)) + "}"


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("", []),
        ("   ", []),
        ("# a", []),
        (" # a", ["**/ # a"]),
        ("*.log", ["**/*.log"]),
        ("a ", ["**/a"]),
        ("a\\ ", ["**/a "]),
        ("a\\   ", ["**/a "]),
        ("a\\\\  ", ["**/a\\"]),
        ("a\t", ["**/a\t"]),
        ("a\r", ["**/a"]),
        ("a\r\r", ["**/a\r"]),
        ("a \r", ["**/a"]),
        (" a", ["**/ a"]),
        ("\\#a", ["**/#a"]),
        ("\\!a", ["**/!a"]),
        ("!a", ["!**/a"]),
        ("!!a", ["!**/!a"]),
        ("!#a", ["!**/#a"]),
        ("!", []),
        ("/", []),
        ("!/", []),
        ("//", []),
        ("a//", []),
        ("a//b", []),
        ("//a", []),
        (".", []),
        ("./a", []),
        ("a/../b", []),
        ("/a", ["a"]),
        ("a/", ["**/a/"]),
        ("/a/", ["a/"]),
        ("!/a/", ["!a/"]),
        ("a/b", ["a/b"]),
        ("a/b/", ["a/b/"]),
        ("**", ["**/*"]),
        ("**/", ["**/*/"]),
        ("/**", ["**/*"]),
        ("**/**", ["**/*"]),
        ("***", ["**/*"]),
        ("**/a", ["**/a"]),
        ("**/a/b", ["**/a/b"]),
        ("a/**", ["a/**"]),
        ("a/**/", ["a/**/*/"]),
        ("a/**/b", ["a/**/b"]),
        ("a/**/**/b", ["a/**/b"]),
        ("a/***/b", ["a/**/b"]),
        ("a**", ["**/a*"]),
        ("a**/b", ["ab | a*/**/b"]),
        ("/a***/**/b/", ["ab | a*/**/b/"]),
        ("a**\\/b", ["a*/**/b"]),
        ("a**/**x", ["a*x | a*/**/*x"]),
        ("a**/**", ["a* | a*/** | a*/**"]),
        ("a**//", ["a/"]),
        ("a*b**/c", ["a*b*/c"]),
        ("a/b**", ["a/b* | a/b*/**"]),
        ("a/**\\/b", ["a/*/**/b"]),
        ("*.py[cod]", ["**/*.py{cdo}"]),
        ("[a-c]", ["**/{abc}"]),
        ("[]a]", ["**/{]a}"]),
        ("[b-a]", ["**/{b}"]),
        ("[c-ab]", ["**/{bc}"]),
        ("[a-]", ["**/{-a}"]),
        ("[\\]]", ["**/{]}"]),
        ("[[:digit:]]", ["**/{0123456789}"]),
        ("[!a]b", ["**/{}b"]),
        ("[^a]b", ["**/{}b"]),
        ("[a-z]", ["**/{}"]),
        ("[é]", ["**/{}"]),
        ("[a", []),
        ("[]", []),
        ("a?", ["**/a?"]),
        ("\\a", ["**/a"]),
        ("foo\\*bar", ["**/foo{*}bar"]),
        ("\\?", ["**/{?}"]),
        ("\\[a]", ["**/[a]"]),
        ("a\\", []),
        ("a\\/", []),
        ("a\0b", ["**/a"]),
        ("é", ["**/é"]),
    ],
)
def test_a_line_is_parsed(line: str, parts: list[str]) -> None:
    assert [shown(pattern) for pattern in parse_gitignore(line.encode(), "")] == parts


def test_a_pattern_has_a_file_and_line() -> None:
    data = b"\xef\xbb\xbfa\r\n\n# c\r\n!b/"
    root, nested = list(parse_gitignore(data, "")), list(parse_gitignore(data, "pkg/x"))
    assert [shown(pattern) for pattern in root] == ["**/a", "!**/b/"]
    assert [pattern.text for pattern in root] == ["a", "!b/"]
    assert [pattern.source for pattern in root] == [".gitignore:1", ".gitignore:4"]
    assert [pattern.source for pattern in nested] == ["pkg/x/.gitignore:1", "pkg/x/.gitignore:4"]


def test_a_byte_that_is_not_utf8_becomes_one_character() -> None:
    assert [shown(pattern) for pattern in parse_gitignore(b"a\xffb\n\xc3*", "")] == [
        "**/a{}b",
        "**/{}*",
    ]


# what it becomes in a `.dlm/ignore`


def translated(text: str | Mapping[str, str], top: str = "") -> Translation:
    """Translate a `.gitignore` at the root, or several by path."""
    files = {".gitignore": text} if isinstance(text, str) else text
    return translate({path: text.encode() for path, text in files.items()}, top)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("# *.log\n\n", []),
        ("*.log", ["*.log", "*.log/"]),
        ("node_modules/", ["node_modules/"]),
        ("/build/", ["/build/**"]),
        ("/build", ["/build", "/build/**"]),
        ("docs/generated/", ["/docs/generated/**"]),
        ("docs/generated", ["/docs/generated", "/docs/generated/**"]),
        ("*.py[cod]", ["*.pyc", "*.pyd", "*.pyo", "*.pyc/", "*.pyd/", "*.pyo/"]),
        ("\\#x", ["/#x", "**//#x", "/#x/**", "**//#x/**"]),
        ("\\!x", ["/!x", "**//!x", "/!x/**", "**//!x/**"]),
        (" x", ["/ x", "**// x", "/ x/**", "**// x/**"]),
        ("a/**/b", ["/a/b", "/a/**//b", "/a/b/**", "/a/**//b/**"]),
        ("**/a/b", ["a/b", "a/b/**"]),
        ("**/a", ["a", "a/"]),
        ("a/**", ["/a/**"]),
        ("a  ", ["a", "a/"]),
        ("a\r\nb/\r\n", ["a", "a/", "b/"]),
        ("\ufeffa", ["a", "a/"]),
        ("a\n# b\na\n", ["a", "a/"]),
        ("*", ["*", "*/"]),
        ("é x", ["é x", "é x/"]),
    ],
)
def test_positive_lines_are_translated(text: str, lines: list[str]) -> None:
    assert translated(text).lines == tuple(lines)
    assert translated(text).untranslated == ()


@pytest.mark.parametrize(
    ("text", "lines", "widest"),
    [
        ("[!a]b", ["?b", "?b/"], "?b"),
        ("foo\\*bar", ["foo?bar", "foo?bar/"], "foo?bar"),
        ("/[a-z]/", ["/?/**"], "/?"),
        ("a\\ ", ["a?", "a /"], "a?"),
        ("a??", ["a?", "a??", "a?/", "a??/"], "a?', 'a??"),
    ],
)
def test_a_line_that_covers_more_is_reported(text: str, lines: list[str], widest: str) -> None:
    found = translated(text)
    assert list(found.lines) == lines
    (remark,) = found.untranslated
    assert (remark.source, remark.pattern) == (".gitignore:1", text)
    assert remark.reason == f"dlm has no such pattern; '{widest}' matches more"


@pytest.mark.parametrize(
    ("files", "top", "lines"),
    [
        (
            {"pkg/.gitignore": "*.log\n/out\nsub/x/\nz/"},
            "",
            [
                *("/pkg/*.log", "/pkg/**//*.log", "/pkg/*.log/**", "/pkg/**//*.log/**"),
                *("/pkg/out", "/pkg/out/**", "/pkg/sub/x/**", "/pkg/z/**", "/pkg/**//z/**"),
            ],
        ),
        ({"pkg/.gitignore": "*.log\n/out"}, "pkg", ["*.log", "*.log/", "/out", "/out/**"]),
        ({"pkg/.gitignore": "*.log"}, "src", []),
        ({".gitignore": "src/gen/"}, "src", ["/gen/**"]),
        ({".gitignore": "/src/gen\n/docs/x"}, "src", ["/gen", "/gen/**"]),
        ({".gitignore": "/gen"}, "src", []),
        ({".gitignore": "/src"}, "src", ["**"]),
        ({".gitignore": "/a/"}, "a/src", ["**"]),
        ({".gitignore": "**/src/x"}, "a/src", ["src/x", "/x", "src/x/**", "/x/**"]),
        ({".gitignore": "s*/y"}, "src", ["/y", "/y/**"]),
        ({".gitignore": "*.log\ndocs/"}, "src", ["*.log", "*.log/", "docs/"]),
    ],
)
def test_lines_are_relative_to_the_source(
    files: dict[str, str], top: str, lines: list[str]
) -> None:
    assert translated(files, top).lines == tuple(lines)
    assert translated(files, top).untranslated == ()


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("/out/\n!/out/", []),
        ("build/\n!build/keep.txt", ["build/"]),
        ("!a", []),
        ("/a.log\n!/b", ["/a.log", "/a.log/**"]),
        (
            ".vscode/*\n!.vscode/settings.json",
            ["/.vscode/*", "/.vscode/*/**", "!/.vscode/settings.json"],
        ),
        (
            "*\n!*/\n!*.py",
            [
                *("*", "!*.py", "/.git/**", "/.hg/**", "/.svn/**"),
                *("/.env.*", "/**/.env.*", "/**/secrets.*", "/**/__pycache__/**"),
                *("/.venv/**", "/venv/**", "/.tox/**", "/node_modules/**", "/target/**"),
                *("/build/**", "/dist/**", "/__generated__/**", "/generated/**"),
                *("/.dlm/**", "/**/.dlm/**"),
            ],
        ),
    ],
)
def test_negated_lines_are_translated(text: str, lines: list[str]) -> None:
    assert translated(text).lines == tuple(lines)
    assert translated(text).untranslated == ()


@pytest.mark.parametrize(
    ("text", "lines", "why"),
    [
        (
            ".env*\n!.env.example",
            [".env*", ".env*/"],
            "not translated: dlm excludes '**/.env.*' as a secret",
        ),
        (
            "*.pem\n!pub.pem",
            ["*.pem", "*.pem/"],
            "not translated: dlm excludes '**/*.pem' as a secret",
        ),
        ("*.js\n!*.min.js", ["*.js", "*.js/"], "not translated: dlm excludes '**/*.min.js'"),
        ("*.c\n![xy].c", ["*.c", "!x.c", "!y.c", "*.c/"], ""),
        ("*.c\n!?.c", ["*.c", "*.c/"], "not translated: dlm has no such pattern"),
    ],
)
def test_untranslated_negations_are_reported(text: str, lines: list[str], why: str) -> None:
    found = translated(text)
    assert [line for line in found.lines if not line.startswith("/")] == lines
    assert [(remark.source, remark.reason) for remark in found.untranslated] == (
        [(".gitignore:2", why)] if why else []
    )


_NESTED_LIB = ["/src/lib/lib/**", "/src/lib/**//lib/**"]


def line_groups(text: str, top: str = "") -> list[str]:
    """Return the translated lines, without those for what dlm excludes by default."""
    return [
        line.text for line in translated(text, top).groups if line.origin.startswith(".gitignore: ")
    ]


@pytest.mark.parametrize(
    ("text", "top", "lines"),
    [
        ("lib/\n!web/src/lib/", "web", ["lib/", "!/src/lib/**", *_NESTED_LIB]),
        ("/*\n!/foo\n/foo/*\n!/foo/bar", "foo", ["/*", "/*/**", "!/bar", "!/bar/**"]),
        ("/*\n!/src/", "src", []),
        ("/*\n!/src/", "docs", ["**"]),
        ("/*/\n!/a*/\n/ab/", "", ["/*/**", "!/a*/**", "/ab/**"]),
        ("/x/\n!/x/y/", "", ["/x/**"]),
        ("/*\n!/*/", "", ["/*"]),
        ("lib/\n!/src/**", "", ["lib/", "!/src/**"]),
        ("*.log\n/*\n!/src/\nx/", "", ["/*", "/*/**", "!/src/**", "*.log", "*.log/", "x/"]),
    ],
)
def test_reopened_directories_get_lines_of_their_own(text: str, top: str, lines: list[str]) -> None:
    assert line_groups(text, top) == lines


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (".*\n!.github", "translated for '/.github' only: dlm cannot re-include"),
        ("/*\n!/a/\n!/*/b/\nb/", ""),
        ("a\t", "not translated: Git takes the white space at the end as a part of the name"),
        ("*.log\n!/keep/", ""),
    ],
)
def test_what_stays_excluded_is_reported(text: str, reason: str) -> None:
    reasons = [pattern.reason for pattern in translated(text).untranslated]
    assert [found[: len(reason)] for found in reasons] == [reason] * bool(reason)


# single patterns
