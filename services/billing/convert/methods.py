"""How money moves, between the wire and the domain: the same of what comes and of what is given back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.type import date_pb2

from services.billing.convert.money import date_from_proto
from services.billing.domain.payment import BankTransfer, Card, Cash, Cheque, CustomerCredit, Method, Upi
from services.billing.domain.upi import CURRENCY as UPI_CURRENCY
from services.kit.failure import InvalidRequest

if TYPE_CHECKING:
    from billmesh.billing.v1 import payment_pb2, refund_pb2, refund_service_pb2

    Asked = payment_pb2.PaymentLeg | refund_service_pb2.RefundPaymentRequest | refund_service_pb2.RefundCreditRequest


def method_from_proto(asked: Asked, currency: str, field: str) -> Method:
    """The method that is set. Raises InvalidRequest naming fields from `field` on, which may be empty."""
    path = f"{field}." if field else ""
    match asked.WhichOneof("method"):
        case "upi":
            if currency != UPI_CURRENCY:
                raise InvalidRequest.of(f"{path}upi", f"moves {UPI_CURRENCY} alone")
            return Upi(asked.upi.utr.upper())
        case "card":
            return Card(asked.card.last_four, asked.card.approval_code.upper())
        case "bank_transfer":
            return BankTransfer(asked.bank_transfer.reference)
        case "cheque":
            dated = date_from_proto(asked.cheque.cheque_date, f"{path}cheque.cheque_date")
            return Cheque(asked.cheque.number, asked.cheque.bank_name, dated)
        case "customer_credit":
            return CustomerCredit()
        case _:
            # The contract's validation lets none through without a method, so this is cash.
            return Cash()


def write_method(shown: payment_pb2.PaymentLeg | refund_pb2.Refund, method: Method) -> None:
    """Sets the method."""
    match method:
        case Upi(utr):
            shown.upi.utr = utr
        case Card(last_four, approval_code):
            shown.card.last_four = last_four
            shown.card.approval_code = approval_code
        case Cash():
            shown.cash.SetInParent()
        case BankTransfer(reference):
            shown.bank_transfer.reference = reference
        case Cheque(number, bank_name, dated):
            shown.cheque.number = number
            shown.cheque.bank_name = bank_name
            shown.cheque.cheque_date.MergeFrom(date_pb2.Date(year=dated.year, month=dated.month, day=dated.day))
        case CustomerCredit():
            shown.customer_credit.SetInParent()
