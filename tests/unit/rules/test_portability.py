"""The portability rules: what other clones do not have, or have with another content."""

from __future__ import annotations

import pytest

from dlm_git.config.load import resolve_config
from dlm_git.rules.engine import run_rules
from tests.support import (
    CORPUS,
    GOOD,
    SUBMODULE,
    Files,
    link,
    snapshot,
)
from tests.unit.rules.support import (
    LFS,
    POINTER,
    Reports,
    corpus,
    rule_tests,
    with_globs,
    with_source,
)

SLASHES = "Paths have '/', and no spaces around them"
CASES = "Git distinguishes upper and lower case"
FORM = "the name in Git has another Unicode form: write"
TRACK = "correct the path, or `git add` the files to train on"
TOO_LONG = "x" * 256
CONVERTED = "so a clone has another content than Git stores"
NOT_THAT = "If not, `git add` the files to train on"
WILDCARDS = "a path has no wildcards: write"
LEADS = "dlm trains on its target"
LINKED: Files = {"src/a.py": "a", "data": link("src"), "up/x": link("../src/a.py")}
BY_LINK = "a symbolic link leads there: name a tracked directory, or commit the files"
PACKAGE = "pkg/.dlm/corpus.dlm"
IN_PACKAGE = {"corpus": [{"root": "pkg"}]}
PERMISSIVE = {"corpus": [{"root": "pkg", "sources-policy": "permissive"}]}


def in_package(path: str, policy: str = "strict") -> Files:
    """Return a corpus below the root whose source has a path and a policy."""
    document = with_source(path, '      include: ["**/*"]').replace("strict", policy)
    return {PACKAGE: document, "src/a.py": "a", "pkg/b.py": "b", "pkg/data": link("../src")}


