"""Jobs that tell customers what happened. Run again, they tell nothing twice."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.billing.domain.bill import BillState
from services.billing.domain.bill_event import EventKind
from services.billing.domain.notices import (
    BillIssued,
    BillVoided,
    CreditNoteIssued,
    CreditRefunded,
    Notice,
    PaymentReceived,
    PaymentRefunded,
    PaymentRejected,
)
from services.billing.domain.payment import ARRIVED
from services.billing.store.bill_events import last_event_time
from services.billing.store.bills import load_bill, lock_bill
from services.billing.store.credit_notes import load_credit_note
from services.billing.store.customers import load_customer
from services.billing.store.payments import load_payment
from services.billing.store.refunds import load_refund
from services.billing.usecases import bill_events, tasks
from services.billing.usecases.consents import places_of
from services.billing.usecases.settings import settings_of
from services.kit.errors import PeerRefused
from services.kit.failure import Kind
from services.kit.ids import to_text
from services.kit.money import Money

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import Connection

    from services.billing.domain.bill import Bill
    from services.billing.domain.customer import Customer
    from services.billing.domain.ids import BillId, CreditNoteId, LegId, MerchantId, PaymentId, RefundId
    from services.billing.domain.notices import Place, Said
    from services.billing.domain.refund import Refund
    from services.billing.domain.settings import MerchantSettings
    from services.billing.usecases.deps import Deps

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class About:
    """A bill, who is told of it, and where; nowhere if there are no places."""

    bill: Bill
    customer: Customer
    settings: MerchantSettings
    places: tuple[Place, ...]

    @property
    def locale(self) -> str:
        """The customer's, else the merchant's."""
        return self.customer.fields.locale or self.settings.fields.locale

    @property
    def merchant_name(self) -> str:
        """As customers know it."""
        return self.settings.fields.business_name

    def notice(self, key: str, says: Said) -> Notice:
        """What is said about the bill."""
        subject = to_text("bill", self.bill.id)
        return Notice(merchant_id=self.bill.merchant_id, key=key, subject=subject, locale=self.locale, says=says)


def tell_bill(deps: Deps, merchant_id: MerchantId, bill_id: BillId) -> None:
    """Sends the customer the link to an issued bill. Raises PeerUnavailable to be tried again."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        told = about(tx, merchant_id, bill_id, deps)
        if told.bill.state is BillState.VOID or not told.places:
            return
    says = BillIssued(
        merchant_name=told.merchant_name,
        bill_number=told.bill.number,
        total=told.bill.totals.total,
        outstanding=told.bill.outstanding,
        due_date=told.bill.due_date,
        link=deps.links.url(bill_id),
    )
    if not send(deps, told.notice(f"bill-issued/{to_text('bill', bill_id)}", says), told.places):
        return
    with deps.db.transaction(merchant=merchant_id) as tx:
        bill = lock_bill(tx, merchant_id, bill_id, deps.vault)
        if last_event_time(tx, merchant_id, bill_id, EventKind.SENT) is None:
            bill_events.note(tx, deps, merchant_id, bill_id, EventKind.SENT)
        if bill is not None and bill.state is BillState.VOID:
            # Withdrawn while it was sent: whoever withdrew it did not find it sent yet.
            tasks.tell_void(tx, merchant_id, bill_id)


def tell_void(deps: Deps, merchant_id: MerchantId, bill_id: BillId) -> None:
    """Tells the customer of a withdrawn bill, if they were told of it. Raises PeerUnavailable to be tried again."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        if last_event_time(tx, merchant_id, bill_id, EventKind.SENT) is None:
            return
        told = about(tx, merchant_id, bill_id, deps)
    says = BillVoided(
        merchant_name=told.merchant_name,
        bill_number=told.bill.number,
        total=told.bill.totals.total,
        link=deps.links.url(bill_id),
    )
    send(deps, told.notice(f"bill-voided/{to_text('bill', bill_id)}", says), told.places)


def tell_receipt(deps: Deps, merchant_id: MerchantId, payment_id: PaymentId) -> None:
    """Sends the customer what was received and what is left. Raises PeerUnavailable to be tried again."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        payment = load_payment(tx, merchant_id, payment_id)
        if payment is None:
            return
        told = about(tx, merchant_id, payment.bill_id, deps)
        arrived = [leg for leg in payment.legs if leg.state in ARRIVED]
        if not arrived or not told.places:
            return
    says = PaymentReceived(
        merchant_name=told.merchant_name,
        bill_number=told.bill.number,
        amount=Money(sum(leg.terms.amount.minor for leg in arrived), told.bill.currency),
        outstanding=told.bill.outstanding,
        link=deps.links.url(told.bill.id),
    )
    send(deps, told.notice(f"payment-received/{to_text('pay', payment_id)}", says), told.places)


