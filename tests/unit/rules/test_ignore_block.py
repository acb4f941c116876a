"""The rules about the block that `dlm-git ignore` writes."""

from __future__ import annotations

from tests.support import (
    GOOD,
)
from tests.unit.rules.support import (
    Reports,
    block,
    corpus,
    rule_tests,
    with_source,
)

STALE = ".dlm/ignore: the dlm-git block in .dlm/ignore is out of date with .gitignore"
BROKEN_BLOCK = (
    ".dlm/ignore: broken `dlm-git ignore` block: expected one '# >>>' line and one '# <<<' line"
)

REPORTED: dict[str, list[Reports]] = {
    "stale-ignore": [
        Reports(
            "nothing in it",
            corpus(GOOD, **{".gitignore": "*.log\n", ".dlm/ignore": block("*.tmp")}),
            STALE + "; added since: '.gitignore: *.log'; removed since: '*.tmp'",
            hint="`dlm-git ignore && git add .dlm/ignore`",
        ),
        Reports(
            "lines changed, with comments",
            corpus(
                GOOD,
                **{
                    ".gitignore": "a/\nb/\nc/\nd/\n",
                    ".dlm/ignore": block("# from .gitignore: old", "old", "old/"),
                },
            ),
            STALE
            + "; added since: '.gitignore: a/', '.gitignore: b/', '.gitignore: c/', ..."
            + "; removed since: '.gitignore: old'",
        ),
        Reports(
            "a line was added",
            corpus(
                GOOD,
                **{".gitignore": "*.log\nd/\n", ".dlm/ignore": block("*.log", "*.log/")},
            ),
            STALE + "; added since: '.gitignore: d/'",
        ),
        Reports(
            "what the default excludes would exclude",
            corpus(
                GOOD,
                **{
                    ".gitignore": "*.min.js\n!a.min.js\n",
                    ".dlm/ignore": block("*.min.js", "*.min.js/"),
                    ".dlm/training.yaml": "exclude_defaults: false\n",
                },
            ),
            STALE + "; added since: '.gitignore: !a.min.js'",
            also=(
                "secret-in-training-set: .git/config: '.git/config' may contain a token and is in"
                " every clone's training set",
            ),
        ),
        Reports(
            "a .gitignore was added",
            corpus(
                GOOD,
                **{
                    ".gitignore": "*.log\n",
                    "src/.gitignore": "/x\n",
                    ".dlm/ignore": block("*.log", "*.log/"),
                },
            ),
            STALE + "; added since: 'src/.gitignore: /x'",
        ),
        Reports(
            ".gitignore was removed",
            corpus(GOOD, **{".dlm/ignore": block("*.log", "*.log/")}),
            STALE + "; removed since: '*.log', '*.log/'",
        ),
        Reports(
            "a lost mark",
            corpus(GOOD, **{".dlm/ignore": block("*.log").rpartition("# <<<")[0]}),
            BROKEN_BLOCK,
            hint="remove the block from '.dlm/ignore', then run `dlm-git ignore`",
        ),
        Reports(
            "a second block", corpus(GOOD, **{".dlm/ignore": block("a") + block("b")}), BROKEN_BLOCK
        ),
        Reports(
            "below a source",
            corpus(
                with_source("src"),
                **{".gitignore": "*.log\n", "src/.dlm/ignore": block("*.tmp")},
            ),
            "src/.dlm/ignore: the dlm-git block in src/.dlm/ignore is out of date with .gitignore"
            "; added since: '.gitignore: *.log'; removed since: '*.tmp'",
            hint="`dlm-git ignore && git add src/.dlm/ignore`",
        ),
        Reports(
            "beside a broken one",
            corpus(
                with_source("lib", "    - path: src"),
                **{"lib/x": "x", "lib/.dlm/ignore": block("a") * 2, "src/.dlm/ignore": block("b")},
            ),
            BROKEN_BLOCK.replace(".dlm/ignore", "lib/.dlm/ignore"),
            also=(
                "stale-ignore: src/.dlm/ignore: the dlm-git block in src/.dlm/ignore is out of date"
                " with .gitignore; removed since: 'b'",
            ),
        ),
    ],
    "tracked-file-excluded": [
        Reports(
            "by a pattern that dlm cannot express",
            corpus(GOOD, **{"core.c": "x", ".dlm/ignore": block("core.?")}),
            "core.c: Git tracks this file, but only the dlm-git block excludes it",
            hint=(
                "below the block in .dlm/ignore, add '!/core.c' to include,"
                " or '/core.c' to exclude on purpose"
            ),
            also=(
                "stale-ignore: .dlm/ignore: the dlm-git block in .dlm/ignore is out of date with"
                " .gitignore; removed since: 'core.?'",
            ),
        ),
        *(
            Reports(
                f"in a directory below {count}",
                corpus(text, **{"p/core.c": "x", "p/b": "b", "p/.dlm/ignore": block("/core.?")}),
                "p/core.c: Git tracks this file, but only the dlm-git block excludes it",
                hint=(
                    "below the block in p/.dlm/ignore, add '!/core.c' to include,"
                    " or '/core.c' to exclude on purpose"
                ),
                also=also,
            )
            for count, text, also in (
                ("a source", GOOD, ()),
                (
                    "two sources",
                    with_source(".", "    - path: p"),
                    (
                        "stale-ignore: p/.dlm/ignore: the dlm-git block in p/.dlm/ignore is out of"
                        " date with .gitignore; removed since: '/core.?'",
                    ),
                ),
            )
        ),
        Reports(
            "in two directories below a source",
            corpus(
                GOOD,
                **dict.fromkeys(("p/core.c", "p/b", "q/core.c", "q/b"), "x"),
                **dict.fromkeys(("p/.dlm/ignore", "q/.dlm/ignore"), block("core.?")),
            ),
            "p/core.c: Git tracks this file, but only the dlm-git block excludes it",
            also=(
                "tracked-file-excluded: q/core.c: Git tracks this file, but only the dlm-git block"
                " excludes it",
            ),
        ),
        Reports(
            "one of two sources has more of it",
            corpus(
                with_source(".", '      exclude: ["p/b.c"]', "    - path: p"),
                **dict.fromkeys(("p/a.c", "p/b.c", "p/d"), "x"),
                **{"p/.dlm/ignore": block("?.c")},
            ),
            "p/a.c: Git tracks this file, but only the dlm-git block excludes it",
            also=(
                "tracked-file-excluded: p/b.c: Git tracks this file, but only the dlm-git block"
                " excludes it",
                "stale-ignore: p/.dlm/ignore: the dlm-git block in p/.dlm/ignore is out of date"
                " with .gitignore; removed since: '?.c'",
            ),
        ),
        Reports(
            "in a directory of a source below the root",
            corpus(
                with_source("src"), **{"src/p/q/core.c": "x", "src/p/.dlm/ignore": block("/q/*.?")}
            ),
            "src/p/q/core.c: Git tracks this file, but only the dlm-git block excludes it",
            hint=(
                "below the block in src/p/.dlm/ignore, add '!/q/core.c' to include,"
                " or '/q/core.c' to exclude on purpose"
            ),
        ),
        Reports(
            "in a directory below a source that includes the file again",
            corpus(
                GOOD,
                **{
                    "p/q/core.c": "x",
                    "p/b": "b",
                    "p/.dlm/ignore": block("core.?"),
                    ".dlm/ignore": block("core.?") + "!/p/q/core.c\n",
                },
            ),
            "p/q/core.c: Git tracks this file, but only the dlm-git block excludes it",
            hint=(
                "below the block in p/.dlm/ignore, add '!/q/core.c' to include,"
                " or '/q/core.c' to exclude on purpose"
            ),
            also=(
                "stale-ignore: .dlm/ignore: the dlm-git block in .dlm/ignore is out of date with"
                " .gitignore; removed since: 'core.?'",
            ),
        ),
        Reports(
            "a directory",
            corpus(GOOD, **{"d/e/a": "x", "d/f/b": "x", ".dlm/ignore": block("d/") + "!/d/g\n"}),
            "d/: Git tracks 2 files ('a', 'b'), but only the dlm-git block excludes them",
            hint=(
                "below the block in .dlm/ignore, add lines such as '!/d/e/a' to include,"
                " or '/d/**' to exclude on purpose"
            ),
            also=(
                "stale-ignore: .dlm/ignore: the dlm-git block in .dlm/ignore is out of date with"
                " .gitignore; removed since: 'd/'",
            ),
        ),
        Reports(
            "in a directory below the source",
            corpus(GOOD, **{"d/a.log": "x", "d/.dlm/ignore": block("/a.log")}),
            "d/a.log: Git tracks this file, but only the dlm-git block excludes it",
        ),
    ],
}

