"""What is made from the program is up to date; `python -m tests.pages` makes it so."""

from __future__ import annotations

from tests.pages import pages
from tests.support import PROJECT


def test_the_pages_are_what_the_program_makes() -> None:
    made = pages()
    assert {path: (PROJECT / path).read_text() for path in made} == made


def test_no_picture_fetches_anything() -> None:
    pictures = [text for path, text in pages().items() if path.endswith(".svg")]
    assert len(pictures) == 2
    for picture in pictures:
        assert "url(http" not in picture
        assert picture.count("http") == picture.count("http://www.w3.org/2000/svg") + picture.count(
            "https://www.textualize.io"
        )
