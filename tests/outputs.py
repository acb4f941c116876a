"""Read what is printed: schemas of report formats, commands in logs, harmful characters."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from jsonschema import Draft4Validator, Draft202012Validator
from xmlschema import XMLSchema

from tests.support import SCHEMAS


def _schema(name: str) -> Any:
    return json.loads((SCHEMAS / name).read_text())


class _Sarif:
    """The schema of SARIF, and that by which codeql-action refuses a file."""

    validators = (
        Draft4Validator(_schema("sarif-2.1.0.json")),
        Draft202012Validator(_schema("sarif-codeql-action.json")),
    )

    def validate(self, log: Any) -> None:
        for validator in self.validators:
            validator.validate(log)

    def is_valid(self, log: Any) -> bool:
        return all(validator.is_valid(log) for validator in self.validators)


class _JUnit:
    """The schema of Jenkins, with the `file` of a case that GitLab and CircleCI read."""

    schema = XMLSchema(SCHEMAS / "junit-10.xsd")

    def validate(self, report: str) -> None:
        self.schema.validate(self._without_files(report))

    def is_valid(self, report: str) -> bool:
        return self.schema.is_valid(self._without_files(report))

    def _without_files(self, report: str) -> str:
        root = ElementTree.fromstring(report)
        for case in root.iter("testcase"):
            case.attrib.pop("file", None)
        return ElementTree.tostring(root, encoding="unicode")


SARIF = _Sarif()
JUNIT = _JUnit()
_ENTRY = _schema("gitlab-codeclimate.json")
# what GitLab's page on the report format demands beyond its schema
_DEMANDED: dict[str, Any] = {
    "required": ["check_name"],
    "properties": {
        "check_name": {"type": "string"},
        "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
        "location": {
            "required": ["path", "lines"],
            "properties": {"lines": {"required": ["begin"]}, "path": {"pattern": "^[^/]"}},
        },
    },
}
GITLAB = Draft202012Validator({"type": "array", "items": {"allOf": [_ENTRY, _DEMANDED]}})


def regions(run: dict[str, Any]) -> list[tuple[str, int]]:
    places = [result["locations"][0]["physicalLocation"] for result in run["results"]]
    return [(each["artifactLocation"]["uri"], each["region"]["startLine"]) for each in places]


@dataclass(frozen=True)
class Command:
    """A command that a log reader has found."""

    name: str
    properties: dict[str, str]
    data: str


_KNOWN = {"error", "warning", "notice", "debug", "add-mask", "stop-commands", "set-output", "group"}


def log_commands(output: str) -> list[Command]:
    """Parse a step's output as GitHub's runner does (actions/runner, ActionCommand.cs)."""
    return [found for line in re.split(r"\r\n|\r|\n", output) if (found := _command(line))]


def _command(line: str) -> Command | None:
    info, ended, data = line.lstrip()[2:].partition("::")
    name, _, rest = info.partition(" ")
    if line.lstrip().startswith("::") and ended and name in _KNOWN:
        pairs = (each.split("=", 1) for each in rest.strip().split(",") if "=" in each)
        properties = {key: _unescaped(value, "\r\n:,%") for key, value in pairs}
        return Command(name, properties, _unescaped(data, "\r\n%"))
    old = re.search(r"##(?:vso|teamcity)?\[([^\]]*)\]?", line)
    return Command(f"##{old[1]}", {}, "") if old else None


def _unescaped(value: str, tokens: str) -> str:
    for token in tokens:
        value = value.replace(f"%{ord(token):02X}", token)
    return value


def assert_harmless(output: str) -> None:
    """Assert no control, invisible or bidirectional character, and no command of a log reader."""
    for line in output.split("\n"):
        assert not line.lstrip().startswith("::")
        assert not re.search(r"##\w*\[", line)
        assert all(
            unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp") for char in line
        )
