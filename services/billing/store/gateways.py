"""Payment gateways, links to pay through them, and what they told. Secrets are sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from services.billing.domain.books import Breach, Rule
from services.billing.domain.gateway import Gateway, GivenBack, Keys, LinkState, PaymentLink, Provider
from services.billing.domain.ids import BillId, GatewayId, LegId, MerchantId, PaymentId, PaymentLinkId
from services.kit.ids import to_text
from services.kit.money import Money
from services.kit.sql import run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Connection

    from services.billing.domain.gateway import Paid
    from services.kit.crypto import Vault

_KEY, _WEBHOOK = "gateways.key_secret", "gateways.webhook_secret"
_INSERT = """
WITH owner AS (INSERT INTO gateway_owners (gateway_id, merchant_id) VALUES (%(id)s, %(merchant_id)s))
INSERT INTO gateways (merchant_id, id, provider, display_name, enabled, key_id, key_secret, webhook_secret, create_time)
VALUES (%(merchant_id)s, %(id)s, %(provider)s, %(display_name)s, %(enabled)s, %(key_id)s, %(key_secret)s,
    %(webhook_secret)s, %(create_time)s)
"""
_UPDATE = """
UPDATE gateways SET display_name = %(display_name)s, enabled = %(enabled)s, key_id = %(key_id)s,
    key_secret = %(key_secret)s, webhook_secret = %(webhook_secret)s
WHERE merchant_id = %(merchant_id)s AND id = %(id)s
"""
_OWNER = "SELECT merchant_id FROM gateway_owners WHERE gateway_id = %s"
_SELECT = """
SELECT id, provider, display_name, enabled, key_id, key_secret, webhook_secret, create_time FROM gateways
WHERE merchant_id = %(merchant_id)s
"""
_LOAD = _SELECT + " AND id = %(id)s"
_LIST = _SELECT + " AND (%(before)s::uuid IS NULL OR id < %(before)s) ORDER BY id DESC LIMIT %(limit)s"
_INSERT_LINK = """
INSERT INTO payment_links (merchant_id, id, gateway_id, bill_id, amount_minor, currency, url, create_time)
VALUES (%(merchant_id)s, %(id)s, %(gateway_id)s, %(bill_id)s, %(amount)s, %(currency)s, %(url)s, %(create_time)s)
ON CONFLICT DO NOTHING
"""
_SELECT_LINK = """
SELECT id, gateway_id, bill_id, amount_minor, currency, url, state, payment_id, problem, create_time FROM payment_links
WHERE merchant_id = %(merchant_id)s
"""
_LOAD_LINK = _SELECT_LINK + " AND id = %(id)s"
_LIST_LINKS = (
    _SELECT_LINK
    + """
    AND (%(bill_id)s::uuid IS NULL OR bill_id = %(bill_id)s) AND (%(before)s::uuid IS NULL OR id < %(before)s)
ORDER BY id DESC LIMIT %(limit)s
"""
)
_SETTLE_LINK = """
UPDATE payment_links SET state = %(state)s, payment_id = %(payment_id)s, problem = %(problem)s
WHERE merchant_id = %(merchant_id)s AND id = %(id)s AND state = 'OPEN'
"""
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
_CLAIM_PAYMENT = """
INSERT INTO gateway_payments (merchant_id, gateway_id, name, link_id, create_time)
VALUES (%(merchant_id)s, %(gateway_id)s, %(name)s, %(link_id)s, %(now)s) ON CONFLICT DO NOTHING
"""
_ENTER_PAYMENT = """
UPDATE gateway_payments SET payment_id = %(payment_id)s, leg_id = %(leg_id)s
WHERE merchant_id = %(merchant_id)s AND gateway_id = %(gateway_id)s AND name = %(name)s
"""
_FIND_PAYMENT = """
SELECT payment_id, leg_id FROM gateway_payments
WHERE merchant_id = %(merchant_id)s AND gateway_id = %(gateway_id)s AND name = %(name)s
"""
_KEEP_REFUND = """
INSERT INTO gateway_refunds (merchant_id, gateway_id, name, payment_name, amount_minor, currency, state, create_time)
VALUES (%(merchant_id)s, %(gateway_id)s, %(name)s, %(payment_name)s, %(amount)s, %(currency)s, 'WAITING', %(now)s)
ON CONFLICT DO NOTHING
"""
_SETTLE_REFUND = """
UPDATE gateway_refunds SET state = %(state)s, problem = %(problem)s
WHERE merchant_id = %(merchant_id)s AND gateway_id = %(gateway_id)s AND name = %(name)s AND state = 'WAITING'
"""
_WAITING = """
SELECT name, payment_name, amount_minor, currency FROM gateway_refunds
WHERE merchant_id = %(merchant_id)s AND gateway_id = %(gateway_id)s AND payment_name = %(payment_name)s
    AND state = 'WAITING'
