"""The commands of Git's merge and diff drivers for documents, for any POSIX shell.

They run dlm-git if it is there. Git alone would take a missing merge driver for a conflict, and
keep our side of the file without markers; a missing text converter ends `git diff`.
"""

from __future__ import annotations

from collections.abc import Mapping
from shlex import quote

from dlm_git.document.textconv import HUNK_HEADERS
from dlm_git.hooks.script import assigned_program

DRIVER = "dlm-git"  # its name in the config and in attributes
MERGE, DIFF = f"merge.{DRIVER}", f"diff.{DRIVER}"
_ANCESTOR = f"{DRIVER}-ancestor"
SETTINGS = rf"^(merge|diff)\.{DRIVER}(-ancestor)?\."  # the keys of all of them in the config
# the placeholders of Git (gitattributes(5)): base, ours and theirs, the size of markers, the path,
# and the labels, which git replaces since 2.44
_ARGUMENTS = "%O %A %B %L %P %S %X %Y"
_FIND = 'test -x "$dlm_git" || dlm_git=$(command -v dlm-git)'


def driver_settings(program: str) -> dict[str, str]:
    """Return the config of the drivers, which run dlm-git by its absolute path.

    If two branches have several common ancestors, Git first merges these, by a driver of its own:
    markers of conflicts in their result would be taken for the text that both branches started
    from. The commands come before the names: `git merge` dies of a driver without a command.
    """
    return {
        f"merge.{_ANCESTOR}.driver": merge_command(program, "--ancestor"),
        f"merge.{_ANCESTOR}.name": "merge the common ancestors of .dlm documents",
        f"{MERGE}.driver": merge_command(program),
        f"{MERGE}.name": "merge .dlm documents by section and key",
        f"{MERGE}.recursive": _ANCESTOR,
        f"{DIFF}.textconv": textconv_command(program),
        f"{DIFF}.xfuncname": HUNK_HEADERS,
    }


def merge_command(program: str, option: str = "") -> str:
    """Return the merge driver; without dlm-git it merges lines, as Git does.

    Python exits with 1 if it cannot import dlm-git, so 1 is a conflict only if it is printed.
    Older versions of git leave the labels as they are, and have no `--diff-algorithm`; Git itself
    compares with the algorithm histogram.
    """
    command = f"merge-driver {option}".rstrip()
    lines = [
        f"dlm_git={quote(program)}",
        _FIND,
        f'text=; case $dlm_git in /*) text=$("$dlm_git" {command} -- "$@"); code=$? ;;'
        " *) code=127 ;; esac",
        'case $code:$text in 0:*) return 0 ;; 1:?*) echo "$text" >&2; return 1 ;; esac',
        'case $8 in %?) set -- "$1" "$2" "$3" "$4" "$5" base ours theirs ;; esac',
        'set -- -q --marker-size="$4" -L "$7" -L "$6" -L "$8" "$2" "$1" "$3"',
        "if git merge-file -h 2>&1 | grep -q diff-algorithm; then"
        ' set -- --diff-algorithm=histogram "$@"; fi',
        'git merge-file "$@" || return 1',
    ]
    # Git takes `%` for the start of a placeholder
    function = "; ".join(lines).replace("%", "%%")
    return f"dlm_git_merge() {{ {function}; }}; dlm_git_merge {_ARGUMENTS}"


def textconv_command(program: str) -> str:
    """Return the text converter; without dlm-git it prints the file. Git adds its name."""
    lines = [
        f"dlm_git={quote(program)}",
        _FIND,
        'case $dlm_git in /*) "$dlm_git" textconv -- "$1" && return ;; esac',
        'cat -- "$1"',
    ]
    return f"dlm_git_textconv() {{ {'; '.join(lines)}; }}; dlm_git_textconv"


def driver_program(settings: Mapping[str, str]) -> str:
    """Return the program that the merge driver runs, '' for the one on the PATH."""
    return assigned_program(settings.get(f"{MERGE}.driver", "").replace("%%", "%"))
