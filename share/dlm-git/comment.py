"""Post what `dlm-git diff` prints as a comment on a pull request, or on a merge request of GitLab.

The arguments are the revisions for `dlm-git diff`. The action and the GitLab template run this
script with the Python that dlm-git is installed for. A comment never changes the result of a job:
problems are printed as warnings.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http.client import HTTPException
from itertools import count
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import HTTPRedirectHandler, Request, build_opener

TIMEOUT = 30  # seconds, for each request
# how the Markdown of `dlm-git diff` begins, and how it goes on if nothing changes
MARKER = "<!-- dlm-git diff -->"
UNCHANGED = f"{MARKER}\nno changes to the training set"


class CommentError(Exception):
    """A reason why there is no comment, and the level of its annotation."""

    def __init__(self, reason: str, level: str = "warning") -> None:
        super().__init__(reason)
        self.level = level


class NoRedirect(HTTPRedirectHandler):
    """A handler that turns redirects into errors: they could send the token to another host."""

    def redirect_request(self, *_: object) -> None:
        """Return None, which makes a redirect an HTTPError."""


OPENER = build_opener(NoRedirect)


@dataclass(frozen=True)
class Thread:
    """The comments of a pull request or merge request, and the user who writes them."""

    url: str
    edit_url: str
    edit_method: str
    headers: Mapping[str, str] = field(repr=False)
    author: str
    refusal: str  # the reason if the token may not do something
    refusal_level: str = "warning"

    def update(self, marker: str, body: str, *, create: bool) -> str:
        """Write the comment that begins with the marker, and return what was done."""
        comment = self.find(marker)
        if not comment:
            if not create:
                return "no comment: no changes to the training set"
            self.request("POST", self.url, body)
            return "comment created"
        if normalized(comment["body"]) == normalized(body):
            return "the comment is up to date"
        self.request(self.edit_method, f"{self.edit_url}/{comment['id']}", body)
        return "comment updated"

    def find(self, marker: str) -> dict[str, Any] | None:
        """Return the author's comment that begins with the marker; anyone can copy a marker."""
        for page in count(1):
            comments, more = self.request("GET", f"{self.url}?per_page=100&page={page}")
            for comment in comments:
                user = comment.get("user") or comment.get("author") or {}
                name = user.get("login") or user.get("username")
                if name == self.author and comment["body"].startswith(marker):
                    return dict(comment)
            if not more:
                break
        return None

    def request(self, method: str, url: str, body: str | None = None) -> tuple[Any, bool]:
        """Return the content of the response, and whether a page follows it."""
        data = None if body is None else json.dumps({"body": body}).encode()
        headers = {**self.headers, "Content-Type": "application/json", "User-Agent": "dlm-git"}
        try:
            request = Request(url, data, headers, method=method)
            with OPENER.open(request, timeout=TIMEOUT) as response:
                more = 'rel="next"' in response.headers.get("Link", "")
                return json.load(response), more
        except HTTPError as error:
            answer = f"the API answered with HTTP {error.code}"
            if error.code not in (401, 403, 404):
                raise CommentError(answer) from error
            raise CommentError(f"{self.refusal} ({answer})", self.refusal_level) from error
        except (OSError, HTTPException, ValueError) as error:
            raise CommentError(f"no valid answer from the API ({type(error).__name__})") from error


def normalized(body: str) -> str:
    """Return a comment as both systems store it, whatever they do to line ends."""
    return body.replace("\r\n", "\n").strip()


def github(environ: Mapping[str, str], token: str) -> Thread:
    """Return the comments of the pull request that the job runs for."""
    issues = f"{environ['GITHUB_API_URL']}/repos/{environ['GITHUB_REPOSITORY']}/issues"
    from_fork = environ["FORK"] == "true"
    if from_fork:
        refusal = "the token of a pull request from a fork can only read"
    else:
        refusal = "the job needs the permission `pull-requests: write`"
    return Thread(
        url=f"{issues}/{environ['NUMBER']}/comments",
        edit_url=f"{issues}/comments",
        edit_method="PATCH",
        headers={"Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json"},
        author="github-actions[bot]",  # the user of every GITHUB_TOKEN, which cannot ask for it
        refusal=refusal,
        refusal_level="notice" if from_fork else "warning",
    )


