"""How git is found and called, with nothing imported that a remembered verdict can do without."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Mapping

TIME_LIMIT = 120.0

# `git rev-parse --local-env-vars`: what names a repository, and must not leak into another
LOCAL_ENVIRONMENT = frozenset(
    "GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_CONFIG GIT_CONFIG_PARAMETERS GIT_CONFIG_COUNT"
    " GIT_OBJECT_DIRECTORY GIT_DIR GIT_WORK_TREE GIT_IMPLICIT_WORK_TREE GIT_GRAFT_FILE"
    " GIT_INDEX_FILE GIT_NO_REPLACE_OBJECTS GIT_REPLACE_REF_BASE GIT_PREFIX GIT_SHALLOW_FILE"
    " GIT_COMMON_DIR GIT_INTERNAL_SUPER_PREFIX".split()
)
# what changes the meaning of a question, or runs a program
_UNWANTED = frozenset(
    "GIT_LITERAL_PATHSPECS GIT_GLOB_PATHSPECS GIT_NOGLOB_PATHSPECS GIT_ICASE_PATHSPECS"
    " GIT_EXTERNAL_DIFF GIT_DIFF_OPTS GIT_PAGER GIT_NAMESPACE GIT_REPLACE_REF_BASE GIT_GRAFT_FILE"
    " GIT_ATTR_SOURCE GIT_PREFIX GIT_CONFIG".split()
)
_WANTED = {
    "GIT_NO_LAZY_FETCH": "1",  # since git 2.44 (and backports); older ones obey the next line
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ADVICE": "0",
    "LC_ALL": "C",
    "LANGUAGE": "C",
}
# `core.fsmonitor` names a program that even `ls-files` runs
OPTIONS = (
    "--no-pager",
    *("-c", "core.fsmonitor=false"),
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "core.warnAmbiguousRefs=true"),
)
# a `.dlm` directory can be committed so that it is a bare repository, with a config that runs code
EXPLICIT_BARE = ("-c", "safe.bareRepository=explicit")


def without_repository(environ: Mapping[str, str]) -> dict[str, str]:
    """An environment that names no repository."""
    return {key: value for key, value in environ.items() if key not in LOCAL_ENVIRONMENT}


def clean_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """An environment in which git answers what it is asked, in English, and runs nothing else."""
    unwanted = {key for key in environ if key in _UNWANTED or key.startswith("GIT_TRACE")}
    if not environ.get("GIT_INDEX_FILE"):
        unwanted.add("GIT_INDEX_FILE")  # empty, git would read no index and say nothing
    return {key: value for key, value in environ.items() if key not in unwanted} | _WANTED


def locate_git(environ: Mapping[str, str]) -> str:
    """The absolute path of git, '' if there is none.

    Relative entries of PATH are passed over: they would run a file of the judged repository.
    """
    for folder in environ.get("PATH", os.defpath).split(os.pathsep):
        path = os.path.join(folder, "git")
        if os.path.isabs(folder) and os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    return ""


def run_quiet(command: list[str], environ: Mapping[str, str], prefix: bytes = b"") -> bytes | None:
    """What a command prints, behind some bytes; None if it fails, takes too long or cannot start.

    What it complains of is thrown away.
    """
    reader, writer = os.pipe()
    streams = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_DUP2, writer, 1),
        (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
    ]
    try:
        process = os.posix_spawn(command[0], command, environ, file_actions=streams)
    except OSError:
        os.close(reader)
        return None
    finally:
        os.close(writer)
    try:
        out = _whole(reader, prefix)
        if out is None:
            os.kill(process, signal.SIGKILL)
    except BaseException:
        os.kill(process, signal.SIGKILL)
        raise
    finally:
        os.close(reader)
        _, status = os.waitpid(process, 0)
    return out if status == 0 else None


def _whole(reader: int, behind: bytes) -> bytes | None:
    pieces = [behind]
    while select.select([reader], [], [], TIME_LIMIT)[0]:
        piece = os.read(reader, 1 << 16)
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)
    return None
