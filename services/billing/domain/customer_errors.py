"""What billing refuses about customers besides what errors.py holds."""

from __future__ import annotations

from services.kit.failure import Failure, Kind


class CreditLimitReached(Failure):
    """The customer would owe more than they may. `left`: what may still be issued, "250.00 INR"."""

    kind = Kind.PRECONDITION
    reason = "CREDIT_LIMIT_REACHED"

    def __init__(self, left: str) -> None:
        super().__init__(f"The customer's credit limit leaves {left}.", left=left)


class CreditLimitDenied(Failure):
    """Not this caller's to decide."""

    kind = Kind.DENIED
    reason = "CREDIT_LIMIT_DENIED"

    def __init__(self) -> None:
        super().__init__("Only owners and managers decide about credit limits.")


class BalanceConfirmationNotFound(Failure):
    """No such question of this merchant."""

    kind = Kind.NOT_FOUND
    reason = "BALANCE_CONFIRMATION_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such question about a balance.")


class BalanceLinkNotFound(Failure):
    """No balance has this public link, or it has expired."""

    kind = Kind.NOT_FOUND
    reason = "BALANCE_LINK_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("No balance has this link.")


class BalanceAnswered(Failure):
    """The other answer stands."""

    kind = Kind.PRECONDITION
    reason = "BALANCE_ANSWERED"

    def __init__(self, state: str) -> None:
        super().__init__("The question was answered otherwise before.", state=state)


class CustomerClosed(Failure):
    """The customer was merged into another, `customer_id`, or erased."""

    kind = Kind.PRECONDITION
    reason = "CUSTOMER_CLOSED"

    def __init__(self, customer_id: str | None) -> None:
        if customer_id is None:
            super().__init__("The customer was erased.")
        else:
            super().__init__("The customer was merged into another.", customer_id=customer_id)


class CustomerInUse(Failure):
    """Something refers to the customer. `why`: BALANCE, DRAFTS or HISTORY."""

    kind = Kind.PRECONDITION
    reason = "CUSTOMER_IN_USE"

    def __init__(self, why: str) -> None:
        super().__init__("Something refers to the customer still.", why=why)
