"""Between rows and domain types, for the parts that several tables share."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from services.billing.domain.bill import TaxAmount
from services.billing.domain.taxes import plain
from services.kit.money import Money

if TYPE_CHECKING:
    from collections.abc import Iterable


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
