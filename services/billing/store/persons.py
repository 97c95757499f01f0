"""Persons, their bills in short, and public links."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.billing.domain.bill import BillState
from services.billing.domain.ids import BillId, MerchantId, PersonId
from services.billing.domain.person import PersonBill
from services.kit.money import Money
from services.kit.sql import later, run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import Connection

    from services.billing.domain.bill import Bill
    from services.billing.domain.ids import AccountId

# The lock keeps the number from being given to another account before the bill is theirs.
_FIND_CURRENT = "SELECT id FROM persons WHERE phone_index = %(phone_index)s AND current FOR KEY SHARE"
_INSERT_UNLINKED = """
INSERT INTO persons (id, phone_index) VALUES (%(id)s, %(phone_index)s)
ON CONFLICT (phone_index) WHERE current DO NOTHING
"""
_LOCK_CURRENT = "SELECT id, account_id FROM persons WHERE phone_index = %(phone_index)s AND current FOR UPDATE"
_INSERT_LINKED = """
INSERT INTO persons (id, phone_index, account_id) VALUES (%(id)s, %(phone_index)s, %(account_id)s)
ON CONFLICT (phone_index) WHERE current DO NOTHING
"""
_LINK = "UPDATE persons SET account_id = %(account_id)s WHERE id = %(id)s"
_RETIRE = "UPDATE persons SET current = false WHERE id = %(id)s"
_INSERT_BILL = """
INSERT INTO person_bills (person_id, bill_id, merchant_id, merchant_name, number, state, currency, total_minor,
    settled_minor, issue_time, due_date)
VALUES (%(person_id)s, %(bill_id)s, %(merchant_id)s, %(merchant_name)s, %(number)s, %(state)s, %(currency)s,
    %(total)s, %(settled)s, %(issue_time)s, %(due_date)s)
"""
_UPDATE_STATE = """
UPDATE person_bills SET state = %(state)s
WHERE merchant_id = %(merchant_id)s AND person_id = %(person_id)s AND bill_id = %(bill_id)s
"""
_OF_ACCOUNT = "person_id IN (SELECT id FROM persons WHERE account_id = %(account_id)s)"
# Constants alone make these texts.
_FIND_MERCHANT = f"SELECT merchant_id FROM person_bills WHERE bill_id = %(bill_id)s AND {_OF_ACCOUNT}"  # noqa: S608
_COUNT = f"SELECT count(*) FROM person_bills WHERE {_OF_ACCOUNT}"  # noqa: S608
_LIST = f"""
SELECT bill_id, merchant_id, merchant_name, number, state, currency, total_minor, settled_minor, credited_minor,
    issue_time, due_date
FROM person_bills
WHERE {_OF_ACCOUNT}
    AND (%(states)s::text[] = '{{}}' OR state = ANY(%(states)s))
    AND (%(before)s::uuid IS NULL OR bill_id < %(before)s)
ORDER BY bill_id DESC LIMIT %(limit)s
"""  # noqa: S608
_INSERT_PUBLIC_LINK = """
INSERT INTO public_links (token_hash, merchant_id, bill_id) VALUES (%(token_hash)s, %(merchant_id)s, %(bill_id)s)
"""
_FIND_PUBLIC_LINK = "SELECT merchant_id, bill_id FROM public_links WHERE token_hash = %(token_hash)s"


def person_of_phone(tx: Connection, phone_index: bytes, *, new_id: UUID) -> PersonId:  # no tenant: a person's number
    """The person who has this telephone number now; `new_id` is theirs if nobody ever was billed there."""
    key = {"id": new_id, "phone_index": phone_index}
    found: UUID | None = run(tx, _FIND_CURRENT, key).scalar_one_or_none()
    if found is None:
        run(tx, _INSERT_UNLINKED, key)
        found = run(tx, _FIND_CURRENT, key).scalar_one()
    return PersonId(found)


def link_phone(tx: Connection, account_id: AccountId, phone_index: bytes, *, new_id: UUID) -> None:
    """Makes the telephone number the account's. Another account that had it keeps the bills it has."""
    linked = {"id": new_id, "phone_index": phone_index, "account_id": account_id}
    if run(tx, _INSERT_LINKED, linked).rowcount == 1:
        return
    current = run(tx, _LOCK_CURRENT, {"phone_index": phone_index}).one()
    if current.account_id is None:
        run(tx, _LINK, {"id": current.id, "account_id": account_id})
    elif current.account_id != account_id:
        run(tx, _RETIRE, {"id": current.id})
        run(tx, _INSERT_LINKED, linked)


def insert_person_bill(tx: Connection, merchant_id: MerchantId, bill: Bill, *, merchant_name: str) -> None:
    """Puts a bill that was just issued, to a customer with a telephone number, into the person's list."""
    later(
        tx,
        _INSERT_BILL,
        {
            "person_id": bill.person_id,
            "bill_id": bill.id,
            "merchant_id": merchant_id,
            "merchant_name": merchant_name,
            "number": bill.number,
            "state": bill.state.value,
            "currency": bill.currency,
            "total": bill.totals.total.minor,
            "settled": bill.settled.minor,
            "issue_time": bill.issue_time,
            "due_date": bill.due_date,
        },
    )


def update_person_bill_state(tx: Connection, merchant_id: MerchantId, bill: Bill) -> None:
    """Tells the person's list what became of the bill."""
    key = {"merchant_id": merchant_id, "person_id": bill.person_id, "bill_id": bill.id, "state": bill.state.value}
    later(tx, _UPDATE_STATE, key)


def merchant_of_bill(tx: Connection, account_id: AccountId, bill_id: BillId) -> MerchantId | None:
    """Who sent the bill, if it is one of the account's."""
    key = {"account_id": account_id, "bill_id": bill_id}
    found: UUID | None = run(tx, _FIND_MERCHANT, key).scalar_one_or_none()
    return None if found is None else MerchantId(found)


def list_person_bills(
    tx: Connection, account_id: AccountId, *, states: tuple[BillState, ...], before: UUID | None, limit: int
) -> Sequence[PersonBill]:
    """The newest first, from below the id `before`; with states only those in one of them."""
    parameters = {
        "account_id": account_id,
        "states": [state.value for state in states],
        "before": before,
        "limit": limit,
    }
    return [
        PersonBill(
            bill_id=BillId(row.bill_id),
            merchant_id=MerchantId(row.merchant_id),
            merchant_name=row.merchant_name,
            number=row.number,
            state=BillState(row.state),
            total=Money(row.total_minor, row.currency),
            settled=Money(row.settled_minor, row.currency),
            credited=Money(row.credited_minor, row.currency),
            issue_time=row.issue_time,
            due_date=row.due_date,
        )
        for row in run(tx, _LIST, parameters)
    ]


def count_person_bills(tx: Connection, account_id: AccountId) -> int:
    """How many bills the account has."""
    count: int = run(tx, _COUNT, {"account_id": account_id}).scalar_one()
    return count


def insert_public_link(tx: Connection, merchant_id: MerchantId, bill_id: BillId, token_hash: bytes) -> None:
    """Lets the holder of the token read the bill."""
    later(tx, _INSERT_PUBLIC_LINK, {"token_hash": token_hash, "merchant_id": merchant_id, "bill_id": bill_id})


def find_public_link(  # no tenant: who has the link has no sign-in
    tx: Connection, token_hash: bytes
) -> tuple[MerchantId, BillId] | None:
    """Whose bill, and which, the token opens."""
    row = run(tx, _FIND_PUBLIC_LINK, {"token_hash": token_hash}).one_or_none()
    return None if row is None else (MerchantId(row.merchant_id), BillId(row.bill_id))
