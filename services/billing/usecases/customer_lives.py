"""Customers who turn out to be one, who are to be forgotten, or who were never needed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from services.billing.domain.audit import Action
from services.billing.domain.customer import merged
from services.billing.domain.customer_errors import CustomerClosed, CustomerInUse
from services.billing.domain.errors import CustomerNotFound
from services.billing.domain.ids import EntryId
from services.billing.domain.ledger import Entry, EntryKind, merge_postings
from services.billing.store import customer_lives as store
from services.billing.store.customers import load_customer, update_customer
from services.billing.store.ledger import customer_balances, post
from services.billing.usecases import consents
from services.billing.usecases import settings as settings_usecases
from services.billing.usecases.customers import open_customer
from services.kit import audit
from services.kit.failure import InvalidRequest
from services.kit.ids import to_text

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from services.billing.domain.customer import Customer
    from services.billing.domain.ids import AccountId, CustomerId, MerchantId
    from services.billing.usecases.deps import Deps
    from services.kit.idempotency import M, Once


def delete(deps: Deps, merchant_id: MerchantId, customer_id: CustomerId) -> None:
    """Removes a customer whom nothing names. Raises CustomerNotFound, CustomerInUse."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        try:
            if not store.delete_customer(tx, merchant_id, customer_id):
                raise CustomerNotFound
        except store.StillReferredTo as error:
            raise CustomerInUse("HISTORY") from error
        audit.note(tx, deps, Action.CUSTOMER_DELETED, merchant=merchant_id, target=to_text("cus", customer_id))


def erase(deps: Deps, merchant_id: MerchantId, customer_id: CustomerId) -> Customer:
    """Erases what is personal. Raises CustomerNotFound, CustomerClosed of one that was merged, CustomerInUse."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        store.lock_customers(tx, merchant_id, customer_id)
        customer = load_customer(tx, merchant_id, customer_id, deps.vault)
        if customer is None:
            raise CustomerNotFound
        if customer.merged_into is not None:
            raise CustomerClosed(to_text("cus", customer.merged_into))
        if customer.erase_time is not None:
            return customer
        balances = customer_balances(tx, merchant_id, customer_id)
        if any(balance.owed.minor or balance.credit.minor for balance in balances):
            raise CustomerInUse("BALANCE")
        if store.has_drafts(tx, merchant_id, customer_id):
            raise CustomerInUse("DRAFTS")
        store.erase_customer(tx, merchant_id, customer_id, now=deps.clock.now())
        audit.note(tx, deps, Action.CUSTOMER_ERASED, merchant=merchant_id, target=to_text("cus", customer_id))
        erased = load_customer(tx, merchant_id, customer_id, deps.vault)
        if erased is None:
            raise CustomerNotFound
        return erased


def merge(
    deps: Deps,
    merchant_id: MerchantId,
    survivor_id: CustomerId,
    duplicate_id: CustomerId,
    *,
    by: AccountId | None,
    once: Once[Customer, M],
) -> M:
    """Makes all that is the duplicate's the survivor's. Raises CustomerNotFound, CustomerClosed, InvalidRequest."""
    settings_usecases.ensure(deps, merchant_id)
    with deps.db.transaction(merchant=merchant_id) as tx:
        answer = once.replay(tx)
        if answer is not None:
            return answer
        store.lock_merges(tx, merchant_id)
        _both(tx, merchant_id, survivor_id, duplicate_id, deps)
        # Bills before customers, as payments take their locks. What was added in between moves the second time.
        store.move_history(tx, merchant_id, survivor=survivor_id, duplicate=duplicate_id)
        store.lock_customers(tx, merchant_id, survivor_id, duplicate_id)
        survivor, duplicate = _both(tx, merchant_id, survivor_id, duplicate_id, deps)
        store.move_history(tx, merchant_id, survivor=survivor_id, duplicate=duplicate_id)
        consents.carry_over(tx, merchant_id, deps, survivor=survivor_id, duplicate=duplicate_id, by=by)
        _move_balances(tx, merchant_id, survivor_id, duplicate_id, deps)
        # The telephone number is free before it is the survivor's.
        store.point_to(tx, merchant_id, survivor=survivor_id, duplicate=duplicate_id)
        after = replace(survivor, fields=merged(survivor.fields, duplicate.fields))
        update_customer(tx, merchant_id, after, deps.vault)
        names = {"target": to_text("cus", survivor_id), "duplicate_id": to_text("cus", duplicate_id)}
        audit.note(tx, deps, Action.CUSTOMERS_MERGED, merchant=merchant_id, **names)
        balances = customer_balances(tx, merchant_id, survivor_id)
        return once.record(tx, replace(after, version=survivor.version + 1, balances=balances))


def _both(
    tx: Connection, merchant_id: MerchantId, survivor_id: CustomerId, duplicate_id: CustomerId, deps: Deps
) -> tuple[Customer, Customer]:
    survivor = open_customer(tx, merchant_id, survivor_id, deps)
    duplicate = open_customer(tx, merchant_id, duplicate_id, deps)
    if survivor.id == duplicate.id:
        raise InvalidRequest.of("duplicate_id", "must be another customer")
    return survivor, duplicate


def _move_balances(
    tx: Connection, merchant_id: MerchantId, survivor_id: CustomerId, duplicate_id: CustomerId, deps: Deps
) -> None:
    balances = customer_balances(tx, merchant_id, duplicate_id)
    now = deps.clock.now()
    entry = Entry(
        id=EntryId(deps.ids.new()),
        kind=EntryKind.CUSTOMERS_MERGED,
        bill_id=None,
        payment_id=None,
        on=settings_usecases.settings_of(tx, merchant_id).business_day(now),
        create_time=now,
        postings=merge_postings(balances, survivor=survivor_id, duplicate=duplicate_id),
    )
    if entry.postings:
        post(tx, merchant_id, entry)
