"""UPI links, read as an app reads them."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from services.billing.domain import upi
from services.billing.domain.bill import Bill, BillState
from services.kit.money import Money
from tests.services.billing.domain import makers

_SETTINGS = makers.settings(upi_vpa="asha.stores@okbank", business_name="Asha & Söhne Stores")


def test_the_link_asks_for_what_is_outstanding() -> None:
    request = upi.request_for(makers.bill(118_050, state=BillState.PARTLY_PAID, settled=18_000), _SETTINGS)
    assert request is not None
    parts = urlsplit(request.link)
    assert (parts.scheme, parts.netloc) == ("upi", "pay")
    fields = {key: value for key, (value,) in parse_qs(parts.query, strict_parsing=True).items()}
    assert fields == {
        "pa": "asha.stores@okbank",
        "pn": "Asha & Söhne Stores",
        "am": "1000.50",
        "cu": "INR",
        "tr": request.reference,
        "tn": "Bill INV/26-27/000001",
    }
    assert "+" not in request.link
    assert len(request.reference) <= 35
    assert request.reference.isalnum()


def test_every_version_of_a_bill_has_its_own_reference() -> None:
    bill = makers.bill()
    references = {upi.reference(replace(bill, version=version)) for version in range(1, 2000)}
    assert len(references) == 1999
    assert len(upi.reference(replace(bill, version=2**31 - 1))) <= 35


@pytest.mark.parametrize(
    "bill",
    [
        makers.bill(state=BillState.DRAFT),
        makers.bill(state=BillState.VOID),
        makers.bill(state=BillState.PAID, settled=10_000),
    ],
)
def test_nothing_to_pay_asks_for_nothing(bill: Bill) -> None:
    assert upi.request_for(bill, _SETTINGS) is None


def test_no_address_no_link() -> None:
    assert upi.request_for(makers.bill(), makers.settings()) is None


@pytest.mark.parametrize("amount", [Money(100, "EUR"), Money(0, "INR"), Money(-1, "INR")])
def test_upi_moves_rupees(amount: Money) -> None:
    with pytest.raises(ValueError, match="INR"):
        upi.payment_link(vpa="a@b", payee="A", amount=amount, reference="1", note="")
