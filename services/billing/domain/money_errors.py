"""What is refused about credit notes, refunds, credit and cheques, one class a reason of errors.proto."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.kit.failure import Failure, FieldViolation, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.kit.money import Money


class CreditNoteNotFound(Failure):
    """No such credit note of this merchant."""

    kind = Kind.NOT_FOUND
    reason = "CREDIT_NOTE_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such credit note.")


class CreditQuantityTooHigh(Failure):
    """More is credited than there is left. `left`: field of a line's quantity -> what is left of the bill's line."""

    kind = Kind.INVALID
    reason = "CREDIT_QUANTITY_TOO_HIGH"

    def __init__(self, left: Mapping[str, str]) -> None:
        super().__init__(
            "More is credited than was billed less what was credited before.",
            fields=tuple(FieldViolation(field, f"must be at most {quantity}") for field, quantity in left.items()),
        )


class NothingToCredit(Failure):
    """All of the bill was credited before."""

    kind = Kind.PRECONDITION
    reason = "NOTHING_TO_CREDIT"

    def __init__(self) -> None:
        super().__init__("All of the bill was credited before.")


class RefundNotFound(Failure):
    """No such refund of this merchant."""

    kind = Kind.NOT_FOUND
    reason = "REFUND_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such refund.")


class RefundTooHigh(Failure):
    """More is to be given back than there is left of the leg and of the credit that it became."""

    kind = Kind.INVALID
    reason = "REFUND_TOO_HIGH"

    def __init__(self, refundable: Money) -> None:
        super().__init__(
            "More is refunded than can be.",
            fields=(FieldViolation("amount", f"must be at most {refundable}"),),
            refundable=str(refundable),
        )


class RefundCeilingExceeded(Failure):
    """The member may not refund as much at once."""

    kind = Kind.DENIED
    reason = "REFUND_CEILING_EXCEEDED"

    def __init__(self, ceiling: Money) -> None:
        super().__init__(f"You may refund at most {ceiling} at once.", ceiling=str(ceiling))


class RefundMethodUnfit(Failure):
    """Credit was to go back as money, or money as credit."""

    kind = Kind.INVALID
    reason = "REFUND_METHOD_UNFIT"

    def __init__(self, field: str) -> None:
        super().__init__(
            "What was paid out of credit goes back to credit, and nothing else does.",
            fields=(FieldViolation(field, "must fit how the leg was paid"),),
        )


class CustomerCreditTooLow(Failure):
    """The customer has less credit than is to be taken."""

    kind = Kind.PRECONDITION
    reason = "CUSTOMER_CREDIT_TOO_LOW"

    def __init__(self, credit: Money) -> None:
        super().__init__("The customer's credit is lower than that.", credit=str(credit))


class CreditAboveOutstanding(Failure):
    """More credit is to be used than the bill asks for."""

    kind = Kind.PRECONDITION
    reason = "CREDIT_ABOVE_OUTSTANDING"

    def __init__(self, field: str, outstanding: Money) -> None:
        super().__init__(
            "The bill asks for less than the credit that is to be used.",
            fields=(FieldViolation(field, f"must be at most {outstanding}"),),
            outstanding=str(outstanding),
        )


class ChequeExists(Failure):
    """The cheque is on another payment of the merchant."""

    kind = Kind.EXISTS
    reason = "CHEQUE_EXISTS"

    def __init__(self, field: str) -> None:
        super().__init__(
            "This cheque is on another payment already.",
            fields=(FieldViolation(field, "must not have been entered before"),),
        )
