"""The process that sets documents: bounded, replaced when it dies, and without secrets."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from services.billing.documents.bill import of_bill
from services.billing.documents.printing import PressPrinter, PrintFailed
from services.billing.domain.document import Layout, Order
from tests.services.billing.documents import samples

if TYPE_CHECKING:
    from collections.abc import Iterator

GOOD = of_bill(samples.bill(samples.groceries()), samples.BENGALURU, layout=Layout.THERMAL_58, locale="en-IN").order()


@pytest.fixture
def printer() -> Iterator[PressPrinter]:
    made = PressPrinter()
    yield made
    made.close()


def pid(printer: PressPrinter) -> int:
    assert printer.pid is not None
    return printer.pid


def test_one_process_prints_many(printer: PressPrinter) -> None:
    first = printer.print(GOOD)
    one = pid(printer)
    assert printer.print(GOOD) == first
    assert first.startswith(b"%PDF-")
    assert pid(printer) == one


def test_what_cannot_be_set_is_refused_and_the_next_is_printed(printer: PressPrinter) -> None:
    for bad in (Order(b"{}"), Order(b"no JSON"), Order(b'{"layout": "A4"}')):
        with pytest.raises(PrintFailed):
            printer.print(bad)
    assert printer.print(GOOD)


# Not a picture; and one that says of itself that it is larger than the memory.
@pytest.mark.parametrize("logo", [b"not a picture", b"GIF89a not a picture"])
def test_a_logo_that_cannot_be_set_is_left_out(printer: PressPrinter, logo: bytes) -> None:
    assert printer.print(Order(GOOD.document, logo)) == printer.print(GOOD)


def test_a_process_that_died_is_replaced(printer: PressPrinter) -> None:
    printer.print(GOOD)
    one = pid(printer)
    os.kill(one, signal.SIGKILL)
    os.waitid(os.P_PID, one, os.WEXITED | os.WNOWAIT)
    assert printer.print(GOOD)
    assert pid(printer) != one


def test_a_process_that_hangs_is_ended() -> None:
    printer = PressPrinter(longest=0.2)
    try:
        printer._press._replace()
        os.kill(pid(printer), signal.SIGSTOP)
        with pytest.raises(PrintFailed, match="too long"):
            printer.print(GOOD)
        assert printer.pid is None
    finally:
        printer.close()


def test_the_process_is_replaced_after_a_while() -> None:
    printer = PressPrinter(run=2)
    try:
        seen = set()
        for _ in range(4):
            printer.print(GOOD)
            seen.add(pid(printer))
        assert len(seen) == 2
    finally:
        printer.close()


def test_it_has_no_secrets_and_little_room(printer: PressPrinter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BILLMESH_LINK_KEY", "secret")
    printer.print(GOOD)
    process = Path(f"/proc/{pid(printer)}")
    assert b"BILLMESH" not in (process / "environ").read_bytes()
    limits = (process / "limits").read_text(encoding="ascii").splitlines()
    (limit,) = [line for line in limits if line.startswith("Max address space")]
    assert "unlimited" not in limit


def test_orders_are_packed_and_unpacked() -> None:
    for order in (Order(b"{}"), Order(b"document", b"logo"), Order(b"")):
        assert Order.unpack(order.pack()) == order
