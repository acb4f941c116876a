"""Runs in a process of its own: expands the sources of a document as `dlm train` does."""

from __future__ import annotations

import json
import logging
import sys
from importlib import import_module
from pathlib import Path
from time import perf_counter


def main(corpus: Path) -> None:
    """Print how many files there are, and how many seconds the expansion takes."""
    logging.getLogger().addHandler(logging.NullHandler())
    directives, parser = import_module("dlm.directives"), import_module("dlm.doc.parser")
    began = perf_counter()
    parsed = parser.parse_file(corpus)
    result = directives.expand_sources(parsed, base_path=corpus.parent)
    seconds = perf_counter() - began
    sys.stdout.write(json.dumps({"seconds": seconds, "files": len(result.sections)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
