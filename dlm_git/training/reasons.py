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

# what each means, of a file that is excluded
REASONS: dict[Reason, str] = {
    "not-included": "no include pattern matches",
    "excluded": "an exclude pattern matches",
    "default-exclude": "excluded by dlm's defaults",
    "ignored": "a line of .dlm/ignore matches",
    "max-bytes": "larger than max_bytes_per_file",
    "image": "dlm does not train on images in a source",
    "audio": "dlm does not train on audio in a source",
    "binary": "a NUL byte in the first 1024 bytes",
    "not-utf-8": "not UTF-8",
    "unreadable": "cannot be read",
    "max-files": "beyond max_files",
    "too-large": "over 100 MiB: dlm reads it, dlm-git does not",
    "external-link": "a link that points outside the repository: dlm reads its target",
    "submodule": "a submodule: empty in a plain clone; dlm reads its files where it is checked out",
}
