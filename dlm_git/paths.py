"""Paths of a repository, as strings relative to its root with '/' between the components."""

from __future__ import annotations

from posixpath import dirname, normpath

TYPE_CHECKING = False  # a cached check imports this module
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

DLM = ".dlm"
OWN_CONFIG = ".dlm-git.toml"
BASELINE = ".dlm-git-baseline.json"
PYPROJECT = "pyproject.toml"
ATTRIBUTES_FILE = ".gitattributes"
CONFIG_FILES = (OWN_CONFIG, PYPROJECT)
# names the organization's config
CONFIG_VARIABLE = "DLM_GIT_CONFIG"
_SYSTEM_DIRECTORIES = "/etc/xdg"  # the default of XDG_CONFIG_DIRS
# where a config is likely to be, and is not read; so is one in the user's directory below the root
MISPLACED_CONFIGS = ("dlm-git.toml", ".dlm/.dlm-git.toml", ".dlm/dlm-git.toml", "src/.dlm-git.toml")

# the files that the trainer reads in every directory below a source
TRAINING_CONFIG = ".dlm/training.yaml"
IGNORE_FILE = ".dlm/ignore"

_LOWER = {ord("A") + n: ord("a") + n for n in range(26)}
# need no quotes in a shell
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_%+,./:=@-")


def organization_configs(environ: Mapping[str, str]) -> list[str]:
    """Return the paths of which the first that exists is the organization's config.

    An empty variable counts as not set (XDG Base Directory Specification), and so do relative
    directories.
    """
    if named := environ.get(CONFIG_VARIABLE):
        return [named]
    directories = (environ.get("XDG_CONFIG_DIRS") or _SYSTEM_DIRECTORIES).split(":")
    return [f"{path}/dlm-git/config.toml" for path in directories if path.startswith("/")]


def join(directory: str, path: str) -> str:
    """Join a directory, '' for the root, and a path in it."""
    return f"{directory}/{path}" if directory else path


def fold_case(text: str) -> str:
    """Return a text with its ASCII letters in lower case."""
    return text.translate(_LOWER)


def is_utf8(path: str) -> bool:
    """Return whether a path is UTF-8; surrogate escapes stand for other bytes."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def relative_to(path: str, directory: str) -> str:
    """Return a path below a directory, '' for the root, relative to that directory."""
    return path[len(directory) + 1 :] if directory else path


def is_within(path: str, directory: str) -> bool:
    """Return whether a path is a directory, '' for the root, or below it."""
    return not directory or f"{path}/".startswith(f"{directory}/")


def document_root(path: str) -> str:
    """Return the directory at which the sources of a document start (dlm format, 3.1)."""
    directory = dirname(path)
    above, _, name = directory.rpartition("/")
    return above if name == DLM else directory


def parents(path: str) -> Iterator[str]:
    """Yield the directories around a path, innermost first, without the root.

    The root of the file system is not yielded either: it is its own parent.
    """
    while (path := dirname(path)).strip("/"):
        yield path


def is_absolute(path: str) -> bool:
    """Return whether the trainer, on any system, treats a source path as absolute."""
    drive = path[:1].isascii() and path[:1].isalpha() and path[1:3] in (":/", ":\\")
    return drive or path.startswith(("/", "~", "\\\\"))


def leaves_repository(path: str) -> bool:
    """Return whether a source path points outside the root, symbolic links aside."""
    return is_absolute(path) or normpath(path).split("/")[0] == ".."


def shell_quote(text: str) -> str:
    """Return a word for a shell; `$'...'` if it has control characters or bytes beyond UTF-8.

    bash, zsh and ksh know this form (POSIX 2024), dash does not. The result is printable, and has
    no `##[`, which log readers execute: `escape` keeps it, and a user can paste it.
    """
    if text and _PLAIN.issuperset(text):
        return text
    if text.isprintable() and "##" not in text:
        from shlex import quote  # late: few words need quotes

        return quote(text)
    return "$'" + "".join(map(_shell_char, text)).replace("##", "#\\043") + "'"


def shell_path(path: str) -> str:
    """Return a path for a command in a shell.

    `./` before a name prevents that a command takes it for an option (`-a`), or git for a pathspec
    with magic (`:!a`).
    """
    return shell_quote(f"./{path}" if path.startswith(("-", ":")) else path)


def _shell_char(char: str) -> str:
    if char in "'\\":
        return f"\\{char}"
    if char.isprintable():
        return char
    escaped = "\udc80" <= char <= "\udcff"  # a byte that is not UTF-8
    data = char.encode(errors="surrogateescape" if escaped else "surrogatepass")
    return "".join(f"\\{byte:03o}" for byte in data)


def is_text(text: str) -> bool:
    """Return whether UTF-8, and so TOML and YAML, can hold a string: it has no lone surrogates."""
    return not any("\ud800" <= char <= "\udfff" for char in text)


def walk_order(path: str) -> str:
    """Return the sort key of the trainer's walk: the components of a path (dlm format, 3.2)."""
    return path.replace("/", "\0")


def directory_config_files(directories: Sequence[str]) -> list[str]:
    """Return the paths of `training.yaml` and `ignore`, in this order, for each directory."""
    return [join(each, name) for each in directories for name in (TRAINING_CONFIG, IGNORE_FILE)]


def group_by_directory(
    paths: Iterable[str], others: Iterable[str], roots: Iterable[str] = ()
) -> dict[str, list[str]]:
    """Group paths by the topmost directories that contain none of the others.

    Directories around `roots` are not groups, nor are roots that are outside of the repository.

    The keys are these directories, with a slash at the end. The key of a path that shares its
    directory with no other path is the path itself.
    """
    roots = [*roots]
    mixed = {"", *(root for root in roots if root.startswith("/"))}
    for path in (*roots, *others):
        for directory in parents(path):
            if directory in mixed:
                break
            mixed.add(directory)
    groups: dict[str, list[str]] = {}
    for path in paths:
        topmost = None
        for directory in parents(path):
            if directory in mixed:
                break
            topmost = directory
        groups.setdefault(f"{topmost}/" if topmost else path, []).append(path)
    return {group[0] if len(group) == 1 else key: group for key, group in groups.items()}
