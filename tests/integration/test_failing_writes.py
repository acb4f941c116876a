"""A command of which a call that writes fails: exit 2 and what to do about it, or success.

Every file has the old or the new content, and the command succeeds when it runs again.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator

import pytest

from tests.faults import Runner, State
from tests.faults.scenarios import SCENARIOS, Stage
from tests.integration.test_killed import Undisturbed, expect_whole
from tests.support import Result

pytestmark = pytest.mark.slow
# what the message says of each, and what its hint does
ERRORS = {
    errno.ENOSPC: ("No space left on device", "free some space"),
    errno.EDQUOT: ("Disk quota exceeded", "free some space"),
    errno.EROFS: ("Read-only file system", "mounted read-only"),
    errno.EIO: ("Input/output error", "the log of the system"),
    errno.EMFILE: ("Too many open files", "ulimit -n"),
    errno.EACCES: ("Permission denied", "ls -ld"),
}
CODES = tuple(ERRORS)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    directory = tmp_path_factory.mktemp("failing")
    with Runner(directory) as runner:
        yield Stage(directory, runner)


def expect_explained(result: Result, code: int, place: object) -> None:
    """Expect one error that names a place, the reason and what to do."""
    reason, hint = ERRORS[code]
    first, *rest = result.err.splitlines() or [""]
    assert first.startswith("dlm-git: cannot "), (place, result)
    assert first.endswith(f": {reason}"), (place, result)
    assert rest[0].startswith("  help: ") if rest else False, (place, result)
    assert hint in rest[0] or "nothing was changed; run" in rest[0], (place, result)


def _with_error_report(now: State, after: State) -> State:
    """Return a state with the report of an error, which is a result, too."""
    report = now.get("report.json")
    is_error = report is not None and b'"error": {' in report[1] and report[1].endswith(b"}\n")
    return {**after, "report.json": report} if report and is_error else after


# that of a second corpus differs in the content of the config only
@pytest.mark.parametrize("name", [name for name in SCENARIOS if name != "init a second corpus"])
def test_a_call_that_fails(stage: Stage, name: str) -> None:
    command = Undisturbed(stage, name)
    for at, call in enumerate(command.done.calls, start=1):
        code = CODES[at % len(CODES)] if call not in ("posix_spawn", "Popen") else errno.EMFILE
        place = (at, call, errno.errorcode[code])
        failed, now = command.run(at, code)
        announced = ERRORS[code][0] in failed.out + failed.err
        if failed.code != 2 and announced:  # what `init` leaves out, or Git's way to merge
            assert name.startswith(("init", "merge-driver")), (place, failed)
            continue
        expect_whole(now, command.before, _with_error_report(now, command.after), place)
        if failed.code != 2:
            assert failed == command.done.result, (place, failed)
            continue
        expect_explained(failed, code, place)
        command.expect_success(now, place)
