"""Ends of customers: merged into another, erased, or deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import IntegrityError

from services.billing.store.customer_names import forget_words
from services.kit.sql import run

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from services.billing.domain.ids import CustomerId, MerchantId

_MOVE = (
    """
    UPDATE bills SET customer_id = %(survivor)s, version = version + 1
    WHERE merchant_id = %(merchant_id)s AND customer_id = %(duplicate)s
    """,
    *(
        f"""
        UPDATE {table} SET customer_id = %(survivor)s
        WHERE merchant_id = %(merchant_id)s AND customer_id = %(duplicate)s
        """  # noqa: S608 - constants alone
        for table in ("payments", "credit_notes", "refunds", "balance_confirmations")
    ),
    """
    UPDATE customers SET merged_into = %(survivor)s
    WHERE merchant_id = %(merchant_id)s AND merged_into = %(duplicate)s
    """,
)
# In the order of ids, so that two merges of the same customers wait for each other.
_LOCK = """
SELECT 1 FROM customers WHERE merchant_id = %(merchant_id)s AND id = ANY(%(ids)s::uuid[]) ORDER BY id FOR UPDATE
"""
_ONE_MERGE = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
_BLANK = """
    display_name = '', phone = NULL, phone_index = NULL, email = NULL, email_index = NULL, tax_id = NULL,
    tax_id_index = NULL, region_code = '', locale = '', note = '', tags = '{}', credit_limit_minor = NULL,
    credit_limit_currency = NULL, version = version + 1
"""
_POINT = f"""
UPDATE customers SET {_BLANK}, merged_into = %(survivor)s
WHERE merchant_id = %(merchant_id)s AND id = %(duplicate)s
"""  # noqa: S608 - constants alone
_ERASE = f"""
UPDATE customers SET {_BLANK}, erase_time = %(erase_time)s
WHERE merchant_id = %(merchant_id)s AND id = %(id)s
"""  # noqa: S608 - constants alone
_THEIR_BILLS = "SELECT id FROM bills WHERE merchant_id = %(merchant_id)s AND customer_id = %(id)s"
# Bills, credit notes and refunds are records that the law wants kept, with what is on them; these are not. Documents
# are a cache: those of statements are named by nothing that leads to the customer, so all of the merchant's go.
_ERASE_BESIDES = (
    """
    UPDATE balance_confirmations SET answer_note = NULL
    WHERE merchant_id = %(merchant_id)s AND customer_id = %(id)s AND answer_note IS NOT NULL
    """,
    f"""
    UPDATE bill_events SET text = NULL
    WHERE merchant_id = %(merchant_id)s AND bill_id IN ({_THEIR_BILLS}) AND text IS NOT NULL
    """,  # noqa: S608 - constants alone
    f"DELETE FROM bill_attachments WHERE merchant_id = %(merchant_id)s AND bill_id IN ({_THEIR_BILLS})",  # noqa: S608
    """
    UPDATE payment_legs SET reject_reason = ''
    WHERE merchant_id = %(merchant_id)s AND reject_reason <> '' AND payment_id IN (
        SELECT id FROM payments WHERE merchant_id = %(merchant_id)s AND customer_id = %(id)s)
    """,
    """
    UPDATE payments SET note = '' WHERE merchant_id = %(merchant_id)s AND customer_id = %(id)s AND note <> ''
    """,
    f"""
    DELETE FROM documents WHERE merchant_id = %(merchant_id)s AND (kind = 'STATEMENT' OR subject_id IN (
        {_THEIR_BILLS}
        UNION ALL SELECT id FROM payments WHERE merchant_id = %(merchant_id)s AND customer_id = %(id)s
        UNION ALL SELECT id FROM credit_notes WHERE merchant_id = %(merchant_id)s AND customer_id = %(id)s))
    """,  # noqa: S608
)
_HAS_DRAFTS = """
SELECT EXISTS (SELECT 1 FROM bills WHERE merchant_id = %(merchant_id)s AND customer_id = %(id)s AND state = 'DRAFT')
"""
_DELETE = "DELETE FROM customers WHERE merchant_id = %(merchant_id)s AND id = %(id)s"


class StillReferredTo(Exception):
    """Rows of other tables name the customer."""


def lock_customers(tx: Connection, merchant_id: MerchantId, *customer_ids: CustomerId) -> None:
    """Lets nobody else change the customers, or make anything new that names them, until `tx` ends."""
    run(tx, _LOCK, {"merchant_id": merchant_id, "ids": list(customer_ids)})


def lock_merges(tx: Connection, merchant_id: MerchantId) -> None:
    """One merge of the merchant at a time: two of the same customers take each other's bills before they meet."""
    run(tx, _ONE_MERGE, (f"merge|{merchant_id}",))


def move_history(tx: Connection, merchant_id: MerchantId, *, survivor: CustomerId, duplicate: CustomerId) -> None:
    """Makes bills, payments and all that goes with them the survivor's. Waits for whoever changes one of them."""
    for statement in _MOVE:
        run(tx, statement, {"merchant_id": merchant_id, "survivor": survivor, "duplicate": duplicate})


def point_to(tx: Connection, merchant_id: MerchantId, *, survivor: CustomerId, duplicate: CustomerId) -> None:
    """Leaves of the duplicate nothing but where to look."""
    run(tx, _POINT, {"merchant_id": merchant_id, "survivor": survivor, "duplicate": duplicate})
    forget_words(tx, merchant_id, [duplicate])


def has_drafts(tx: Connection, merchant_id: MerchantId, customer_id: CustomerId) -> bool:
    """Whether a bill that is not issued names the customer."""
    found: bool = run(tx, _HAS_DRAFTS, {"merchant_id": merchant_id, "id": customer_id}).scalar_one()
    return found


def erase_customer(tx: Connection, merchant_id: MerchantId, customer_id: CustomerId, *, now: datetime) -> None:
    """Leaves nothing personal but what is printed on bills and credit notes, and why refunds were made."""
    key = {"merchant_id": merchant_id, "id": customer_id, "erase_time": now}
    for statement in (_ERASE, *_ERASE_BESIDES):
        run(tx, statement, key)
    forget_words(tx, merchant_id, [customer_id])


def delete_customer(tx: Connection, merchant_id: MerchantId, customer_id: CustomerId) -> bool:
    """Removes the row; False if there is none. Raises StillReferredTo, after which `tx` can go on."""
    try:
        with tx.begin_nested():
            return run(tx, _DELETE, {"merchant_id": merchant_id, "id": customer_id}).rowcount == 1
    except IntegrityError as error:
        raise StillReferredTo from error
