"""Mutation testing: which changes of the code does no test notice?

`python -m tests.mutation PACKAGE` changes the files of a package one place at a time, runs the
tests that execute that place, and restores the file. It goes on where an earlier run stopped. Run
it in a clone of its own, because it edits the files in place. `--again` tests the mutants that
survived once more, after new tests. `--report` prints those that survive. Needs cosmic-ray:
`pip install -e '.[mutation]'`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.mutation.mutants import Mutant, mutants
from tests.mutation.runner import KILLED, TIMEOUT, Runner
from tests.support import PROJECT

RESULTS = PROJECT / ".mutation"

# of the tests that run the installed command, those about documents and corpora
_TESTS = """
unit agreement integration/test_accepting.py integration/test_attributes.py
integration/test_bases.py integration/test_checkout.py integration/test_ci.py
integration/test_cli.py integration/test_config.py integration/test_corpora.py
integration/test_diff.py integration/test_directory.py integration/test_drivers.py
integration/test_entry_states.py integration/test_every_state.py integration/test_files.py
integration/test_fix.py integration/test_flags.py integration/test_hints.py
integration/test_hostile_output.py integration/test_hostile_yaml.py integration/test_ignore.py
integration/test_index_states.py integration/test_init.py integration/test_init_config.py
integration/test_inputs.py integration/test_library.py integration/test_notes.py
integration/test_objects.py integration/test_origin.py integration/test_outputs.py
integration/test_outside_sources.py integration/test_partial_clones.py
integration/test_policy.py integration/test_refs.py
integration/test_repository_states.py integration/test_revision_states.py
integration/test_training_files.py integration/test_translate.py integration/test_untrusted.py
"""
# the mutated files of each package, and its tests; slow ones run only if there are no others
PACKAGES: dict[str, tuple[str, str]] = {
    **{
        name: (f"dlm_git/{name}", _TESTS)
        for name in ("document", "rules", "patterns", "training", "config")
    },
    "cache": ("dlm_git/cli/cache.py", "integration/test_cache.py integration/test_batch.py"),
    "push": (
        "dlm_git/operations/push.py",
        "integration/test_push.py integration/test_refs.py integration/test_accepting.py",
    ),
}


def main() -> None:
    """Run or report the mutants of the packages that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument("packages", nargs="*", choices=[*PACKAGES, []], metavar="PACKAGE")
    parser.add_argument("--report", action="store_true", help="print the mutants that survive")
    parser.add_argument("--again", action="store_true", help="test those that survive once more")
    parser.add_argument(
        "--budget", type=float, default=20.0, help="seconds of tests for each mutant (20)"
    )
    arguments = parser.parse_args()
    for package in arguments.packages or PACKAGES:
        if arguments.report:
            sys.stdout.writelines(f"{line}\n" for line in report(package))
        else:
            run(package, arguments.budget, again=arguments.again)


def run(package: str, budget: float, *, again: bool) -> None:
    """Test the mutants of a package that are not tested yet, and perhaps those that survived."""
    RESULTS.mkdir(exist_ok=True)
    modules, names = PACKAGES[package]
    outcomes = _outcomes(package)
    for kept in (PROJECT / "dlm_git").rglob("*.original"):  # from a run that was killed
        kept.replace(kept.with_suffix(".py"))
    pending = [
        mutant
        for mutant in mutants(PROJECT, PROJECT / modules)
        if mutant.key not in outcomes or (again and outcomes[mutant.key] not in (KILLED, TIMEOUT))
    ]
    pending.sort(key=lambda mutant: mutant.operator == "NumberReplacer")  # limits come last
    which = "not network and not slow" if names == _TESTS else "not network"
    recording = RESULTS / ("tests.json" if names == _TESTS else f"{package}-tests.json")
    with _results(package).open("a") as results:

        def done(mutant: Mutant, outcome: str) -> None:
            results.write(json.dumps([mutant.key, outcome]) + "\n")
            results.flush()

        tests = ["-m", which, *(f"tests/{name}" for name in names.split())]
        Runner(pending, budget, recording, done).run(tests)


def report(package: str) -> Iterator[str]:
    """Yield the mutants that survive, and how many there are."""
    outcomes, counts = _outcomes(package), Counter[str]()
    for mutant in mutants(PROJECT, PROJECT / PACKAGES[package][0]):
        outcome = outcomes.get(mutant.key, "not run")
        counts[outcome] += 1
        if outcome not in (KILLED, TIMEOUT):
            change = mutant.change.replace("\n", "\n    ")
            yield f"{mutant.path}:{mutant.line}: {outcome}: {mutant.operator}\n    {change}"
    yield f"{package}: {counts.total()} mutants, {dict(counts)}"


def _results(package: str) -> Path:
    return RESULTS / f"{package}.jsonl"


def _outcomes(package: str) -> dict[str, str]:
    """Return the last outcome of each mutant."""
    results = _results(package)
    lines = results.read_text().splitlines() if results.exists() else []
    return dict(json.loads(line) for line in lines)


if __name__ == "__main__":
    os.environ["HYPOTHESIS_PROFILE"] = "mutation"
    main()
