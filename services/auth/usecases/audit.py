"""The audit log: noted in the transaction of what it tells of, read by owners and managers, and by people their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from services.auth.domain.audit import Action, AuditEvent, Search
from services.auth.places import place_of
from services.auth.store import audit
from services.kit import context, paging
from services.kit.ids import to_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from services.auth.domain.names import AccountId, MerchantId
    from services.auth.usecases.deps import Deps
    from services.kit.clock import Clock
    from services.kit.ids import Ids
    from services.kit.paging import Listed, Page


class Writer(Protocol):
    """What noting needs of `Deps`."""

    @property
    def clock(self) -> Clock:
        """Says when."""
        ...

    @property
    def ids(self) -> Ids:
        """Makes the event's."""
        ...


def note(
    tx: Connection,
    deps: Writer,
    action: Action,
    *,
    merchant: MerchantId | None = None,
    account: AccountId | None = None,
    actor: str = "",
    client: str = "",
    target: str = "",
    **details: str,
) -> None:
    """Writes that the present call did `action` to a merchant, to a person's account, or to both.

    `actor`: on the wire's form, for calls without a token; left out, the token's person or client, else the account
    itself. `details`: words of the contract, nothing personal.
    """
    call = context.current()
    caller = call.caller if call else None
    who = caller.account_id if caller and caller.account_id else None
    given_client = (caller.client_id if caller else None) or client
    place = place_of(caller.network if caller else None)
    audit.record(
        tx,
        event=AuditEvent(
            id=deps.ids.new(),
            create_time=deps.clock.now(),
            merchant_id=merchant,
            account_id=account,
            action=action.value,
            actor_id=actor or (to_text("acc", who) if who else "") or given_client or _itself(account),
            impersonator_id=to_text("acc", caller.actor_id) if caller and caller.actor_id else "",
            client_id=given_client,
            target_id=target,
            network=place.network,
            country_code=place.country_code,
            request_id=call.request_id if call else "",
            details=details,
        ),
    )


def list_events(deps: Deps, *, merchant_id: MerchantId, search: Search, page: Page) -> Listed[AuditEvent]:
    """A page of what was done at the merchant, newest first."""
    before = paging.row_after(page)
    with deps.db.transaction(merchant=merchant_id) as tx:
        found = audit.load_page(tx, merchant_id, search=search, before=before, limit=page.size + 1)
    return paging.cut(found, page, key=lambda one: (one.id,))


def each_event(deps: Deps, *, merchant_id: MerchantId, search: Search) -> Iterator[AuditEvent]:
    """All that was done at the merchant, newest first, as of one moment, read while it is asked for."""
    with deps.db.snapshot(merchant=merchant_id) as tx:

        def read(last: AuditEvent | None, limit: int) -> list[AuditEvent]:
            return audit.load_page(tx, merchant_id, search=search, before=last.id if last else None, limit=limit)

        yield from paging.every(read)


def list_own(deps: Deps, *, account_id: AccountId, page: Page) -> Listed[AuditEvent]:
    """A page of what was done to the person's account, newest first."""
    before = paging.row_after(page)
    with deps.db.transaction(account=account_id) as tx:
        found = audit.load_own(tx, account_id, before=before, limit=page.size + 1)
    return paging.cut(found, page, key=lambda one: (one.id,))


def record_event(deps: Deps, *, event: AuditEvent) -> None:
    """Writes down what another service did; the same event again changes nothing."""
    with deps.db.transaction(merchant=event.merchant_id) as tx:
        audit.record(tx, event=event)


def _itself(account: AccountId | None) -> str:
    return to_text("acc", account) if account else "auth"
