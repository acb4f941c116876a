"""Hook of the build: the README with links that also work on the package index."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from hatchling.metadata.plugin.interface import MetadataHookInterface

_LINK = re.compile(r"(!?)(\[[^\]]*\])\((?!#|\w+:)([^)]+)\)")
_FILES = "https://github.com/dlm-git/dlm-git/blob/v{version}/"
_IMAGES = "https://raw.githubusercontent.com/dlm-git/dlm-git/v{version}/"


class CustomMetadataHook(MetadataHookInterface):
    """The hook that hatchling finds in this file."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add the README to the metadata of the project."""
        text = Path(self.root, "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {
            "content-type": "text/markdown",
            "text": absolute_links(text, metadata["version"]),
        }


def absolute_links(text: str, version: str) -> str:
    """Return Markdown whose relative links lead to the files of a release."""

    def absolute(match: re.Match[str]) -> str:
        image, label, path = match.groups()
        base = (_IMAGES if image else _FILES).format(version=version)
        return f"{image}{label}({urljoin(base, path)})"

    return _LINK.sub(absolute, text)
