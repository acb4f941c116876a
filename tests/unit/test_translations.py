"""`.gitignore` files are translated as they are recorded."""

from __future__ import annotations

import pytest

from tests.translations import Recorded, as_json, recorded


@pytest.mark.parametrize("each", recorded(), ids=lambda each: repr(each.files))
def test_a_translation_is_as_recorded(each: Recorded) -> None:
    made = as_json(each.translate())
    assert made == {key: each.case[key] for key in made}