ORDER BY name
"""

# Whoever refunds by hand what the gateway has given back, by its id or of the same leg, makes it right again.
_MISSING_REFUNDS = """
SELECT p.payment_id, sum(r.amount_minor) AS told, l.refunded_minor AS here
FROM gateway_refunds r
    JOIN gateway_payments p ON p.merchant_id = r.merchant_id AND p.gateway_id = r.gateway_id AND p.name = r.payment_name
    JOIN payment_legs l ON l.merchant_id = p.merchant_id AND l.payment_id = p.payment_id AND l.id = p.leg_id
WHERE r.merchant_id = %(merchant_id)s
    AND (r.gateway_id, r.payment_name) IN (
        SELECT gateway_id, payment_name FROM gateway_refunds
        WHERE merchant_id = %(merchant_id)s AND state = 'UNPLACED')
    AND NOT EXISTS (
        SELECT 1 FROM refunds f WHERE f.merchant_id = r.merchant_id AND f.customer_id = (
                SELECT customer_id FROM payments y WHERE y.merchant_id = p.merchant_id AND y.id = p.payment_id)
            AND f.payment_id IS DISTINCT FROM p.payment_id AND f.bank_reference = r.name)
GROUP BY p.payment_id, l.refunded_minor HAVING sum(r.amount_minor) > l.refunded_minor
"""


def insert_gateway(tx: Connection, merchant_id: MerchantId, gateway: Gateway, vault: Vault) -> None:
    """Keeps a new gateway, and whose it is."""
    run(tx, _INSERT, _parameters(tx, merchant_id, gateway, vault))


def update_gateway(tx: Connection, merchant_id: MerchantId, gateway: Gateway, vault: Vault) -> None:
    """Keeps what may change of it."""
    run(tx, _UPDATE, _parameters(tx, merchant_id, gateway, vault))


def find_owner(tx: Connection, gateway_id: GatewayId) -> MerchantId | None:  # no tenant: this is how it is found
    """Whose gateway it is."""
    found: UUID | None = run(tx, _OWNER, (gateway_id,)).scalar_one_or_none()
    return None if found is None else MerchantId(found)


def load_gateway(tx: Connection, merchant_id: MerchantId, gateway_id: GatewayId, vault: Vault) -> Gateway | None:
    """One gateway with its secrets."""
    row = run(tx, _LOAD, {"merchant_id": merchant_id, "id": gateway_id}).one_or_none()
    return None if row is None else _gateway(tx, merchant_id, row, vault)


def list_gateways(
    tx: Connection, merchant_id: MerchantId, *, before: UUID | None, limit: int, vault: Vault
) -> Sequence[Gateway]:
    """The newest first, from below the id `before`."""
    rows = run(tx, _LIST, {"merchant_id": merchant_id, "before": before, "limit": limit})
    return [_gateway(tx, merchant_id, row, vault) for row in rows.all()]


def insert_link(tx: Connection, merchant_id: MerchantId, link: PaymentLink) -> None:
    """Keeps a new link; one that is there stays as it is."""
    parameters = {
        "merchant_id": merchant_id,
        "id": link.id,
        "gateway_id": link.gateway_id,
        "bill_id": link.bill_id,
        "amount": link.amount.minor,
        "currency": link.amount.currency,
        "url": link.url,
        "create_time": link.create_time,
    }
    run(tx, _INSERT_LINK, parameters)


def load_link(tx: Connection, merchant_id: MerchantId, link_id: PaymentLinkId) -> PaymentLink | None:
    """One link."""
    row = run(tx, _LOAD_LINK, {"merchant_id": merchant_id, "id": link_id}).one_or_none()
    return None if row is None else _link(merchant_id, row)


def list_links(
    tx: Connection, merchant_id: MerchantId, *, bill_id: BillId | None, before: UUID | None, limit: int
) -> Sequence[PaymentLink]:
    """The newest first, from below the id `before`."""
    parameters = {"merchant_id": merchant_id, "bill_id": bill_id, "before": before, "limit": limit}
    return [_link(merchant_id, row) for row in run(tx, _LIST_LINKS, parameters)]


def settle_link(
    tx: Connection, merchant_id: MerchantId, link_id: PaymentLinkId, *, payment_id: PaymentId, problem: str = ""
) -> None:
    """Which payment came of an open link, and why it is not for the bill. One that is settled stays as it is."""
    state = LinkState.UNPLACED if problem else LinkState.PAID
    parameters = {
        "merchant_id": merchant_id,
        "id": link_id,
        "state": state.value,
        "payment_id": payment_id,
        "problem": problem,
    }
    run(tx, _SETTLE_LINK, parameters)


def claim_payment(
    tx: Connection, merchant_id: MerchantId, gateway_id: GatewayId, paid: Paid, link_id: PaymentLinkId, *, now: datetime
) -> bool:
    """Whether this transaction is the one to enter the payment; waits for whoever deals with the same one."""
    lock(tx, merchant_id, gateway_id, paid.payment)
    key = _key(merchant_id, gateway_id, paid.payment)
    return run(tx, _CLAIM_PAYMENT, {**key, "link_id": link_id, "now": now}).rowcount == 1


def enter_payment(
    tx: Connection,
    merchant_id: MerchantId,
    gateway_id: GatewayId,
    name: str,
    *,
    payment_id: PaymentId,
    leg_id: LegId,
) -> None:
    """Keeps which payment of ours a gateway's payment became."""
    key = _key(merchant_id, gateway_id, name)
    run(tx, _ENTER_PAYMENT, {**key, "payment_id": payment_id, "leg_id": leg_id})


