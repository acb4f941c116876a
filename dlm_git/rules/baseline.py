"""The baseline: the findings of one day, which later checks accept."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from dlm_git.digest import new_digest
from dlm_git.errors import DlmGitError
from dlm_git.paths import BASELINE
from dlm_git.report import Finding
from dlm_git.values import Value

VERSION = 1
_WRITE = "`dlm-git check --write-baseline` writes it again"
_CONFLICT = re.compile(rb"^(?:<{7}|={7}|>{7}|\|{7})(?![<=>|])", re.MULTILINE)
# what tells two findings of a rule at one place apart; the words may change with the version
_DETAIL = re.compile(r"'[^']*'|\d[\d,]*")
_LINE_NUMBER = re.compile(r"\bline \d+")
_FINGERPRINT = re.compile(r"[0-9a-f]{16}")

Key = tuple[str, str, str]


class Baseline(Value):
    """A parsed baseline.

    counts: for rule, path and fingerprint, the number of findings that are accepted.
    """

    counts: Mapping[Key, int]


def fingerprint(finding: Finding, label: str) -> str:
    """Return a hash of a finding that edits of other lines do not change.

    It covers rule, path, the line and the marked part of it, and the names and numbers in the
    message, without line numbers.

    label: the name of the checked state, which some messages contain.
    """
    span, line = finding.span, finding.quote
    end = span.end_column - 1 if span and span.line == span.end_line else len(line)
    marked = line[span.column - 1 : end] if span else ""
    message = _LINE_NUMBER.sub("", finding.message.replace(label, ""))
    parts = [finding.rule, finding.path, line.strip(), marked, *_DETAIL.findall(message)]
    data = json.dumps(parts).encode()
    digest = new_digest("sha1", len(data))
    digest.update(data)
    return digest.hexdigest()[:16]


def render_baseline(findings: Iterable[Finding], label: str) -> str:
    """Return the text of a baseline, with an entry on each line so that Git can merge it.

    label: the name of the checked state.
    """
    counts = Counter((f.path, f.rule, fingerprint(f, label)) for f in findings)
    entries = [
        {"rule": rule, "path": path, "fingerprint": hash_, **({"count": n} if n > 1 else {})}
        for (path, rule, hash_), n in sorted(counts.items())
    ]
    lines = ",\n".join(f"    {json.dumps(entry)}" for entry in entries)
    return f'{{\n  "version": {VERSION},\n  "findings": [\n{lines}\n  ]\n}}\n'


def parse_baseline(data: bytes) -> Baseline:
    """Parse a baseline. Raises DlmGitError with the place of the problem."""
    value = _load(data)
    version = value.get("version") if isinstance(value, dict) else None
    if type(version) is int and version > VERSION:
        message = f"{BASELINE}: version {version} is of a later dlm-git"
        raise DlmGitError(message, "install that version of dlm-git")
    entries = value.get("findings") if isinstance(value, dict) else None
    if type(version) is not int or version != VERSION or not isinstance(entries, list):
        raise DlmGitError(f"{BASELINE}: expected 'version' {VERSION} and a list 'findings'", _WRITE)
    counts: dict[Key, int] = {}
    for number, entry in enumerate(entries, start=1):
        key, count = _entry(entry, number)
        counts[key] = max(count, counts.get(key, 0))  # a merge can repeat a line
    return Baseline(counts)


def _load(data: bytes) -> Any:
    if conflict := _CONFLICT.search(data):
        line = data.count(b"\n", 0, conflict.start()) + 1
        message = f"{BASELINE}:{line}: the file contains a conflict marker"
        raise DlmGitError(message, f"keep the entries of both sides, or {_WRITE}")
    try:
        return json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DlmGitError(f"{BASELINE}:{line}: not UTF-8: {error}", _WRITE) from error
    except json.JSONDecodeError as error:
        place = f"{BASELINE}:{error.lineno}:{error.colno}"
        raise DlmGitError(f"{place}: invalid JSON: {error.msg}", _WRITE) from error
    except RecursionError as error:
        raise DlmGitError(f"{BASELINE}: invalid JSON: nested too deeply", _WRITE) from error
    except ValueError as error:  # a number of more than 4300 digits
        raise DlmGitError(f"{BASELINE}: invalid JSON: {error}", _WRITE) from error


def _entry(entry: object, number: int) -> tuple[Key, int]:
    """Return the key and the count of an entry; `number` counts entries from 1."""
    values = entry if isinstance(entry, dict) else {}
    rule, path, hash_ = (values.get(name) for name in ("rule", "path", "fingerprint"))
    count = values.get("count", 1)
    if not (isinstance(rule, str) and isinstance(path, str) and isinstance(hash_, str)):
        expected = "'rule', 'path' and 'fingerprint' as strings"
    elif not _FINGERPRINT.fullmatch(hash_):
        expected = "a fingerprint of 16 hexadecimal digits"
    elif type(count) is not int or count < 1:
        expected = "a positive integer as 'count'"
    else:
        return (rule, path, hash_), count
    raise DlmGitError(f"{BASELINE}: entry {number} of 'findings': expected {expected}", _WRITE)
