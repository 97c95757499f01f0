"""Whole files, digests and the lock."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tools.stack.files import Busy, digest_of, locked, write_atomically

HOLD = """
import sys, time
from pathlib import Path
from tools.stack.files import locked
with locked(Path(sys.argv[1]), busy="busy"):
    print("got it", flush=True)
    sys.stdin.readline()
"""


def test_a_file_is_replaced_whole_with_its_mode(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "file"
    write_atomically(file, "one")
    write_atomically(file, "two", mode=0o644)
    assert file.read_text() == "two"
    assert stat.S_IMODE(file.stat().st_mode) == 0o644
    assert [path.name for path in file.parent.iterdir()] == ["file"]


def test_a_digest_changes_with_names_and_contents_of_the_files_that_count(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "a.py").write_text("1")
    first = digest_of([tmp_path / "tree"], suffixes=(".py",))
    (tmp_path / "tree" / "notes.md").write_text("not code")
    assert digest_of([tmp_path / "tree"], suffixes=(".py",)) == first
    (tmp_path / "tree" / "a.py").write_text("2")
    assert digest_of([tmp_path / "tree"], suffixes=(".py",)) != first


def test_the_lock_waits_for_its_holder_and_ends_with_it(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with locked(lock, busy="busy"):
        with pytest.raises(Busy), locked(lock, busy=None):
            pass
        other = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert other.stdout is not None
        assert "busy" in other.stdout.readline()
    assert other.stdout.readline() == "got it\n"
    other.kill()
    other.communicate()
    with locked(lock, busy="busy"):
        pass
