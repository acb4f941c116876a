"""Documents and file names made to hang, crash or fool the check, its terminal or its log."""

from __future__ import annotations

import json
import re
from operator import itemgetter

import pytest

from tests.hostile import HOSTILE_NAMES, assert_harmless
from tests.support import (
    COMMAND,
    CORPUS,
    GOOD,
    ID,
    Repo,
    Result,
    expect_clean,
    expect_findings,
    new_repo,
)

TIMEOUT = 20
_UNPARSABLE = "unparsable-document"
_HEAD = f"---\ndlm_id: {ID}\ndlm_version: 15\nbase_model: smollm2-135m\n"
_TAIL = "\n---\n\nA body.\n"


def _document(yaml: str | bytes) -> bytes:
    """A document whose fifth line is the first of the YAML."""
    body = yaml.encode(errors="surrogateescape") if isinstance(yaml, str) else yaml
    return _HEAD.encode() + body + _TAIL.encode()


def _checked(repo: Repo, *args: str) -> Result:
    result = repo.run(COMMAND, "check", *args, timeout=TIMEOUT)
    assert_harmless(result.out)
    assert_harmless(result.err)
    return result


def _commit(repo: Repo, documents: dict[str, bytes]) -> None:
    """Commit documents as they are."""
    repo.write(".gitattributes", "*.dlm -text\n")
    for path, data in documents.items():
        repo.write(path, data)
    repo.git("add", "--all")
    repo.commit()


def _checked_corpus(repo: Repo, data: bytes) -> Result:
    """The verdict on a committed corpus document."""
    _commit(repo, {CORPUS: data})
    return _checked(repo, "--rev", "HEAD")


def _merge_bomb(levels: int) -> str:
    """Each level merges the one before nine times."""
    lines = ["a0: &a0 {k: v}"]
    for level in range(1, levels):
        aliases = ", ".join([f"*a{level - 1}"] * 9)
        lines.append(f"a{level}: &a{level} {{<<: [{aliases}]}}")
    return "\n".join(lines)


