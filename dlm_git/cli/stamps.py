"""Values that change with the files on which a cached check depends, other than Git's index.

The cached path of `dlm-git check` imports this module.
"""

from __future__ import annotations

import os
import sys
from stat import S_IFMT, S_ISREG
from time import strftime

from dlm_git.paths import (
    BASELINE,
    CONFIG_FILES,
    IGNORE_FILE,
    MISPLACED_CONFIGS,
    OWN_CONFIG,
    TRAINING_CONFIG,
    organization_configs,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

MAX_SIZE = 1 << 20
_SHORT = 1 << 12
# the libraries that a check imports
_LIBRARIES = ("yaml", "pydantic", "pydantic_core", "annotated_types", "typing_inspection")
# beside documents, the files that notes depend on; attributes convert contents
_NOTED = (
    *(*CONFIG_FILES, *MISPLACED_CONFIGS, BASELINE, IGNORE_FILE, TRAINING_CONFIG),
    *(".gitattributes", ".dlm/.gitattributes"),
)
_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
_READ_NO_LINK = _READ | os.O_NOFOLLOW


def stamp(path: str) -> tuple[int, int, int, int] | None:
    """Return values that change when someone writes a file, or adds one to a folder.

    Git writes an index as a new file, and renames it (lockfile.h).
    """
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def today() -> str:
    """Return the current day in the local time zone, such as '2027-01-31'."""
    return strftime("%Y-%m-%d")


# the installation


def installed() -> list[object]:
    """Return values that change with this package, and with the libraries that a check imports.

    Times of change alone would not do: an installer can set them all to the same. Only a package
    outside of `site-packages` is edited in place.
    """
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    each_file = os.path.basename(os.path.dirname(package)) != "site-packages"
    values = _tree(package, each_file=each_file)
    for name in _LIBRARIES:
        path = next((path for path in sys.path if os.path.isdir(f"{path}/{name}")), "")
        values += path, stamp(f"{path}/{name}")
        if name == "yaml":  # the others check few documents, and have many files
            values += _tree(f"{path}/{name}", each_file=each_file) if path else ()
    return values


def _tree(folder: str, *, each_file: bool) -> list[object]:
    """Return values that change if a file below a folder is replaced.

    each_file: whether they change also if a file is written in place, which takes a system call for
        each file.
    """
    values: list[object] = []
    folders = [folder]
    for path in folders:
        values.append(stamp(path))
        with os.scandir(path) as entries:
            for entry in entries:
                if not entry.is_dir():
                    values += entry.name, entry.inode()
                    if each_file:
                        values.append(entry.stat().st_ctime_ns)
                elif entry.name != "__pycache__":
                    folders.append(entry.path)
    return values


# the working tree


def noted_files(root: str, prefix: str, common_dir: str) -> Iterator[str]:
    """Yield the states of the files that notes depend on, in the working tree and in Git's."""
    for path in (*_NOTED, f"{prefix}{OWN_CONFIG}"):
        yield state(os.path.join(root, path))
    yield state(os.path.join(common_dir, "info/attributes"))
    try:
        names = sorted(os.listdir(os.path.join(root, ".dlm")))
    except OSError:
        return
    for name in names:
        if name.endswith(".dlm"):
            yield name + state(os.path.join(root, ".dlm", name))


def organization_states(environ: Mapping[str, str]) -> Iterator[str]:
    """Yield the paths at which the organization's config can be, and the states of these files."""
    for path in organization_configs(environ):
        yield path
        yield state(path)


def state(path: str) -> str:
    """Return a text that changes with a file, '' if there is none."""
    try:
        kind = S_IFMT(os.lstat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        return f"error {error.errno}"
    try:
        file = os.open(path, _READ)
    except OSError:
        return f"{kind} unreadable"
    try:
        status = os.fstat(file)
        if status.st_size <= MAX_SIZE and S_ISREG(status.st_mode):
            return f"{kind} {_content(os.read(file, MAX_SIZE))}"
        times = status.st_mtime_ns, status.st_ctime_ns
        return f"{kind} {status.st_ino} {status.st_size} {times}"
    except OSError:
        return f"{kind} unreadable"
    finally:
        os.close(file)


def _content(data: bytes) -> str:
    """Return a short content as a text, and a digest of a long one."""
    if len(data) <= _SHORT:
        return ascii(data)
    from hashlib import sha256  # late: most of these files are short

    return sha256(data).hexdigest()


# the objects


def places(objects: str, oids: Iterable[str]) -> tuple[object, ...]:
    """Return values that change if one of the objects vanishes: where it was, loose or packed.

    objects: the folder of objects, which can borrow from others.
    """
    folders = list(_object_folders(objects))
    packs = [stamp(os.path.join(folder, "pack")) for folder in folders]
    return packs, [_loose_size(folders, oid) for oid in oids]


def _object_folders(objects: str) -> Iterator[str]:
    """Yield a folder of objects, and those that it borrows from (gitrepository-layout(5))."""
    folders = [objects]
    for folder in folders:
        yield folder
        try:
            lines = read_regular(os.path.join(folder, "info", "alternates")).splitlines()
        except OSError:
            continue
        paths = (os.path.join(folder, os.fsdecode(line)) for line in lines)
        folders += [path for path in paths if path not in folders]


def _loose_size(folders: Iterable[str], oid: str) -> int:
    """Return the size of the file of an object, -1 if it has none, as in a pack."""
    for folder in folders:
        try:
            return os.stat(f"{folder}/{oid[:2]}/{oid[2:]}").st_size
        except OSError:
            continue
    return -1


# contents


def last_bytes(path: str) -> bytes:
    """Return the last bytes of a file, where an index has its checksum; b'' if it has none."""
    try:
        file = os.open(path, _READ)
    except OSError:
        return b""
    try:
        return os.pread(file, 32, max(0, os.fstat(file).st_size - 32))
    except OSError:
        return b""
    finally:
        os.close(file)


def read_regular(path: str) -> bytes:
    """Return the content of a regular file. Raises OSError for others and for large ones."""
    if not S_ISREG(os.stat(path).st_mode):
        raise OSError  # without opening it: the writer of a pipe would lose what it writes
    file = os.open(path, _READ)
    try:
        status = os.fstat(file)
        if not S_ISREG(status.st_mode) or status.st_size > MAX_SIZE:
            raise OSError
        data = os.read(file, MAX_SIZE)
        if len(data) != status.st_size:
            raise OSError
        return data
    finally:
        os.close(file)


def read_own_file(path: str) -> bytes:
    """Return the content of a regular file that belongs to the user, b'' for anything else."""
    try:
        file = os.open(path, _READ_NO_LINK)
    except OSError:
        return b""
    try:
        status = os.fstat(file)
        if not S_ISREG(status.st_mode) or status.st_uid != os.geteuid():
            return b""
        return os.read(file, MAX_SIZE)
    except OSError:
        return b""
    finally:
        os.close(file)
