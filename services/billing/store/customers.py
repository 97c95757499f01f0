"""Customers; telephone number, e-mail and tax number are sealed, with blind indexes to find them by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import IntegrityError

from services.billing.domain.customer import Customer, CustomerFields
from services.billing.domain.ids import CustomerId
from services.billing.store.customer_names import condition, write_words
from services.kit.money import Money
from services.kit.sql import run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import Connection

    from services.billing.domain.customer import CustomerFilter
    from services.billing.domain.ids import MerchantId
    from services.kit.crypto import Vault

COLUMNS = """
    id, display_name, phone, email, tax_id, region_code, locale, note, tags, credit_limit_minor, credit_limit_currency,
    create_time, version, merged_into, erase_time
"""
_LOAD = f"SELECT {COLUMNS} FROM customers WHERE merchant_id = %(merchant_id)s AND id = %(id)s"  # noqa: S608 - constants
_INSERT = """
INSERT INTO customers (merchant_id, id, display_name, phone, phone_index, email, email_index, tax_id, tax_id_index,
    region_code, locale, note, tags, credit_limit_minor, credit_limit_currency, create_time)
VALUES (%(merchant_id)s, %(id)s, %(display_name)s, %(phone)s, %(phone_index)s, %(email)s, %(email_index)s, %(tax_id)s,
    %(tax_id_index)s, %(region_code)s, %(locale)s, %(note)s, %(tags)s,
    %(credit_limit_minor)s, %(credit_limit_currency)s, %(create_time)s)
ON CONFLICT (merchant_id, phone_index) WHERE phone_index IS NOT NULL DO NOTHING
"""
_FIND_BY_PHONE = "SELECT id FROM customers WHERE merchant_id = %(merchant_id)s AND phone_index = %(phone_index)s"
_UPDATE = """
UPDATE customers SET display_name = %(display_name)s, phone = %(phone)s, phone_index = %(phone_index)s,
    email = %(email)s, email_index = %(email_index)s, tax_id = %(tax_id)s, tax_id_index = %(tax_id_index)s,
    region_code = %(region_code)s, locale = %(locale)s, note = %(note)s, tags = %(tags)s,
    credit_limit_minor = %(credit_limit_minor)s, credit_limit_currency = %(credit_limit_currency)s,
    version = version + 1
WHERE merchant_id = %(merchant_id)s AND id = %(id)s AND version = %(version)s
"""
# Few bills are open at a time, and an index holds just those.
_LIST = f"""
SELECT {COLUMNS} FROM customers
WHERE merchant_id = %(merchant_id)s AND merged_into IS NULL AND erase_time IS NULL
    AND (%(phone_index)s::bytea IS NULL OR phone_index = %(phone_index)s)
    AND tags @> %(tags)s::text[]
    AND (NOT %(owing)s OR id IN (
        SELECT customer_id FROM bills WHERE merchant_id = %(merchant_id)s AND state IN ('ISSUED', 'PARTLY_PAID')))
    AND (%(before)s::uuid IS NULL OR id < %(before)s)
