"""Mutation testing: which changes of the code does no test notice?

`python -m tests.mutation PACKAGE` changes the files of a package one place at a time, runs the
tests of that package, and restores the file. It goes on where an earlier run stopped. Run it in a
clone of its own, because it edits the files in place. `--again` tests the mutants that survived
once more, after new tests. `--report` prints those that survive. Needs cosmic-ray:
`pip install -e '.[mutation]'`.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import re
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.support import PROJECT

SESSIONS = PROJECT / ".mutation"
_SLOW = ("cache", "push")  # the packages whose slow tests run, too
_COSMIC_RAY = (sys.executable, "-m", "cosmic_ray.cli")
_TIMEOUT = 300  # seconds for the tests of one mutant; endless loops are noticed by that

# the mutated files of each package, and the tests that are about it, fast ones first
PACKAGES: dict[str, tuple[str, str]] = {
    "patterns": (
        "dlm_git/patterns",
        "unit/rules unit/test_gitignore.py unit/test_globset.py unit/test_snapshots.py"
        " unit/test_ignore_merge.py agreement/test_globset.py agreement/test_languages.py"
        " integration/test_translate.py integration/test_attributes.py",
    ),
    "config": (
        "dlm_git/config",
        "unit/test_config.py unit/test_toml_plain.py unit/test_config_schema.py"
        " unit/test_validation.py unit/rules integration/test_config.py"
        " integration/test_policy.py integration/test_corpora.py integration/test_init_config.py",
    ),
    "rules": (
        "dlm_git/rules",
        "unit/rules unit/test_acceptance.py unit/test_fix.py integration/test_accepting.py"
        " integration/test_corpora.py integration/test_hints.py integration/test_ignore.py"
        " integration/test_training_files.py integration/test_notes.py",
    ),
    "training": (
        "dlm_git/training",
        "unit/rules unit/test_ignore_merge.py unit/test_diff_formats.py"
        " agreement/test_training_set.py agreement/test_diff.py integration/test_diff.py"
        " integration/test_ignore.py integration/test_files.py",
    ),
    "document": (
        "dlm_git/document",
        "unit/test_plain_documents.py unit/test_yaml_plain.py unit/test_sections.py"
        " unit/test_languages.py unit/test_fix.py unit/test_merge.py unit/test_alignment.py"
        " unit/test_line_hashes.py unit/test_textconv.py unit/rules agreement/test_languages.py"
        " agreement/test_oracle.py agreement/test_fix.py integration/test_drivers.py"
        " integration/test_diff.py",
    ),
    "cache": ("dlm_git/cli/cache.py", "integration/test_cache.py"),
    "push": (
        "dlm_git/operations/push.py",
        "integration/test_push.py integration/test_refs.py",
    ),
}

# of the replacements of an operator, those that another one does not imply
_BINARY = "Add_Sub Sub_Add Mul_Add FloorDiv_Mul Mod_Mul BitOr_BitAnd BitAnd_BitOr"
_BINARY += " LShift_RShift RShift_LShift Pow_Mul Div_Mul BitXor_BitAnd"
_COMPARISON = "Eq_NotEq NotEq_Eq Lt_LtE Lt_GtE LtE_Lt LtE_Gt Gt_GtE Gt_LtE GtE_Gt GtE_Lt"
_COMPARISON += " Is_IsNot IsNot_Is In_NotIn NotIn_In"
_KEPT = re.compile(
    rf"core/(?:ReplaceBinaryOperator_(?:{'|'.join(_BINARY.split())})"
    rf"|ReplaceComparisonOperator_(?:{'|'.join(_COMPARISON.split())})"
    r"|(?!ReplaceBinary|ReplaceComparison).*)"
)


def main() -> None:
    """Run or report the mutants of the packages that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument("packages", nargs="*", choices=[*PACKAGES, []], metavar="PACKAGE")
    parser.add_argument("--report", action="store_true")
    parser.add_argument("--again", action="store_true")
    arguments = parser.parse_args()
    for package in arguments.packages or PACKAGES:
        if arguments.report:
            sys.stdout.writelines(f"{line}\n" for line in report(package))
        else:
            run(package, again=arguments.again)


