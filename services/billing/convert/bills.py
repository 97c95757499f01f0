"""Bills between the wire and the domain."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from billmesh.billing.v1 import bill_pb2, bill_service_pb2

from services.billing.convert.fields import id_or_none, paths_from_proto
from services.billing.convert.money import (
    date_from_proto,
    date_to_proto,
    decimal_from_proto,
    decimal_to_proto,
    timestamp,
)
from services.billing.domain.bill import Bill, BillDocument, BillLine, BillState, TaxAmount
from services.billing.domain.drafting import DraftInput, LineInput
from services.billing.domain.ids import CustomerId, ItemId, StoreId
from services.billing.domain.instalments import Instalment
from services.billing.domain.taxes import TaxTreatment
from services.billing.usecases.bills import BillQuery
from services.kit.failure import InvalidRequest
from services.kit.ids import to_text
from services.kit.wire import currency_from_proto, money_from_proto, money_to_proto

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from services.billing.links import PublicLinks
    from services.kit.paging import Listed

_STATES = {
    BillState.DRAFT: bill_pb2.BILL_STATE_DRAFT,
    BillState.ISSUED: bill_pb2.BILL_STATE_ISSUED,
    BillState.PARTLY_PAID: bill_pb2.BILL_STATE_PARTLY_PAID,
    BillState.PAID: bill_pb2.BILL_STATE_PAID,
    BillState.VOID: bill_pb2.BILL_STATE_VOID,
}
_DOCUMENTS = {
    BillDocument.INVOICE: bill_pb2.BILL_DOCUMENT_INVOICE,
    BillDocument.TAX_INVOICE: bill_pb2.BILL_DOCUMENT_TAX_INVOICE,
    BillDocument.BILL_OF_SUPPLY: bill_pb2.BILL_DOCUMENT_BILL_OF_SUPPLY,
    BillDocument.INVOICE_AND_BILL_OF_SUPPLY: bill_pb2.BILL_DOCUMENT_INVOICE_AND_BILL_OF_SUPPLY,
    BillDocument.COMPOSITION_BILL: bill_pb2.BILL_DOCUMENT_COMPOSITION_BILL,
}
_TREATMENTS = {
    TaxTreatment.TAXABLE: bill_pb2.TAX_TREATMENT_TAXABLE,
    TaxTreatment.NIL_RATED: bill_pb2.TAX_TREATMENT_NIL_RATED,
    TaxTreatment.ZERO_RATED: bill_pb2.TAX_TREATMENT_ZERO_RATED,
    TaxTreatment.EXEMPT: bill_pb2.TAX_TREATMENT_EXEMPT,
    TaxTreatment.OUTSIDE: bill_pb2.TAX_TREATMENT_OUTSIDE,
    TaxTreatment.NOT_COLLECTED: bill_pb2.TAX_TREATMENT_NOT_COLLECTED,
}
_STATES_BACK = {wire: state for state, wire in _STATES.items()}
_WRITABLE = ("customer_id", "store_id", "lines", "discount", "place_of_supply", "due_date", "note", "instalments")


def state_to_proto(state: BillState) -> bill_pb2.BillState.ValueType:
    """Never the unspecified one."""
    return _STATES[state]


def document_to_proto(document: BillDocument) -> bill_pb2.BillDocument.ValueType:
    """Never the unspecified one."""
    return _DOCUMENTS[document]


def states_from_proto(states: Iterable[bill_pb2.BillState.ValueType]) -> tuple[BillState, ...]:
    """States of a filter, each once."""
    return tuple(dict.fromkeys(_STATES_BACK[state] for state in states))


def draft_from_proto(bill: bill_pb2.Bill) -> DraftInput:
    """A draft as written. Raises InvalidRequest naming fields from `bill` on."""
    customer = id_or_none("cus", bill.customer_id)
    store = id_or_none("sto", bill.store_id)
    return DraftInput(
        customer_id=None if customer is None else CustomerId(customer),
        store_id=None if store is None else StoreId(store),
        lines=tuple(_line_from_proto(line, f"bill.lines[{number}]") for number, line in enumerate(bill.lines)),
        discount=money_from_proto(bill.discount, "bill.discount") if bill.HasField("discount") else None,
        currency=currency_from_proto(bill.currency_code, "bill.currency_code") if bill.currency_code else "",
        place_of_supply=bill.place_of_supply,
        due_date=date_from_proto(bill.due_date, "bill.due_date") if bill.HasField("due_date") else None,
        note=bill.note,
        instalments=tuple(
            _instalment_from_proto(part, f"bill.instalments[{number}]") for number, part in enumerate(bill.instalments)
        ),
    )


def edit_from_proto(request: bill_service_pb2.UpdateBillRequest) -> Callable[[DraftInput], DraftInput]:
    """The change that an update asks for. Raises InvalidRequest."""
    bill = request.bill
    paths = paths_from_proto(request.update_mask, bill, writable=_WRITABLE)
    written = draft_from_proto(bill)
    changes: dict[str, Any] = {path: getattr(written, path) for path in paths}

    def edit(draft: DraftInput) -> DraftInput:
        if written.currency and written.currency != draft.currency:
            raise InvalidRequest.of("bill.currency_code", "never changes")
        return replace(draft, **changes)

    return edit


def query_from_proto(request: bill_service_pb2.ListBillsRequest) -> BillQuery:
    """The filters of a list."""
    customer = id_or_none("cus", request.customer_id)
    return BillQuery(
        customer_id=None if customer is None else CustomerId(customer),
        states=states_from_proto(request.states),
        overdue=request.overdue,
        number=request.number,
    )


def bill_to_proto(bill: Bill, *, links: PublicLinks) -> bill_pb2.Bill:
    """The bill as its merchant sees it."""
    return bill_pb2.Bill(
        id=to_text("bill", bill.id),
        customer_id=to_text("cus", bill.customer_id),
        customer_name=bill.customer_name,
        customer_tax_id=bill.customer_tax_id,
        store_id=to_text("sto", bill.store_id) if bill.store_id else "",
        state=_STATES[bill.state],
        number=bill.number,
        lines=[line_to_proto(line) for line in bill.lines],
        discount=money_to_proto(bill.discount) if bill.discount.minor else None,
        currency_code=bill.currency,
        place_of_supply=bill.place_of_supply,
        due_date=date_to_proto(bill.due_date),
        note=bill.note,
        totals=totals_to_proto(bill),
        create_time=timestamp(bill.create_time),
        issue_time=timestamp(bill.issue_time),
        issue_account_id=to_text("acc", bill.issuer_id) if bill.issuer_id else "",
        issue_date=date_to_proto(bill.issue_date),
        void_time=timestamp(bill.void_time),
        void_reason=bill.void_reason,
        public_url="" if bill.state is BillState.DRAFT else links.url(bill.id),
        etag=bill.etag,
        document=_DOCUMENTS[bill.document],
        instalments=instalments_to_proto(bill),
        terms=bill.terms,
    )


def page_to_proto(listed: Listed[Bill], *, links: PublicLinks) -> bill_service_pb2.ListBillsResponse:
    """A page of bills."""
    return bill_service_pb2.ListBillsResponse(
        bills=[bill_to_proto(bill, links=links) for bill in listed.items], next_page_token=listed.next_page_token
    )


def totals_to_proto(bill: Bill) -> bill_pb2.BillTotals:
    """The bill's sums and what is left of them."""
    totals = bill.totals
    return bill_pb2.BillTotals(
        net=money_to_proto(totals.net),
        taxes=[tax_to_proto(tax) for tax in totals.taxes],
        rounding=money_to_proto(totals.rounding),
        total=money_to_proto(totals.total),
        settled=money_to_proto(bill.settled),
        credited=money_to_proto(bill.credited),
        outstanding=money_to_proto(bill.outstanding),
    )


