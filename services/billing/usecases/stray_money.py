"""Money that a gateway has for a bill that takes none: it is in the books at once, as the customer's credit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.billing.domain.bill_event import EventKind
from services.billing.domain.ids import LegId, PaymentId
from services.billing.domain.ledger import EntryKind, payment_postings
from services.billing.domain.payment import Allocation, Payment, Source, first_leg
from services.billing.store.bills import lock_bill
from services.billing.usecases.bills import found
from services.billing.usecases.payments import keep, note_legs, post_payment
from services.kit.money import Money

if TYPE_CHECKING:
    from services.billing.domain.ids import BillId, MerchantId
    from services.billing.domain.payment import LegTerms
    from services.billing.usecases.deps import Deps
    from services.kit.idempotency import M, Once


def credit(
    deps: Deps, merchant_id: MerchantId, bill_id: BillId, *, terms: LegTerms, note: str, once: Once[Payment, M]
) -> M:
    """Enters a payment of which the bill takes nothing, be it void or in another currency. Raises BillNotFound.

    A customer who was erased has a credit again, under an id that names nobody: it is still owed.
    """
    with deps.db.transaction(merchant=merchant_id) as tx:
        answer = once.replay(tx)
        if answer is not None:
            return answer
        bill = found(lock_bill(tx, merchant_id, bill_id, deps.vault))
        nothing = Money.zero(terms.amount.currency)
        leg = first_leg(LegId(deps.ids.new()), terms, Allocation(nothing, terms.amount, nothing))
        payment = Payment(
            id=PaymentId(deps.ids.new()),
            merchant_id=merchant_id,
            bill_id=bill_id,
            customer_id=bill.customer_id,
            legs=(leg,),
            note=note,
            source=Source.MERCHANT,
            bill_state=bill.state,
            # In the currency of the payment the bill asks for nothing.
            bill_outstanding=nothing,
            create_time=deps.clock.now(),
        )
        keep(tx, payment, field="payment.legs[{}]", tells_which=True)
        note_legs(tx, payment, EventKind.PAYMENT_RECORDED, payment.legs, deps)
        post_payment(tx, payment, EntryKind.PAYMENT_RECEIVED, payment_postings(bill.customer_id, [leg]), deps)
        return once.record(tx, payment)
