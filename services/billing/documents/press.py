"""The process that sets documents: a document and its logo in, a PDF out.

A process of its own, because a typesetter's memory and time can be bounded only from outside. It starts with nothing of
the service but its fonts and templates.
"""

from __future__ import annotations

import json
from pathlib import Path

import typst

from services.kit.apart import serve

_HERE = Path(__file__).parent
_FONTS = _HERE.parent / "fonts"
_TEMPLATES = _HERE / "templates"
# Rows up to which screen readers are told of the structure: it makes a list of 500 lines twelve times as large.
_MOST_TAGGED = 100


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


if __name__ == "__main__":
    serve(Press().set, frames=2)
