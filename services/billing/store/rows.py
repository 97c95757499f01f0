"""Between rows and domain types, for the parts that several tables share."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from itertools import accumulate
from typing import TYPE_CHECKING, Any
from uuid import UUID

from services.billing.domain.bill import BillLine, LineTerms, TaxAmount, Totals
from services.billing.domain.ids import ItemId
from services.billing.domain.instalments import Instalment
from services.billing.domain.taxes import plain
from services.kit.money import Money

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def taxes_to_json(taxes: Iterable[TaxAmount]) -> str:
    """The form of the `taxes` columns: [[code, display name, rate as text, base, amount], ...] in minor units."""
    return json.dumps(
        [[tax.code, tax.display_name, plain(tax.rate), tax.base.minor, tax.amount.minor] for tax in taxes]
    )


def taxes_from_json(value: Iterable[Any], currency: str) -> tuple[TaxAmount, ...]:
    """What `taxes_to_json` wrote, already parsed."""
    return tuple(
        TaxAmount(code, name, Decimal(rate), Money(base, currency), Money(amount, currency))
        for code, name, rate, base, amount in value
    )


def totals_of(row: Any, currency: str) -> Totals:
    """Of a row that has net_minor, taxes, rounding_minor and total_minor."""
    return Totals(
        Money(row.net_minor, currency),
        taxes_from_json(row.taxes, currency),
        Money(row.rounding_minor, currency),
        Money(row.total_minor, currency),
    )


def instalments_to_json(instalments: Sequence[Instalment]) -> str | None:
    """The form of the column: [[date, amount, all up to it], ...] in minor units; None for none."""
    if not instalments:
        return None
    sums = accumulate(instalment.amount.minor for instalment in instalments)
    return json.dumps(
        [[part.due_date.isoformat(), part.amount.minor, whole] for part, whole in zip(instalments, sums, strict=True)]
    )


def instalments_from_json(value: Iterable[Any] | None, currency: str) -> tuple[Instalment, ...]:
    """What `instalments_to_json` wrote, already parsed."""
    return tuple(Instalment(date.fromisoformat(due), Money(minor, currency)) for due, minor, _ in value or ())


def line_from_json(line: Any, currency: str) -> BillLine:
    """A line of a bill, out of its columns as a JSON list: the terms in their order, net in minor units, taxes."""
    item_id, description, quantity, unit_code, price, includes, discount, tax_code, hsn_code, net, taxes = line
    return BillLine(
        LineTerms(
            item_id=None if item_id is None else ItemId(UUID(item_id)),
            description=description,
            quantity=Decimal(quantity),
            unit_code=unit_code,
            unit_price=Money(price, currency),
            price_includes_tax=includes,
            discount=Money(discount, currency),
            tax_code=tax_code,
            hsn_code=hsn_code,
        ),
        Money(net, currency),
        taxes_from_json(taxes, currency),
    )
