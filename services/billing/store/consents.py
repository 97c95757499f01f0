"""The log of consents: lines are added, and the newest of a channel holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from services.billing.domain.consent import Channel, Consent, ConsentTerms
from services.billing.domain.ids import AccountId, ConsentId, CustomerId
from services.kit.sql import run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import Connection

    from services.billing.domain.ids import MerchantId

_COLUMNS = "id, customer_id, channel, granted, source, create_time, create_account_id"
_INSERT = f"""
INSERT INTO customer_consents (merchant_id, {_COLUMNS})
VALUES (%(merchant_id)s, %(id)s, %(customer_id)s, %(channel)s, %(granted)s, %(source)s, %(create_time)s, %(creator)s)
"""  # noqa: S608 - constants alone
_LIST = f"""
SELECT {_COLUMNS} FROM customer_consents
WHERE merchant_id = %(merchant_id)s AND customer_id = %(customer_id)s
    AND (%(before)s::uuid IS NULL OR id < %(before)s)
ORDER BY id DESC LIMIT %(limit)s
"""  # noqa: S608 - constants alone
# Of two lines of one millisecond the ids say nothing, so the one that takes back holds.
_CURRENT = f"""
SELECT DISTINCT ON (channel) {_COLUMNS} FROM customer_consents
WHERE merchant_id = %(merchant_id)s AND customer_id = %(customer_id)s
ORDER BY channel, create_time DESC, granted
"""  # noqa: S608 - constants alone


def insert_consent(tx: Connection, merchant_id: MerchantId, consent: Consent) -> None:
    """Adds a line."""
    values = {
        "merchant_id": merchant_id,
        "id": consent.id,
        "customer_id": consent.customer_id,
        "channel": consent.terms.channel.value,
        "granted": consent.terms.granted,
        "source": consent.terms.source,
        "create_time": consent.create_time,
        "creator": consent.creator_id,
    }
    run(tx, _INSERT, values)


def list_consents(
    tx: Connection, merchant_id: MerchantId, customer_id: CustomerId, *, before: UUID | None, limit: int
) -> Sequence[Consent]:
    """The newest first, from below the id `before`."""
    key = {"merchant_id": merchant_id, "customer_id": customer_id, "before": before, "limit": limit}
    return [_consent(row) for row in run(tx, _LIST, key)]


def current_consents(tx: Connection, merchant_id: MerchantId, customer_id: CustomerId) -> dict[Channel, Consent]:
    """What holds, by channel; a channel of which nothing was said is not there."""
    rows = run(tx, _CURRENT, {"merchant_id": merchant_id, "customer_id": customer_id})
    return {consent.terms.channel: consent for consent in map(_consent, rows)}


def _consent(row: Any) -> Consent:
    return Consent(
        id=ConsentId(row.id),
        customer_id=CustomerId(row.customer_id),
        terms=ConsentTerms(channel=Channel(row.channel), granted=row.granted, source=row.source),
        create_time=row.create_time,
        creator_id=row.create_account_id and AccountId(row.create_account_id),
    )
