"""Known passwords: the built-in list, and a file of hashes made up here."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from services.auth.breaches import Breaches, NotSuchAList

WORDS = [f"made up password {number}" for number in range(257)]


def sha1(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest().upper()


def write(path: Path, words: list[str], *, ending: str = "\r\n", last: str = "\r\n") -> Path:
    lines = sorted(f"{sha1(word)}:{len(word) * 10 ** (number % 7)}" for number, word in enumerate(words))
    path.write_bytes((ending.join(lines) + last).encode())
    return path


def test_the_built_in_list() -> None:
    known = Breaches(None)
    for common in ("password", "PassWord", "baseball", "iloveyou", "trustno1", "123456789"):
        assert known.contain(common)
    # A full-width letter is another key.
    for fine in ("correct horse battery", "\uff50assword", WORDS[0], ""):
        assert not known.contain(fine)


@pytest.mark.parametrize(("ending", "last"), [("\r\n", "\r\n"), ("\n", "\n"), ("\n", "")])
@pytest.mark.parametrize("length", [1, 2, 3, 256, 257])
def test_every_line_of_a_file_is_found(tmp_path: Path, length: int, ending: str, last: str) -> None:
    words = WORDS[:length]
    known = Breaches(write(tmp_path / "hashes.txt", words, ending=ending, last=last))
    ordered = sorted(words, key=sha1)
    assert known.contain(ordered[0])
    assert known.contain(ordered[-1])
    assert all(known.contain(word) for word in words)
    assert not any(known.contain(f"another {word}") for word in WORDS)
    known.close()


def test_before_the_first_and_after_the_last(tmp_path: Path) -> None:
    ordered = sorted(WORDS, key=sha1)
    known = Breaches(write(tmp_path / "hashes.txt", ordered[1:-1]))
    assert not known.contain(ordered[0])
    assert not known.contain(ordered[-1])
    assert known.contain(ordered[1])


def test_hashes_are_of_what_was_typed(tmp_path: Path) -> None:
    known = Breaches(write(tmp_path / "hashes.txt", ["Caf\u00e9 Sierra Nevada"]))
    # The same text in another normal form is the same password; another case is another.
    assert known.contain("Cafe\u0301 Sierra Nevada")
    assert not known.contain("caf\u00e9 sierra nevada")


def test_small_letters(tmp_path: Path) -> None:
    path = write(tmp_path / "hashes.txt", WORDS)
    path.write_bytes(path.read_bytes().lower())
    assert Breaches(path).contain(WORDS[100])


@pytest.mark.parametrize("content", [b"", b"password\n", b"5BAA61E4" * 5 + b"\n", b"x" * 40 + b":1"])
def test_any_other_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "other.txt").write_bytes(content)
    with pytest.raises(NotSuchAList):
        Breaches(tmp_path / "other.txt")
    with pytest.raises(FileNotFoundError):
        Breaches(tmp_path / "absent.txt")
