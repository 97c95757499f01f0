"""Requests for money that UPI apps understand: NPCI's `upi://pay` link.

pa: payee address. pn: payee name. am: amount with two decimals. cu: currency, always INR. tr: the payee's reference, at
most 35 characters, which comes back with the payment. tn: a note that the payer sees.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from services.billing.domain.bill import PAYABLE

if TYPE_CHECKING:
    from services.billing.domain.bill import Bill
    from services.billing.domain.settings import MerchantSettings
    from services.kit.money import Money

CURRENCY = "INR"
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_NAME_LENGTH = 50
_NOTE_LENGTH = 50


@dataclass(frozen=True, slots=True)
class UpiRequest:
    """A request for what is to be paid next on a bill."""

    link: str
    amount: Money
    reference: str


def request_for(bill: Bill, settings: MerchantSettings) -> UpiRequest | None:
    """How to pay the bill by UPI now; None if there is nothing to pay or the merchant takes no UPI for it."""
    vpa = settings.fields.upi_vpa
    if bill.state not in PAYABLE or not bill.outstanding.minor or not vpa or bill.currency != CURRENCY:
        return None
    own = reference(bill)
    # Of a bill in instalments the first that is not paid.
    amount = bill.next_due[1] if bill.next_due else bill.outstanding
    link = payment_link(
        vpa=vpa,
        payee=settings.fields.business_name,
        amount=amount,
        reference=own,
        note=f"Bill {bill.number}",
    )
    return UpiRequest(link, amount, own)


def reference(bill: Bill) -> str:
    """A reference of its own for every version of a bill: 26 characters of its id and up to 9 of the version."""
    return _base32(bill.id.int, 26) + _base32(bill.version)


def payment_link(*, vpa: str, payee: str, amount: Money, reference: str, note: str) -> str:
    """The link that asks for `amount`, which must be in INR and above zero."""
    if amount.currency != CURRENCY or amount.minor <= 0:
        raise ValueError("UPI moves positive amounts of INR")
    fields = {
        "pa": vpa,
        "pn": payee[:_NAME_LENGTH],
        "am": f"{amount.amount:.2f}",
        "cu": CURRENCY,
        "tr": reference,
        "tn": note[:_NOTE_LENGTH],
    }
    # "@" stands in an address as it is; a space is %20, because apps do not read "+" as one.
    return "upi://pay?" + "&".join(f"{key}={quote(value, safe='@')}" for key, value in fields.items())


def _base32(number: int, width: int = 1) -> str:
    characters: list[str] = []
    while number or len(characters) < width:
        characters.append(_ALPHABET[number & 31])
        number >>= 5
    return "".join(reversed(characters))