NOT_REPORTED: dict[str, list[Reports]] = {
    "stale-ignore": [
        Reports(
            "comments differ",
            corpus(
                GOOD,
                **{
                    ".gitignore": "*.log\n",
                    ".dlm/ignore": block("# from .gitignore: *.log", "*.log", "*.log/"),
                },
            ),
            "",
        ),
        Reports(
            "up to date",
            corpus(
                GOOD, **{".gitignore": "*.log\n", ".dlm/ignore": block("*.log", "*.log/") + "x\n"}
            ),
            "",
        ),
        Reports(
            "a comment about the block",
            corpus(GOOD, **{".gitignore": "*.log\n", ".dlm/ignore": "# no # >>> dlm-git ignore\n"}),
            "",
        ),
        Reports(
            "up to date with CRLF",
            corpus(
                GOOD,
                **{
                    ".gitignore": "*.log\r\n",
                    ".dlm/ignore": block("*.log", "*.log/").replace("\n", "\r\n"),
                },
            ),
            "",
        ),
        Reports(
            "no block", corpus(GOOD, **{".gitignore": "*.log\n", ".dlm/ignore": "*.tmp\n"}), ""
        ),
        Reports(
            "of a vendored package",
            corpus(GOOD, **{"v/.gitignore": "q\n", "v/.dlm/ignore": block("zzz")}),
            "",
        ),
    ],
    "tracked-file-excluded": [
        Reports(
            "other lines decide",
            corpus(
                GOOD,
                **{
                    **dict.fromkeys(("a.log", "b.log", "c.pem", "d.txt"), "x"),
                    ".dlm/ignore": block("*.log", "*.pem", "d.txt") + "!/a.log\n/b.log\n*.txt\n",
                },
            ),
            "",
            also=(
                "stale-ignore: .dlm/ignore: the dlm-git block in .dlm/ignore is out of date with"
                " .gitignore; removed since: '*.log', '*.pem', 'd.txt'",
            ),
        ),
        Reports(
            "a broken block",
            corpus(GOOD, **{"a.log": "x", ".dlm/ignore": block("*.log") * 2}),
            "",
            also=(
                "stale-ignore: .dlm/ignore: broken `dlm-git ignore` block: expected one '# >>>'"
                " line and one '# <<<' line",
            ),
        ),
        Reports("no block", corpus(GOOD, **{"a.log": "x", ".dlm/ignore": "*.log\n"}), ""),
    ],
}


test_a_rule_reports, test_a_rule_reports_nothing = rule_tests(REPORTED, NOT_REPORTED)
