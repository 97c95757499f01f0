"""Bills while they are drafts, and reading them at any time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from services.billing.domain.audit import Action
from services.billing.domain.bill import Bill, BillState, require_editable
from services.billing.domain.bill_event import EventKind
from services.billing.domain.drafting import (
    Computed,
    DraftInput,
    ItemForSale,
    compute_draft,
    due_date_of,
    input_of,
    items_wanted,
    require_complete,
)
from services.billing.domain.errors import BillChanged, BillNotFound, CustomerNotFound, ItemNotFound
from services.billing.domain.ids import BillId, CustomerId, ItemId
from services.billing.domain.schedule_errors import BillScheduled
from services.billing.store import bills as store
from services.billing.store.bills import BillFilter
from services.billing.store.customers import load_customer
from services.billing.store.schedules import is_template
from services.billing.usecases import bill_events
from services.billing.usecases import settings as settings_usecases
from services.billing.usecases.customers import require_open
from services.kit import audit
from services.kit.ids import to_text
from services.kit.money import Money
from services.kit.paging import Listed, cut, row_after

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Connection

    from services.billing.domain.customer import Customer
    from services.billing.domain.ids import MerchantId
    from services.billing.domain.settings import MerchantSettings
    from services.billing.usecases.deps import Deps
    from services.kit.idempotency import M, Once
    from services.kit.paging import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class BillQuery:
    """Which bills to list; what is empty filters nothing."""

    customer_id: CustomerId | None
    states: tuple[BillState, ...]
    overdue: bool
    number: str


def get(deps: Deps, merchant_id: MerchantId, bill_id: BillId) -> Bill:
    """A bill with its lines. Raises BillNotFound."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        return found(store.load_bill(tx, merchant_id, bill_id, deps.vault))


def list_page(deps: Deps, merchant_id: MerchantId, *, query: BillQuery, page: Page) -> Listed[Bill]:
    """A page without lines, the newest first."""
    settings_usecases.ensure(deps, merchant_id)
    with deps.db.transaction(merchant=merchant_id) as tx:
        today = None
        if query.overdue:
            today = settings_usecases.settings_of(tx, merchant_id).business_day(deps.clock.now())
        only = BillFilter(customer_id=query.customer_id, states=query.states, overdue_on=today, number=query.number)
        rows = store.list_bills(
            tx, merchant_id, only=only, before=row_after(page), limit=page.size + 1, vault=deps.vault
        )
    return cut(rows, page, key=lambda bill: (bill.id,))


def create(deps: Deps, merchant_id: MerchantId, *, draft: DraftInput, once: Once[Bill, M]) -> M:
    """Makes a draft.

    Raises InvalidRequest, CustomerNotFound, StoreNotFound, ItemNotFound, CurrencyMismatch, TaxCodeUnknown,
    PeerUnavailable.
    """
    require_complete(draft)
    settings_usecases.ensure(deps, merchant_id)
    items: Mapping[ItemId, ItemForSale] = {}
    if items_wanted(draft):
        with deps.db.transaction(merchant=merchant_id) as tx:
            answer = once.peek(tx)
        if answer is not None:
            return answer
        items = _look_up(deps, merchant_id, draft)
    with deps.db.transaction(merchant=merchant_id) as tx:
        answer = once.replay(tx)
        if answer is not None:
            return answer
        return once.record(tx, insert(tx, deps, merchant_id, draft=draft, items=items))


def duplicate(deps: Deps, merchant_id: MerchantId, bill_id: BillId, *, once: Once[Bill, M]) -> M:
    """Makes a draft that charges what a bill in any state charges, at today's taxes and without its due date.

    Raises BillNotFound, CustomerNotFound, TaxCodeUnknown, InvalidRequest.
    """
    settings_usecases.ensure(deps, merchant_id)
    with deps.db.transaction(merchant=merchant_id) as tx:
        copied = found(store.load_bill(tx, merchant_id, bill_id, deps.vault))
        answer = once.replay(tx)
        if answer is not None:
            return answer
        draft = replace(input_of(copied), due_date=None, instalments=())
        return once.record(tx, insert(tx, deps, merchant_id, draft=draft, items={}, reference=to_text("bill", bill_id)))


def insert(
    tx: Connection,
    deps: Deps,
    merchant_id: MerchantId,
    *,
    draft: DraftInput,
    items: Mapping[ItemId, ItemForSale],
    reference: str = "",
) -> Bill:
    """Computes a complete draft and keeps it. `reference`: what it was made from, an id as on the wire.

    Raises InvalidRequest, CustomerNotFound, ItemNotFound, CurrencyMismatch, TaxCodeUnknown.
    """
    settings = settings_usecases.settings_of(tx, merchant_id)
    customer = _customer(tx, merchant_id, draft.customer_id, deps)
    now = deps.clock.now()
    computed = compute_draft(draft, settings=settings, customer=customer, items=items, on=settings.business_day(now))
    bill = Bill(
        id=BillId(deps.ids.new()),
        merchant_id=merchant_id,
        customer_id=customer.id,
        customer_name=customer.fields.display_name,
        customer_tax_id=customer.fields.tax_id,
        store_id=draft.store_id,
        state=BillState.DRAFT,
        number="",
        lines=computed.lines,
        discount=computed.discount,
        place_of_supply=computed.place_of_supply,
        document=computed.document,
        supply_named=bool(draft.place_of_supply),
        due_date=due_date_of(draft),
        note=draft.note,
        instalments=draft.instalments,
        totals=computed.totals,
        settled=Money.zero(computed.discount.currency),
        credited=Money.zero(computed.discount.currency),
        create_time=now,
    )
    store.insert_draft(tx, merchant_id, bill, deps.vault)
    bill_events.note(tx, deps, merchant_id, bill.id, EventKind.CREATED, reference=reference)
    return bill


