"""The reasons why a file is in the training set, or is not."""

from __future__ import annotations

from typing import Literal

Reason = Literal[
    "included",
    # by a pattern
    "not-included",
    "excluded",
    "default-exclude",
    "ignored",
    # by the file
    "max-bytes",
    "image",
    "audio",
    "binary",
    "not-utf-8",
    "unreadable",
    "max-files",
    "too-large",
    "external-link",
    "submodule",
]
