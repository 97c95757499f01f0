"""What credit notes come to: golden cases as data."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.billing.domain.bill import Bill
from services.billing.domain.credit_note import CreditInput, credit
from services.billing.domain.drafting import DraftInput, LineInput, compute_draft
from services.billing.domain.taxes import TaxCode
from services.kit.money import Money
from tests.services.billing.domain import makers

_FOLDER = Path(__file__).resolve().parents[3] / "golden" / "credit_notes"
_CASES = [
    pytest.param(case, id=case["name"])
    for path in sorted(_FOLDER.glob("*.yaml"))
    for case in yaml.safe_load(path.read_text(encoding="utf-8"))
]


def test_there_are_enough_golden_sequences() -> None:
    assert len(_CASES) >= 20


@pytest.mark.parametrize("case", _CASES)
def test_golden(case: dict[str, Any]) -> None:
    bill = _bill(case)
    assert bill.totals.total.minor == case["total"]
    before: dict[int, Decimal] = {}
    credited = 0
    for expected in case["notes"]:
        named = expected["credit"]
        lines = None if named == "rest" else tuple((line, Decimal(quantity)) for line, quantity in named.items())
        note = credit(bill, CreditInput(lines, "Came back", restock=False), before=before)
        assert note.totals.net.minor == expected["net"]
        assert {tax.display_name: tax.amount.minor for tax in note.totals.taxes} == expected["taxes"]
        assert note.totals.rounding.minor == expected.get("rounding", 0)
        assert note.totals.total.minor == expected["total"]
        for line in note.lines:
            before[line.position] = before.get(line.position, Decimal(0)) + line.quantity
        credited += expected["total"]
    assert credited == case["total"]


def _bill(case: dict[str, Any]) -> Bill:
    """The case's bill, of a merchant in Karnataka unless it says otherwise."""
    country, currency = case.get("country", "IN"), case.get("currency", "INR")
    settings = makers.settings(
        country,
        currency=currency,
        region_code="29" if country == "IN" else "",
        coin=_money(case, "coin", currency),
        custom_tax_codes=tuple(
            TaxCode(code, code.title(), Decimal(rate)) for code, rate in case.get("codes", {}).items()
        ),
    )
    lines = tuple(
        LineInput(
            item_id=None,
            description="Thing",
            quantity=Decimal(line.get("quantity", "1")),
            unit_code="",
            unit_price=Money(line["price"], currency),
            price_includes_tax=line.get("inclusive", False),
            discount=_money(line, "discount", currency),
            tax_code=line["tax"],
            hsn_code="",
        )
        for line in case["lines"]
    )
    draft = DraftInput(
        customer_id=makers.CUSTOMER_ID,
        store_id=None,
        lines=lines,
        discount=_money(case, "discount", currency),
        currency=currency,
        place_of_supply=case.get("place", ""),
        due_date=None,
        note="",
    )
    computed = compute_draft(draft, settings=settings, customer=makers.customer(), items={}, on=date(2026, 6, 1))
    return makers.bill(lines=computed.lines, totals=computed.totals, discount=computed.discount)


def _money(case: dict[str, Any], key: str, currency: str) -> Money | None:
    return Money(case[key], currency) if key in case else None