def update(
    deps: Deps, merchant_id: MerchantId, bill_id: BillId, *, edit: Callable[[DraftInput], DraftInput], etag: str
) -> Bill:
    """Changes a draft by `edit` and computes it anew; an empty `etag` fits every version.

    Raises as `create`, and BillNotFound, BillLocked, BillChanged, IssueInProgress.
    """
    settings_usecases.ensure(deps, merchant_id)
    with deps.db.transaction(merchant=merchant_id) as tx:
        seen = found(store.load_bill(tx, merchant_id, bill_id, deps.vault))
    require_editable(seen, etag)
    first = edit(input_of(seen))
    require_complete(first)
    items = _look_up(deps, merchant_id, first) if _needs_items(first, seen) else {}
    with deps.db.transaction(merchant=merchant_id) as tx:
        bill = found(store.lock_bill(tx, merchant_id, bill_id, deps.vault))
        require_editable(bill, etag)
        # What is there may be newer than what was seen, so the change is made to that.
        draft = edit(input_of(bill))
        require_complete(draft)
        if _needs_items(draft, bill) and not (
            draft.store_id == first.store_id and items.keys() >= set(items_wanted(draft))
        ):
            raise BillChanged
        settings = settings_usecases.settings_of(tx, merchant_id)
        customer = _customer(tx, merchant_id, draft.customer_id, deps)
        computed = compute_draft(
            draft,
            settings=settings,
            customer=customer,
            items=items,
            on=settings.business_day(deps.clock.now()),
        )
        after = rewritten(bill, computed, customer)
        after = replace(
            after,
            store_id=draft.store_id,
            supply_named=bool(draft.place_of_supply),
            due_date=due_date_of(draft),
            note=draft.note,
            instalments=draft.instalments,
            version=bill.version + 1,
        )
        store.update_draft(tx, merchant_id, after, deps.vault)
        bill_events.note(tx, deps, merchant_id, bill_id, EventKind.UPDATED)
        return after


def delete(deps: Deps, merchant_id: MerchantId, bill_id: BillId, *, etag: str) -> None:
    """Removes a draft. Raises BillNotFound, BillLocked, BillChanged, IssueInProgress, BillScheduled."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        bill = found(store.lock_bill(tx, merchant_id, bill_id, deps.vault))
        require_editable(bill, etag)
        if is_template(tx, merchant_id, bill_id):
            raise BillScheduled
        store.delete_draft(tx, merchant_id, bill_id)
        audit.note(tx, deps, Action.BILL_DELETED, merchant=merchant_id, target=to_text("bill", bill_id))


def found(bill: Bill | None) -> Bill:
    """The bill. Raises BillNotFound if there is none."""
    if bill is None:
        raise BillNotFound
    return bill


def recomputed(bill: Bill, settings: MerchantSettings, customer: Customer, deps: Deps) -> Bill:
    """A draft as it comes out today: rates, the customer's name and the place of supply may have changed."""
    computed = compute_draft(
        input_of(bill),
        settings=settings,
        customer=customer,
        items={},
        on=settings.business_day(deps.clock.now()),
    )
    return rewritten(bill, computed, customer)


def rewritten(bill: Bill, computed: Computed, customer: Customer) -> Bill:
    """The bill with what was computed."""
    return replace(
        bill,
        customer_id=customer.id,
        customer_name=customer.fields.display_name,
        customer_tax_id=customer.fields.tax_id,
        lines=computed.lines,
        discount=computed.discount,
        place_of_supply=computed.place_of_supply,
        document=computed.document,
        totals=computed.totals,
    )


def _needs_items(draft: DraftInput, before: Bill) -> bool:
    """Whether the stock has to be asked: the lines were written anew, or the store that sells is another."""
    written = draft.lines != input_of(before).lines
    return bool(items_wanted(draft)) and (written or draft.store_id != before.store_id)


def _customer(tx: Connection, merchant_id: MerchantId, customer_id: CustomerId | None, deps: Deps) -> Customer:
    customer = load_customer(tx, merchant_id, customer_id, deps.vault) if customer_id else None
    if customer is None:
        raise CustomerNotFound("bill.customer_id")
    return require_open(customer)


def _look_up(deps: Deps, merchant_id: MerchantId, draft: DraftInput) -> Mapping[ItemId, ItemForSale]:
    """The draft's stock items. Raises ItemNotFound naming lines, StoreNotFound, PeerUnavailable."""
    wanted = items_wanted(draft)
    try:
        items = deps.items.items_for_sale(merchant_id, draft.store_id, wanted)
    except ItemNotFound as error:
        asked = {violation.field for violation in error.fields}
        missing = {item_id for position, item_id in enumerate(wanted) if f"item_ids[{position}]" in asked}
        raise _no_items(draft, missing) from error
    return items


def _no_items(draft: DraftInput, missing: set[ItemId]) -> ItemNotFound:
    lines = (number for number, line in enumerate(draft.lines) if line.item_id in missing)
    return ItemNotFound(*(f"bill.lines[{number}].item_id" for number in lines))
