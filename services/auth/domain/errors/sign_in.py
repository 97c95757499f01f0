"""How auth says no to sign-ins and about sessions."""

from __future__ import annotations

from datetime import timedelta

from services.kit.failure import Failure, FieldViolation, Kind


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

    def __init__(self, scope: str, *, field: str = "authorization.scope") -> None:
        super().__init__(
            "The client may not ask for one of the scopes.",
            fields=(FieldViolation(field, "must name scopes that the client may ask for"),),
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
    """Wrong too often, or asked too fast; even a right answer waits."""

    kind = Kind.EXHAUSTED
    reason = "TOO_MANY_ATTEMPTS"

    def __init__(self, wait: timedelta) -> None:
        super().__init__("Too many tries. Wait before the next one.", retry_after=wait)


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


class SessionNotFound(Failure):
    """None of that id among the caller's."""

    kind = Kind.NOT_FOUND
    reason = "SESSION_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such session.")
