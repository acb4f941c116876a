"""The portability rules: sources and links that other clones do not have."""

from __future__ import annotations

import pytest

from tests.support import (
    CORPUS,
    GOOD,
    SUBMODULE,
    Files,
    link,
)
from tests.unit.rules.support import (
    Speaks,
    corpus,
    findings,
    shown,
    table,
    with_globs,
    with_source,
)

LEADS = "and the model reads what lies there"
LINKED: Files = {"src/a.py": "a", "data": link("src"), "up/x": link("../src/a.py")}
SPEAKS: dict[str, list[Speaks]] = {
    "absolute-source-path": [
        *(
            Speaks(
                path,
                corpus(with_source(f"'{path}'")),
                f"{CORPUS}:8:13: source path '{path}' is absolute, so it exists on one machine"
                " only",
            )
            for path in ("/srv/shop", "~/shop", "~", "C:/shop", "C:\\shop", "\\\\host\\shop")
        ),
    ],
    "escaping-source-path": [
        Speaks(
            "from .dlm",
            corpus(with_source("../src")),
            f"{CORPUS}:8:13: source path '../src' leads out of the repository",
            help="paths start at the repository root: perhaps 'src'",
        ),
        Speaks(
            "down and up",
            corpus(with_source("src/../../src")),
            f"{CORPUS}:8:13: source path 'src/../../src' leads out of the repository",
        ),
        Speaks(
            "through a tracked link",
            {CORPUS: with_source("data"), "data": link("/srv/data")},
            f"{CORPUS}:8:13: source path 'data' leads out of the repository",
        ),
        Speaks(
            "through a relative link",
            {CORPUS: with_source("a/data"), "a/data": link("../../data")},
            f"{CORPUS}:8:13: source path 'a/data' leads out of the repository",
        ),
    ],
    "missing-source-path": [
        Speaks(
            "not tracked",
            corpus(with_source("data")),
            f"{CORPUS}:8:13: source path 'data' names no tracked file or directory",
        ),
        Speaks(
            "a prefix is no directory",
            corpus(with_source("sr")),
            f"{CORPUS}:8:13: source path 'sr' names no tracked file or directory",
        ),
        Speaks(
            "in a submodule",
            {CORPUS: with_source("lib/src"), "lib": SUBMODULE},
            f"{CORPUS}:8:13: source path 'lib/src' leads into the submodule 'lib'",
        ),
        Speaks(
            "a submodule itself",
            {CORPUS: with_source("lib"), "lib": SUBMODULE},
            f"{CORPUS}:8:13: source path 'lib' leads into the submodule 'lib'",
        ),
        Speaks(
            "more than can be looked up",
            corpus(with_source("src", *["    - path: src"] * 300)),
            f"{CORPUS}:264:13: 301 sources, of which only 256 are judged",
        ),
        Speaks(
            "a dangling link",
            {CORPUS: with_source("data"), "data": link("nowhere")},
            f"{CORPUS}:8:13: source path 'data' names no tracked file or directory",
        ),
        Speaks(
            "a loop",
            {CORPUS: with_source("a/x"), "a": link("b"), "b": link("a")},
            f"{CORPUS}:8:13: source path 'a/x' names no tracked file or directory",
        ),
        Speaks(
            "what no file name can hold",
            corpus(with_source('"a\\0b"')),
            f"{CORPUS}:8:13: source path 'a\0b' names no tracked file or directory",
        ),
    ],
    "escaping-symlink": [
        Speaks(
            "absolute",
            corpus(GOOD, **{"data/u.csv": link("/srv/u.csv")}),
            f"data/u.csv: this link leads out of the repository, to '/srv/u.csv', {LEADS}",
            help="`git rm --cached data/u.csv`, or add 'u.csv' to 'exclude' of the source",
        ),
        Speaks(
            "relative, with a blank",
            corpus(GOOD, **{"data/my u.csv": link("../../u.csv")}),
            f"data/my u.csv: this link leads out of the repository, to '../../u.csv', {LEADS}",
            help="`git rm --cached 'data/my u.csv'`, or add 'my u.csv' to 'exclude' of the source",
        ),
        Speaks(
            "through another link",
            corpus(with_globs(["**/*"], ["d"]), d=link("/srv"), e=link("d/x")),
            f"e: this link leads out of the repository, to 'd/x', {LEADS}",
        ),
        Speaks(
            "excluded by its directory, which does not count",
            corpus(with_globs(["**/*"], ["data/**"]), **{"data/u.csv": link("/srv/u.csv")}),
            f"data/u.csv: this link leads out of the repository, to '/srv/u.csv', {LEADS}",
        ),
        Speaks(
            "ignored by a line, which does not count",
            {CORPUS: GOOD, "a": "x", "u.csv": link("/srv/u.csv"), ".dlm/ignore": "u.csv\n"},
            f"u.csv: this link leads out of the repository, to '/srv/u.csv', {LEADS}",
        ),
        Speaks(
            "below the source",
            corpus(with_source("src"), **{"src/u": link("/srv/u")}),
            f"src/u: this link leads out of the repository, to '/srv/u', {LEADS}",
        ),
    ],
}
SILENT: dict[str, list[Speaks]] = {
    "absolute-source-path": [Speaks("a tilde inside", corpus(with_source("./~x")), "")],
    "escaping-source-path": [
        Speaks("dots that stay", corpus(with_source("src/../src")), ""),
        Speaks("a link that stays", {CORPUS: with_source("data"), **LINKED}, ""),
    ],
    "missing-source-path": [
        Speaks("a directory", corpus(with_source("src/")), ""),
        Speaks("a file", corpus(with_source("src/a.py")), ""),
        Speaks("a link to a directory", {CORPUS: with_source("data"), **LINKED}, ""),
        Speaks("a link to a file", {CORPUS: with_source("up/x"), **LINKED}, ""),
    ],
    "escaping-symlink": [
        Speaks("inside", corpus(GOOD, **{"x": link("src/a.py"), "d/y": link("../src")}), ""),
        Speaks(
            "excluded by its name",
            corpus(with_globs(["**/*"], ["u.csv"]), **{"data/u.csv": link("/srv/u.csv")}),
            "",
        ),
        Speaks(
            "not included", corpus(with_globs(["**/*.py"]), **{"data/u.csv": link("/srv/x")}), ""
        ),
        Speaks("of another directory", corpus(with_source("src"), u=link("/srv/u")), ""),
        Speaks("left out by default", corpus(GOOD, **{"x.pem": link("/srv/x.pem")}), ""),
        Speaks("dangling inside", corpus(GOOD, x=link("nowhere")), ""),
    ],
}


@pytest.mark.parametrize(("rule", "given"), table(SILENT))
def test_silent(rule: str, given: Speaks) -> None:
    assert findings(rule, given) == []


@pytest.mark.parametrize(("rule", "given"), table(SPEAKS))
def test_speaks(rule: str, given: Speaks) -> None:
    found = findings(rule, given)
    assert given.says == (shown(found[0]) if found else "")
    if given.help:
        assert found[0].hint == given.help
    assert found[0].hint
