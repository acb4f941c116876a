"""Digests without OpenSSL are those of OpenSSL."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import pytest

from dlm_git.digest import new_digest

TEXT = b"blob 4\0text"


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
@pytest.mark.parametrize("size", [0, 1000, 1 << 30])
def test_digests_are_those_of_hashlib(algorithm: str, size: int) -> None:
    digest = new_digest(algorithm, size)
    digest.update(TEXT)
    assert digest.digest() == hashlib.new(algorithm, TEXT).digest()
    assert digest.digest_size == hashlib.new(algorithm).digest_size


@pytest.mark.parametrize("missing", [False, True])
def test_small_data_does_not_load_openssl(missing: bool) -> None:
    code = (
        "import sys\n"
        f"if {missing}: sys.modules['_sha1'] = None\n"
        "from dlm_git.digest import new_digest\n"
        f"digest = new_digest('sha1', {len(TEXT)})\n"
        f"digest.update({TEXT!r})\n"
        "print(digest.hexdigest(), 'hashlib' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == [hashlib.sha1(TEXT).hexdigest(), str(missing)]
