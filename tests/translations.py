"""Recorded translations of `.gitignore` files; `python -m tests.translations` writes them anew.

The cases were chosen from thousands of invented ones: each of them notices a change of the code
that the others do not. Look at the difference before you commit it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from dlm_git.patterns.defaults import DEFAULT_EXCLUDES
from dlm_git.patterns.translate import Translation, translate
from tests.support import VECTORS

_FILE = VECTORS / "translations.json"


@dataclass(frozen=True)
class Recorded:
    """A case of `vectors/translations.json`. Bytes of files are recorded as Latin-1."""

    case: dict[str, Any]

    @property
    def files(self) -> dict[str, bytes]:
        """The `.gitignore` files."""
        return {path: text.encode("latin-1") for path, text in self.case["files"].items()}

    @property
    def top(self) -> str:
        """The directory that a source names."""
        return str(self.case["top"])

    @property
    def excludes(self) -> tuple[str, ...]:
        """The globs that the source excludes, with those of the trainer if they hold."""
        return (*self.case["excludes"], *(DEFAULT_EXCLUDES * self.case["defaults"]))

    def translate(self) -> Translation:
        """Translate the files."""
        return translate(self.files, self.top, self.excludes)


def recorded() -> list[Recorded]:
    """Return the recorded cases."""
    return [Recorded(case) for case in json.loads(_FILE.read_text("utf-8"))]


def as_json(translation: Translation) -> dict[str, list[str]]:
    """Return a translation as it is recorded."""
    return {
        "lines": [f"{line.text} <- {line.origin}" for line in translation.groups],
        "untranslated": [f"{p.source}: {p.pattern}: {p.reason}" for p in translation.untranslated],
    }


def main() -> None:
    """Record the translations anew."""
    cases = [{**each.case, **as_json(each.translate())} for each in recorded()]
    _FILE.write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    main()
