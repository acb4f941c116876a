"""Where a repository comes from, in SARIF: never with a credential."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dlm_git.git.origin import public_url
from tests.support import Repo


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://github.com/o/r.git", "https://github.com/o/r.git"),
        ("https://user:secret@github.com/o/r", "https://github.com/o/r"),
        ("https://secret@github.com:8443/o/r", "https://github.com:8443/o/r"),
        ("https://x-access-token:a@b:secret@github.com/o/r", "https://github.com/o/r"),
        ("https://host/o/r?private_token=secret#secret", "https://host/o/r"),
        ("https://user:sec%40ret@[::1]:80/o/r", "https://[::1]:80/o/r"),
        ("https://host/o r/é", "https://host/o%20r/%C3%A9"),
        ("ssh://git:secret@host:22/o/r", "ssh://host:22/o/r"),
        ("git@github.com:o/r.git", "ssh://github.com/o/r.git"),
        ("host:/srv/r", "ssh://host/srv/r"),
        ("git@[::1]:r", "ssh://[::1]/r"),
        *((url, "") for url in ("", "/srv/r", "../r", "./a:b", "C:/r", "C:\\r", "r")),
        *((url, "") for url in ("file:///srv/r", "ext::sh -c secret", "s3://secret@bucket/r")),
        *((url, "") for url in ("https://[::1/r", "https:///r", "https://a b/r", "https://h\n/r")),
    ],
)
def test_the_address_has_no_credentials(url: str, expected: str) -> None:
    assert public_url(url) == expected
    assert "secret" not in public_url(url)


def provenance(repo: Repo, *args: str) -> list[dict[str, Any]]:
    log = json.loads(repo.check(*args, "--format", "sarif").out)
    found: list[dict[str, Any]] = log["runs"][0].get("versionControlProvenance", [])
    return found


def test_a_revision_is_that_of_the_origin(corpus_repo: Repo) -> None:
    assert provenance(corpus_repo, "--rev", "HEAD") == []
    corpus_repo.git("remote", "add", "other", "https://u:secret@host/r")
    commit = corpus_repo.git("rev-parse", "HEAD").strip()
    corpus_repo.add("another")
    corpus_repo.commit("again")
    place = {"repositoryUri": "https://host/r", "mappedTo": {"uriBaseId": "%SRCROOT%"}}
    assert provenance(corpus_repo, "--rev", "HEAD^1") == [{**place, "revisionId": commit}]
    assert provenance(corpus_repo) == [{**place, "branch": "main"}]
    assert provenance(corpus_repo, "--rev", "no-such-revision") == [place]
    corpus_repo.git("remote", "add", "origin", "git@host:origin")
    (found,) = provenance(corpus_repo, "--rev", "HEAD")
    assert found["repositoryUri"] == "ssh://host/origin"
    assert (found["branch"], len(found["revisionId"])) == ("main", 40)
    corpus_repo.git("checkout", "--quiet", "--detach")
    assert "branch" not in provenance(corpus_repo)[0]


def test_other_repositories_are_not_the_current_one(corpus_repo: Repo) -> None:
    corpus_repo.git("remote", "add", "origin", "https://host/r")
    assert provenance(corpus_repo, ".") == []


def test_other_formats_do_not_ask_git_for_the_remote(corpus_repo: Repo) -> None:
    corpus_repo.git("remote", "add", "origin", "https://host/r")
    asked = corpus_repo.check("--no-cache", "--verbose", "--format", "json").err
    assert "rev-parse" in asked
    assert "remote" not in asked
    assert "remote" in corpus_repo.check("--verbose", "--format", "sarif").err
