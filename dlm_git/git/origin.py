"""Where a repository was cloned from, for reports."""

from __future__ import annotations

import os
import re
from urllib.parse import quote, urlsplit

from dlm_git.git.repository import Repository
from dlm_git.report import Origin

_URLS = ("config", "-z", "--get-regexp", r"^remote\..*\.url$")
_SCHEMES = ("https", "http", "ssh", "git")
# neither a path, with a drive letter on Windows, nor the address of a remote helper (`ext::`)
_SCP = re.compile(r"(?:[^/:@]*@)?(?P<host>\[[^/\]]+\]|[^/:@\[]{2,}):(?!:)(?P<path>.+)")
_HOST = re.compile(r"([\w.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]+)?", re.ASCII)


def read_origin(repository: Repository, revision: str, *, on_branch: bool) -> Origin | None:
    """Return where a repository comes from: its remote `origin`, or its only remote.

    None if there is no such remote, or if only this machine can reach it.

    revision: object id of the checked commit, '' for the index and the working tree.
    on_branch: whether the checked state belongs to the branch that is checked out.
    """
    rows = os.fsdecode(repository.git.answer(*_URLS, ok=(0, 1))).split("\0")[:-1]
    # of a remote with several addresses, git fetches from the first
    urls = dict(row.split("\n", 1) for row in reversed(rows) if "\n" in row)
    only = next(iter(urls.values())) if len(urls) == 1 else ""
    url = public_url(urls.get("remote.origin.url", only))
    return Origin(url, revision, _branch(repository) if on_branch else "") if url else None


def _branch(repository: Repository) -> str:
    name = repository.git.answer("symbolic-ref", "--quiet", "--short", "HEAD", ok=(0, 1))
    return os.fsdecode(name).removesuffix("\n")


def public_url(url: str) -> str:
    """Return the address of a remote without user, password and query.

    '' for a path, and for an address whose scheme is unknown. `user@host:path` becomes an ssh
    address (git-fetch(1), "Git URLs").
    """
    if not url.isprintable():  # urlsplit drops line ends
        return ""
    if "://" not in url:
        match = _SCP.fullmatch(url)
        if not match:
            return ""
        url = f"ssh://{match['host']}/{match['path'].lstrip('/')}"
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    host = parts.netloc.rpartition("@")[2]
    if parts.scheme not in _SCHEMES or not _HOST.fullmatch(host):
        return ""
    return f"{parts.scheme}://{host}{quote(os.fsencode(parts.path), safe='/%:@~+,=')}"
