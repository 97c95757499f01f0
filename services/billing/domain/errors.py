"""What billing refuses, one class a reason of errors.proto."""

from __future__ import annotations

from datetime import timedelta

from services.kit.failure import Failure, FieldViolation, Kind

_SOON = timedelta(seconds=1)


class BillNotFound(Failure):
    """No such bill for this caller; another tenant's reads the same."""

    kind = Kind.NOT_FOUND
    reason = "BILL_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such bill.")


class BillLocked(Failure):
    """The bill is no draft any more."""

    kind = Kind.PRECONDITION
    reason = "BILL_LOCKED"

    def __init__(self, state: str) -> None:
        super().__init__("The bill is issued and cannot be changed.", state=state)


class BillChanged(Failure):
    """The etag is of an older version."""

    kind = Kind.CONFLICT
    reason = "BILL_CHANGED"

    def __init__(self) -> None:
        super().__init__("The bill has changed since it was read.")


class BillNotIssued(Failure):
    """The bill is still a draft."""

    kind = Kind.PRECONDITION
    reason = "BILL_NOT_ISSUED"

    def __init__(self) -> None:
        super().__init__("The bill is not issued yet.")


class BillVoid(Failure):
    """The bill was withdrawn."""

    kind = Kind.PRECONDITION
    reason = "BILL_VOID"

    def __init__(self) -> None:
        super().__init__("The bill was voided.")


class BillPaid(Failure):
    """Nothing is outstanding."""

    kind = Kind.PRECONDITION
    reason = "BILL_PAID"

    def __init__(self) -> None:
        super().__init__("Nothing is outstanding on the bill.")


class BillHasPayments(Failure):
    """Money came or is said to have come, or something was credited, so the bill cannot be withdrawn."""

    kind = Kind.PRECONDITION
    reason = "BILL_HAS_PAYMENTS"

    def __init__(self) -> None:
        super().__init__("The bill has payments or credit notes and cannot be voided.")


class IssueInProgress(Failure):
    """Another call is issuing the bill, or one died doing so and is not cleaned up yet."""

    kind = Kind.CONFLICT
    reason = "ISSUE_IN_PROGRESS"

    def __init__(self) -> None:
        super().__init__("The bill is being issued. Try again in a moment.", retry_after=_SOON)


class OutOfStock(Failure):
    """The store has less than the bill asks for. `items`: "item_…=left" for each that falls short, with commas."""

    kind = Kind.PRECONDITION
    reason = "OUT_OF_STOCK"

    def __init__(self, items: str) -> None:
        super().__init__("The store has not enough of some items.", items=items)


class NumberSeriesFull(Failure):
    """The series has no number left this year."""

    kind = Kind.PRECONDITION
    reason = "NUMBER_SERIES_FULL"

    def __init__(self, prefix: str, financial_year: str) -> None:
        super().__init__(
            "The number series is used up for this financial year; set another prefix.",
            prefix=prefix,
            financial_year=financial_year,
        )


class CustomerNotFound(Failure):
    """No such customer of this merchant."""

    kind = Kind.NOT_FOUND
    reason = "CUSTOMER_NOT_FOUND"

    def __init__(self, field: str | None = None) -> None:
        fields = (FieldViolation(field, "must be one of the merchant's customers"),) if field else ()
        super().__init__("There is no such customer.", fields=fields)


class CustomerExists(Failure):
    """The merchant has a customer with this telephone number."""

    kind = Kind.EXISTS
    reason = "CUSTOMER_EXISTS"

    def __init__(self, customer_id: str) -> None:
        super().__init__(
            "There is a customer with this telephone number already.",
            fields=(FieldViolation("customer.phone", "must not be another customer's"),),
            customer_id=customer_id,
        )


class CustomerChanged(Failure):
    """The etag is of an older version."""

    kind = Kind.CONFLICT
    reason = "CUSTOMER_CHANGED"

    def __init__(self) -> None:
        super().__init__("The customer has changed since it was read.")


class ItemNotFound(Failure):
    """The merchant has no such items for sale; `fields` names where they were asked for."""

    kind = Kind.NOT_FOUND
    reason = "ITEM_NOT_FOUND"

    def __init__(self, *fields: str) -> None:
        super().__init__(
            "There is no such item for sale.",
            fields=tuple(FieldViolation(field, "must be an item of the merchant") for field in fields),
        )


class StoreNotFound(Failure):
    """The merchant has no such store, or it is too new to be known everywhere."""

    kind = Kind.NOT_FOUND
    reason = "STORE_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__(
            "There is no such store.",
            fields=(FieldViolation("bill.store_id", "must be one of the merchant's stores"),),
        )


class CurrencyMismatch(Failure):
    """An amount is in another currency than the bill."""

    kind = Kind.INVALID
    reason = "CURRENCY_MISMATCH"

    def __init__(self, field: str, expected: str) -> None:
        super().__init__(
            f"The amount must be in {expected}.",
            fields=(FieldViolation(field, f"must be in {expected}"),),
            expected=expected,
        )


class TaxCodeUnknown(Failure):
    """The regime has no such code on that day."""

    kind = Kind.INVALID
    reason = "TAX_CODE_UNKNOWN"

    def __init__(self, field: str, code: str) -> None:
        super().__init__(
            f"The tax regime has no code {code}.",
            fields=(FieldViolation(field, "must be a code of the merchant's tax regime"),),
            tax_code=code,
        )


