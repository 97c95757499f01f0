"""Every way in which auth says no. Reasons are those of errors.proto."""

from __future__ import annotations

from datetime import timedelta

from services.kit.failure import Failure, FieldViolation, Kind


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


class ClientUnknown(Failure):
    """No such client."""

    kind = Kind.INVALID
    reason = "CLIENT_UNKNOWN"

    def __init__(self) -> None:
        super().__init__(
            "No client of that id may ask people to sign in.",
            fields=(FieldViolation("authorization.client_id", "must be a registered client"),),
        )


class RedirectUriNotRegistered(Failure):
    """The redirect URI is not one of the client's."""

    kind = Kind.INVALID
    reason = "REDIRECT_URI_NOT_REGISTERED"

    def __init__(self) -> None:
        super().__init__(
            "The client did not register this redirect URI.",
            fields=(FieldViolation("authorization.redirect_uri", "must be one that the client registered"),),
        )


class ScopeUnknown(Failure):
    """The client may not ask for the scope."""

    kind = Kind.INVALID
    reason = "SCOPE_UNKNOWN"

    def __init__(self, scope: str) -> None:
        super().__init__(
            "The client may not ask for one of the scopes.",
            fields=(FieldViolation("authorization.scope", "must name scopes that the client may ask for"),),
            scope=scope,
        )


class ChallengeExpired(Failure):
    """Unknown, answered, or too old: one answer for all three."""

    kind = Kind.PRECONDITION
    reason = "CHALLENGE_EXPIRED"

    def __init__(self) -> None:
        super().__init__("The challenge is not open any more. Begin again.")


class FactorOutOfTurn(Failure):
    """The challenge asks for another factor."""

    kind = Kind.INVALID
    reason = "FACTOR_OUT_OF_TURN"

    def __init__(self, factor: str) -> None:
        super().__init__(f"The challenge asks for {factor} now.", factor=factor)


class FactorRefused(Failure):
    """Wrong, used before, or no such account: one answer for all three."""

    kind = Kind.UNAUTHENTICATED
    reason = "FACTOR_REFUSED"

    def __init__(self) -> None:
        super().__init__("That is not right.")


class TooManyAttempts(Failure):
    """Wrong too often; even a right answer waits."""

    kind = Kind.EXHAUSTED
    reason = "TOO_MANY_ATTEMPTS"

    def __init__(self, wait: timedelta) -> None:
        super().__init__("Too many wrong answers. Wait before the next one.", retry_after=wait)


class AuthenticatorsLocked(Failure):
    """So many wrong codes in a row that only recovery helps."""

    kind = Kind.PRECONDITION
    reason = "AUTHENTICATORS_LOCKED"

    def __init__(self) -> None:
        super().__init__("Too many codes in a row were wrong. The account has to be recovered.")


class SignInBusy(Failure):
    """More passwords wait to be checked than is sane."""

    kind = Kind.EXHAUSTED
    reason = "SIGN_IN_BUSY"

    def __init__(self) -> None:
        super().__init__("Too many people are signing in at this moment.", retry_after=timedelta(seconds=1))


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


class AuthenticatorNotFound(Failure):
    """None of that id among the caller's."""

    kind = Kind.NOT_FOUND
    reason = "AUTHENTICATOR_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such authenticator.")


class TooManyAuthenticators(Failure):
    """The account has as many as it may have."""

    kind = Kind.PRECONDITION
    reason = "TOO_MANY_AUTHENTICATORS"

    def __init__(self, most: int) -> None:
        super().__init__(f"An account has at most {most} authenticators.", most=str(most))


class AuthenticatorAlreadyConfirmed(Failure):
    """It was confirmed before."""

    kind = Kind.PRECONDITION
    reason = "AUTHENTICATOR_ALREADY_CONFIRMED"

    def __init__(self) -> None:
        super().__init__("The authenticator is confirmed already.")


class LastAuthenticator(Failure):
    """Without it nobody could sign in."""

    kind = Kind.PRECONDITION
    reason = "LAST_AUTHENTICATOR"

    def __init__(self) -> None:
        super().__init__("It is the only confirmed authenticator of the account.")


class SessionNotFound(Failure):
    """None of that id among the caller's."""

    kind = Kind.NOT_FOUND
    reason = "SESSION_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such session.")


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


class MerchantNotFound(Failure):
    """Absent, or another's."""

    kind = Kind.NOT_FOUND
    reason = "MERCHANT_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such merchant.")


class MerchantChanged(Failure):
    """The etag is stale."""

    kind = Kind.CONFLICT
    reason = "MERCHANT_CHANGED"

    def __init__(self) -> None:
        super().__init__("The merchant was changed since it was read.")


class PlaceUnknown(Failure):
    """No such country or time zone."""

    kind = Kind.INVALID
    reason = "PLACE_UNKNOWN"

    def __init__(self, *fields: FieldViolation) -> None:
        super().__init__("No such country or time zone.", fields=fields)


class MemberNotFound(Failure):
    """Absent, or another merchant's."""

    kind = Kind.NOT_FOUND
    reason = "MEMBER_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such member.")


class MemberExists(Failure):
    """The phone is invited, or a member's."""

    kind = Kind.EXISTS
    reason = "MEMBER_EXISTS"

    def __init__(self) -> None:
        super().__init__("That phone is invited already, or a member's.")


class InvitationNotFound(Failure):
    """Absent, closed, or for another phone."""

    kind = Kind.NOT_FOUND
    reason = "INVITATION_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such invitation for your phone.")


class OwnerRequired(Failure):
    """The caller is not an owner, or not any more."""

    kind = Kind.DENIED
    reason = "OWNER_REQUIRED"

    def __init__(self) -> None:
        super().__init__("Only an owner may do this.")


class LastOwner(Failure):
    """The merchant would be without an owner."""

    kind = Kind.PRECONDITION
    reason = "LAST_OWNER"

    def __init__(self) -> None:
        super().__init__("A merchant must keep an owner.")


class MemberNotActive(Failure):
    """The invitation is not accepted yet."""

    kind = Kind.PRECONDITION
    reason = "MEMBER_NOT_ACTIVE"

    def __init__(self) -> None:
        super().__init__("The invitation was not accepted yet.")


class LimitReached(Failure):
    """As many as there may be."""

    kind = Kind.PRECONDITION
    reason = "LIMIT_REACHED"

    def __init__(self, what: str, most: int) -> None:
        super().__init__(f"There may be at most {most} {what}.", what=what, most=str(most))


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
