"""QR codes as SVG."""

from __future__ import annotations

import io

import segno

# Pixels a module; the quiet zone of four modules is the standard's.
_SCALE = 4
_QUIET_ZONE = 4


def svg(text: str, *, title: str) -> str:
    """An SVG document with a white ground, readable on dark pages too. `title` is for screen readers."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        out,
        kind="svg",
        scale=_SCALE,
        border=_QUIET_ZONE,
        dark="#000",
        light="#fff",
        xmldecl=False,
        svgns=True,
        title=title,
        nl=False,
    )
    return out.getvalue().decode()