def gitlab(environ: Mapping[str, str], token: str) -> Thread:
    """Return the notes of the merge request that the job runs for, also if it is in a fork."""
    if not token:
        raise CommentError("DLM_GIT_TOKEN is not set; pipelines of forks do not have it")
    api, project = environ["CI_API_V4_URL"], environ["CI_MERGE_REQUEST_PROJECT_ID"]
    notes = f"{api}/projects/{project}/merge_requests/{environ['CI_MERGE_REQUEST_IID']}/notes"
    thread = Thread(
        url=notes,
        edit_url=notes,
        edit_method="PUT",
        headers={"PRIVATE-TOKEN": token},
        author="",
        refusal="DLM_GIT_TOKEN needs the scope `api` and the role Reporter",
    )
    user, _ = thread.request("GET", f"{api}/user")
    return replace(thread, author=user["username"])


SYSTEMS = {
    "GITHUB_ACTIONS": (github, "GITHUB_TOKEN", "GITHUB_WORKSPACE"),
    "GITLAB_CI": (gitlab, "DLM_GIT_TOKEN", "CI_PROJECT_DIR"),
}


def run_diff(revisions: list[str]) -> str:
    """Return the diff as Markdown; dlm-git prints its errors itself."""
    command = str(Path(sys.executable).with_name("dlm-git"))
    arguments = (command, "diff", *revisions, "--format", "markdown")
    done = subprocess.run(arguments, stdout=subprocess.PIPE, check=False)
    if done.returncode:
        raise CommentError(
            "`dlm-git diff` failed, see its error above; "
            "a shallow clone may need a larger `fetch-depth` or `GIT_DEPTH`"
        )
    return done.stdout.decode(errors="replace")


def comment_marker(directory: str) -> str:
    """Return the first line of a directory's comment; `dlm-git diff` leaves room for it."""
    return (
        MARKER
        if directory == "."
        else MARKER.replace(" -->", f": {quote(os.fsencode(directory))} -->")
    )


def comment_body(marker: str, markdown: str) -> str:
    """Return the comment; GitLab would execute lines that begin with a slash, such as `/merge`."""
    text = re.sub(r"^([^\S\n]*)/", r"\1\\/", markdown.removeprefix(MARKER), flags=re.MULTILINE)
    return marker + text


def announce(level: str, text: str) -> None:
    """Print one line, as an annotation on GitHub."""
    if "GITHUB_ACTIONS" in os.environ:
        escaped = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
        text = f"::{level} title=dlm-git::{escaped}"
    print(text)


def summarize(body: str) -> str:
    """Append the comment to the job summary, and return a sentence on it; GitLab has none."""
    if "GITHUB_STEP_SUMMARY" not in os.environ:
        return ""
    with open(os.environ["GITHUB_STEP_SUMMARY"], "a", encoding="utf-8") as file:
        file.write(f"{body}\n")
    return ". The diff is in the job summary."


def main(revisions: list[str]) -> None:
    """Compare the revisions, and create, update or leave the comment."""
    open_thread, variable, top = next(SYSTEMS[name] for name in SYSTEMS if name in os.environ)
    token = os.environ.pop(variable, "")  # so that dlm-git and git do not get it
    body = ""
    try:
        markdown = run_diff(revisions)
        marker = comment_marker(os.path.relpath(os.getcwd(), os.path.realpath(os.environ[top])))
        body = comment_body(marker, markdown)
        thread = open_thread(os.environ, token)
        print(thread.update(marker, body, create=not markdown.startswith(UNCHANGED)))
    except CommentError as error:
        announce(error.level, f"no comment: {error}{summarize(body) if body else ''}")


if __name__ == "__main__":
    main(sys.argv[1:])
