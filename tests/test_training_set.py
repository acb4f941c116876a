"""The training set is the trainer's: same files, order, ids, tags and counters."""

from __future__ import annotations

import base64
import json
import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from dlm_git import document
from dlm_git.files import Files, Refusal
from dlm_git.training_set import expansions
from dlm_git.worktree import OnDisk

_VECTORS = Path(__file__).with_name("vectors")
TREES: list[dict[str, Any]] = json.loads((_VECTORS / "trees.json").read_text("utf-8"))["cases"]
_COUNTERS = {
    "skipped_binary": ("binary",),
    "skipped_encoding": ("encoding",),
    "skipped_over_size": ("over-size",),
    "skipped_by_descent": ("not-included", "excluded", "default", "ignored"),
    "skipped_image_no_store": ("image",),
    "skipped_audio_no_store": ("audio",),
    "skipped_audio_no_transcript": (),
}
_NEVER = dict.fromkeys(("image_count", "image_bytes", "audio_count", "audio_bytes"), 0)


def ours(files: Files, data: bytes, path: str) -> dict[str, Any]:
    """What dlm-git makes of a document, in the words of the oracle."""
    parsed = document.parse(data)
    assert parsed.accepted
    answer: dict[str, Any] = {"ok": True, "sections": [], "provenance": []}
    assert parsed.frontmatter
    for source, found in zip(
        parsed.frontmatter.training.sources or (), expansions(parsed, path, files), strict=True
    ):
        if isinstance(found, Refusal):
            return {"ok": False}
        members = list(found.members())
        taken = [member for member in members if member.reason == "taken"]
        answer["sections"] += [
            {
                "header": f"# source: {member.header}",
                "section_id": member.section_id,
                "tags": dict(member.tags),
            }
            for member in taken
        ]
        reasons = Counter[str](member.reason for member in members)
        counters = {key: sum(map(reasons.__getitem__, each)) for key, each in _COUNTERS.items()}
        answer["provenance"].append(
            {
                "path": source.path,
                "file_count": len(taken),
                "total_bytes": sum(member.size for member in taken),
                **_NEVER,
                **counters,
            }
        )
    return answer


def theirs(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The oracle's answer, as far as the two are to agree."""
    if not answer["ok"]:
        return {"ok": False}
    return {key: answer[key] for key in ("ok", "sections", "provenance")}


def materialise(tree: Mapping[str, Any], root: Path) -> None:
    """Put a recorded tree on the disk."""
    for path, content in tree["files"].items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(base64.b64decode(content))
    for path in tree["empty_dirs"]:
        (root / path).mkdir(parents=True, exist_ok=True)
    for path, target in tree["symlinks"].items():
        link = root / path
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target.replace("<ROOT>", os.fspath(root)))
    for path in tree["fifo"]:
        os.mkfifo(root / path)


@pytest.mark.parametrize("case", TREES, ids=lambda case: case["label"] or "unnamed")
def test_recorded_trees(case: dict[str, Any], tmp_path: Path) -> None:
    materialise(case["tree"], tmp_path)
    corpus = tmp_path / case["corpus"]
    files = OnDisk(str(corpus.parent.parent))
    assert ours(files, corpus.read_bytes(), ".dlm/corpus.dlm") == theirs(case)
