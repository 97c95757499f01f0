"""A receipt: what was received for a bill, how, and what is left to pay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.billing.documents import parts
from services.billing.documents.document import Column, Document, Slip, Sum, Table
from services.billing.documents.formats import Formats, breakable
from services.billing.domain.document import Layout
from services.billing.domain.payment import (
    BankTransfer,
    Card,
    Cash,
    Cheque,
    CustomerCredit,
    LegState,
    Method,
    PaymentLeg,
    Upi,
    total_of,
)
from services.kit.ids import to_text
from services.kit.money import Money

if TYPE_CHECKING:
    from services.billing.domain.bill import Bill
    from services.billing.domain.payment import Payment
    from services.billing.domain.settings import MerchantSettings

# Legs whose money came, even if it went back later.
_CAME = frozenset((LegState.RECORDED, LegState.VERIFIED, LegState.REFUNDED))


def anything_came(payment: Payment) -> bool:
    """Whether there is something to give a receipt for."""
    return any(leg.state in _CAME for leg in payment.legs)


def of_payment(payment: Payment, bill: Bill, settings: MerchantSettings, *, layout: Layout, locale: str) -> Document:
    """A payment of which some money came. Legs that wait or were rejected are not on it."""
    formats = Formats(locale)
    words = formats.words
    legs = [leg for leg in payment.legs if leg.state in _CAME]
    on_a4 = layout is Layout.A4
    received = total_of([leg.terms for leg in legs])
    spelt = formats.in_words(received)
    return Document(
        layout=layout,
        language=formats.language,
        heading=words["receipt"],
        title=f"{words['receipt']} {bill.number}",
        name=parts.file_name("receipt", f"{bill.number}-{to_text('pay', payment.id)[-6:]}"),
        issuer=parts.issuer(settings, formats),
        party=parts.recipient(
            bill.customer_name, bill.customer_tax_id, label=words["received_from"], settings=settings, formats=formats
        ),
        facts=(
            (words["for_bill"], bill.number),
            (words["date"], formats.date(settings.business_day(payment.create_time))),
        ),
        table=_table(legs, formats) if on_a4 else Table(),
        slips=() if on_a4 else tuple(_slip(leg, formats) for leg in legs),
        sums=_sums(payment, legs, received, formats),
        in_words=(words["in_words"], spelt) if spelt else None,
        notes=((words["note"], "\n".join(map(breakable, payment.note.splitlines()))),) if payment.note.strip() else (),
        test=words["test"] if settings.is_test else "",
        signature=parts.signature(settings, formats) if on_a4 else None,
        thanks=words["thanks"],
        page=words["page"],
    )


def _table(legs: list[PaymentLeg], formats: Formats) -> Table:
    words = formats.words
    columns = (
        Column("#", number=True),
        Column(words["method"]),
        Column(words["reference"], wide=True),
        Column(words["amount"], number=True),
    )
    rows = tuple(
        (str(number), *_method(leg.terms.method, formats), formats.number(leg.terms.amount))
        for number, leg in enumerate(legs, start=1)
    )
    return Table(columns, rows)


def _slip(leg: PaymentLeg, formats: Formats) -> Slip:
    name, reference = _method(leg.terms.method, formats)
    return Slip(name, reference, formats.number(leg.terms.amount))


def _method(method: Method, formats: Formats) -> tuple[str, str]:
    """How it was paid, and what proves it."""
    words = formats.words
    match method:
        case Upi(utr):
            return "UPI", f"UTR {utr}"
        case Card(last_four, approval_code):
            return words["card"], " · ".join(filter(None, (f"•••• {last_four}", breakable(approval_code))))
        case Cash():
            return words["cash"], ""
        case BankTransfer(reference):
            return words["bank_transfer"], breakable(reference)
        case Cheque(number, bank_name, dated):
            return words["cheque"], " · ".join(filter(None, (number, breakable(bank_name), formats.date(dated))))
        case CustomerCredit():
            return words["customer_credit"], ""


def _sums(payment: Payment, legs: list[PaymentLeg], received: Money, formats: Formats) -> tuple[Sum, ...]:
    words, currency = formats.words, received.currency
    sums = [Sum(words["received"], formats.money(received), strong=True)]
    refunded = Money(sum(leg.refunded.minor for leg in legs), currency)
    credited = Money(sum(leg.allocation.credited.minor for leg in legs), currency)
    if refunded.minor:
        sums.append(Sum(words["entry_refund"], formats.money(-refunded)))
    if credited.minor:
        sums.append(Sum(words["kept_as_credit"], formats.money(credited)))
    sums.append(Sum(words["left_to_pay"], formats.money(payment.bill_outstanding)))
    return tuple(sums)
