"""Bills as those see them who are to pay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.billing.v1 import my_bill_pb2, my_bill_service_pb2, public_bill_pb2

from services.billing import qr
from services.billing.convert.bills import (
    document_to_proto,
    instalments_to_proto,
    line_to_proto,
    state_to_proto,
    totals_to_proto,
)
from services.billing.convert.money import date_to_proto, timestamp
from services.billing.convert.payments import payment_to_payer
from services.billing.domain import upi
from services.kit.ids import to_text
from services.kit.wire import money_to_proto

if TYPE_CHECKING:
    from billmesh.billing.v1 import bill_pb2

    from services.billing.domain.bill import Bill
    from services.billing.domain.person import BillToPay, PersonBill
    from services.billing.domain.settings import MerchantSettings
    from services.kit.paging import Listed


def my_bill_to_proto(shown: BillToPay) -> my_bill_pb2.MyBill:
    """A bill with everything."""
    bill = shown.bill
    return my_bill_pb2.MyBill(
        id=to_text("bill", bill.id),
        merchant_id=to_text("mer", bill.merchant_id),
        merchant_name=shown.settings.fields.business_name,
        number=bill.number,
        state=state_to_proto(bill.state),
        total=money_to_proto(bill.totals.total),
        outstanding=money_to_proto(bill.outstanding),
        issue_time=timestamp(bill.issue_time),
        due_date=date_to_proto(bill.due_date),
        lines=_lines(bill),
        totals=totals_to_proto(bill),
        note=bill.note,
        upi=_upi(bill, shown.settings),
        instalments=instalments_to_proto(bill),
        terms=bill.terms,
        payments=[payment_to_payer(payment) for payment in shown.payments],
    )


def page_to_proto(listed: Listed[PersonBill]) -> my_bill_service_pb2.ListMyBillsResponse:
    """A page of bills in short."""
    return my_bill_service_pb2.ListMyBillsResponse(
        bills=[
            my_bill_pb2.MyBill(
                id=to_text("bill", bill.bill_id),
                merchant_id=to_text("mer", bill.merchant_id),
                merchant_name=bill.merchant_name,
                number=bill.number,
                state=state_to_proto(bill.state),
                total=money_to_proto(bill.total),
                outstanding=money_to_proto(bill.outstanding),
                issue_time=timestamp(bill.issue_time),
                due_date=date_to_proto(bill.due_date),
            )
            for bill in listed.items
        ],
        next_page_token=listed.next_page_token,
    )


def public_bill_to_proto(shown: BillToPay) -> public_bill_pb2.PublicBill:
    """A bill as the holder of its link sees it: no ids."""
    bill, settings = shown.bill, shown.settings
    return public_bill_pb2.PublicBill(
        merchant_name=settings.fields.business_name,
        merchant_address=settings.fields.address,
        merchant_tax_id=settings.fields.tax_id,
        customer_name=bill.customer_name,
        document=document_to_proto(bill.document),
        number=bill.number,
        state=state_to_proto(bill.state),
        issue_date=date_to_proto(bill.issue_date),
        due_date=date_to_proto(bill.due_date),
        lines=_lines(bill),
        totals=totals_to_proto(bill),
        note=bill.note,
        upi=_upi(bill, settings),
        instalments=instalments_to_proto(bill),
        terms=bill.terms,
    )


def _lines(bill: Bill) -> list[bill_pb2.BillLine]:
    """The lines without the merchant's item ids."""
    lines = [line_to_proto(line) for line in bill.lines]
    for line in lines:
        line.item_id = ""
    return lines


def _upi(bill: Bill, settings: MerchantSettings) -> my_bill_pb2.UpiRequest | None:
    request = upi.request_for(bill, settings)
    if request is None:
        return None
    return my_bill_pb2.UpiRequest(
        link=request.link,
        qr_svg=qr.svg(request.link, title="UPI"),
        amount=money_to_proto(request.amount),
        reference=request.reference,
    )
