"""Explain errors that come from a broken installation: missing libraries, or others in place."""

from __future__ import annotations

import os
import sys
import sysconfig
import traceback
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution

from dlm_git.errors import DlmGitError
from dlm_git.paths import shell_quote

# the libraries that dlm-git needs, and those that they need; by the name of their module
_DISTRIBUTIONS = {
    "annotated_types": "annotated-types",
    "git": "GitPython",
    "gitdb": "gitdb",
    "pydantic": "pydantic",
    "pydantic_core": "pydantic-core",
    "smmap": "smmap",
    "typing_extensions": "typing-extensions",
    "typing_inspection": "typing-inspection",
    "ulid": "python-ulid",
    "yaml": "PyYAML",
}


def dependency_error(error: BaseException) -> DlmGitError | None:
    """Return the problem of the installation that explains an error, None if there is none."""
    for name, file, owner in _replaced_modules(error):
        return DlmGitError(
            f"Python imports '{name}' from '{file}', not from {owner}",
            "rename that file, or take its directory out of PYTHONPATH",
        )
    if damaged := _damaged_file(error):
        hint = f"`rm {shell_quote(damaged)}`: Python writes it again"
        return DlmGitError(f"the compiled module '{damaged}' is damaged: {error}", hint)
    if isinstance(error, ImportError):
        module = (error.name or "").partition(".")[0]
        library = f" '{_DISTRIBUTIONS.get(module, module)}'" if module else ""
        python = shell_quote(sys.executable)
        return DlmGitError(
            f"a library{library} that dlm-git needs is missing or damaged: {error}",
            f"`{python} -m pip install --force-reinstall dlm-git` installs it again",
        )
    return None


def _damaged_file(error: BaseException) -> str:
    """Return the file of bytecode that Python could not load, '' if there is none.

    On a full disk some versions of Python leave half of one.
    """
    for frame, _ in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_name == "_compile_bytecode":  # of importlib
            return str(frame.f_locals.get("bytecode_path") or "")
    return ""


def _replaced_modules(error: BaseException) -> Iterator[tuple[str, str, str]]:
    """Yield name, file and rightful owner of the imported modules from a wrong place."""
    standard = [os.path.realpath(sysconfig.get_path(key)) for key in ("stdlib", "platstdlib")]
    for name, file in (*_failed_modules(error), *_loaded_modules()):
        if name in _DISTRIBUTIONS and not _is_below(file, _installed(_DISTRIBUTIONS[name])):
            yield name, file, _DISTRIBUTIONS[name]
        elif name in sys.stdlib_module_names and not _is_below(file, standard):
            yield name, file, "the standard library"


def _loaded_modules() -> Iterator[tuple[str, str]]:
    for name, module in [*sys.modules.items()]:
        file = getattr(module, "__file__", None)
        if isinstance(file, str):
            yield name, os.path.realpath(file)


def _failed_modules(error: BaseException | None) -> Iterator[tuple[str, str]]:
    """Yield the modules in the traceback of an error; Python unloads a module that fails."""
    while error:
        for frame, _ in traceback.walk_tb(error.__traceback__):
            yield frame.f_globals.get("__name__", ""), os.path.realpath(frame.f_code.co_filename)
        if isinstance(error, SyntaxError) and error.filename:
            file = os.path.realpath(error.filename)
            directory, name = os.path.split(file.removesuffix("/__init__.py").removesuffix(".py"))
            if directory in map(os.path.realpath, sys.path):
                yield name, file
        error = error.__cause__ or error.__context__


def _installed(name: str) -> list[str]:
    """Return the directory that a distribution is installed in; without one, any is right."""
    try:
        return [os.path.realpath(str(distribution(name).locate_file("")))]
    except PackageNotFoundError:
        return [os.sep]


def _is_below(file: str, directories: list[str]) -> bool:
    return any(file.startswith(os.path.join(directory, "")) for directory in directories)
