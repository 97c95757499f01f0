"""Bills and their lines. A bill is written with all its lines in one statement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from services.billing.domain.bill import Bill, BillDocument, BillLine, BillState, IssueAttempt
from services.billing.domain.ids import AccountId, AttemptId, BillId, CustomerId, PersonId, StoreId
from services.billing.store.rows import (
    instalments_from_json,
    instalments_to_json,
    line_from_json,
    taxes_to_json,
    totals_of,
)
from services.kit.money import Money
from services.kit.sql import later, run

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Connection

    from services.billing.domain.ids import MerchantId
    from services.kit.crypto import Vault

_COLUMNS = """
    b.id, b.customer_id, b.customer_name, b.customer_tax_id, b.store_id, b.state, b.number, b.currency,
    b.discount_minor, b.place_of_supply, b.supply_named, b.document, b.due_date, b.note, b.net_minor, b.taxes,
    b.rounding_minor, b.total_minor, b.settled_minor, b.credited_minor, b.issue_account_id, b.create_time,
    b.issue_time, b.issue_date, b.void_time, b.void_reason, b.attempt_id, b.attempt_request_id, b.person_id, b.version,
    b.instalments
"""
# Amounts are whole numbers, so JSON keeps them exact.
_LINES = """
    SELECT json_agg(json_build_array(item_id, description, quantity::text, unit_code, unit_price_minor,
        price_includes_tax, discount_minor, tax_code, hsn_code, net_minor, taxes) ORDER BY position)
    FROM bill_lines WHERE merchant_id = %(merchant_id)s AND bill_id = %(id)s
"""
_KEY = "merchant_id = %(merchant_id)s AND id = %(id)s"
# Constants alone make these texts.
_LOAD = f"SELECT {_COLUMNS}, b.terms, ({_LINES}) AS lines FROM bills b WHERE {_KEY}"  # noqa: S608
_LOCK = f"SELECT 1 FROM bills WHERE {_KEY} FOR UPDATE"  # noqa: S608
_INSERT_LINES = """
INSERT INTO bill_lines (merchant_id, bill_id, position, item_id, description, quantity, unit_code, unit_price_minor,
    price_includes_tax, discount_minor, tax_code, hsn_code, net_minor, taxes)
SELECT %(merchant_id)s, %(id)s, position, item_id, description, quantity, unit_code, unit_price, includes, discount,
    tax_code, hsn_code, net, taxes
FROM unnest(%(item_ids)s::uuid[], %(descriptions)s::text[], %(quantities)s::numeric[], %(unit_codes)s::text[],
    %(unit_prices)s::bigint[], %(includes)s::boolean[], %(discounts)s::bigint[], %(tax_codes)s::text[],
    %(hsn_codes)s::text[], %(nets)s::bigint[], %(line_taxes)s::jsonb[])
WITH ORDINALITY AS line (item_id, description, quantity, unit_code, unit_price, includes, discount, tax_code, hsn_code,
    net, taxes, position)
"""
_INSERT = f"""
WITH bill AS (
    INSERT INTO bills (merchant_id, id, customer_id, customer_name, customer_tax_id, store_id, state, currency,
        discount_minor, place_of_supply, supply_named, document, due_date, note, net_minor, taxes, rounding_minor,
        total_minor, create_time, instalments)
    VALUES (%(merchant_id)s, %(id)s, %(customer_id)s, %(customer_name)s, %(customer_tax_id)s, %(store_id)s, 'DRAFT',
        %(currency)s, %(discount_minor)s, %(place_of_supply)s, %(supply_named)s, %(document)s, %(due_date)s, %(note)s,
        %(net_minor)s, %(taxes)s, %(rounding_minor)s, %(total_minor)s, %(create_time)s,
        %(instalments)s)
)
{_INSERT_LINES}
"""  # noqa: S608
_UPDATE_DRAFT = f"""
UPDATE bills SET customer_id = %(customer_id)s, customer_name = %(customer_name)s,
    customer_tax_id = %(customer_tax_id)s, store_id = %(store_id)s, discount_minor = %(discount_minor)s,
    place_of_supply = %(place_of_supply)s, supply_named = %(supply_named)s, document = %(document)s,
    due_date = %(due_date)s, note = %(note)s, net_minor = %(net_minor)s, taxes = %(taxes)s,
    rounding_minor = %(rounding_minor)s, total_minor = %(total_minor)s, instalments = %(instalments)s,
    version = version + 1
