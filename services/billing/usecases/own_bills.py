"""A person's own bills, and bills behind a public link."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.billing.domain.bill import BillState, require_payable
from services.billing.domain.bill_event import EventKind
from services.billing.domain.errors import (
    BillLinkNotFound,
    BillPaid,
    ClaimTooHigh,
    CurrencyMismatch,
    MethodNotClaimable,
)
from services.billing.domain.ids import AccountId, BillId, LegId, PaymentId
from services.billing.domain.payment import (
    CLAIMABLE,
    LegState,
    LegTerms,
    Payment,
    PaymentLeg,
    Source,
    nothing_settled,
)
from services.billing.domain.person import BillToPay, PersonBill
from services.billing.store import persons as store
from services.billing.store.bills import load_bill, lock_bill
from services.billing.store.payments import list_payments, pending_amount
from services.billing.usecases import bill_events, claims
from services.billing.usecases.bills import found
from services.billing.usecases.documents import enter, linked_bill, order_bill
from services.billing.usecases.payments import keep
from services.billing.usecases.settings import settings_of
from services.kit.ids import to_text
from services.kit.money import Money
from services.kit.paging import Listed, cut, row_after

if TYPE_CHECKING:
    from services.billing.usecases.deps import Deps
    from services.kit.idempotency import M, Once
    from services.kit.paging import Page

_PAYMENTS_SHOWN = 100


def get(deps: Deps, account_id: AccountId, bill_id: BillId) -> BillToPay:
    """One of the person's bills with its payments. Raises BillNotFound."""
    with deps.db.transaction(account=account_id) as tx:
        merchant_id = enter(tx, account_id, bill_id)
        bill = found(load_bill(tx, merchant_id, bill_id, deps.vault))
        payments = list_payments(tx, merchant_id, bill_id=bill_id, limit=_PAYMENTS_SHOWN)
        settings = settings_of(tx, merchant_id)
        order_bill(tx, bill, settings, deps)
        return BillToPay(bill, settings, tuple(payments))


def list_page(deps: Deps, account_id: AccountId, *, states: tuple[BillState, ...], page: Page) -> Listed[PersonBill]:
    """A page of the person's bills in short, the newest first."""
    with deps.db.transaction(account=account_id) as tx:
        rows = store.list_person_bills(tx, account_id, states=states, before=row_after(page), limit=page.size + 1)
    return cut(rows, page, key=lambda bill: (bill.bill_id,))


def claim(deps: Deps, account_id: AccountId, bill_id: BillId, *, leg: LegTerms, once: Once[Payment, M]) -> M:
    """Notes that the person says to have paid; nothing is settled before the merchant, who is told, has verified it.

    Raises BillNotFound, BillVoid, BillPaid, CurrencyMismatch, ClaimTooHigh, MethodNotClaimable, UtrExists.
    """
    if leg.method.kind not in CLAIMABLE:
        raise MethodNotClaimable(f"leg.{leg.method.kind.lower()}")
    with deps.db.transaction(account=account_id) as tx:
        merchant_id = enter(tx, account_id, bill_id)
        bill = found(lock_bill(tx, merchant_id, bill_id, deps.vault))
        answer = once.replay(tx)
        if answer is not None:
            return answer
        require_payable(bill.state)
        if bill.state is BillState.PAID:
            raise BillPaid
        if leg.amount.currency != bill.currency:
            raise CurrencyMismatch("leg.amount", bill.currency)
        left = Money(bill.outstanding.minor - pending_amount(tx, merchant_id, bill_id), bill.currency)
        if leg.amount.minor > left.minor:
            raise ClaimTooHigh("leg.amount", str(left))
        payment = Payment(
            id=PaymentId(deps.ids.new()),
            merchant_id=merchant_id,
            bill_id=bill_id,
            customer_id=bill.customer_id,
            legs=(
                PaymentLeg(
                    id=LegId(deps.ids.new()),
                    terms=leg,
                    state=LegState.PENDING_VERIFICATION,
                    allocation=nothing_settled(bill.outstanding),
                    refunded=Money.zero(bill.currency),
                ),
            ),
            note="",
            source=Source.CUSTOMER,
            bill_state=bill.state,
            bill_outstanding=bill.outstanding,
            create_time=deps.clock.now(),
        )
        keep(tx, payment, field="leg", tells_which=False)
        claimed, reference = EventKind.PAYMENT_CLAIMED, to_text("pay", payment.id)
        bill_events.note(tx, deps, merchant_id, bill_id, claimed, amount=leg.amount, reference=reference)
        claims.add(tx, deps, merchant_id, payment.id)
        return once.record(tx, payment)


def get_public(deps: Deps, token: str) -> BillToPay:
    """The bill behind a public link, without payments. Raises BillLinkNotFound."""
    shown = find_public(deps, token)
    if shown is None:
        raise BillLinkNotFound
    return shown


def find_public(deps: Deps, token: str) -> BillToPay | None:
    """As `get_public`, None for a link that no bill has."""
    with deps.db.transaction() as tx:
        linked = linked_bill(tx, token, deps)
        if linked is None:
            return None
        bill, settings = linked
        order_bill(tx, bill, settings, deps)
        return BillToPay(bill, settings)


def link_phone(deps: Deps, account_id: AccountId, phone: str) -> int:
    """Makes a verified telephone number the person's; how many bills they have now. Idempotent."""
    with deps.db.transaction(account=account_id) as tx:
        store.link_phone(tx, account_id, deps.vault.index("phone", phone), new_id=deps.ids.new())
        return store.count_person_bills(tx, account_id)
