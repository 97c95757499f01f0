"""Passwords that everyone tries first. Nothing leaves the machine.

Built in are the 30,000 most common ones, from the frequency lists of the package zxcvbn (MIT). An operator may add all
that Have I Been Pwned knows: https://haveibeenpwned.com/Passwords, the SHA-1 list ordered by hash, as its own
downloader writes it into one file. It is mapped, not read: a look-up touches about thirty of its pages.
"""

from __future__ import annotations

import hashlib
import mmap
from typing import TYPE_CHECKING

from zxcvbn.frequency_lists import FREQUENCY_LISTS

from services.auth.domain.password import MIN_CHARACTERS, prepare

if TYPE_CHECKING:
    from pathlib import Path

_HASH_LENGTH = 40
_HEXADECIMAL = frozenset(b"0123456789ABCDEFabcdef")


class NotSuchAList(ValueError):
    """The file is not one of lines "SHA1:count"."""


class Breaches:
    """Says whether a password is one of them. Safe to share between threads."""

    def __init__(self, file: Path | None) -> None:
        """`file`: Have I Been Pwned's, None for the built-in list alone. Raises NotSuchAList or OSError."""
        self._common = frozenset(
            prepare(known).casefold() for known in FREQUENCY_LISTS["passwords"] if len(known) >= MIN_CHARACTERS
        )
        self._hashes = _HashFile(file) if file is not None else None

    def contain(self, password: str) -> bool:
        """Whether `password` is known, in any case for the common ones."""
        prepared = prepare(password)
        if prepared.casefold() in self._common:
            return True
        if self._hashes is None:
            return False
        # Not for secrecy: it is the list's index.
        return self._hashes.contain(hashlib.sha1(prepared.encode(), usedforsecurity=False).hexdigest())

    def close(self) -> None:
        """Lets go of the file."""
        if self._hashes is not None:
            self._hashes.close()


class _HashFile:
    """Lines "SHA1:count", ordered. Searched by halves, over bytes: lines differ in length."""

    def __init__(self, file: Path) -> None:
        with file.open("rb") as opened:
            first = opened.read(_HASH_LENGTH + 1)
            if len(first) <= _HASH_LENGTH or first[-1:] != b":" or not _HEXADECIMAL.issuperset(first[:-1]):
                raise NotSuchAList(f"{file}: its first line is not of the form SHA1:count")
            self._bytes = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)

    def contain(self, wanted: str) -> bool:
        target = wanted.upper().encode()
        # Both are starts of lines, or the end; the line, if it is there, starts in [low, high).
        low, high = 0, len(self._bytes)
        while low < high:
            start = self._bytes.rfind(b"\n", low, (low + high) // 2) + 1 or low
            found = self._bytes[start : start + _HASH_LENGTH].upper()
            if found == target:
                return True
            if found < target:
                after = self._bytes.find(b"\n", start, high)
                low = high if after < 0 else after + 1
            else:
                high = start
        return False

    def close(self) -> None:
        self._bytes.close()