WHERE {_KEY}
"""  # noqa: S608
_DELETE_LINES = "DELETE FROM bill_lines WHERE merchant_id = %(merchant_id)s AND bill_id = %(id)s"
_DELETE = f"WITH lines AS ({_DELETE_LINES}) DELETE FROM bills WHERE {_KEY}"  # noqa: S608
_SET_ATTEMPT = f"UPDATE bills SET attempt_id = %(attempt)s, attempt_request_id = %(request)s WHERE {_KEY}"  # noqa: S608
_ISSUE = f"""
UPDATE bills SET state = %(state)s, number = %(number)s, issue_time = %(issue_time)s, issue_date = %(issue_date)s,
    due_date = %(due_date)s, person_id = %(person_id)s, issue_account_id = %(issuer_id)s, terms = %(terms)s,
    version = %(version)s
WHERE {_KEY} AND state = 'DRAFT'
"""  # noqa: S608
_VOID = f"""
UPDATE bills SET state = 'VOID', void_time = %(void_time)s, void_reason = %(void_reason)s, version = %(version)s
WHERE {_KEY} AND state = 'ISSUED'
"""  # noqa: S608
# What is paid or credited goes to the earliest instalments, so one is unpaid if all up to it come to more.
_OVERDUE = """
b.state IN ('ISSUED', 'PARTLY_PAID') AND (b.due_date < %(overdue_on)s OR EXISTS (
    SELECT 1 FROM jsonb_array_elements(b.instalments) AS part
    WHERE (part->>0)::date < %(overdue_on)s AND (part->>2)::bigint > b.settled_minor + b.credited_minor
))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class BillFilter:
    """Which bills to list; what is empty or None filters nothing."""

    customer_id: CustomerId | None = None
    states: tuple[BillState, ...] = ()
    # Only with something outstanding and due before this day.
    overdue_on: date | None = None
    number: str = ""


def insert_draft(tx: Connection, merchant_id: MerchantId, bill: Bill, vault: Vault) -> None:
    """Keeps a new draft with its lines."""
    later(tx, _INSERT, _parameters(tx, merchant_id, bill, vault) | _line_parameters(bill.lines))


def load_bill(tx: Connection, merchant_id: MerchantId, bill_id: BillId, vault: Vault) -> Bill | None:
    """One bill with its lines."""
    row = run(tx, _LOAD, {"merchant_id": merchant_id, "id": bill_id}).one_or_none()
    return None if row is None else _bill(tx, merchant_id, row, vault, lines=row.lines)


def lock_bill(tx: Connection, merchant_id: MerchantId, bill_id: BillId, vault: Vault) -> Bill | None:
    """One bill with its lines, held until `tx` ends."""
    # Two statements: the second sees what was committed while the first one waited.
    later(tx, _LOCK, {"merchant_id": merchant_id, "id": bill_id})
    return load_bill(tx, merchant_id, bill_id, vault)


def update_draft(tx: Connection, merchant_id: MerchantId, bill: Bill, vault: Vault) -> None:
    """Overwrites a locked draft and replaces its lines; the version goes up by one."""
    key = {"merchant_id": merchant_id, "id": bill.id}
    later(tx, _UPDATE_DRAFT, _parameters(tx, merchant_id, bill, vault))
    later(tx, _DELETE_LINES, key)
    later(tx, _INSERT_LINES, key | _line_parameters(bill.lines))


def delete_draft(tx: Connection, merchant_id: MerchantId, bill_id: BillId) -> None:
    """Removes a locked draft and its lines."""
    run(tx, _DELETE, {"merchant_id": merchant_id, "id": bill_id})


def set_attempt(tx: Connection, merchant_id: MerchantId, bill_id: BillId, attempt: IssueAttempt | None) -> None:
    """Notes on a locked draft that it is being issued, or that it is not any more."""
    later(
        tx,
        _SET_ATTEMPT,
        {
            "merchant_id": merchant_id,
            "id": bill_id,
            "attempt": attempt.id if attempt else None,
            "request": attempt.request_id if attempt else None,
        },
    )


def mark_issued(tx: Connection, merchant_id: MerchantId, bill: Bill) -> None:
    """Keeps what issuing changed on a locked draft; its amounts must be written already."""
    later(
        tx,
        _ISSUE,
        {
            "merchant_id": merchant_id,
            "id": bill.id,
            "state": bill.state.value,
            "number": bill.number,
            "issue_time": bill.issue_time,
            "issue_date": bill.issue_date,
            "due_date": bill.due_date,
            "person_id": bill.person_id,
            "issuer_id": bill.issuer_id,
            "terms": bill.terms,
            "version": bill.version,
        },
    )


def mark_void(tx: Connection, merchant_id: MerchantId, bill: Bill) -> None:
    """Keeps what voiding changed on a locked bill."""
    later(
        tx,
        _VOID,
        {
            "merchant_id": merchant_id,
            "id": bill.id,
            "void_time": bill.void_time,
            "void_reason": bill.void_reason,
            "version": bill.version,
        },
    )


