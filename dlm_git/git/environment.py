"""Locate git, and build the environment it runs in.

The cached path of `dlm-git check` imports this module.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

MINIMUM_VERSION = (2, 38)  # that of `safe.bareRepository`

# the variables that name a repository: `git rev-parse --local-env-vars`
_LOCAL_VARIABLES = frozenset(
    "GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_CONFIG GIT_CONFIG_PARAMETERS GIT_CONFIG_COUNT"
    " GIT_OBJECT_DIRECTORY GIT_DIR GIT_WORK_TREE GIT_IMPLICIT_WORK_TREE GIT_GRAFT_FILE"
    " GIT_INDEX_FILE GIT_NO_REPLACE_OBJECTS GIT_REPLACE_REF_BASE GIT_PREFIX GIT_SHALLOW_FILE"
    " GIT_COMMON_DIR GIT_INTERNAL_SUPER_PREFIX".split()
)
# see `unwanted_variables`
_REMOVED_VARIABLES = frozenset(
    "GIT_LITERAL_PATHSPECS GIT_GLOB_PATHSPECS GIT_NOGLOB_PATHSPECS GIT_ICASE_PATHSPECS"
    " GIT_EXTERNAL_DIFF GIT_DIFF_OPTS GIT_PAGER GIT_NAMESPACE GIT_REPLACE_REF_BASE GIT_GRAFT_FILE"
    " GIT_ATTR_SOURCE GIT_PREFIX GIT_CONFIG".split()
)
_FIXED_VARIABLES = {
    "GIT_NO_LAZY_FETCH": "1",  # since git 2.44 (and backports); older ones obey the next line
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_GRAFT_FILE": "/dev/null/none",  # no parents from `.git/info/grafts`
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
ALL_BARE = ("-c", "safe.bareRepository=all")


def without_repository(environ: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without the variables that name a repository."""
    return {key: value for key, value in environ.items() if key not in _LOCAL_VARIABLES}


def unwanted_variables(environ: Mapping[str, str]) -> set[str]:
    """Return the variables that change what a command prints, or run a program."""
    unwanted = {key for key in environ if key in _REMOVED_VARIABLES or key.startswith("GIT_TRACE")}
    if not environ.get("GIT_INDEX_FILE", "-"):
        unwanted.add("GIT_INDEX_FILE")  # with an empty value git silently reads no index
    return unwanted


def clean_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which git prints its plain output in English and runs no program."""
    unwanted = unwanted_variables(environ)
    return {key: value for key, value in environ.items() if key not in unwanted} | _FIXED_VARIABLES


def locate_git(environ: Mapping[str, str]) -> str:
    """Return the absolute path of git, '' if it is not on the PATH.

    Relative entries of PATH are skipped: they would run a file of the checked repository.
    """
    for directory in environ.get("PATH", os.defpath).split(os.pathsep):
        path = os.path.join(directory, "git")
        if os.path.isabs(directory) and os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    return ""
