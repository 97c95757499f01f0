"""What a file is, told from its bytes."""

from __future__ import annotations

import struct
import zlib

import pytest

from services.billing.domain.files import MediaType, image_size, media_type_of


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int = 3, height: int = 2) -> bytes:
    """A grey image."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\x80" * width) * height)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


def jpeg(width: int = 3, height: int = 2) -> bytes:
    """The frame of an image, without a picture in it."""
    application = b"\xff\xe0" + struct.pack(">H", 4) + b"JF"
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\x01\x11\x00"
    return b"\xff\xd8" + application + frame + b"\xff\xda" + struct.pack(">H", 2) + b"scan" + b"\xff\xd9"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"%PDF-1.7\n", MediaType.PDF),
        (png(), MediaType.PNG),
        (jpeg(), MediaType.JPEG),
        (b"RIFF\x04\0\0\0WEBPVP8 ", MediaType.WEBP),
        (b"RIFF\x04\0\0\0WAVEfmt ", None),
        (b"<html><script>", None),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
        (b" %PDF-1.7", None),
        (b"MZ\x90", None),
        (b"", None),
    ],
)
def test_types_are_told_by_the_first_bytes(content: bytes, expected: MediaType | None) -> None:
    assert media_type_of(content) is expected


def test_names_end_as_people_expect() -> None:
    assert [kind.suffix for kind in MediaType] == [".pdf", ".png", ".jpg", ".webp"]


def test_sizes_are_read() -> None:
    assert image_size(png(300, 200)) == (300, 200)
    assert image_size(jpeg(300, 200)) == (300, 200)


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7\n",
        png()[:-1],
        png()[:20],
        png() + b"<script>",
        png().replace(b"\x80", b"\x81", 0)[:30] + b"\0" + png()[31:],
        b"\x89PNG\r\n\x1a\n" + _chunk(b"IDAT", b"") + _chunk(b"IEND", b""),
        b"\x89PNG\r\n\x1a\n",
        jpeg()[:-1],
        jpeg()[:8],
        jpeg() + b"<script>",
        b"\xff\xd8\xff\xda\x00\x02\xff\xd9",
        b"\xff\xd8\xff",
    ],
)
def test_what_is_not_whole_has_no_size(content: bytes) -> None:
    assert image_size(content) is None
