"""Generated pages are up to date; `python -m tests.pages` generates them."""

from __future__ import annotations

from tests.pages import pages
from tests.support import PROJECT


def test_generated_pages_are_up_to_date() -> None:
    made = pages()
    assert {path: (PROJECT / path).read_text() for path in made} == made


def test_pictures_load_nothing_from_the_network() -> None:
    pictures = [text for path, text in pages().items() if path.endswith(".svg")]
    assert len(pictures) == 2
    for picture in pictures:
        assert "url(http" not in picture
        assert picture.count("http") == picture.count("http://www.w3.org/2000/svg") + picture.count(
            "https://www.textualize.io"
        )