REPORTED: dict[str, list[Reports]] = {
    "absolute-source-path": [
        *(
            Reports(
                path,
                corpus(with_source(f"'{path}'")),
                f"{CORPUS}:8:13: source path '{path}' is absolute: it exists on one machine only",
            )
            for path in ("/srv/shop", "~/shop", "~", "C:/shop", "C:\\shop", "\\\\host\\shop")
        ),
        Reports(
            "of Windows, to a directory that is tracked",
            corpus(with_source("'C:\\shop\\src'")),
            f"{CORPUS}:8:13: source path 'C:\\shop\\src' is absolute:"
            " it exists on one machine only",
            hint="write it relative to the repository root: `path: src`",
        ),
    ],
    "escaping-source-path": [
        Reports(
            "from .dlm",
            corpus(with_source("../src")),
            f"{CORPUS}:8:13: source path '../src' points outside the repository",
            hint="source paths start at the repository root: did you mean 'src'?",
        ),
        Reports(
            "down and up",
            corpus(with_source("src/../../src")),
            f"{CORPUS}:8:13: source path 'src/../../src' points outside the repository",
        ),
        Reports(
            "through a tracked link",
            {CORPUS: with_source("data"), "data": link("/srv/data")},
            f"{CORPUS}:8:13: source path 'data' points outside the repository",
            hint=BY_LINK,
        ),
        Reports(
            "through a relative link",
            {CORPUS: with_source("a/data"), "a/data": link("../../data")},
            f"{CORPUS}:8:13: source path 'a/data' points outside the repository",
            hint=BY_LINK,
        ),
        Reports(
            "from .dlm, to a link that leads outside",
            {CORPUS: with_source("../data"), "data": link("/srv/data")},
            f"{CORPUS}:8:13: source path '../data' points outside the repository",
            hint="source paths start at the repository root",
        ),
        Reports(
            "in the repository, but outside of a strict corpus",
            in_package("../src"),
            f"{PACKAGE}:8:13: source path '../src' points outside 'pkg'",
            IN_PACKAGE,
            hint="source paths start at 'pkg', unless its sources policy is 'permissive'",
        ),
        Reports(
            "outside of the repository and of a corpus",
            in_package("../../src"),
            f"{PACKAGE}:8:13: source path '../../src' points outside 'pkg'",
            IN_PACKAGE,
            hint="source paths start at 'pkg'",
        ),
        Reports(
            "through a link in the repository, but outside of a strict corpus",
            in_package("data"),
            f"{PACKAGE}:8:13: source path 'data' points outside 'pkg'",
            IN_PACKAGE,
            hint=BY_LINK,
        ),
    ],
    "missing-source-path": [
        Reports(
            "behind a source that another rule reports",
            corpus(with_source("../data", "    - path: data")),
            f"{CORPUS}:9:13: source path 'data' is not a tracked file or directory",
            also=(
                f"escaping-source-path: {CORPUS}:8:13: source path '../data' points outside the"
                " repository",
            ),
        ),
        Reports(
            "not tracked",
            corpus(with_source("data")),
            f"{CORPUS}:8:13: source path 'data' is not a tracked file or directory",
        ),
        *(
            Reports(
                f"{path} for {name}",
                {CORPUS: with_source(f"'{path}'"), f"{name}/a.py": "a"},
                f"{CORPUS}:8:13: source path '{path}' is not a tracked file or directory",
                hint=hint,
            )
            for path, name, hint in (
                (".\\docs", "docs", f"did you mean 'docs'? {SLASHES}"),
                ("docs\\a.py", "docs", f"did you mean 'docs/a.py'? {SLASHES}"),
                ("docs ", "docs", f"did you mean 'docs'? {SLASHES}"),
                ("Docs", "docs", f"did you mean 'docs'? {CASES}"),
                ("docs/A.PY", "docs", f"did you mean 'docs/a.py'? {CASES}"),
                (".\\DOCS", "docs", f"did you mean 'docs'? {CASES}"),
                ("caf\u00e9", "cafe\u0301", f'{FORM} `path: "cafe\\u0301"`'),
                ("cafe\u0301/a.py", "caf\u00e9", f'{FORM} `path: "caf\\u00e9/a.py"`'),
                ("dosc", "docs", f"did you mean 'docs'? {NOT_THAT}"),
                ("docs/a.pyy", "docs", f"did you mean 'docs/a.py'? {NOT_THAT}"),
                ("docs/*.py", "docs", f'{WILDCARDS} `path: "docs"` and `include: ["*.py"]`'),
                ("**/*.py", "docs", f'{WILDCARDS} `path: "."` and `include: ["**/*.py"]`'),
                ("data", "docs", TRACK),
            )
        ),
        Reports(
            "Docs for docs and DOCS",
            {CORPUS: with_source("Docs"), "docs/a.py": "a", "DOCS/a.py": "a"},
            f"{CORPUS}:8:13: source path 'Docs' is not a tracked file or directory",
            hint=TRACK,
        ),
        Reports(
            "a prefix is no directory",
            corpus(with_source("sr")),
            f"{CORPUS}:8:13: source path 'sr' is not a tracked file or directory",
        ),
        Reports(
            "in a submodule",
            {CORPUS: with_source("lib/src"), "lib": SUBMODULE},
            f"{CORPUS}:8:13: source path 'lib/src' is in the submodule 'lib'",
        ),
        Reports(
            "a submodule itself",
            {CORPUS: with_source("lib"), "lib": SUBMODULE},
            f"{CORPUS}:8:13: source path 'lib' is in the submodule 'lib'",
            also=(
                f"empty-training-set: {CORPUS}:8:13: source 'lib' selects no tracked file with"
                " text: it adds nothing to the training set",
            ),
        ),
        Reports(
            "more than can be looked up",
            corpus(with_source("src", *["    - path: src"] * 300)),
            f"{CORPUS}:264:13: 301 sources, but dlm-git checks only the first 256",
        ),
        Reports(
            "a dangling link",
            {CORPUS: with_source("data"), "data": link("nowhere")},
            f"{CORPUS}:8:13: source path 'data' is not a tracked file or directory",
        ),
        Reports(
            "a loop",
            {CORPUS: with_source("a/x"), "a": link("b"), "b": link("a")},
            f"{CORPUS}:8:13: source path 'a/x' is not a tracked file or directory",
        ),
        Reports(
            "what no file name can hold",
            corpus(with_source('"a\\0b"')),
            f"{CORPUS}:8:13: source path 'a\0b' is not a tracked file or directory",
        ),
    ],
    "escaping-symlink": [
        Reports(
            "absolute",
            corpus(GOOD, **{"data/u.csv": link("/srv/u.csv")}),
            f"data/u.csv: symbolic link to '/srv/u.csv', outside the repository: {LEADS}",
            hint="`git rm --cached data/u.csv`, or add 'u.csv' to `exclude` of the source",
        ),
        Reports(
            "relative, with a blank",
            corpus(GOOD, **{"data/my u.csv": link("../../u.csv")}),
            f"data/my u.csv: symbolic link to '../../u.csv', outside the repository: {LEADS}",
            hint="`git rm --cached 'data/my u.csv'`, or add 'my u.csv' to `exclude` of the source",
        ),
        Reports(
            "through another link",
            corpus(with_globs(["**/*"], ["d"]), d=link("/srv"), e=link("d/x")),
            f"e: symbolic link to 'd/x', outside the repository: {LEADS}",
        ),
        Reports(
            "excluded by its directory, which does not count",
            corpus(with_globs(["**/*"], ["data/**"]), **{"data/u.csv": link("/srv/u.csv")}),
            f"data/u.csv: symbolic link to '/srv/u.csv', outside the repository: {LEADS}",
        ),
        Reports(
            "ignored by a line, which does not count",
            {CORPUS: GOOD, "a": "x", "u.csv": link("/srv/u.csv"), ".dlm/ignore": "u.csv\n"},
            f"u.csv: symbolic link to '/srv/u.csv', outside the repository: {LEADS}",
        ),
        Reports(
            "below the source",
            corpus(with_source("src"), **{"src/u": link("/srv/u")}),
            f"src/u: symbolic link to '/srv/u', outside the repository: {LEADS}",
        ),
    ],
    "unreadable-source": [
        Reports(
            "a name that is not UTF-8",
            corpus(GOOD, **{"src/caf\udce9.md": "x"}),
            "src/caf\udce9.md: dlm fails on this file and trains on nothing: its name is not UTF-8",
            hint="rename the file, or add the line '/src/caf?.md' to .dlm/ignore, where '?' is any"
            " character",
        ),
        Reports(
            "a link whose name is not UTF-8",
            corpus(GOOD, **{"caf\udce9": link("src/a.py")}),
            "caf\udce9: dlm fails on this file and trains on nothing: its name is not UTF-8",
        ),
        Reports(
            "a name on disk that is not UTF-8",
            corpus(GOOD),
            "caf\udce9.md: dlm fails on this file and trains on nothing: its name is not UTF-8",
            untracked={"caf\udce9.md": "untracked"},
            also=(
                "untracked-training-file: caf\udce9.md: Git does not track this file, but dlm"
                " trains on it",
            ),
        ),
        *(
            Reports(
                f"a link to a name that is too long: {target[:9]}",
                corpus(with_source(source), **{"src/x/l": link(target)}),
                f"{CORPUS}:8:13: dlm fails on source '{source}' and trains on nothing: 'src/x/l' is"
                " a link to a name of more than 255 bytes",
                hint="remove or rename that file, or correct its permissions",
            )
            for source in (".", "src")
            for target in (TOO_LONG, f"../{TOO_LONG}/x", f"/{TOO_LONG}", "é" * 128)
        ),
    ],
    "converted-document": [
        Reports(
            "beside a document that is a pointer",
            corpus(
                POINTER,
                **{".dlm/ignore": "", ".gitattributes": "*.dlm filter=lfs\nignore filter=x\n"},
            ),
            f".dlm/ignore: the filter 'x' converts this file, {CONVERTED}",
            also=(
                f"irregular-corpus: {CORPUS}: the corpus document is a Git LFS pointer: dlm reads"
                " the pointer, not the document",
            ),
        ),
        Reports(
            "a filter",
            corpus(GOOD, **{".gitattributes": "*.dlm filter=git-crypt\n"}),
            f"{CORPUS}: the filter 'git-crypt' converts this file, {CONVERTED}",
            hint="add the line '* -filter' to .dlm/.gitattributes, then `git add"
            " .dlm/.gitattributes && git add --renormalize .dlm/corpus.dlm`",
        ),
        Reports(
            "Git LFS, but not a pointer",
            corpus(GOOD, **{".dlm/.gitattributes": "*.dlm filter=lfs\n"}),
            f"{CORPUS}: the filter 'lfs' converts this file, {CONVERTED}",
        ),
        Reports(
            "an encoding",
            corpus(GOOD, **{".gitattributes": "*.dlm working-tree-encoding=UTF-16\n"}),
            f"{CORPUS}: a checkout encodes this file as UTF-16, {CONVERTED}",
            hint="add the line '* -working-tree-encoding' to .dlm/.gitattributes and save the file"
            " as UTF-8, then `git add .dlm/.gitattributes && git add --renormalize"
            " .dlm/corpus.dlm`",
        ),
        Reports(
            "ident",
            corpus(f"{GOOD}$Id$\n", **{".gitattributes": "* ident\n"}),
            f"{CORPUS}: the attribute 'ident' expands '$Id$' in this file, {CONVERTED}",
        ),
        Reports(
            ".dlm/ignore",
            corpus(GOOD, **{".gitattributes": "ignore filter=x\n", ".dlm/ignore": "a\n"}),
            f".dlm/ignore: the filter 'x' converts this file, {CONVERTED}",
        ),
        Reports(
            "a nested training.yaml",
            corpus(GOOD, **{".gitattributes": "*.yaml filter=x\n", "d/.dlm/training.yaml": "\n"}),
            f"d/.dlm/training.yaml: the filter 'x' converts this file, {CONVERTED}",
        ),
        Reports(
            "the config of dlm-git",
            corpus(GOOD, **{".gitattributes": "*.toml filter=x\n", ".dlm-git.toml": ""}),
            f".dlm-git.toml: the filter 'x' converts this file, {CONVERTED}",
            hint="add the line '/.dlm-git.toml -filter' to .gitattributes, then `git add"
            " .gitattributes && git add --renormalize .dlm-git.toml`",
            also=(
                "filtered-file-in-training-set: .dlm-git.toml: dlm trains on what the filter 'x'"
                " makes of this file, not on what Git stores",
            ),
        ),
        Reports(
            "without a corpus document",
            {".dlm/docs.dlm": "x", ".gitattributes": "*.dlm filter=x\n"},
            f".dlm/docs.dlm: the filter 'x' converts this file, {CONVERTED}",
            also=(
                f"missing-corpus: {CORPUS}: expected the corpus document '{CORPUS}', found"
                " '.dlm/docs.dlm'",
                "unparsable-document: .dlm/docs.dlm:1:1: expected '---' to open the frontmatter,"
                " found 'x'",
            ),
        ),
    ],
}
NOT_REPORTED: dict[str, list[Reports]] = {
    "absolute-source-path": [
        Reports(
            "a tilde inside",
            corpus(with_source("./~x")),
            "",
            also=(
                f"missing-source-path: {CORPUS}:8:13: source path './~x' is not a tracked file or"
                " directory",
            ),
        )
    ],
    "escaping-source-path": [
        Reports("dots that stay", corpus(with_source("src/../src")), ""),
        Reports("a link that stays", {CORPUS: with_source("data"), **LINKED}, ""),
        Reports("a permissive corpus", in_package("../src", "permissive"), "", PERMISSIVE),
        Reports("a link of a permissive corpus", in_package("data", "permissive"), "", PERMISSIVE),
    ],
    "missing-source-path": [
        Reports("a directory", corpus(with_source("src/")), ""),
        Reports("a file", corpus(with_source("src/a.py")), ""),
        Reports("a link to a directory", {CORPUS: with_source("data"), **LINKED}, ""),
        Reports("a link to a file", {CORPUS: with_source("up/x"), **LINKED}, ""),
    ],
    "unreadable-source": [
        Reports("an excluded name", corpus(with_globs(["src/*"]), **{"caf\udce9": "x"}), ""),
        Reports("a binary", corpus(GOOD, **{"caf\udce9": b"\0"}), ""),
        Reports("a name in UTF-8", corpus(GOOD, **{"café.md": "x"}), ""),
        Reports("outside of the source", corpus(with_source("src"), l=link(TOO_LONG)), ""),
        Reports("in no directory", corpus(GOOD, l=link(f"nosuch/{TOO_LONG}")), ""),
        Reports("the longest name", corpus(GOOD, l=link("x" * 255)), ""),
        Reports("a long path", corpus(GOOD, l=link("xxxxxxxx/" * 90)), ""),
        Reports(
            "a missing source has a rule of its own",
            corpus(with_source("nosuch")),
            "",
            also=(
                f"missing-source-path: {CORPUS}:8:13: source path 'nosuch' is not a tracked file"
                " or directory",
            ),
        ),
    ],
    "escaping-symlink": [
        Reports("inside", corpus(GOOD, **{"x": link("src/a.py"), "d/y": link("../src")}), ""),
        Reports(
            "excluded by its name",
            corpus(with_globs(["**/*"], ["u.csv"]), **{"data/u.csv": link("/srv/u.csv")}),
            "",
        ),
        Reports(
            "not included", corpus(with_globs(["**/*.py"]), **{"data/u.csv": link("/srv/x")}), ""
        ),
        Reports("of another directory", corpus(with_source("src"), u=link("/srv/u")), ""),
        Reports("excluded by default", corpus(GOOD, **{"x.pem": link("/srv/x.pem")}), ""),
        Reports("dangling inside", corpus(GOOD, x=link("nowhere")), ""),
    ],
    "converted-document": [
        Reports(
            "a symbolic link, of which Git stores the path",
            corpus(
                GOOD,
                **{".gitattributes": "pkg/.dlm/* filter=x\n", "pkg/x": "*.zz\n"},
                **{"pkg/.dlm/ignore": link("../x")},
            ),
            "",
        ),
        Reports("line ends", corpus(GOOD, **{".gitattributes": "* text eol=crlf\n"}), ""),
        Reports("ident without $Id$", corpus(GOOD, **{".gitattributes": "* ident\n"}), ""),
        Reports(
            "its own encoding",
            corpus(GOOD, **{".gitattributes": "* working-tree-encoding=utf-8\n"}),
            "",
        ),
        Reports("a filter of other files", corpus(GOOD, **{".gitattributes": LFS}), ""),
        Reports(
            "a pointer, which irregular-corpus reports",
            corpus(POINTER, **{".gitattributes": "*.dlm filter=lfs\n"}),
            "",
            also=(
                f"irregular-corpus: {CORPUS}: the corpus document is a Git LFS pointer: dlm reads"
                " the pointer, not the document",
            ),
        ),
        Reports(
            "unset beside it",
            corpus(
                GOOD, **{".gitattributes": "* filter=x\n", ".dlm/.gitattributes": "* -filter\n"}
            ),
            "",
            also=(
                "filtered-file-in-training-set: .gitattributes: dlm trains on what the filter"
                " 'x' makes of this file, not on what Git stores",
                "filtered-file-in-training-set: src/a.py: dlm trains on what the filter 'x'"
                " makes of this file, not on what Git stores",
            ),
        ),
    ],
}


