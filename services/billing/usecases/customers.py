"""Customers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from services.billing import tax_numbers
from services.billing.domain import credit, taxes
from services.billing.domain.audit import Action
from services.billing.domain.customer import Customer, CustomerFields
from services.billing.domain.customer_errors import CustomerClosed
from services.billing.domain.errors import CustomerChanged, CustomerExists, CustomerNotFound
from services.billing.domain.ids import CustomerId
from services.billing.store import customers as store
from services.billing.store.ledger import customer_balances
from services.billing.usecases import settings as settings_usecases
from services.kit import audit
from services.kit.failure import InvalidRequest
from services.kit.ids import to_text
from services.kit.paging import Listed, cut, every, row_after

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection

    from services.billing.domain.customer import CustomerFilter
    from services.billing.domain.ids import MerchantId
    from services.billing.domain.settings import MerchantSettings
    from services.billing.usecases.deps import Deps
    from services.kit.idempotency import M, Once
    from services.kit.paging import Page


def get(deps: Deps, merchant_id: MerchantId, customer_id: CustomerId) -> Customer:
    """A customer with balances. Raises CustomerNotFound."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        customer = _found(store.load_customer(tx, merchant_id, customer_id, deps.vault))
        return replace(customer, balances=customer_balances(tx, merchant_id, customer_id))


def list_page(deps: Deps, merchant_id: MerchantId, *, only: CustomerFilter, page: Page) -> Listed[Customer]:
    """A page, the newest first, without balances."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        rows = store.list_customers(
            tx, merchant_id, only=only, before=row_after(page), limit=page.size + 1, vault=deps.vault
        )
    return cut(rows, page, key=lambda customer: (customer.id,))


def each(deps: Deps, merchant_id: MerchantId, *, only: CustomerFilter) -> Iterator[Customer]:
    """All of them, the newest first, without balances, as of one moment, read while they are asked for."""
    with deps.db.snapshot(merchant=merchant_id) as tx:

        def read(last: Customer | None, limit: int) -> Sequence[Customer]:
            before = last.id if last else None
            return store.list_customers(tx, merchant_id, only=only, before=before, limit=limit, vault=deps.vault)

        yield from every(read)


def create(
    deps: Deps,
    merchant_id: MerchantId,
    *,
    fields: CustomerFields,
    roles: frozenset[str],
    once: Once[Customer, M],
) -> M:
    """Adds a customer. `roles`: of the caller. Raises CustomerExists, InvalidRequest, CreditLimitDenied."""
    if fields.credit_limit is not None:
        credit.require_may_set(roles)
    settings_usecases.ensure(deps, merchant_id)
    with deps.db.transaction(merchant=merchant_id) as tx:
        answer = once.replay(tx)
        if answer is not None:
            return answer
        customer = Customer(
            id=CustomerId(deps.ids.new()),
            merchant_id=merchant_id,
            fields=checked(fields, settings_usecases.settings_of(tx, merchant_id)),
            create_time=deps.clock.now(),
        )
        if not store.insert_customer(tx, merchant_id, customer, deps.vault):
            raise _exists(tx, customer, deps)
        return once.record(tx, customer)


def update(
    deps: Deps,
    merchant_id: MerchantId,
    customer_id: CustomerId,
    *,
    edit: Callable[[CustomerFields], CustomerFields],
    etag: str,
    roles: frozenset[str],
) -> Customer:
    """Changes a customer by `edit`; an empty `etag` fits every version. `roles`: of the caller.

    Raises CustomerNotFound, CustomerClosed, CustomerChanged, CustomerExists, InvalidRequest, CreditLimitDenied.
    """
    settings_usecases.ensure(deps, merchant_id)
    with deps.db.transaction(merchant=merchant_id) as tx:
        before = open_customer(tx, merchant_id, customer_id, deps)
        if etag and etag != before.etag:
            raise CustomerChanged
        fields = checked(edit(before.fields), settings_usecases.settings_of(tx, merchant_id))
        if fields.credit_limit != before.fields.credit_limit:
            credit.require_may_set(roles)
            audit.note(tx, deps, Action.CREDIT_LIMIT_CHANGED, merchant=merchant_id, target=to_text("cus", customer_id))
        after = replace(before, fields=fields)
        try:
            written = store.update_customer(tx, merchant_id, after, deps.vault)
        except store.PhoneTaken as error:
            raise _exists(tx, after, deps) from error
        if not written:
            raise CustomerChanged
        return replace(after, version=before.version + 1)


def _found(customer: Customer | None) -> Customer:
    if customer is None:
        raise CustomerNotFound
    return customer


def _exists(tx: Connection, customer: Customer, deps: Deps) -> CustomerExists:
    other = store.find_by_phone(tx, customer.merchant_id, customer.fields.phone, deps.vault)
    return CustomerExists(to_text("cus", other or UUID(int=0)))


def open_customer(tx: Connection, merchant_id: MerchantId, customer_id: CustomerId, deps: Deps) -> Customer:
    """A customer about whom something new may be. Raises CustomerNotFound, CustomerClosed."""
    return require_open(_found(store.load_customer(tx, merchant_id, customer_id, deps.vault)))


def require_open(customer: Customer) -> Customer:
    """The customer. Raises CustomerClosed if it was merged or erased."""
    if customer.is_closed:
        raise CustomerClosed(to_text("cus", customer.merged_into) if customer.merged_into else None)
    return customer


def checked(fields: CustomerFields, settings: MerchantSettings) -> CustomerFields:
    """The fields with a checked tax number, and as `placed`. Raises InvalidRequest."""
    return placed(replace(fields, tax_id=tax_numbers.of_customer(fields.tax_id, settings)), settings)


def placed(fields: CustomerFields, settings: MerchantSettings) -> CustomerFields:
    """The fields with the state that the tax number, which is checked, names; unless another is written.

    Raises InvalidRequest.
    """
    if not fields.display_name.strip():
        raise InvalidRequest.of("customer.display_name", "is needed")
    region = fields.region_code or tax_numbers.region_of(fields.tax_id, settings.fields.tax_regime)
    if region and not taxes.is_gst_state(region):
        raise InvalidRequest.of("customer.region_code", "must be a state code of GST")
    return replace(fields, region_code=region)
