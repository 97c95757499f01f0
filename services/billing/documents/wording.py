"""The words of documents: one file a language in words/, English where a language has none."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_FOLDER = Path(__file__).parent / "words"
_FALLBACK = "en"


@cache
def languages() -> frozenset[str]:
    """Those that documents are written in."""
    return frozenset(path.stem for path in _FOLDER.glob("*.json"))


def in_language(language: str) -> tuple[str, Mapping[str, str]]:
    """The words by key, and the language that they are in."""
    known = language if language in languages() else _FALLBACK
    return known, _words(known)


@cache
def _words(language: str) -> Mapping[str, str]:
    words: Mapping[str, str] = json.loads((_FOLDER / f"{language}.json").read_text(encoding="utf-8"))
    return words
