"""Files that are either wholly there or not, digests of trees, and the lock that keeps two commands apart."""

import fcntl
import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.stack.console import say


def write_atomically(path: Path, text: str, *, mode: int = 0o600) -> None:
    """Replace `path` with `text` in one step, so that a reader or a crash never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)


def sha256_of(path: Path) -> str:
    """Return the hexadecimal SHA-256 of a file's content."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def digest_of(paths: Iterable[Path], *, suffixes: tuple[str, ...] = ()) -> str:
    """Return one digest for files and whole trees: of names and contents, in a stable order.

    `suffixes` limits trees to files ending so; empty means all. Paths that are not there count as empty.
    """
    digest = hashlib.sha256()
    for path in paths:
        for file in _files(path):
            if "__pycache__" in file.parts or (path.is_dir() and suffixes and not file.name.endswith(suffixes)):
                continue
            digest.update(f"{file}\0{sha256_of(file)}\n".encode())
    return digest.hexdigest()


class Busy(Exception):
    """Somebody else holds the lock."""


@contextmanager
def locked(path: Path, *, busy: str | None) -> Iterator[None]:
    """Hold an exclusive lock on `path`; when somebody else has it, say `busy` and wait, or raise Busy if that is None.

    The kernel drops the lock when its holder ends, however it ends.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Inherited by nobody: a daemon started under the lock must not keep it.
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if busy is None:
                raise Busy from None
            say(busy)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(file for file in path.rglob("*") if file.is_file())
    return [path] if path.is_file() else []
