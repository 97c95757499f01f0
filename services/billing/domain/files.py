"""Files that merchants hand in: what they are is told from their bytes, never from their name or the sender's word."""

from __future__ import annotations

import zlib
from enum import StrEnum
from typing import Final

_PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
# A chunk's length, type and check sum.
_PNG_FRAME: Final = 12
_JPEG_START: Final = b"\xff\xd8\xff"
_JPEG_END: Final = b"\xff\xd9"
_MARKER: Final = 0xFF
_START_OF_SCAN: Final = 0xDA
# Frame headers: all of 0xC0 to 0xCF but the three that are tables.
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


class MediaType(StrEnum):
    """The types that are taken."""

    PDF = "application/pdf"
    PNG = "image/png"
    JPEG = "image/jpeg"
    WEBP = "image/webp"

    @property
    def suffix(self) -> str:
        """What names of such files end with, with its dot."""
        return {"jpeg": ".jpg"}.get(subtype := self.value.partition("/")[2], f".{subtype}")


def media_type_of(content: bytes) -> MediaType | None:
    """By the first bytes; None if it is none of the types that are taken."""
    if content.startswith(b"%PDF-"):
        return MediaType.PDF
    if content.startswith(_PNG_SIGNATURE):
        return MediaType.PNG
    if content.startswith(_JPEG_START):
        return MediaType.JPEG
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return MediaType.WEBP
    return None


def image_size(content: bytes) -> tuple[int, int] | None:
    """Width and height in pixels of a whole PNG or JPEG; None for anything else, cut off or damaged."""
    match media_type_of(content):
        case MediaType.PNG:
            return _png_size(content)
        case MediaType.JPEG:
            return _jpeg_size(content)
        case _:
            return None


def _png_size(content: bytes) -> tuple[int, int] | None:
    position = len(_PNG_SIGNATURE)
    size: tuple[int, int] | None = None
    while position + _PNG_FRAME <= len(content):
        length = int.from_bytes(content[position : position + 4])
        end = position + _PNG_FRAME + length
        named = content[position + 4 : end - 4]
        if end > len(content) or zlib.crc32(named) != int.from_bytes(content[end - 4 : end]):
            return None
        if size is None:
            if not named.startswith(b"IHDR"):
                return None
            size = int.from_bytes(named[4:8]), int.from_bytes(named[8:12])
        if named.startswith(b"IEND"):
            # What follows an image's end is no part of it, and may be anything.
            return size if end == len(content) else None
        position = end
    return None


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    position = 2
    size: tuple[int, int] | None = None
    while position + 4 <= len(content) and content[position] == _MARKER:
        marker = content[position + 1]
        length = int.from_bytes(content[position + 2 : position + 4])
        if marker in _FRAMES and position + 9 <= len(content):
            size = (
                int.from_bytes(content[position + 7 : position + 9]),
                int.from_bytes(content[position + 5 : position + 7]),
            )
        if marker == _START_OF_SCAN:
            return size if content.endswith(_JPEG_END) else None
        position += 2 + length
    return None
