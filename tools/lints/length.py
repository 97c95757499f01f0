"""No file grows past reading."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LONGEST = 400
_FOLDERS = ("services", "tools", "tests", "bench", "protos")
_SUFFIXES = (".py", ".proto", ".sh")
_SKIPPED = ("node_modules", "__pycache__")


def faults(root: Path) -> Iterator[str]:
    """Name every source file of more than 400 lines: it wants to be split by noun."""
    for folder in _FOLDERS:
        for file in sorted((root / folder).rglob("*")):
            if file.suffix not in _SUFFIXES or any(part in _SKIPPED for part in file.parts):
                continue
            lines = file.read_text(encoding="utf-8").count("\n")
            if lines > _LONGEST:
                yield f"{file.relative_to(root)}: {lines} lines; split it by noun, {_LONGEST} is the most"