def _alias_bomb(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    for level in range(1, levels):
        lines.append(f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]")
    return "\n".join(lines)


# name, YAML from line 5 on, line of the finding, words of its message
_BROKEN: list[tuple[str, str | bytes, int, str]] = [
    ("alias bomb", _alias_bomb(9), 9, "aliases expand to more than 10000 values"),
    ("merge bomb", _merge_bomb(12), 9, "aliases expand to more than 10000 values"),
    ("nested brackets", "x: " + "[" * 30_000, 5, "nested deeper than 100 levels"),
    ("balanced brackets", "x: " + "[" * 20_000 + "]" * 20_000, 5, "nested deeper than"),
    ("nested braces", "x: " + "{" * 100_000, 5, "nested deeper than 100 levels"),
    ("braces with keys", "x: " + "{a: " * 30_000, 5, "nested deeper than 100 levels"),
    ("blocks", "x:\n" + "\n".join(" " * i + "- " for i in range(1, 500)), 105, "nested deeper"),
    ("dashes on one line", "x:\n  " + "- " * 30_000, 6, "nested deeper than 100 levels"),
    ("question marks", "? " * 30_000, 5, "nested deeper than 100 levels"),
    ("recursive alias", "a: &a [*a]", 5, "alias '*a' refers to a value that contains it"),
    ("recursive merge", "a: &a {<<: *a}", 5, "alias '*a' refers to a value that contains it"),
    ("undefined alias", "a: *nowhere", 5, "undefined alias 'nowhere'"),
    ("month 13", "training: {x: 2024-13-45}", 5, "'2024-13-45' is not a valid timestamp"),
    ("hour 25", "x: 2024-01-01 25:00:00", 5, "is not a valid timestamp"),
    ("empty int", 'x: !!int ""', 5, "'' is not a valid int"),
    ("float of letters", "x: !!float abc", 5, "'abc' is not a valid float"),
    ("bool of letters", "x: !!bool abc", 5, "'abc' is not a valid bool"),
    ("binary of letters", "x: !!binary ä", 5, ""),
    ("long number", "x: " + "9" * 5000, 5, "number longer than"),
    ("sexagesimal", "x: 1" + ":59" * 20_000, 5, "number longer than"),
    ("star", "training:\n  sources:\n    - include: [*.py]", 7, "alias"),
    ("two stars", "training:\n  sources:\n    - include: [**/*]", 7, "alias"),
    ("star in a block", "training:\n  include:\n    - *.py", 7, "alias"),
    ("bang", "x: !x", 5, "could not determine a constructor for the tag"),
    ("braces", "x: {a,b}/", 5, ""),
    ("brackets", "x: [ab]*", 5, ""),
    ("at", "x: @x", 5, "cannot start any token"),
    ("backtick", "x: `x`", 5, "cannot start any token"),
    ("percent", "x: %x", 5, "cannot start any token"),
    ("python object", "x: !!python/object/apply:os.system [id]", 5, "constructor for the tag"),
    ("python name", "x: !!python/name:os.system", 5, "constructor for the tag"),
    ("own tag", "x: !<tag:yaml.org,2002:python/name:os.system> y", 5, "constructor for"),
    ("NUL", "x: a\0b", 5, "character U+0000 is not allowed in YAML"),
    ("ESC", "x: \x1b[31mred", 5, "character U+001B is not allowed in YAML"),
    ("C1", "x: \x9b31mred", 5, "character U+009B is not allowed in YAML"),
    ("DEL", "x: a\x7fb", 5, "character U+007F is not allowed in YAML"),
    ("lone byte", b"x: a\xffb", 5, "not UTF-8: byte 0xff"),
    ("surrogate in UTF-8", b"x: \xed\xa0\x80", 5, "not UTF-8"),
    ("overlong", b"x: \xc0\x80", 5, "not UTF-8"),
    ("command in the line", "x: [\n::error::quoted", 6, ""),
    ("command in a tag", "x: !<::error::x> y", 5, "constructor for the tag"),
    ("log command in a tag", "x: !<##[error]x> y", 5, ""),
    ("log command in an anchor", "a: *##vso[x]", 5, ""),
    ("a second document", "x: 1\n--- {a: b}", 6, ""),
    ("an unknown escape", 'x: "\\q"', 5, "escape"),
    ("an unfinished string", 'x: "abc', 5, ""),
    ("a tab", "x:\n\ty: 1", 6, "cannot start any token"),
]


# name, whole document, words of the finding
_WHOLE: list[tuple[str, bytes, str]] = [
    (
        "UTF-16",
        GOOD.encode("utf-16"),
        f":1:1: {_UNPARSABLE}: not UTF-8: it starts with a UTF-16 byte order mark",
    ),
    (
        "UTF-16BE",
        b"\xfe\xff" + GOOD.encode("utf-16-be"),
        "it starts with a UTF-16 byte order mark",
    ),
    ("UTF-32", GOOD.encode("utf-32"), f":1:1: {_UNPARSABLE}: not UTF-8"),
    ("UTF-16 without a mark", GOOD.encode("utf-16-le"), f":1:1: {_UNPARSABLE}: "),
    ("NEL in the opener", GOOD.replace("---\n", "---\x85", 1).encode(), ":1:1: " + _UNPARSABLE),
    ("nothing", b"", f":1:1: {_UNPARSABLE}: expected '---'"),
    ("only an opener", b"---\n", f":1:1: {_UNPARSABLE}: the frontmatter that opens here"),
    ("a command as opener", b"::error::x\n", f":1:1: {_UNPARSABLE}: expected '---'"),
    ("blanks and a command", "\xa0\u3000::error::x\n".encode(), f":1:1: {_UNPARSABLE}: "),
    ("log commands", b"##[error]x ##vso[x] ##teamcity[x\n", f":1:1: {_UNPARSABLE}: "),
    ("carriage returns", b"\r::error::x\r", f":1:1: {_UNPARSABLE}: "),
    ("controls", b"\x1b]0;x\x07\xc2\x9b\x7f\n", f":1:1: {_UNPARSABLE}: "),
    ("a scalar", b"---\nabc\n---\n", f"2:1: {_UNPARSABLE}: expected a mapping in the frontmatter"),
    ("a list", b"---\n- a\n---\n", "expected a mapping in the frontmatter, found a list"),
    ("over long", b"---\n#" + b"x" * 300_000 + b"\n---\n", "longer than 262144 characters"),
]


# name, YAML from line 5 on, findings that are to be made
_REFUSED: list[tuple[str, str, list[str]]] = [
    (
        "key given twice",
        "training: {}\ntraining: {}",
        ["6:1: duplicate-key: duplicate key 'training'"],
    ),
    ("in depth", "training: {seed: 1, seed: 2}", ["5:21: duplicate-key: duplicate key 'seed'"]),
    (
        "base",
        "base_model: qwen3-4b",
        ["5:1: duplicate-key: duplicate key 'base_model'", "line 4"],
    ),
    (
        "no",
        "training: {adapter: no}",
        ["5:21: invalid-value: 'training.adapter': ", "found 'no'"],
    ),
    (
        "number",
        "system_prompt: 3.10",
        ["5:16: invalid-value: 'system_prompt': ", "found '3.10'"],
    ),
    ("octal", "system_prompt: 017", ["5:16: invalid-value: 'system_prompt': ", "found '017'"]),
    ("date", "system_prompt: 2024-01-01", ["5:16: invalid-value: 'system_prompt'"]),
    (
        "time",
        "system_prompt: 12:30",
        ["5:16: invalid-value: 'system_prompt': ", "found '12:30'"],
    ),
    (
        "digits",
        "system_prompt: 1_000",
        ["5:16: invalid-value: 'system_prompt': ", "found '1_000'"],
    ),
    ("key", "no: 1", ["5:1: invalid-value"]),
    ("escapes in a key", '"\\e[31m\\0": 1', ["5:1: unknown-key: unknown key '\\x1b[31m\\x00'"]),
    ("escapes in a value", 'training: {adapter: "\\e[31m\\a"}', ["5:21: invalid-value"]),
    ("surrogate key", '"\\ud800": 1', ["5:1: "]),
    ("surrogate value", 'training: {adapter: "\\ud800"}', ["5:21: invalid-value"]),
    ("surrogate pair", 'training: {adapter: "\\ud83d\\ude00"}', ["5:21: invalid-value"]),
    ("line separator", "system_prompt: b\u2028evil: d", ["unknown-key: unknown key 'evil'"]),
    ("paragraph", "system_prompt: b\u2029evil: d", ["unknown-key: unknown key 'evil'"]),
    ("next line", "system_prompt: b\x85evil: d", ["unknown-key: unknown key 'evil'"]),
    ("command as key", '"::error::x": 1', ["5:1: unknown-key: unknown key '::error::x'"]),
    ("log command as key", '"##[error]x": 1', ["5:1: unknown-key"]),
    ("direction", '"\u202egnp.exe": 1', ["5:1: unknown-key: unknown key '\\u{202e}gnp.exe'"]),
    ("long key", f'"{"k" * 900}": 1', ["5:1: unknown-key"]),
    ("many unknown keys", "\n".join(f"k{i}: {i}" for i in range(2000)), ["unknown-key"]),
]


_DOCUMENTS = {name: _document(yaml) for name, yaml, _, _ in _BROKEN}
_DOCUMENTS |= {name: _document(yaml) for name, yaml, _ in _REFUSED}
_DOCUMENTS |= {name: data for name, data, _ in _WHOLE}


def _path(name: str) -> str:
    return f".dlm/{list(_DOCUMENTS).index(name):03}.dlm"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the report of one check of all documents: none prevents checking the others."""
    path = tmp_path_factory.mktemp("hostile")
    repo = new_repo(path / "repo", path / "home")
    _commit(repo, {_path(name): data for name, data in _DOCUMENTS.items()})
    return expect_findings(repo.run(COMMAND, "check", "--rev", "HEAD", timeout=TIMEOUT))


def _findings_of(report: str, name: str) -> str:
    """The part of the report that is about one document, its being one of many left out."""
    findings = re.split(r"(?m)^(?=\S)", report)
    ours = [each for each in findings if each.startswith(_path(name))]
    output = "".join(each for each in ours if "ambiguous-corpus" not in each)
    assert_harmless(output)
    return output


@pytest.mark.parametrize("case", _BROKEN, ids=itemgetter(0))
def test_unparsable_yaml_is_one_finding(
    report: str, case: tuple[str, str | bytes, int, str]
) -> None:
    name, _, line, words = case
    output = _findings_of(report, name)
    place = re.match(r"\S+:(\d+):(\d+): unparsable-document: ", output)
    assert place, output
    assert int(place[1]) == line, output
    assert words in output
    assert output.count(_UNPARSABLE) == 1
    assert max(map(len, output.splitlines())) < 1000


@pytest.mark.parametrize("case", _WHOLE, ids=itemgetter(0))
def test_unparsable_files_are_one_finding(report: str, case: tuple[str, bytes, str]) -> None:
    name, _, words = case
    output = _findings_of(report, name)
    assert words in output
    assert output.count(_UNPARSABLE) == 1


@pytest.mark.parametrize("case", _REFUSED, ids=itemgetter(0))
def test_invalid_yaml_values_are_findings(report: str, case: tuple[str, str, list[str]]) -> None:
    name, _, words = case
    output = _findings_of(report, name)
    assert _UNPARSABLE not in output
    assert not [word for word in words if word not in output], output


def test_many_findings_in_one_document(report: str) -> None:
    assert _findings_of(report, "many unknown keys").count(": unknown-key: ") == 2000


@pytest.mark.parametrize("name", ["alias bomb", "nested brackets", "NUL", "UTF-16"])
def test_a_hostile_corpus_document_is_one_finding(repo: Repo, name: str) -> None:
    out = expect_findings(_checked_corpus(repo, _DOCUMENTS[name]), f"{CORPUS}:", _UNPARSABLE)
    assert out.endswith(f"1 finding in revision {repo.git('rev-parse', 'HEAD')[:12]} (HEAD)\n")


def test_a_surrogate_that_dlm_accepts(repo: Repo) -> None:
    expect_clean(_checked_corpus(repo, _document('system_prompt: "\\ud800"')))


def test_a_wide_alias_is_shortened(repo: Repo) -> None:
    """Just below the limit on copies: nothing is written out in full."""
    out = expect_findings(_checked_corpus(repo, _document(_alias_bomb(4))), "unknown-key")
    assert len(out) < 20_000


def test_the_hint_quotes_a_bare_glob(repo: Repo) -> None:
    yaml = 'training:\n  sources:\n    - path: "."\n      include: [**/*.py]'
    out = expect_findings(_checked_corpus(repo, _document(yaml)), f"{CORPUS}:8:")
    assert re.search(r"""help: quote the value: (['"])\*\*/\*\.py\1""", out)


def test_a_comment_cuts_off_the_end_of_a_glob(repo: Repo) -> None:
    yaml = 'training:\n  sources_policy: strict\n  sources:\n    - path: "."\n      include:\n'
    repo.write("a")
    result = _checked_corpus(repo, _document(yaml + "        - a #b"))
    expect_clean(result)
    result = _checked(repo, "--rev", "HEAD", "--include", "a #b")
    expect_findings(result, "wrong-globs", "expected include ['a #b'], found ['a']")


@pytest.mark.slow
def test_limits_apply_to_each_document(repo: Repo) -> None:
    """Each is in bounds, so all are: the limits are per document."""
    for number in range(8):
        repo.write(f".dlm/{number}.dlm", _document(_merge_bomb(12)))
        repo.write(f"{number}/.dlm/corpus.dlm", _document("x: " + "[" * 30_000))
    repo.git("add", "--all")
    out = expect_findings(_checked(repo), "aliases expand to", "nested deeper", "ambiguous-corpus")
    assert out.count(_UNPARSABLE) == 16


def test_a_hostile_config_is_printed_harmlessly(corpus_repo: Repo) -> None:
    key = '"\\u001b[31m::error::x##[error]\\u2028" = 1\n'
    corpus_repo.add(".dlm-git.toml", key)
    result = _checked(corpus_repo)
    assert (result.code, "unknown key" in result.err) == (2, True)


@pytest.mark.slow
@pytest.mark.parametrize(
    "rev", ["\x1b[31m", "##[error]x", "::error::x", "\u202e", "\udcff", "a\n::error::b", "", "-x"]
)
def test_a_hostile_revision_is_printed_harmlessly(corpus_repo: Repo, rev: str) -> None:
    assert _checked(corpus_repo, f"--rev={rev}").code == 2


# file names


def _staged(repo: Repo, names: tuple[str, ...], mode: str = "100644") -> None:
    """Put names into the index that a worktree might not take."""
    oid = repo.git("hash-object", "-w", "--stdin", data=GOOD.encode())
    rows = "".join(f"{mode} {oid} 0\t{name}\0" for name in names)
    data = rows.encode(errors="surrogateescape")
    repo.git("update-index", "-z", "--index-info", data=data)


_PLACES = {
    "siblings": ".dlm/{}.dlm",
    "nested": "{}/.dlm/corpus.dlm",
    "backups": "{}.dlm.bak",
    "lookalikes": ".dlm{}/corpus.dlm",
}


# behind `.dlm`, names that some file systems drop: invisible characters, and streams
_FOLDED = [name for name in HOSTILE_NAMES if name[:1] in ("\ufeff", "\u200b", ":")]


@pytest.mark.parametrize("place", _PLACES.values(), ids=_PLACES)
def test_hostile_file_names_are_printed_harmlessly(corpus_repo: Repo, place: str) -> None:
    _staged(corpus_repo, tuple(place.format(name) for name in HOSTILE_NAMES))
    result = _checked(corpus_repo)
    names = _FOLDED if place == _PLACES["lookalikes"] else HOSTILE_NAMES
    rules = re.findall(r"(?m)^\S.*: [a-z]+-[a-z]+: ", result.out)
    assert len(rules) >= len(names) > 0, result.out
    assert result.code == 1
    assert result.err == ""


def test_hostile_file_names_are_valid_json(corpus_repo: Repo) -> None:
    _staged(corpus_repo, tuple(f".dlm/{name}.dlm" for name in HOSTILE_NAMES))
    result = corpus_repo.run(COMMAND, "check", "--format", "json", timeout=TIMEOUT)
    assert result.out.isascii()
    report = json.loads(result.out)
    assert {finding["path"] for finding in report["findings"]} >= {".dlm/::error::x.dlm"}
    odd = [finding for finding in report["findings"] if "path_base64" in finding]
    assert {finding["path"] for finding in odd} >= {".dlm/\\xff.dlm"}


def test_a_link_to_a_hostile_target_is_irregular(repo: Repo) -> None:
    _staged(repo, (CORPUS,), "120000")
    expect_findings(_checked(repo), "irregular-corpus")