"""  # noqa: S608 - constants alone
_NEWEST = " ORDER BY id DESC LIMIT %(limit)s"
_LOCK = "SELECT 1 FROM customers WHERE merchant_id = %(merchant_id)s AND id = %(id)s FOR NO KEY UPDATE"


class PhoneTaken(Exception):
    """Another customer of the merchant has the telephone number."""


def load_customer(tx: Connection, merchant_id: MerchantId, customer_id: CustomerId, vault: Vault) -> Customer | None:
    """One customer, without balances."""
    row = run(tx, _LOAD, {"merchant_id": merchant_id, "id": customer_id}).one_or_none()
    return None if row is None else customer_of(tx, merchant_id, row, vault)


def insert_customer(tx: Connection, merchant_id: MerchantId, customer: Customer, vault: Vault) -> bool:
    """Keeps a new customer; False, and nothing is kept, if another has the telephone number."""
    inserted = run(tx, _INSERT, values_of(tx, merchant_id, customer, vault)).rowcount == 1
    if inserted:
        write_words(tx, merchant_id, {customer.id: customer.fields.display_name})
    return inserted


def find_by_phone(tx: Connection, merchant_id: MerchantId, phone: str, vault: Vault) -> CustomerId | None:
    """Whose the telephone number is."""
    key = {"merchant_id": merchant_id, "phone_index": vault.index("phone", phone)}
    found: UUID | None = run(tx, _FIND_BY_PHONE, key).scalar_one_or_none()
    return None if found is None else CustomerId(found)


def update_customer(tx: Connection, merchant_id: MerchantId, customer: Customer, vault: Vault) -> bool:
    """Overwrites the version that `customer` holds; False if it is not the newest any more.

    Raises PhoneTaken, after which `tx` can go on.
    """
    parameters = values_of(tx, merchant_id, customer, vault)
    try:
        with tx.begin_nested():
            updated = run(tx, _UPDATE, parameters).rowcount == 1
    except IntegrityError as error:
        # Nothing else about a customer is unique.
        raise PhoneTaken from error
    if updated:
        write_words(tx, merchant_id, {customer.id: customer.fields.display_name})
    return updated


def lock_customer(tx: Connection, merchant_id: MerchantId, customer_id: CustomerId) -> None:
    """Lets no other transaction change the customer, or count on what they owe, until `tx` ends."""
    run(tx, _LOCK, {"merchant_id": merchant_id, "id": customer_id})


def list_customers(
    tx: Connection, merchant_id: MerchantId, *, only: CustomerFilter, before: UUID | None, limit: int, vault: Vault
) -> Sequence[Customer]:
    """The newest first, from below the id `before`; without those that were merged or erased."""
    named, words = condition(only.name) if only.name else ("", {})
    parameters = {
        "merchant_id": merchant_id,
        "phone_index": vault.index("phone", only.phone) if only.phone else None,
        "tags": list(only.tags),
        "owing": only.owing,
        "before": before,
        "limit": limit,
        **words,
    }
    return [customer_of(tx, merchant_id, row, vault) for row in run(tx, _LIST + named + _NEWEST, parameters)]


def values_of(tx: Connection, merchant_id: MerchantId, customer: Customer, vault: Vault) -> dict[str, Any]:
    """The columns of a customer, sealed where they are to be."""
    fields = customer.fields
    parameters: dict[str, Any] = {
        "merchant_id": merchant_id,
        "id": customer.id,
        "display_name": fields.display_name,
        "region_code": fields.region_code,
        "locale": fields.locale,
        "note": fields.note,
        "tags": list(fields.tags),
        "credit_limit_minor": fields.credit_limit.minor if fields.credit_limit else None,
        "credit_limit_currency": fields.credit_limit.currency if fields.credit_limit else None,
        "create_time": customer.create_time,
        "version": customer.version,
    }
    for name, text in (("phone", fields.phone), ("email", fields.email), ("tax_id", fields.tax_id)):
        sealed = vault.seal(tx, merchant_id, f"customers.{name}", customer.id, text) if text else None
        parameters[name] = sealed
        parameters[f"{name}_index"] = vault.index(name, text.lower()) if text else None
    return parameters


def customer_of(tx: Connection, merchant_id: MerchantId, row: Any, vault: Vault) -> Customer:
    """A customer from a row of COLUMNS."""

    def opened(name: str, blob: Any) -> str:
        return vault.open(tx, merchant_id, f"customers.{name}", row.id, bytes(blob)) if blob is not None else ""

    return Customer(
        id=CustomerId(row.id),
        merchant_id=merchant_id,
        create_time=row.create_time,
        version=row.version,
        merged_into=row.merged_into and CustomerId(row.merged_into),
        erase_time=row.erase_time,
        fields=CustomerFields(
            display_name=row.display_name,
            phone=opened("phone", row.phone),
            email=opened("email", row.email),
            tax_id=opened("tax_id", row.tax_id),
            region_code=row.region_code,
            locale=row.locale,
            note=row.note,
            tags=tuple(row.tags),
            credit_limit=None
            if row.credit_limit_minor is None
            else Money(row.credit_limit_minor, row.credit_limit_currency),
        ),
    )
