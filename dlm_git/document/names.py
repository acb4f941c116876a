"""The form of names in a document."""

from __future__ import annotations

from dlm_git.regex import compile_late

ULID = compile_late(r"[0-9A-HJKMNP-TV-Z]{26}")
ADAPTER_NAME = compile_late(r"[a-z][a-z0-9_]{0,31}")
