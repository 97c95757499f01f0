"""How money moves, between the domain and the columns that payments and refunds have for it."""

from __future__ import annotations

from datetime import date
from typing import Any

from services.billing.domain.payment import (
    BankTransfer,
    Card,
    Cash,
    Cheque,
    CustomerCredit,
    Method,
    MethodKind,
    Upi,
)


def proof_of(method: Method) -> dict[str, Any]:
    """What proves it, by parameter; None for what it does not have."""
    cheque = method if isinstance(method, Cheque) else None
    return {
        "utr": method.utr if isinstance(method, Upi) else None,
        "last_four": method.last_four if isinstance(method, Card) else None,
        "approval_code": method.approval_code if isinstance(method, Card) else None,
        "reference": method.reference if isinstance(method, BankTransfer) else None,
        "cheque_number": cheque.number if cheque else None,
        "cheque_bank": cheque.bank_name if cheque else None,
        "cheque_date": cheque.dated if cheque else None,
    }


def method_of(kind: str, *proof: Any) -> Method:
    """The method out of its columns, in the order of `proof_of`; a date may be ISO 8601 text, as JSON has it."""
    utr, last_four, approval_code, reference, number, bank_name, dated = proof
    match MethodKind(kind):
        case MethodKind.UPI:
            return Upi(utr)
        case MethodKind.CARD:
            return Card(last_four, approval_code)
        case MethodKind.CASH:
            return Cash()
        case MethodKind.BANK_TRANSFER:
            return BankTransfer(reference)
        case MethodKind.CHEQUE:
            return Cheque(number, bank_name, date.fromisoformat(dated) if isinstance(dated, str) else dated)
        case MethodKind.CUSTOMER_CREDIT:
            return CustomerCredit()