def tell_rejection(
    deps: Deps, merchant_id: MerchantId, payment_id: PaymentId, *, leg_ids: Sequence[LegId], event_id: UUID
) -> None:
    """Tells the customer which money did not come. Raises PeerUnavailable to be tried again."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        payment = load_payment(tx, merchant_id, payment_id)
        if payment is None:
            return
        told = about(tx, merchant_id, payment.bill_id, deps)
    if told.bill.state is BillState.VOID:
        return
    missing = sum(leg.terms.amount.minor for leg in payment.legs if leg.id in leg_ids)
    says = PaymentRejected(
        merchant_name=told.merchant_name,
        bill_number=told.bill.number,
        amount=Money(missing, told.bill.currency),
        outstanding=told.bill.outstanding,
        link=deps.links.url(told.bill.id),
    )
    send(deps, told.notice(f"payment-rejected/{to_text('evt', event_id)}", says), told.places)


def tell_credit_note(deps: Deps, merchant_id: MerchantId, note_id: CreditNoteId) -> None:
    """Tells the customer of a credit note and what is left to pay. Raises PeerUnavailable to be tried again."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        note = load_credit_note(tx, merchant_id, note_id)
        if note is None:
            return
        told = about(tx, merchant_id, note.bill_id, deps)
    says = CreditNoteIssued(
        merchant_name=told.merchant_name,
        credit_note_number=note.number,
        bill_number=told.bill.number,
        amount=note.totals.total,
        outstanding=told.bill.outstanding,
        link=deps.links.url(told.bill.id),
    )
    send(deps, told.notice(f"credit-note/{to_text('crn', note_id)}", says), told.places)


def tell_refund(deps: Deps, merchant_id: MerchantId, refund_id: RefundId) -> None:
    """Tells the customer of money that is given back. Raises PeerUnavailable to be tried again."""
    key = f"refund/{to_text('rfd', refund_id)}"
    with deps.db.transaction(merchant=merchant_id) as tx:
        refund = load_refund(tx, merchant_id, refund_id)
        if refund is None:
            return
        if refund.of is None:
            notice, places = _paid_out(tx, refund, key, deps)
        else:
            told = about(tx, merchant_id, refund.of.bill_id, deps)
            says = PaymentRefunded(
                merchant_name=told.merchant_name,
                bill_number=told.bill.number,
                amount=refund.amount,
                method=refund.method.kind,
                link=deps.links.url(told.bill.id),
            )
            notice, places = told.notice(key, says), told.places
    send(deps, notice, places)


def _paid_out(tx: Connection, refund: Refund, key: str, deps: Deps) -> tuple[Notice, tuple[Place, ...]]:
    """What is said about credit that was paid out, which belongs to no bill."""
    customer = load_customer(tx, refund.merchant_id, refund.customer_id, deps.vault)
    if customer is None:
        raise LookupError("customers are never deleted")
    settings = settings_of(tx, refund.merchant_id)
    says = CreditRefunded(merchant_name=settings.fields.business_name, amount=refund.amount, method=refund.method.kind)
    notice = Notice(
        merchant_id=refund.merchant_id,
        key=key,
        subject=to_text("cus", customer.id),
        locale=customer.fields.locale or settings.fields.locale,
        says=says,
    )
    return notice, places_of(tx, customer)


def about(tx: Connection, merchant_id: MerchantId, bill_id: BillId, deps: Deps) -> About:
    """An issued bill, for a notice."""
    bill = load_bill(tx, merchant_id, bill_id, deps.vault)
    customer = load_customer(tx, merchant_id, bill.customer_id, deps.vault) if bill else None
    if bill is None or customer is None:
        raise LookupError("issued bills and their customers are never deleted")
    return About(bill, customer, settings_of(tx, merchant_id), places_of(tx, customer))


def send(deps: Deps, notice: Notice, places: tuple[Place, ...]) -> bool:
    """Tells at all the places; whether at least one took it. Raises PeerUnavailable, or PeerRefused for a limit.

    A refusal that no repeat can change, such as of a number that cannot exist, ends the matter for its place.
    """
    taken = False
    for place in places:
        try:
            deps.messenger.tell(notice, place)
            taken = True
        except PeerRefused as refusal:
            if refusal.peer_kind is Kind.EXHAUSTED:
                raise
            _LOG.warning("a notice was refused", extra={"why": refusal.peer_reason})
    return taken