def run(package: str, *, again: bool) -> None:
    """Test the mutants of a package that are not tested yet, and perhaps those that survived."""
    SESSIONS.mkdir(exist_ok=True)
    config, session = SESSIONS / f"{package}.toml", SESSIONS / f"{package}.sqlite"
    modules, tests = PACKAGES[package]
    files = " ".join(f"tests/{name}" for name in tests.split())
    which = "not network" if package in _SLOW else "not network and not slow"
    command = f"{sys.executable} -m pytest -x -q -p no:cacheprovider -m '{which}' {files}"
    config.write_text(
        f"[cosmic-ray]\nmodule-path = {json.dumps(modules)}\ntimeout = {_TIMEOUT}\n"
        f"excluded-modules = []\ntest-command = {json.dumps(command)}\n"
        '[cosmic-ray.distributor]\nname = "local"\n'
    )
    environ = {**os.environ, "HYPOTHESIS_PROFILE": "mutation"}
    if not session.exists():
        subprocess.run([*_COSMIC_RAY, "init", str(config), str(session)], cwd=PROJECT, check=True)
        _skip_others(session)
    if again:
        with sqlite3.connect(session) as database:
            database.execute("DELETE FROM work_results WHERE test_outcome = 'SURVIVED'")
    command_line = [*_COSMIC_RAY, "exec", str(config), str(session)]
    subprocess.run(command_line, cwd=PROJECT, env=environ, check=True)


def _skip_others(session: Path) -> None:
    """Skip the mutants of annotations, which are not evaluated, and of implied operators."""
    with sqlite3.connect(session) as database:
        rows = database.execute(
            "SELECT job_id, module_path, operator_name, start_pos_row, start_pos_col"
            " FROM mutation_specs"
        ).fetchall()
        extents = {path: list(_annotations(PROJECT / path)) for path in {row[1] for row in rows}}
        skipped = [
            job
            for job, path, operator, *position in rows
            if not _KEPT.fullmatch(operator)
            or any(start <= tuple(position) < end for start, end in extents[path])
        ]
        database.executemany(
            "INSERT INTO work_results (job_id, worker_outcome) VALUES (?, 'SKIPPED')",
            [(job,) for job in skipped],
        )


Position = tuple[int, int]


def _annotations(path: Path) -> Iterator[tuple[Position, Position]]:
    """Yield where the annotations of a module begin and end, and what only a type checker runs."""
    for node in ast.walk(ast.parse(path.read_text())):
        parts: list[ast.AST | None] = [getattr(node, "annotation", None)]
        parts.append(getattr(node, "returns", None))
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            parts.append(node)
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "TYPE_CHECKING":
            parts.append(node)
        for part in parts:
            if isinstance(part, ast.expr | ast.stmt):
                end = part.end_lineno or 0, part.end_col_offset or 0
                yield (part.lineno, part.col_offset), end


def report(package: str) -> Iterator[str]:
    """Yield the mutants that survive, and how many there are."""
    session = SESSIONS / f"{package}.sqlite"
    if not session.exists():
        return
    with sqlite3.connect(session) as database:
        rows = database.execute(
            "SELECT s.module_path, s.start_pos_row, s.operator_name, s.occurrence,"
            " r.worker_outcome, r.test_outcome, r.output, r.diff"
            " FROM mutation_specs s LEFT JOIN work_results r ON r.job_id = s.job_id"
            " ORDER BY s.module_path, s.start_pos_row"
        ).fetchall()
    counts: Counter[str] = Counter()
    for path, line, operator, occurrence, worker, outcome, output, diff in rows:
        if worker == "SKIPPED":
            continue
        state = "not run" if worker is None else str(outcome).lower()
        counts["timeout" if output == "timeout" else state] += 1
        if state == "survived":
            changed = [row for row in str(diff).splitlines() if re.match(r"[-+](?![-+])", row)]
            yield "\n    ".join([f"{path}:{line}: {operator} {occurrence}", *changed])
    yield f"{package}: {sum(counts.values())} mutants, {dict(counts)}"


if __name__ == "__main__":
    main()
