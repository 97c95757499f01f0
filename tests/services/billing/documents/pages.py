"""Reading PDF as a person would: its pages as pictures, its text, and the codes on them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pypdf
import pypdfium2
import zxingcpp

if TYPE_CHECKING:
    from PIL.Image import Image


def pictures(pdf: bytes, *, scale: float = 2) -> list[Image]:
    """Each page as a printer would show it; at scale 1 a point is a pixel."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [page.render(scale=scale).to_pil().convert("L") for page in document]
    finally:
        document.close()


def texts(pdf: bytes) -> list[str]:
    """The text of each page in reading order, as it is copied out of a viewer, without places to break words."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [page.get_textpage().get_text_range().replace("\r\n", "\n").replace("\u200b", "") for page in document]
    finally:
        document.close()


def text(pdf: bytes) -> str:
    """The same of all pages together."""
    return "\n".join(texts(pdf))


def codes(pdf: bytes) -> list[str]:
    """What the codes on the pages say, as a telephone's camera reads them."""
    return [found.text for page in pictures(pdf) for found in zxingcpp.read_barcodes(page)]


def fonts(pdf: bytes) -> set[str]:
    """The names of the fonts that the pages use, without the prefix of the subset."""
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    return {
        str(_dictionary(font)["/BaseFont"]).partition("+")[2]
        for page in reader.pages
        for font in _dictionary(_dictionary(page["/Resources"])["/Font"]).values()
    }


def ink_outside(page: Image, margin: float) -> bool:
    """Whether anything is printed closer to an edge than that part of the width."""
    edge = int(page.width * margin)
    inside = page.copy()
    inside.paste(255, (edge, 0, page.width - edge, page.height))
    return darkest(inside) < 250


def darkest(page: Image) -> int:
    """From 0 for black to 255 for white."""
    darkest_, _ = page.getextrema()
    assert isinstance(darkest_, int | float), "the picture is grey"
    return int(darkest_)


def _dictionary(value: pypdf.generic.PdfObject) -> pypdf.generic.DictionaryObject:
    found = value.get_object()
    assert isinstance(found, pypdf.generic.DictionaryObject)
    return found