class TaxRegimeUnfit(Failure):
    """The regime is not one of the merchant's country."""

    kind = Kind.INVALID
    reason = "TAX_REGIME_UNFIT"

    def __init__(self, country_code: str) -> None:
        super().__init__(
            "The tax regime does not fit the merchant's country.",
            fields=(FieldViolation("settings.tax_regime", f"must be a regime of {country_code}"),),
            country_code=country_code,
        )


class SettingsChanged(Failure):
    """The etag is of an older version."""

    kind = Kind.CONFLICT
    reason = "SETTINGS_CHANGED"

    def __init__(self) -> None:
        super().__init__("The settings have changed since they were read.")


class PaymentNotFound(Failure):
    """No such payment of this merchant."""

    kind = Kind.NOT_FOUND
    reason = "PAYMENT_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such payment.")


class PaymentLegNotFound(Failure):
    """The payment has no such leg."""

    kind = Kind.NOT_FOUND
    reason = "PAYMENT_LEG_NOT_FOUND"

    def __init__(self, field: str) -> None:
        super().__init__(
            "The payment has no such leg.", fields=(FieldViolation(field, "must be a leg of the payment"),)
        )


class PaymentStateWrong(Failure):
    """A leg cannot go from its state to the one asked for; or, without a leg, none is left that could."""

    kind = Kind.PRECONDITION
    reason = "PAYMENT_STATE_WRONG"

    def __init__(self, leg_id: str | None = None, state: str | None = None) -> None:
        if leg_id is None or state is None:
            super().__init__("No leg of the payment waits for this.")
        else:
            super().__init__("The leg is past this.", leg_id=leg_id, state=state)


class UtrExists(Failure):
    """The UTR is on another payment of the merchant; who may know is told which."""

    kind = Kind.EXISTS
    reason = "UTR_EXISTS"

    def __init__(self, field: str, payment_id: str | None = None) -> None:
        super().__init__(
            "This UTR is on another payment already.",
            fields=(FieldViolation(field, "must not have been entered before"),),
        )
        if payment_id is not None:
            self.metadata = {"payment_id": payment_id}


class ClaimTooHigh(Failure):
    """More is claimed than there is left to claim."""

    kind = Kind.INVALID
    reason = "CLAIM_TOO_HIGH"

    def __init__(self, field: str, claimable: str) -> None:
        super().__init__(
            "The claim is higher than what is left to pay.",
            fields=(FieldViolation(field, f"must be at most {claimable}"),),
            claimable=claimable,
        )


class MethodNotClaimable(Failure):
    """Only the merchant can say that cash or a card was taken."""

    kind = Kind.INVALID
    reason = "METHOD_NOT_CLAIMABLE"

    def __init__(self, field: str) -> None:
        super().__init__(
            "Only payments by UPI and bank transfer can be claimed.",
            fields=(FieldViolation(field, "must not be claimed by the customer"),),
        )


class BillLinkNotFound(Failure):
    """No bill has this public link."""

    kind = Kind.NOT_FOUND
    reason = "BILL_LINK_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("No bill has this link.")


class FileTypeUnfit(Failure):
    """The bytes are no file that is taken here. `wanted`: which are."""

    kind = Kind.INVALID
    reason = "FILE_TYPE_UNFIT"

    def __init__(self, field: str, wanted: str) -> None:
        super().__init__(f"The file must be {wanted}.", fields=(FieldViolation(field, f"must be {wanted}"),))


class AttachmentNotFound(Failure):
    """The bill has no such file."""

    kind = Kind.NOT_FOUND
    reason = "ATTACHMENT_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("The bill has no such attachment.")


class AttachmentLimitReached(Failure):
    """The bill has as many files as it can have."""

    kind = Kind.EXHAUSTED
    reason = "ATTACHMENT_LIMIT_REACHED"

    def __init__(self, most: int) -> None:
        super().__init__(f"A bill has at most {most} attachments.", most=str(most))


class LogoNotFound(Failure):
    """The merchant has no logo."""

    kind = Kind.NOT_FOUND
    reason = "LOGO_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no logo.")


class InstalmentsMismatch(Failure):
    """The instalments come to something else than the bill."""

    kind = Kind.INVALID
    reason = "INSTALMENTS_MISMATCH"

    def __init__(self, total: str) -> None:
        super().__init__(
            f"The instalments must add up to {total}.",
            fields=(FieldViolation("bill.instalments", f"must add up to {total}"),),
            total=total,
        )


class CustomerWithoutPhone(Failure):
    """There is no number and no address to send anything to."""

    kind = Kind.PRECONDITION
    reason = "CUSTOMER_WITHOUT_PHONE"

    def __init__(self) -> None:
        super().__init__("The customer has no telephone number and no e-mail address that messages may go to.")


class RemindedRecently(Failure):
    """The customer was reminded of the bill within the last day."""

    kind = Kind.EXHAUSTED
    reason = "REMINDED_RECENTLY"

    def __init__(self, again_in: timedelta) -> None:
        super().__init__("The customer was reminded of this bill within the last day.", retry_after=again_in)
