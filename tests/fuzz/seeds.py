"""What mutations begin with: recorded documents, the regression corpus, tokens of each language."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from tests.support import CORPUS, GOOD, ID, VECTORS
from tests.unit import test_growth as languages

REGRESSIONS = Path(__file__).with_name("corpus")
_OID, _ZERO = "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3", "0" * 40
_OWN: dict[str, list[str]] = {
    "document": [GOOD, f"{GOOD}::instruction::\n### Q\nWhy?\n### A\nSo.\n\n::prose#tone::\nx\n"],
    "yaml": [
        'training:\n  sources_policy: strict\n  sources:\n    - path: "."\n      include: ["*"]\n',
        "include: [a]\nexclude: ['b/**']\nexclude_defaults: true\nweights: {a: {b: 2}}\n",
        "training:\n  lora_r: 8\n  learning_rate: 2e-4\n  target_modules: auto\nexport: {}\n",
    ],
    "config": [
        'base = "smollm2-135m"\ninclude = ["*.py"]\nexclude = ["a"]\nsources-policy = "strict"\n',
        '[ignore]\nlarge-training-file = "we want it"\n[allow]\n".dlm/x.dlm" = ["smollm2-135m"]\n',
        '[[ignore-path]]\npath = "docs/**"\nrules = ["secret-in-training-set"]\nreason = "x"\n',
        '[[corpus]]\nroot = "a"\nbase = "smollm2-135m"\n[[corpus]]\nroot = "b"\n',
        '[[sources]]\npath = "src"\ninclude = ["*.py"]\n',
    ],
    "ignore": [
        "*.log\n!keep.log\nbuild/\n/dist/**\n# c\n\\#a\n**/x/*.[co]\n",
        '* text=auto\n*.bin filter=lfs -text\n[attr]m ident\n"a b" m\n*.x eol=crlf\n',
    ],
    "pattern": ["**/*", "src/**/*.py", "*.{a,b}", "[a-z]?/**", "/a/", "!a", "**a*b**c", "docs/**"],
    "index": [
        f"100644 {_OID} 0\t{CORPUS}\0" + f"100644 {_OID} 0\tsrc/a.py\0",
        f"120000 {_OID} 0\t.dlm\0" + f"160000 {_OID} 0\tlib\0",
        *(f"100644 {_OID} {stage}\t{CORPUS}\0" for stage in (1, 2, 3)),
        f"100755 {_OID * 2}"[:71] + " 0\t.DLM/Corpus.DLM\0",
        f"040000 tree {_OID}\t.dlm\0100644 blob {_OID}\t{CORPUS}\0",
        f"100644 {_ZERO} 0\t.dlm/x.dlm\0",
        "DIRC\0\0\0\2\0\0\0\1" + "x" * 80 + "link\0\0\0\x14" + "sdir\0\0\0\0" + "\0" * 20,
    ],
    "hook": [
        f"refs/heads/main {_OID} refs/heads/main {_ZERO}\n",
        f"(delete) {_ZERO} refs/heads/x {_OID}\nHEAD@{{1 day ago}} {_OID} refs/tags/v1 {_ZERO}\n",
        f"{_ZERO} {_OID} refs/heads/main\n{_OID} {_ZERO} refs/heads/y\n",
        f"{'0' * 64} {'a' * 64} refs/heads/main\n",
    ],
}
_TOKENS = {
    "document": [*languages.BODY, *languages.YAML],
    "yaml": languages.YAML,
    "config": languages.TOML,
    "ignore": [*languages.GLOBS, *languages.ATTRIBUTES],
    "pattern": languages.GLOBS,
    "index": ["\0", "\t", " ", "/", ".dlm", "corpus.dlm", ".git", "..", "100644 ", "160000 ", _OID,
              " 0\t", "040000 tree ", " blob ", "DIRC", "link", "sdir\0\0\0\0", "\u200b"],
    "hook": [" ", "\n", "refs/heads/", "refs/tags/", _OID, _ZERO, "0" * 64, "(delete)", "HEAD~1"],
}  # fmt: skip


def seeds(kind: str) -> Iterator[bytes]:
    """Yield the inputs that mutations of a kind begin with."""
    yield from (text.encode() for text in _OWN[kind])
    if kind == "document":
        recorded = json.loads((VECTORS / "documents.json").read_text())["parse_text"]
        yield from (case["text"].encode(errors="surrogatepass") for case in recorded)
    yield from (file.read_bytes() for file in regressions(kind))


def regressions(kind: str) -> list[Path]:
    """Return the files of the regression corpus of a kind."""
    return sorted((REGRESSIONS / kind).iterdir())


def tokens(kind: str) -> list[bytes]:
    """Return pieces of the language of a kind; those with a number get a small one."""
    return [token.replace("{}", "1").encode() for token in [*_TOKENS[kind], ID, "\n"]]
