"""What customers allow and take back, and where they are told things."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from services.billing.domain.consent import Consent, ConsentTerms, places
from services.billing.domain.ids import ConsentId
from services.billing.store import consents as store
from services.billing.usecases.customers import open_customer
from services.kit.paging import Listed, cut, row_after

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from services.billing.domain.customer import Customer
    from services.billing.domain.ids import AccountId, CustomerId, MerchantId
    from services.billing.domain.notices import Place
    from services.billing.usecases.deps import Deps
    from services.kit.idempotency import M, Once
    from services.kit.paging import Page

_BY_MERGE = "merged with a duplicate"


def record(
    deps: Deps,
    merchant_id: MerchantId,
    customer_id: CustomerId,
    *,
    terms: ConsentTerms,
    by: AccountId | None,
    once: Once[Consent, M],
) -> M:
    """Adds a line to the log. Raises CustomerNotFound, CustomerClosed."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        answer = once.replay(tx)
        if answer is not None:
            return answer
        open_customer(tx, merchant_id, customer_id, deps)
        return once.record(tx, _add(tx, merchant_id, customer_id, deps, terms=terms, by=by))


def list_page(deps: Deps, merchant_id: MerchantId, customer_id: CustomerId, *, page: Page) -> Listed[Consent]:
    """A page of the log, the newest first; empty for a customer that there is not."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        rows = store.list_consents(tx, merchant_id, customer_id, before=row_after(page), limit=page.size + 1)
    return cut(rows, page, key=lambda consent: (consent.id,))


def places_of(tx: Connection, customer: Customer) -> tuple[Place, ...]:
    """Where the customer is told things; nowhere if they left no way, or took it back."""
    phone, email = customer.fields.phone, customer.fields.email
    if not phone and not email:
        return ()
    held = store.current_consents(tx, customer.merchant_id, customer.id)
    return places(phone, email, {channel: consent.terms.granted for channel, consent in held.items()})


def carry_over(
    tx: Connection,
    merchant_id: MerchantId,
    deps: Deps,
    *,
    survivor: CustomerId,
    duplicate: CustomerId,
    by: AccountId | None,
) -> None:
    """What the duplicate took back is taken back of the survivor, and what only the duplicate said holds on."""
    own = store.current_consents(tx, merchant_id, survivor)
    for channel, consent in store.current_consents(tx, merchant_id, duplicate).items():
        mine = own.get(channel)
        if mine is None or (mine.terms.granted and not consent.terms.granted):
            terms = replace(consent.terms, source=_BY_MERGE)
            _add(tx, merchant_id, survivor, deps, terms=terms, by=by)


def _add(
    tx: Connection,
    merchant_id: MerchantId,
    customer_id: CustomerId,
    deps: Deps,
    *,
    terms: ConsentTerms,
    by: AccountId | None,
) -> Consent:
    consent = Consent(
        id=ConsentId(deps.ids.new()),
        customer_id=customer_id,
        terms=terms,
        create_time=deps.clock.now(),
        creator_id=by,
    )
    store.insert_consent(tx, merchant_id, consent)
    return consent
