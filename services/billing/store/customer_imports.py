"""Customers by the thousand: read, added and changed in few statements."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from services.billing.store.customer_names import write_words
from services.billing.store.customers import COLUMNS, customer_of, values_of
from services.kit.sql import run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from services.billing.domain.customer import Customer
    from services.billing.domain.ids import MerchantId
    from services.kit.crypto import Vault

_BATCH = 1_000
# In the order of ids, so that two imports of the same people wait for each other and do not cross.
_LOCK_BY_PHONES = f"""
SELECT {COLUMNS} FROM customers
WHERE merchant_id = %(merchant_id)s AND phone_index = ANY(%(phone_indexes)s::bytea[])
ORDER BY id FOR NO KEY UPDATE
"""  # noqa: S608 - constants alone
_ROWS = """
jsonb_to_recordset(%(rows)s::jsonb) AS r (
    id uuid, display_name text, phone text, phone_index text, email text, email_index text, tax_id text,
    tax_id_index text, region_code text, locale text, note text, tags text[], credit_limit_minor bigint,
    credit_limit_currency text, create_time timestamptz, version integer)
"""
_INSERT = f"""
INSERT INTO customers (merchant_id, id, display_name, phone, phone_index, email, email_index, tax_id, tax_id_index,
    region_code, locale, note, tags, credit_limit_minor, credit_limit_currency, create_time)
SELECT %(merchant_id)s, id, display_name, decode(phone, 'hex'), decode(phone_index, 'hex'), decode(email, 'hex'),
    decode(email_index, 'hex'), decode(tax_id, 'hex'), decode(tax_id_index, 'hex'), region_code, locale, note, tags,
    credit_limit_minor, credit_limit_currency, create_time
FROM {_ROWS} ORDER BY phone_index
ON CONFLICT (merchant_id, phone_index) WHERE phone_index IS NOT NULL DO NOTHING
"""  # noqa: S608 - constants alone
_UPDATE = f"""
UPDATE customers AS c SET display_name = r.display_name, email = decode(r.email, 'hex'),
    email_index = decode(r.email_index, 'hex'), tax_id = decode(r.tax_id, 'hex'),
    tax_id_index = decode(r.tax_id_index, 'hex'), region_code = r.region_code, locale = r.locale, note = r.note,
    tags = r.tags, credit_limit_minor = r.credit_limit_minor, credit_limit_currency = r.credit_limit_currency,
    version = c.version + 1
FROM {_ROWS} WHERE c.merchant_id = %(merchant_id)s AND c.id = r.id AND c.version = r.version
"""  # noqa: S608 - constants alone


def lock_by_phones(tx: Connection, merchant_id: MerchantId, phones: Sequence[str], vault: Vault) -> list[Customer]:
    """The customers with these telephone numbers, whom nobody else changes until `tx` ends; without balances."""
    found: list[Customer] = []
    indexes = sorted(vault.index("phone", phone) for phone in phones)
    for start in range(0, len(indexes), _BATCH):
        key = {"merchant_id": merchant_id, "phone_indexes": indexes[start : start + _BATCH]}
        rows = run(tx, _LOCK_BY_PHONES, key)
        found += [customer_of(tx, merchant_id, row, vault) for row in rows]
    return found


def insert_customers(tx: Connection, merchant_id: MerchantId, customers: Sequence[Customer], vault: Vault) -> int:
    """Keeps new customers; how many. If it is fewer, telephone numbers are taken, and `tx` must be rolled back."""
    return _write(tx, merchant_id, _INSERT, customers, vault)


def update_customers(tx: Connection, merchant_id: MerchantId, customers: Sequence[Customer], vault: Vault) -> int:
    """Overwrites all but the telephone numbers; how many. If it is fewer, some were changed, and as above."""
    return _write(tx, merchant_id, _UPDATE, customers, vault)


def _write(tx: Connection, merchant_id: MerchantId, sql: str, customers: Sequence[Customer], vault: Vault) -> int:
    count = 0
    for start in range(0, len(customers), _BATCH):
        batch = customers[start : start + _BATCH]
        rows = [_row(values_of(tx, merchant_id, customer, vault)) for customer in batch]
        written = run(tx, sql, {"merchant_id": merchant_id, "rows": json.dumps(rows)}).rowcount
        if written != len(batch):
            break
        write_words(tx, merchant_id, {customer.id: customer.fields.display_name for customer in batch})
        count += written
    return count


def _row(values: dict[str, Any]) -> dict[str, Any]:
    def plain(value: Any) -> Any:
        if isinstance(value, bytes):
            return value.hex()
        return value if value is None or isinstance(value, (str, int, list)) else str(value)

    return {name: plain(value) for name, value in values.items() if name != "merchant_id"}
