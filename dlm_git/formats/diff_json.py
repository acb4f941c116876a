"""A comparison of training sets for programs; `diff.schema.json` is the JSON Schema."""

from __future__ import annotations

import json
from typing import Any

from dlm_git.document.section_changes import ChangedSection
from dlm_git.document.setting_changes import ChangedSetting
from dlm_git.formats.escape import escape_json, replace_surrogates
from dlm_git.formats.json import note_fields, path_fields
from dlm_git.training.changes import Cause, ChangedFile, DiffSide, TrainingDiff

VERSION = 1


def diff_json(diff: TrainingDiff) -> str:
    """Return a comparison as a JSON object, in ASCII."""
    document = {
        "version": VERSION,
        "changed": not diff.is_empty,
        "old": _side(diff.old),
        "new": _side(diff.new),
        "files": [_file(file) for file in diff.files],
        "settings": [_setting(setting) for setting in diff.settings],
        "sections": [_section(section) for section in diff.sections],
        "notes": [note_fields(note) for note in diff.notes],
    }
    return escape_json(json.dumps(document, indent=2)) + "\n"


def _side(side: DiffSide) -> dict[str, Any]:
    return {
        "label": replace_surrogates(side.label),
        "revision": side.revision,
        "document": None if side.document is None else path_fields(side.document),
        "files": side.files,
        "bytes": side.bytes,
        "sections": side.sections,
    }


def _file(file: ChangedFile) -> dict[str, Any]:
    sides = (file.old_path, file.old_size), (file.path, file.new_size)
    old, new = (
        None if path is None or size is None else {**path_fields(path), "bytes": size}
        for path, size in sides
    )
    return {
        "kind": file.kind,
        "old": old,
        "new": new,
        "lfs_pointer": file.lfs_pointer,
        "cause": _cause(file.cause),
    }


def _cause(cause: Cause) -> dict[str, Any]:
    return {
        "kind": cause.kind,
        "reason": None if cause.reason == "included" else cause.reason,
        **(path_fields(cause.file) if cause.file else {"path": None}),
        "line": cause.line or None,
        "pattern": replace_surrogates(cause.pattern) or None,
        "origin": replace_surrogates(cause.origin) or None,
    }


def _setting(setting: ChangedSetting) -> dict[str, Any]:
    return {
        **path_fields(setting.file),
        "key": replace_surrogates(setting.key) or None,
        "kind": setting.kind,
        "old": _without_surrogates(setting.old),
        "new": _without_surrogates(setting.new),
    }


def _without_surrogates(value: object) -> object:
    match value:
        case str():
            return replace_surrogates(value)
        case list():
            return [_without_surrogates(item) for item in value]
        case dict():
            return {replace_surrogates(k): _without_surrogates(v) for k, v in value.items()}
    return value


def _section(section: ChangedSection) -> dict[str, Any]:
    sides = (
        (section.old_id, section.old_adapter, section.old_line),
        (section.new_id, section.new_adapter, section.new_line),
    )
    old, new = (
        {"section_id": id_, "adapter": adapter, "line": line} if id_ else None
        for id_, adapter, line in sides
    )
    text = replace_surrogates(section.text)
    return {"kind": section.kind, "type": section.type, "text": text, "old": old, "new": new}
