"""Bills from the side of the person who is to pay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.billing.domain.bill import BillState
from services.kit.money import Money

if TYPE_CHECKING:
    from datetime import date, datetime

    from services.billing.domain.bill import Bill
    from services.billing.domain.ids import BillId, MerchantId
    from services.billing.domain.payment import Payment
    from services.billing.domain.settings import MerchantSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonBill:
    """A bill in a person's list."""

    bill_id: BillId
    merchant_id: MerchantId
    merchant_name: str
    number: str
    state: BillState
    total: Money
    settled: Money
    credited: Money
    issue_time: datetime
    due_date: date

    @property
    def outstanding(self) -> Money:
        """What is still to be paid; nothing on a void bill."""
        if self.state is BillState.VOID:
            return Money.zero(self.total.currency)
        return self.total - self.settled - self.credited


@dataclass(frozen=True, slots=True)
class BillToPay:
    """A bill with what is needed to show and pay it. `payments`: the newest first; empty for a public link."""

    bill: Bill
    settings: MerchantSettings
    payments: tuple[Payment, ...] = ()
