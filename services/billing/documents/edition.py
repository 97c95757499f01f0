"""Which edition of the templates, words and fonts documents are made with."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

_HERE = Path(__file__).parent
_PARTS = ("*.py", "templates/*.typ", "words/*.json")


@cache
def edition() -> bytes:
    """Another one whenever anything here was changed, so that no document outlives a correction."""
    digest = hashlib.sha256()
    for pattern in _PARTS:
        for path in sorted(_HERE.glob(pattern)):
            digest.update(path.read_bytes())
    return digest.digest()


def fingerprint(*sources: object) -> bytes:
    """SHA-256 of what a document is made from: frozen values whose representation is all of them."""
    return hashlib.sha256(edition() + repr(sources).encode()).digest()