test_a_rule_reports, test_a_rule_reports_nothing = rule_tests(REPORTED, NOT_REPORTED)


@pytest.mark.parametrize(
    ("path", "root", "relative", "certain"),
    [
        ("/srv/shop/src", "", "src", True),
        ("/srv/shop", "", '"."', True),
        ("/srv/shop/../shop/src/", "", "src", True),
        ("/srv/shop/pkg/src", "pkg", "src", True),
        ("/srv/shop/src", "pkg", "src", False),  # of another corpus, perhaps
        ("/home/ann/src", "", "src", False),
        ("/src", "", "src", False),
        ("/srv/shopping", "", '"."', False),
    ],
)
def test_an_absolute_path_is_written_relative_to_its_corpus(
    path: str, root: str, relative: str, certain: bool
) -> None:
    """It is certain for one below the root of this worktree only."""
    top = f"{root}/" if root else ""
    files = {f"{top}{CORPUS}": with_source(path), f"{top}src/a.py": "a"}
    config = resolve_config({}, {"corpus": [{"root": root}]} if root else {}).config
    state = snapshot(files).replace(root=lambda: "/srv/shop")
    (finding,) = run_rules(state, config).findings
    assert finding.rule == "absolute-source-path"
    assert finding.fix
    assert ([edit.text for edit in finding.fix.edits], finding.fix.safe) == ([relative], certain)