def find_payment(
    tx: Connection, merchant_id: MerchantId, gateway_id: GatewayId, name: str
) -> tuple[PaymentId, LegId] | None:
    """Which payment of ours a gateway's payment became; None if it is not told of."""
    row = run(tx, _FIND_PAYMENT, _key(merchant_id, gateway_id, name)).one_or_none()
    return None if row is None or row.payment_id is None else (PaymentId(row.payment_id), LegId(row.leg_id))


def keep_refund(
    tx: Connection, merchant_id: MerchantId, gateway_id: GatewayId, refund: GivenBack, *, now: datetime
) -> None:
    """Keeps a refund to be entered; waits for whoever deals with the same payment."""
    lock(tx, merchant_id, gateway_id, refund.payment)
    more = {
        "payment_name": refund.payment,
        "amount": refund.amount.minor,
        "currency": refund.amount.currency,
        "now": now,
    }
    run(tx, _KEEP_REFUND, _key(merchant_id, gateway_id, refund.refund) | more)


def settle_refund(
    tx: Connection, merchant_id: MerchantId, gateway_id: GatewayId, name: str, *, problem: str = ""
) -> bool:
    """Whether the refund was still waiting; it is entered now, or known to have no place."""
    state = "UNPLACED" if problem else "ENTERED"
    key = _key(merchant_id, gateway_id, name)
    return run(tx, _SETTLE_REFUND, {**key, "state": state, "problem": problem}).rowcount == 1


def waiting_refunds(
    tx: Connection, merchant_id: MerchantId, gateway_id: GatewayId, payment: str
) -> Sequence[GivenBack]:
    """Refunds of a gateway's payment that are to be entered."""
    key = {"merchant_id": merchant_id, "gateway_id": gateway_id, "payment_name": payment}
    rows = run(tx, _WAITING, key)
    return [GivenBack(row.name, row.payment_name, Money(row.amount_minor, row.currency)) for row in rows]


def find_missing_refunds(tx: Connection, merchant_id: MerchantId) -> Sequence[Breach]:
    """Payments of which a gateway gave back more than is refunded here."""
    rows = run(tx, _MISSING_REFUNDS, {"merchant_id": merchant_id})
    return [
        Breach(Rule.GATEWAY_REFUNDS, to_text("pay", row.payment_id), f"given back {row.told}, here {row.here}")
        for row in rows
    ]


def lock(tx: Connection, merchant_id: MerchantId, gateway_id: GatewayId, payment: str) -> None:
    """One transaction at a time deals with a gateway's payment, be it there yet or not."""
    run(tx, _LOCK, (f"gateway|{merchant_id}|{gateway_id}|{payment}",))


def _key(merchant_id: MerchantId, gateway_id: GatewayId, name: str) -> dict[str, Any]:
    return {"merchant_id": merchant_id, "gateway_id": gateway_id, "name": name}


def _parameters(tx: Connection, merchant_id: MerchantId, gateway: Gateway, vault: Vault) -> dict[str, Any]:
    return {
        "merchant_id": merchant_id,
        "id": gateway.id,
        "provider": gateway.provider.value,
        "display_name": gateway.display_name,
        "enabled": gateway.enabled,
        "key_id": gateway.keys.key_id,
        "key_secret": vault.seal(tx, merchant_id, _KEY, gateway.id, gateway.keys.key_secret),
        "webhook_secret": vault.seal(tx, merchant_id, _WEBHOOK, gateway.id, gateway.keys.webhook_secret),
        "create_time": gateway.create_time,
    }


def _gateway(tx: Connection, merchant_id: MerchantId, row: Any, vault: Vault) -> Gateway:
    return Gateway(
        id=GatewayId(row.id),
        merchant_id=merchant_id,
        provider=Provider(row.provider),
        display_name=row.display_name,
        enabled=row.enabled,
        keys=Keys(
            key_id=row.key_id,
            key_secret=vault.open(tx, merchant_id, _KEY, row.id, bytes(row.key_secret)),
            webhook_secret=vault.open(tx, merchant_id, _WEBHOOK, row.id, bytes(row.webhook_secret)),
        ),
        create_time=row.create_time,
    )


def _link(merchant_id: MerchantId, row: Any) -> PaymentLink:
    return PaymentLink(
        id=PaymentLinkId(row.id),
        merchant_id=merchant_id,
        gateway_id=GatewayId(row.gateway_id),
        bill_id=BillId(row.bill_id),
        amount=Money(row.amount_minor, row.currency),
        url=row.url,
        create_time=row.create_time,
        state=LinkState(row.state),
        payment_id=None if row.payment_id is None else PaymentId(row.payment_id),
        problem=row.problem,
    )
