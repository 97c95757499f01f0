"""Payment gateways of a merchant, and links to pay bills through them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid5

from services.billing.domain.audit import Action
from services.billing.domain.bill import require_payable
from services.billing.domain.errors import BillPaid
from services.billing.domain.gateway import (
    Gateway,
    GatewayDisabled,
    GatewayNotFound,
    Keys,
    LinkTerms,
    PaymentLink,
    Provider,
    require_keys_fit,
)
from services.billing.domain.ids import GatewayId, PaymentLinkId
from services.billing.store import gateways as store
from services.billing.store.bills import load_bill
from services.billing.usecases import settings as settings_usecases
from services.billing.usecases.bills import found as found_bill
from services.kit import audit
from services.kit.ids import to_text
from services.kit.paging import Listed, cut, row_after

if TYPE_CHECKING:
    from collections.abc import Callable

    from services.billing.domain.ids import BillId, MerchantId
    from services.billing.usecases.deps import Deps
    from services.kit.idempotency import M, Once
    from services.kit.paging import Page


def create(
    deps: Deps,
    merchant_id: MerchantId,
    *,
    provider: Provider,
    display_name: str,
    enabled: bool,
    keys: Keys,
    once: Once[Gateway, M],
) -> M:
    """Enters an account with a gateway. Raises InvalidRequest if its keys are not of the tenant's kind."""
    settings = settings_usecases.get(deps, merchant_id)
    require_keys_fit(provider, keys, is_test=settings.is_test)
    with deps.db.transaction(merchant=merchant_id) as tx:
        answer = once.replay(tx)
        if answer is not None:
            return answer
        gateway = Gateway(
            id=GatewayId(deps.ids.new()),
            merchant_id=merchant_id,
            provider=provider,
            display_name=display_name,
            enabled=enabled,
            keys=keys,
            create_time=deps.clock.now(),
        )
        store.insert_gateway(tx, merchant_id, gateway, deps.vault)
        audit.note(tx, deps, Action.GATEWAY_CREATED, merchant=merchant_id, target=to_text("gtw", gateway.id))
        return once.record(tx, gateway)


def update(
    deps: Deps,
    merchant_id: MerchantId,
    gateway_id: GatewayId,
    *,
    edit: Callable[[Gateway], Gateway],
    changed: str,
) -> Gateway:
    """Changes a gateway by `edit`; `changed` names what, for the log. Raises GatewayNotFound, InvalidRequest."""
    settings = settings_usecases.get(deps, merchant_id)
    with deps.db.transaction(merchant=merchant_id) as tx:
        after = edit(_found(store.load_gateway(tx, merchant_id, gateway_id, deps.vault)))
        require_keys_fit(after.provider, after.keys, is_test=settings.is_test)
        store.update_gateway(tx, merchant_id, after, deps.vault)
        target = to_text("gtw", gateway_id)
        audit.note(tx, deps, Action.GATEWAY_CHANGED, merchant=merchant_id, target=target, fields=changed)
        return after


def list_gateways(deps: Deps, merchant_id: MerchantId, *, page: Page) -> Listed[Gateway]:
    """A page, the newest first."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        rows = store.list_gateways(tx, merchant_id, before=row_after(page), limit=page.size + 1, vault=deps.vault)
    return cut(rows, page, key=lambda gateway: (gateway.id,))


def list_links(deps: Deps, merchant_id: MerchantId, *, bill_id: BillId | None, page: Page) -> Listed[PaymentLink]:
    """A page, the newest first."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        rows = store.list_links(tx, merchant_id, bill_id=bill_id, before=row_after(page), limit=page.size + 1)
    return cut(rows, page, key=lambda link: (link.id,))


def create_link(
    deps: Deps, merchant_id: MerchantId, bill_id: BillId, gateway_id: GatewayId, *, once: Once[PaymentLink, M]
) -> M:
    """Has the gateway make a page for what is outstanding.

    The link's id follows from the request, so that a repeat after a lost answer finds the page of the first call.
    Raises GatewayNotFound, GatewayDisabled, GatewayRefused, GatewayUnavailable, BillNotFound, BillNotIssued, BillVoid,
    BillPaid.
    """
    settings = settings_usecases.get(deps, merchant_id)
    with deps.db.transaction(merchant=merchant_id) as tx:
        answer = once.peek(tx)
        if answer is not None:
            return answer
        gateway = _found(store.load_gateway(tx, merchant_id, gateway_id, deps.vault))
        bill = found_bill(load_bill(tx, merchant_id, bill_id, deps.vault))
    if not gateway.enabled:
        raise GatewayDisabled
    require_payable(bill.state)
    if bill.outstanding.minor <= 0:
        raise BillPaid
    link_id = PaymentLinkId(uuid5(merchant_id, f"payment link|{once.request_id}"))
    terms = LinkTerms(
        reference=to_text("pln", link_id),
        amount=bill.outstanding,
        description=f"{settings.fields.business_name[:80]} {bill.number}",
        return_url=deps.links.url(bill_id),
    )
    url = deps.gateways[gateway.provider].create_link(terms, gateway.keys)
    link = PaymentLink(
        id=link_id,
        merchant_id=merchant_id,
        gateway_id=gateway_id,
        bill_id=bill_id,
        amount=bill.outstanding,
        url=url,
        create_time=deps.clock.now(),
    )
    with deps.db.transaction(merchant=merchant_id) as tx:
        answer = once.replay(tx)
        if answer is not None:
            return answer
        store.insert_link(tx, merchant_id, link)
        return once.record(tx, link)


def _found(gateway: Gateway | None) -> Gateway:
    if gateway is None:
        raise GatewayNotFound
    return gateway
