"""Expand the sources of a document as `dlm train` does. This runs as a process of its own."""

from __future__ import annotations

import json
import logging
import sys
from importlib import import_module
from pathlib import Path
from time import perf_counter, process_time


def main(corpus: Path) -> None:
    """Print the number of files, and the times that the expansion takes in seconds, as JSON."""
    logging.getLogger().addHandler(logging.NullHandler())
    directives, parser = import_module("dlm.directives"), import_module("dlm.doc.parser")
    start, processor_start = perf_counter(), process_time()
    parsed = parser.parse_file(corpus)
    result = directives.expand_sources(parsed, base_path=corpus.parent)
    times = {"seconds": perf_counter() - start, "processor": process_time() - processor_start}
    sys.stdout.write(json.dumps({**times, "files": len(result.sections)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
