"""How auth says no about authenticators."""

from __future__ import annotations

from services.kit.failure import Failure, Kind


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
