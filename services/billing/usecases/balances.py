"""Asking customers whether their balance is right; their answers, which come by a public link."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from services.billing.domain.balance import Answer, AskedBalance, Confirmation, ConfirmationState
from services.billing.domain.customer import Balance
from services.billing.domain.customer_errors import BalanceAnswered, BalanceConfirmationNotFound, BalanceLinkNotFound
from services.billing.domain.ids import ConfirmationId
from services.billing.domain.notices import BalanceConfirmation, Notice
from services.billing.links import token_hash
from services.billing.store import balances as store
from services.billing.store.customers import load_customer
from services.billing.store.ledger import customer_balances
from services.billing.usecases import settings as settings_usecases
from services.billing.usecases import tasks
from services.billing.usecases.consents import places_of
from services.billing.usecases.customers import open_customer
from services.billing.usecases.notices import send
from services.kit.db import become
from services.kit.ids import to_text
from services.kit.money import Money
from services.kit.paging import Listed, cut, row_after

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from services.billing.domain.ids import AccountId, CustomerId, MerchantId
    from services.billing.usecases.deps import Deps
    from services.kit.idempotency import M, Once
    from services.kit.paging import Page

_LINK_LIFE = timedelta(days=30)


def get(deps: Deps, merchant_id: MerchantId, confirmation_id: ConfirmationId) -> Confirmation:
    """A question with its answer. Raises BalanceConfirmationNotFound."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        found = store.load_confirmation(tx, merchant_id, confirmation_id, deps.vault)
    if found is None:
        raise BalanceConfirmationNotFound
    return found


def list_page(
    deps: Deps,
    merchant_id: MerchantId,
    *,
    customer_id: CustomerId | None,
    state: ConfirmationState | None,
    page: Page,
) -> Listed[Confirmation]:
    """A page of questions, the newest first."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        rows = store.list_confirmations(
            tx,
            merchant_id,
            customer_id=customer_id,
            state=state,
            now=deps.clock.now(),
            before=row_after(page),
            limit=page.size + 1,
            vault=deps.vault,
        )
    return cut(rows, page, key=lambda confirmation: (confirmation.id,))


def ask(
    deps: Deps,
    merchant_id: MerchantId,
    customer_id: CustomerId,
    *,
    currency: str,
    by: AccountId | None,
    once: Once[Confirmation, M],
) -> M:
    """Asks about the present balance; no `currency` is the merchant's. Raises CustomerNotFound, CustomerClosed."""
    settings_usecases.ensure(deps, merchant_id)
    with deps.db.transaction(merchant=merchant_id) as tx:
        answer = once.replay(tx)
        if answer is not None:
            return answer
        customer = open_customer(tx, merchant_id, customer_id, deps)
        settings = settings_usecases.settings_of(tx, merchant_id)
        now = deps.clock.now()
        confirmation = Confirmation(
            id=ConfirmationId(deps.ids.new()),
            merchant_id=merchant_id,
            customer_id=customer_id,
            balance=_balance(tx, merchant_id, customer_id, currency or settings.fields.currency),
            day=settings.business_day(now),
            create_time=now,
            creator_id=by,
            expire_time=now + _LINK_LIFE,
        )
        token = deps.links.balance_token(confirmation.id)
        store.insert_confirmation(tx, merchant_id, confirmation, token_hash=token_hash(token))
        if customer.fields.phone or customer.fields.email:
            tasks.tell_balance(tx, merchant_id, confirmation.id)
        return once.record(tx, confirmation)


def tell(deps: Deps, merchant_id: MerchantId, confirmation_id: ConfirmationId) -> None:
    """Sends the customer the question. Raises PeerUnavailable to be tried again."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        confirmation = store.load_confirmation(tx, merchant_id, confirmation_id, deps.vault)
        if confirmation is None:
            return
        customer = load_customer(tx, merchant_id, confirmation.customer_id, deps.vault)
        settings = settings_usecases.settings_of(tx, merchant_id)
        places = places_of(tx, customer) if customer else ()
    if customer is None or confirmation.answer is not None:
        return
    notice = Notice(
        merchant_id=merchant_id,
        key=f"balance/{to_text('bcf', confirmation_id)}",
        subject=to_text("cus", customer.id),
        locale=customer.fields.locale or settings.fields.locale,
        says=BalanceConfirmation(
            merchant_name=settings.fields.business_name,
            owed=confirmation.balance.owed,
            credit=confirmation.balance.credit,
            date=confirmation.day,
            link=deps.links.balance_url(confirmation_id),
        ),
    )
    send(deps, notice, places)


def get_public(deps: Deps, token: str) -> AskedBalance:
    """The question behind a link. Raises BalanceLinkNotFound."""
    asked = find_public(deps, token)
    if asked is None:
        raise BalanceLinkNotFound
    return asked


def find_public(deps: Deps, token: str) -> AskedBalance | None:
    """As `get_public`, None for a link that opens nothing."""
    with deps.db.transaction() as tx:
        linked = _enter(tx, token)
        if linked is None:
            return None
        confirmation = store.load_confirmation(tx, *linked, deps.vault)
        return None if confirmation is None else _asked(tx, confirmation, deps)


def answer(deps: Deps, token: str, *, says: Answer, note: str) -> AskedBalance:
    """Keeps the customer's answer; the first one stands. Raises BalanceLinkNotFound, BalanceAnswered."""
    with deps.db.transaction() as tx:
        linked = _enter(tx, token)
        confirmation = store.lock_confirmation(tx, *linked, deps.vault) if linked else None
        asked = _asked(tx, confirmation, deps) if confirmation else None
        if confirmation is None or asked is None:
            raise BalanceLinkNotFound
        if confirmation.answer is says:
            return asked
        if confirmation.answer is not None:
            raise BalanceAnswered(confirmation.answer.value)
        answered = replace(confirmation, answer=says, note=note.strip(), answer_time=deps.clock.now())
        store.keep_answer(tx, confirmation.merchant_id, answered, deps.vault)
        return replace(asked, confirmation=answered)


def answer_form(deps: Deps, token: str, says: Answer | None, note: str) -> tuple[AskedBalance | None, bool]:
    """As `answer`, for a form: the question, None for a link that opens nothing, and whether it is answered now."""
    if says is None:
        return find_public(deps, token), False
    try:
        return answer(deps, token, says=says, note=note), True
    except BalanceAnswered:
        return find_public(deps, token), True
    except BalanceLinkNotFound:
        return None, False


def _enter(tx: Connection, token: str) -> tuple[MerchantId, ConfirmationId] | None:
    """What the token opens; from here on `tx` sees that merchant's rows."""
    linked = store.find_balance_link(tx, token_hash(token))
    if linked is not None:
        become(tx, merchant=linked[0])
    return linked


def _asked(tx: Connection, confirmation: Confirmation, deps: Deps) -> AskedBalance | None:
    """With what the customer sees beside it; None once the link has expired."""
    if confirmation.expire_time <= deps.clock.now():
        return None
    customer = load_customer(tx, confirmation.merchant_id, confirmation.customer_id, deps.vault)
    if customer is None or customer.is_closed:
        return None
    settings = settings_usecases.settings_of(tx, confirmation.merchant_id)
    locale = customer.fields.locale or settings.fields.locale
    return AskedBalance(confirmation, customer.fields.display_name, locale, settings)


def _balance(tx: Connection, merchant_id: MerchantId, customer_id: CustomerId, currency: str) -> Balance:
    balances = customer_balances(tx, merchant_id, customer_id)
    found = next((balance for balance in balances if balance.owed.currency == currency), None)
    return found or Balance(Money.zero(currency), Money.zero(currency))
