"""What it means that dlm-git and the trainer agree about an input."""

from __future__ import annotations

from typing import Any

from dlm_git.document import models
from dlm_git.document.frontmatter import (
    SCHEMA_VERSION,
    frontmatter_from_model,
    plain_frontmatter,
    training_config_from_model,
)
from dlm_git.document.parser import Document
from dlm_git.patterns.glob import parse_ignore_lines
from dlm_git.training.directory_config import parse_training_yaml
from tests.oracle import Answer, Oracle, canonical

# what pydantic names in a location beside the keys: the arm of a union it tried
_ARMS = {"literal['auto']", "list[str]", "int", "constrained-int", "[key]"}
# what we refuse on purpose and the trainer takes, or would take given the time
_LIMITS = (
    "refers to a value that contains it",
    "aliases expand to more than",
    "nested deeper",
    "number longer than",
)

CLASSES = {
    "DlmEncodingError": "unparsable",
    "FrontmatterError": "unparsable",
    "SchemaValidationError": "violations",
    "DlmVersionError": "violations",
    "UnsupportedMigrationError": "violations",
    "FenceError": "body",
}


def refusal(parsed: Document) -> str:
    """The first stage at which a document is refused, in the trainer's order."""
    if parsed.parse_error:
        return "unparsable"
    return "violations" if parsed.violations else "body" if parsed.body.violations else ""


def invalid_keys(locations: list[list[str]]) -> set[tuple[str, ...]]:
    """Return the keys that pydantic refuses; of a union, those of the arm that explains most."""
    paths = {tuple(key for key in location if key not in _ARMS) for location in locations}
    return paths - {path[:end] for path in paths for end in range(len(path))}


def assert_agree(parsed: Document, answer: dict[str, Any]) -> None:
    """Compare acceptance, stage, invalid keys, values, sections and their ids."""
    if parsed.parse_error and any(limit in parsed.parse_error.reason for limit in _LIMITS):
        return
    assert parsed.accepted == answer["ok"], (parsed, answer)
    if not answer["ok"]:
        if answer["typed"]:
            assert refusal(parsed) == CLASSES[answer["error"]], (parsed, answer)
        if answer.get("locs"):
            mine = {tuple(map(str, violation.path)) for violation in parsed.violations}
            assert mine == invalid_keys(answer["locs"])
        return
    assert parsed.frontmatter
    assert parsed.tree
    assert isinstance(parsed.tree.value, dict)
    full = models.validate_frontmatter(
        parsed.tree.value, parsed.tree.value.get("dlm_version", 1), SCHEMA_VERSION
    )
    assert isinstance(full, models.Frontmatter)
    assert canonical(full.model_dump()) == canonical(answer["frontmatter"])
    assert plain_frontmatter(parsed.tree.value) in (
        None,
        frontmatter_from_model(full),
    )
    assert [
        (s.type, s.content, s.id, parsed.line_span(s.fence).line, s.adapter)
        for s in parsed.body.sections
    ] == [
        (s["type"], s["content"], s["section_id"], s["start_line"], s.get("adapter"))
        for s in answer["sections"]
    ]


def assert_training_configs_agree(data: bytes, answer: Answer) -> None:
    """Compare acceptance, kind of refusal, invalid keys and values of a `.dlm/training.yaml`."""
    parsed = parse_training_yaml(data)
    if parsed.kind == "limit":
        return
    assert (parsed.config is not None) == answer["ok"], (parsed, answer)
    if parsed.config:
        value = parsed.tree.value if parsed.tree else None
        assert value is None or isinstance(value, dict)
        full = models.validate_training_config(value or {})
        assert isinstance(full, models.TrainingConfig)
        assert canonical(full.model_dump()) == canonical(answer["config"])
        assert parsed.config == training_config_from_model(full)
    elif parsed.tree is None:  # the trainer does not catch what it does not expect
        assert answer["typed"] != (parsed.kind == "crash"), (parsed, answer)
    elif answer.get("locs"):
        mine = {tuple(map(str, violation.path)) for violation in parsed.violations}
        assert mine == invalid_keys(answer["locs"])


def assert_ignore_files_agree(oracle: Oracle, cases: list[tuple[str, str]]) -> None:
    """Compare what the last matching line of each text says about a path."""
    assert [_verdict(*case) for case in cases] == oracle.ignore(cases), cases


def _verdict(source: str, path: str) -> str | None:
    matching = [rule for rule in parse_ignore_lines(source) if rule.match(path)]
    if not matching:
        return None
    return "included" if matching[-1].negated else "excluded"