def instalments_to_proto(bill: Bill) -> list[bill_pb2.Instalment]:
    """The bill's instalments and what is left of each."""
    return [
        bill_pb2.Instalment(
            due_date=date_to_proto(part.due_date),
            amount=money_to_proto(part.amount),
            outstanding=money_to_proto(left),
        )
        for part, left in zip(bill.instalments, bill.instalments_left, strict=True)
    ]


def line_to_proto(line: BillLine) -> bill_pb2.BillLine:
    """A computed line."""
    terms = line.terms
    return bill_pb2.BillLine(
        item_id=to_text("item", terms.item_id) if terms.item_id else "",
        description=terms.description,
        quantity=decimal_to_proto(terms.quantity),
        unit_code=terms.unit_code,
        unit_price=money_to_proto(terms.unit_price),
        price_includes_tax=terms.price_includes_tax,
        discount=money_to_proto(terms.discount) if terms.discount.minor else None,
        tax_code=terms.tax_code,
        hsn_code=terms.hsn_code,
        net=money_to_proto(line.net),
        taxes=[tax_to_proto(tax) for tax in line.taxes],
        total=money_to_proto(line.total),
        tax_treatment=_TREATMENTS[line.treatment],
    )


def tax_to_proto(tax: TaxAmount) -> bill_pb2.TaxAmount:
    """One tax at one rate."""
    return bill_pb2.TaxAmount(
        code=tax.code,
        display_name=tax.display_name,
        rate=decimal_to_proto(tax.rate),
        base=money_to_proto(tax.base),
        amount=money_to_proto(tax.amount),
    )


def _instalment_from_proto(part: bill_pb2.Instalment, field: str) -> Instalment:
    return Instalment(
        date_from_proto(part.due_date, f"{field}.due_date"), money_from_proto(part.amount, f"{field}.amount")
    )


def _line_from_proto(line: bill_pb2.BillLine, field: str) -> LineInput:
    item = id_or_none("item", line.item_id)
    return LineInput(
        item_id=None if item is None else ItemId(item),
        description=line.description,
        quantity=decimal_from_proto(line.quantity),
        unit_code=line.unit_code,
        unit_price=money_from_proto(line.unit_price, f"{field}.unit_price") if line.HasField("unit_price") else None,
        price_includes_tax=line.price_includes_tax,
        discount=money_from_proto(line.discount, f"{field}.discount") if line.HasField("discount") else None,
        tax_code=line.tax_code,
        hsn_code=line.hsn_code,
    )
