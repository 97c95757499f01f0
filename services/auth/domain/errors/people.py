"""How auth says no about accounts, phones and addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.kit.failure import Failure, FieldViolation, Kind

if TYPE_CHECKING:
    from datetime import timedelta


class PhoneInvalid(Failure):
    """The number cannot exist."""

    kind = Kind.INVALID
    reason = "PHONE_INVALID"

    def __init__(self, field: str) -> None:
        super().__init__(
            "Not a phone number that can exist.", fields=(FieldViolation(field, "must be a real number in E.164"),)
        )


class PasswordTooWeak(Failure):
    """The password breaks the policy."""

    kind = Kind.INVALID
    reason = "PASSWORD_TOO_WEAK"

    def __init__(self, field: str, why: str) -> None:
        super().__init__("The password is not good enough.", fields=(FieldViolation(field, why),))


class AccountNotFound(Failure):
    """The account behind the token is gone."""

    kind = Kind.NOT_FOUND
    reason = "ACCOUNT_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such account.")


class AccountChanged(Failure):
    """The etag is stale."""

    kind = Kind.CONFLICT
    reason = "ACCOUNT_CHANGED"

    def __init__(self) -> None:
        super().__init__("The account was changed since it was read.")


class TooManyMessages(Failure):
    """Enough SMS for now."""

    kind = Kind.EXHAUSTED
    reason = "TOO_MANY_MESSAGES"

    def __init__(self, wait: timedelta) -> None:
        super().__init__("Too many codes were sent. Wait before the next one.", retry_after=wait)


class VerificationExpired(Failure):
    """No code is under way."""

    kind = Kind.PRECONDITION
    reason = "VERIFICATION_EXPIRED"

    def __init__(self) -> None:
        super().__init__("No code is under way. Ask for another.")


class VerificationCodeWrong(Failure):
    """The code is wrong."""

    kind = Kind.INVALID
    reason = "VERIFICATION_CODE_WRONG"

    def __init__(self, tries_left: int) -> None:
        super().__init__(
            "The code is wrong.",
            fields=(FieldViolation("code", "must be the code of the last message"),),
            tries_left=str(tries_left),
        )


class PhoneTaken(Failure):
    """Another account has verified the number."""

    kind = Kind.EXISTS
    reason = "PHONE_TAKEN"

    def __init__(self) -> None:
        super().__init__("Another account has verified this phone. Sign in to that one, or recover it.")


class PhoneNotVerified(Failure):
    """It needs a verified phone."""

    kind = Kind.PRECONDITION
    reason = "PHONE_NOT_VERIFIED"

    def __init__(self) -> None:
        super().__init__("Verify your phone first.")


class FieldNotUpdatable(Failure):
    """The mask names a field that cannot be changed."""

    kind = Kind.INVALID
    reason = "FIELD_NOT_UPDATABLE"

    def __init__(self, path: str) -> None:
        super().__init__(
            "The update mask names a field that cannot be changed here.",
            fields=(FieldViolation("update_mask", f"must not name {path}"),),
            path=path,
        )


class EmailMissing(Failure):
    """The account has no e-mail address."""

    kind = Kind.PRECONDITION
    reason = "EMAIL_MISSING"

    def __init__(self) -> None:
        super().__init__("The account has no e-mail address.")


class EmailTaken(Failure):
    """Another account has verified the address."""

    kind = Kind.EXISTS
    reason = "EMAIL_TAKEN"

    def __init__(self) -> None:
        super().__init__("Another account has verified this e-mail address. Sign in to that one, or recover it.")
