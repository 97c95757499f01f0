"""Credit notes between the wire and the domain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.billing.v1 import credit_note_pb2, credit_note_service_pb2

from services.billing.convert.bills import tax_to_proto
from services.billing.convert.money import date_to_proto, decimal_from_proto, decimal_to_proto, timestamp
from services.billing.domain.credit_note import CreditInput
from services.kit.failure import InvalidRequest
from services.kit.ids import to_text
from services.kit.wire import money_to_proto

if TYPE_CHECKING:
    from services.billing.domain.credit_note import CreditLine, CreditNote
    from services.kit.paging import Listed


def asked_from_proto(note: credit_note_pb2.CreditNote) -> CreditInput:
    """What is to be taken back. Raises InvalidRequest naming fields from `credit_note` on."""
    if note.everything == bool(note.lines):
        raise InvalidRequest.of("credit_note.lines", "must be there, or everything must be true, and not both")
    lines = tuple((line.bill_line, decimal_from_proto(line.quantity)) for line in note.lines)
    return CreditInput(None if note.everything else lines, note.reason, note.restock)


def note_to_proto(note: CreditNote) -> credit_note_pb2.CreditNote:
    """The credit note."""
    totals = note.totals
    return credit_note_pb2.CreditNote(
        id=to_text("crn", note.id),
        bill_id=to_text("bill", note.bill_id),
        customer_id=to_text("cus", note.customer_id),
        number=note.number,
        issue_date=date_to_proto(note.issue_date),
        lines=[_line_to_proto(line) for line in note.lines],
        reason=note.reason,
        restock=note.restock,
        net=money_to_proto(totals.net),
        taxes=[tax_to_proto(tax) for tax in totals.taxes],
        rounding=money_to_proto(totals.rounding),
        total=money_to_proto(totals.total),
        applied=money_to_proto(note.applied),
        to_customer_credit=money_to_proto(note.to_credit),
        create_time=timestamp(note.create_time),
        create_account_id=to_text("acc", note.account_id) if note.account_id else "",
    )


def page_to_proto(listed: Listed[CreditNote]) -> credit_note_service_pb2.ListCreditNotesResponse:
    """A page of credit notes."""
    return credit_note_service_pb2.ListCreditNotesResponse(
        credit_notes=[note_to_proto(note) for note in listed.items], next_page_token=listed.next_page_token
    )


def _line_to_proto(line: CreditLine) -> credit_note_pb2.CreditNoteLine:
    terms = line.sold.terms
    return credit_note_pb2.CreditNoteLine(
        bill_line=line.position,
        quantity=decimal_to_proto(line.quantity),
        description=terms.description,
        unit_code=terms.unit_code,
        hsn_code=terms.hsn_code,
        net=money_to_proto(line.sold.net),
        taxes=[tax_to_proto(tax) for tax in line.sold.taxes],
        total=money_to_proto(line.sold.total),
    )
