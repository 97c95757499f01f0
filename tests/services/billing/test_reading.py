"""Files are read in another process: its refusals are ours, and others keep their threads."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import pytest

from services.billing.domain.bank_reading import read
from services.billing.domain.bank_statement import Layout
from services.billing.reading import FileReader, ReadersBusy
from services.kit.failure import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

_LAYOUT = Layout(currency="INR", columns={})


@pytest.fixture
def reader() -> Iterator[FileReader]:
    made = FileReader()
    yield made
    made.close()


def test_what_is_read_and_what_is_refused_come_back(reader: FileReader) -> None:
    content = b"Date,Description,Amount\n01/06/2026,Rent,-118.00\n02/06/2026,Sale,5\n"
    assert reader.read(read, content, _LAYOUT) == read(content, _LAYOUT)
    assert reader.pid not in {None, os.getpid()}
    with pytest.raises(InvalidRequest) as caught:
        reader.read(read, b"\xff\xfe\x00", _LAYOUT)
    with pytest.raises(InvalidRequest) as here:
        read(b"\xff\xfe\x00", _LAYOUT)
    assert caught.value.fields == here.value.fields


def test_more_than_may_wait_are_refused(reader: FileReader) -> None:
    content = b"Date,Description,Amount\n01/06/2026,Rent,-118.00\n"
    reader.read(read, content, _LAYOUT)
    answers: list[object] = []

    def ask() -> None:
        answers.append(reader.read(read, content, _LAYOUT))

    threads = [threading.Thread(target=ask) for _ in range(5)]
    with reader._apart._lock:
        for thread in threads:
            thread.start()
        while reader._places._value:
            threading.Event().wait(0.001)
        with pytest.raises(ReadersBusy) as caught:
            reader.read(read, content, _LAYOUT)
    assert caught.value.retry_after is not None
    for thread in threads:
        thread.join()
    assert answers == [read(content, _LAYOUT)] * 5
