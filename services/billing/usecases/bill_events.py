"""What happened to a bill: noted in the transaction in which it happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.billing.domain.bill_event import BillEvent, EventKind
from services.billing.domain.errors import BillNotFound
from services.billing.store.attachments import bill_exists
from services.billing.store.bill_events import insert_event, list_events
from services.kit import context
from services.kit.failure import InvalidRequest
from services.kit.ids import to_text
from services.kit.paging import Listed, cut, row_after

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from services.billing.domain.ids import BillId, MerchantId
    from services.billing.usecases.deps import Deps
    from services.kit.idempotency import M, Once
    from services.kit.money import Money
    from services.kit.paging import Page


def note(
    tx: Connection,
    deps: Deps,
    merchant_id: MerchantId,
    bill_id: BillId,
    kind: EventKind,
    *,
    amount: Money | None = None,
    reference: str = "",
    text: str = "",
) -> BillEvent:
    """Keeps, if `tx` commits, that the present caller did this to the bill. `reference`: an id as on the wire."""
    event = BillEvent(
        id=deps.ids.new(),
        bill_id=bill_id,
        kind=kind,
        actor=_actor(),
        amount=amount,
        reference=reference,
        text=text,
        create_time=deps.clock.now(),
    )
    insert_event(tx, merchant_id, event, deps.vault)
    return event


def list_page(deps: Deps, merchant_id: MerchantId, bill_id: BillId, *, page: Page) -> Listed[BillEvent]:
    """A page of what happened to a bill, the newest first. Raises BillNotFound."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        if not bill_exists(tx, merchant_id, bill_id):
            raise BillNotFound
        rows = list_events(tx, merchant_id, bill_id, before=row_after(page), limit=page.size + 1, vault=deps.vault)
    return cut(rows, page, key=lambda event: (event.id,))


def write_note(deps: Deps, merchant_id: MerchantId, bill_id: BillId, *, text: str, once: Once[BillEvent, M]) -> M:
    """Keeps a note of staff. Raises BillNotFound, InvalidRequest."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        if not bill_exists(tx, merchant_id, bill_id):
            raise BillNotFound
        answer = once.replay(tx)
        if answer is not None:
            return answer
        if not text.strip():
            raise InvalidRequest.of("text", "is needed")
        return once.record(tx, note(tx, deps, merchant_id, bill_id, EventKind.NOTE, text=text))


def _actor() -> str:
    call = context.current()
    if call is None:
        return ""
    account = call.caller.account_id
    return to_text("acc", account) if account else call.caller.client_id or ""