def list_bills(
    tx: Connection, merchant_id: MerchantId, *, only: BillFilter, before: UUID | None, limit: int, vault: Vault
) -> Sequence[Bill]:
    """Bills without their lines, the newest first, from below the id `before`."""
    conditions = ["b.merchant_id = %(merchant_id)s"]
    if only.customer_id is not None:
        conditions.append("b.customer_id = %(customer_id)s")
    if only.states:
        conditions.append("b.state = ANY(%(states)s)")
    if only.overdue_on is not None:
        conditions.append(_OVERDUE)
    if only.number:
        numbered = (
            "SELECT n.bill_id FROM bill_numbers n WHERE n.merchant_id = %(merchant_id)s AND n.number = %(number)s"
        )
        conditions.append(f"b.id = ({numbered})")
    if before is not None:
        conditions.append("b.id < %(before)s")
    where = " AND ".join(conditions)
    statement = f"SELECT {_COLUMNS} FROM bills b WHERE {where} ORDER BY b.id DESC LIMIT %(limit)s"  # noqa: S608
    parameters = {
        "merchant_id": merchant_id,
        "customer_id": only.customer_id,
        "states": [state.value for state in only.states],
        "overdue_on": only.overdue_on,
        "number": only.number,
        "before": before,
        "limit": limit,
    }
    return [_bill(tx, merchant_id, row, vault, lines=()) for row in run(tx, statement, parameters)]


def _parameters(tx: Connection, merchant_id: MerchantId, bill: Bill, vault: Vault) -> dict[str, Any]:
    tax_id = bill.customer_tax_id
    return {
        "merchant_id": merchant_id,
        "id": bill.id,
        "customer_id": bill.customer_id,
        "customer_name": bill.customer_name,
        "customer_tax_id": vault.seal(tx, merchant_id, "bills.customer_tax_id", bill.id, tax_id) if tax_id else None,
        "store_id": bill.store_id,
        "currency": bill.currency,
        "discount_minor": bill.discount.minor,
        "place_of_supply": bill.place_of_supply,
        "supply_named": bill.supply_named,
        "document": bill.document.value,
        "due_date": bill.due_date,
        "note": bill.note,
        "net_minor": bill.totals.net.minor,
        "taxes": taxes_to_json(bill.totals.taxes),
        "rounding_minor": bill.totals.rounding.minor,
        "total_minor": bill.totals.total.minor,
        "create_time": bill.create_time,
        "instalments": instalments_to_json(bill.instalments),
    }


def _line_parameters(lines: Sequence[BillLine]) -> dict[str, Any]:
    terms = [line.terms for line in lines]
    return {
        "item_ids": [term.item_id for term in terms],
        "descriptions": [term.description for term in terms],
        "quantities": [term.quantity for term in terms],
        "unit_codes": [term.unit_code for term in terms],
        "unit_prices": [term.unit_price.minor for term in terms],
        "includes": [term.price_includes_tax for term in terms],
        "discounts": [term.discount.minor for term in terms],
        "tax_codes": [term.tax_code for term in terms],
        "hsn_codes": [term.hsn_code for term in terms],
        "nets": [line.net.minor for line in lines],
        "line_taxes": [taxes_to_json(line.taxes) for line in lines],
    }


def _bill(tx: Connection, merchant_id: MerchantId, row: Any, vault: Vault, *, lines: Iterable[Any]) -> Bill:
    currency: str = row.currency
    sealed = row.customer_tax_id
    return Bill(
        id=BillId(row.id),
        merchant_id=merchant_id,
        customer_id=CustomerId(row.customer_id),
        customer_name=row.customer_name,
        customer_tax_id=vault.open(tx, merchant_id, "bills.customer_tax_id", row.id, bytes(sealed)) if sealed else "",
        store_id=None if row.store_id is None else StoreId(row.store_id),
        state=BillState(row.state),
        number=row.number,
        lines=tuple(line_from_json(line, currency) for line in lines),
        discount=Money(row.discount_minor, currency),
        place_of_supply=row.place_of_supply,
        supply_named=row.supply_named,
        document=BillDocument(row.document),
        due_date=row.due_date,
        note=row.note,
        totals=totals_of(row, currency),
        settled=Money(row.settled_minor, currency),
        credited=Money(row.credited_minor, currency),
        create_time=row.create_time,
        issue_time=row.issue_time,
        issue_date=row.issue_date,
        void_time=row.void_time,
        void_reason=row.void_reason,
        issuer_id=None if row.issue_account_id is None else AccountId(row.issue_account_id),
        attempt=None if row.attempt_id is None else IssueAttempt(AttemptId(row.attempt_id), row.attempt_request_id),
        person_id=None if row.person_id is None else PersonId(row.person_id),
        version=row.version,
        instalments=instalments_from_json(row.instalments, currency),
        # Lists leave them out, with the lines.
        terms=getattr(row, "terms", ""),
    )
