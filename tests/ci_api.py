"""The comments of one pull request, served as GitHub and GitLab do."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "secret-token"
BOTS = {"github": "github-actions[bot]", "gitlab": "project_1_bot"}
LIST = {
    "github": "/repos/ann/shop/issues/7/comments",
    "gitlab": "/projects/5/merge_requests/7/notes",
}
EDIT = {
    "github": ("PATCH", "/repos/ann/shop/issues/comments/"),
    "gitlab": ("PUT", LIST["gitlab"] + "/"),
}


@dataclass
class Api:
    """The API of a CI system.

    status: instead of 200 for a method; 0 for a connection that closes without an answer.
    delay: in seconds, before each answer.
    """

    system: str
    url: str = ""
    comments: list[dict[str, Any]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    status: dict[str, int] = field(default_factory=dict)
    delay: float = 0

    def add(self, body: str, name: str = "") -> dict[str, Any]:
        """Add a comment, of the bot unless a name is given."""
        user = {"login" if self.system == "github" else "username": name or BOTS[self.system]}
        key = "user" if self.system == "github" else "author"
        comment = {"id": 1000 + len(self.comments), "body": body, key: user}
        self.comments.append(comment)
        return comment

    @property
    def writes(self) -> list[str]:
        """The methods of the requests that wrote a comment."""
        return [line.split()[0] for line in self.requests if not line.startswith("GET")]

    def answer(self, method: str, target: str, data: bytes) -> tuple[Any, dict[str, str]]:
        """Return the content and the headers of a response; KeyError if there is none."""
        parts = urlsplit(target)
        if (self.system, method, parts.path) == ("gitlab", "GET", "/user"):
            return {"username": BOTS["gitlab"]}, {}
        if parts.path == LIST[self.system] and method == "GET":
            return self.page(
                **{key: int(values[0]) for key, values in parse_qs(parts.query).items()}
            )
        body = json.loads(data)["body"]
        if parts.path == LIST[self.system] and method == "POST":
            return self.add(body), {}
        verb, prefix = EDIT[self.system]
        if method != verb or not parts.path.startswith(prefix):
            raise KeyError(target)
        number = int(parts.path.removeprefix(prefix))
        (comment,) = (comment for comment in self.comments if comment["id"] == number)
        comment["body"] = body
        return comment, {}

    def page(self, page: int, per_page: int) -> tuple[Any, dict[str, str]]:
        """Return a page of comments, and a link to the next one."""
        end = page * per_page
        more = end < len(self.comments)
        links = {"Link": f'<{self.url}{LIST[self.system]}>; rel="next"'} if more else {}
        return self.comments[end - per_page : end], links


@contextmanager
def serve(system: str) -> Iterator[Api]:
    """Serve an API on a free port of this machine."""
    api = Api(system)

    class Handler(BaseHTTPRequestHandler):
        def handle_request(self) -> None:
            time.sleep(api.delay)
            data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            api.requests.append(f"{self.command} {self.path}")
            known = (f"Bearer {TOKEN}", TOKEN)
            sent = (self.headers.get("Authorization"), self.headers.get("Private-Token"))
            expected = (known[0], None) if system == "github" else (None, known[1])
            code = api.status.get(self.command, 200) if sent == expected else 401
            if not code:
                self.close_connection = True
                return
            content, headers = "an error", {"Location": f"{api.url}/elsewhere"}
            if code == 200:
                try:
                    content, headers = api.answer(self.command, self.path, data)
                except KeyError:
                    code = 404
            self.send_response(code)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(json.dumps(content).encode())

        do_GET = do_POST = do_PUT = do_PATCH = handle_request  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    api.url = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
