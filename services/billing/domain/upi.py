"""Requests for money that UPI apps understand: NPCI's `upi://pay` link.

pa: payee address. pn: payee name. am: amount with two decimals. cu: currency, always INR. tr: the payee's reference, at
most 35 characters, which comes back with the payment. tn: a note that the payer sees.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from services.billing.domain.bill import Bill
    from services.kit.money import Money

CURRENCY = "INR"
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_NAME_LENGTH = 50
_NOTE_LENGTH = 50


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
