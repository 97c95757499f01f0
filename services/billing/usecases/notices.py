"""Jobs that tell customers what happened. Run again, they tell nothing twice."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from services.billing.domain.bill import BillState
from services.billing.domain.notices import BillNotice, Receipt
from services.billing.domain.payment import LegState
from services.billing.store.bills import load_bill
from services.billing.store.customers import load_customer
from services.billing.store.payments import load_payment
from services.billing.usecases.consents import reachable
from services.billing.usecases.documents import order_bill
from services.billing.usecases.settings import settings_of
from services.kit.errors import PeerRefused
from services.kit.failure import Kind
from services.kit.money import Money

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from services.billing.domain.bill import Bill
    from services.billing.domain.customer import Customer
    from services.billing.domain.ids import BillId, MerchantId, PaymentId
    from services.billing.domain.settings import MerchantSettings
    from services.billing.usecases.deps import Deps

_LOG = logging.getLogger(__name__)


def tell_bill(deps: Deps, merchant_id: MerchantId, bill_id: BillId) -> None:
    """Sends the customer the link to an issued bill. Raises PeerUnavailable to be tried again."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        bill, customer, settings = about(tx, merchant_id, bill_id, deps)
        if bill.state is BillState.VOID or not customer.fields.phone:
            return
        order_bill(tx, bill, settings, deps, locale=customer.fields.locale or settings.fields.locale)
    notice = BillNotice(
        merchant_id=merchant_id,
        bill_id=bill_id,
        phone=customer.fields.phone,
        locale=customer.fields.locale or settings.fields.locale,
        merchant_name=settings.fields.business_name,
        number=bill.number,
        total=bill.totals.total,
        outstanding=bill.outstanding,
        due_date=bill.due_date,
        link=deps.links.url(bill_id),
    )
    send(lambda: deps.messenger.tell_bill(notice))


def tell_receipt(deps: Deps, merchant_id: MerchantId, payment_id: PaymentId) -> None:
    """Sends the customer what was received and what is left. Raises PeerUnavailable to be tried again."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        payment = load_payment(tx, merchant_id, payment_id)
        if payment is None:
            return
        bill, customer, settings = about(tx, merchant_id, payment.bill_id, deps)
        arrived = [leg for leg in payment.legs if leg.state in {LegState.RECORDED, LegState.VERIFIED}]
        if not arrived or not customer.fields.phone:
            return
        order_bill(tx, bill, settings, deps, locale=customer.fields.locale or settings.fields.locale)
    receipt = Receipt(
        merchant_id=merchant_id,
        bill_id=bill.id,
        payment_id=payment_id,
        phone=customer.fields.phone,
        locale=customer.fields.locale or settings.fields.locale,
        merchant_name=settings.fields.business_name,
        number=bill.number,
        amount=Money(sum(leg.terms.amount.minor for leg in arrived), bill.currency),
        outstanding=bill.outstanding,
        link=deps.links.url(bill.id),
    )
    send(lambda: deps.messenger.tell_receipt(receipt))


def about(
    tx: Connection, merchant_id: MerchantId, bill_id: BillId, deps: Deps
) -> tuple[Bill, Customer, MerchantSettings]:
    """A bill, its customer and its merchant's settings, for a notice; without a telephone number not to be used."""
    bill = load_bill(tx, merchant_id, bill_id, deps.vault)
    customer = load_customer(tx, merchant_id, bill.customer_id, deps.vault) if bill else None
    if bill is None or customer is None:
        raise LookupError("issued bills and their customers are never deleted")
    return bill, reachable(tx, customer), settings_of(tx, merchant_id)


def send(tell: Callable[[], None]) -> None:
    """Tells. A refusal that no repeat can change, such as a number that cannot exist, ends the matter."""
    try:
        tell()
    except PeerRefused as refusal:
        if refusal.peer_kind is Kind.EXHAUSTED:
            raise
        _LOG.warning("a notice was refused", extra={"why": refusal.peer_reason})
