"""Telling merchants what customers say to have paid: at once, and then together, so that many do not flood them."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from services.billing.domain.notices import MerchantNotice, PaymentClaimed, PaymentsClaimed
from services.billing.domain.payment import LegState
from services.billing.store import claim_digests as store
from services.billing.store.bills import load_bill
from services.billing.store.payments import load_payment
from services.billing.usecases import tasks
from services.kit.errors import PeerRefused
from services.kit.failure import Kind
from services.kit.ids import to_text

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import Connection

    from services.billing.domain.ids import MerchantId, PaymentId
    from services.billing.domain.notices import Claimed
    from services.billing.usecases.deps import Deps

_LOG = logging.getLogger(__name__)
# Between two messages to a merchant.
_QUIET: Final = timedelta(minutes=15)
# How long it is remembered what was told, so that a job that runs again finds it.
_REMEMBERED: Final = timedelta(days=7)


def add(tx: Connection, deps: Deps, merchant_id: MerchantId, payment_id: PaymentId) -> None:
    """The merchant is to be told of a claim: with those that wait, at once if none was told lately, or else later."""
    digest = store.add_claim(tx, merchant_id, payment_id, new_id=deps.ids.new(), now=deps.clock.now(), quiet=_QUIET)
    if digest.count == 1:
        tasks.tell_claims(tx, merchant_id, digest.id, at=digest.send_time)


def tell(deps: Deps, merchant_id: MerchantId, digest_id: UUID) -> None:
    """Tells the merchant's owners. Raises PeerUnavailable to be tried again.

    From now on no claim joins these, so that a repeat tells the same.
    """
    with deps.db.transaction(merchant=merchant_id) as tx:
        store.forget_digests(tx, merchant_id, before=deps.clock.now() - _REMEMBERED)
        digest = store.close_digest(tx, merchant_id, digest_id)
        if digest is None:
            return
        link, subject = deps.links.claims_url, ""
        says: Claimed | None = PaymentsClaimed(count=digest.count, link=link)
        if digest.count == 1:
            says, subject = _single(tx, merchant_id, digest.payment_id, link, deps)
    if says is None:
        return
    notice = MerchantNotice(merchant_id=merchant_id, key=f"claims/{digest_id}", subject=subject, says=says)
    try:
        deps.messenger.notify(notice)
    except PeerRefused as refusal:
        if refusal.peer_kind is Kind.EXHAUSTED:
            raise
        _LOG.warning("a notice was refused", extra={"why": refusal.peer_reason})


def _single(
    tx: Connection, merchant_id: MerchantId, payment_id: PaymentId, link: str, deps: Deps
) -> tuple[PaymentClaimed | None, str]:
    """What is said of one claim, None if nothing waits to be verified any more; and its bill as on the wire."""
    payment = load_payment(tx, merchant_id, payment_id)
    bill = load_bill(tx, merchant_id, payment.bill_id, deps.vault) if payment else None
    if payment is None or bill is None:
        raise LookupError("payments and their bills are never deleted")
    waiting = [leg for leg in payment.legs if leg.state is LegState.PENDING_VERIFICATION]
    subject = to_text("bill", bill.id)
    if not waiting:
        return None, subject
    # A claim has one leg.
    amount = waiting[0].terms.amount
    says = PaymentClaimed(customer_name=bill.customer_name, bill_number=bill.number, amount=amount, link=link)
    return says, subject
