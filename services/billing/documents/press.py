"""The process that sets documents: reads orders on its standard input and writes PDF to its standard output.

A process of its own, because a typesetter's memory and time can be bounded only from outside. It starts with nothing of
the service but its fonts and templates, and an empty environment: no keys, no database.

An order is two frames, the document and the logo; the answer is one byte, 0 for a PDF or 1 for a reason, and one frame.
A frame is its length in eight bytes, then its content.
"""

from __future__ import annotations

import json
import os
import resource
import struct
import sys
from pathlib import Path
from typing import IO

import typst

_HERE = Path(__file__).parent
_FONTS = _HERE.parent / "fonts"
_TEMPLATES = _HERE / "templates"
_ADDRESS_SPACE = 2 * 1024**3
# Whoever waits for an answer of the service goes first.
_NICENESS = 5
# Rows up to which screen readers are told of the structure: it makes a list of 500 lines twelve times as large.
_MOST_TAGGED = 100
LENGTH = struct.Struct("!Q")
DONE, FAILED = b"\x00", b"\x01"


class Press:
    """Fonts are read once; each document is set by itself."""

    def __init__(self) -> None:
        fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[_FONTS])
        # Without a cache of packages a template could import nothing but its neighbours.
        self._compiler = typst.Compiler(root=_TEMPLATES, font_paths=fonts, ignore_system_fonts=True)

    def set(self, document: bytes, logo: bytes) -> bytes:
        """The PDF. Equal orders make equal bytes. Raises RuntimeError."""
        content = json.loads(document)
        inputs = {"document": document.decode()}
        if logo:
            inputs["logo"] = json.dumps(list(logo))
        template = _TEMPLATES / ("a4.typ" if content["layout"] == "A4" else "thermal.typ")
        tags = len(content["table"]["rows"]) + len(content["slips"]) <= _MOST_TAGGED
        pdf = self._compiler.compile(template, format="pdf", sys_inputs=inputs, timestamp=0, pdf_tags=tags)
        if not isinstance(pdf, bytes):
            raise TypeError("a PDF is one file")
        return pdf


def read_frame(stream: IO[bytes]) -> bytes | None:
    """A frame; None at the end of the stream."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    content = stream.read(length)
    return content if len(content) == length else None


def frame(content: bytes) -> bytes:
    """The content with its length."""
    return LENGTH.pack(len(content)) + content


def main() -> None:
    """Until the orders end."""
    os.nice(_NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
    press = Press()
    orders, out = sys.stdin.buffer, sys.stdout.buffer
    while (document := read_frame(orders)) is not None and (logo := read_frame(orders)) is not None:
        try:
            answer = DONE + frame(press.set(document, logo))
        except Exception as error:  # noqa: BLE001 - the next order may be better
            answer = FAILED + frame(str(error).encode())
        out.write(answer)
        out.flush()


if __name__ == "__main__":
    main()
