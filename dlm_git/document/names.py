"""The form of names in a document."""

from __future__ import annotations

import re

ULID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
ADAPTER_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
