"""How auth says no about passkeys."""

from __future__ import annotations

from services.kit.failure import Failure, Kind


class PasskeyNotFound(Failure):
    """None of that id among the caller's."""

    kind = Kind.NOT_FOUND
    reason = "PASSKEY_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such passkey.")


class PasskeyRefused(Failure):
    """The browser's answer is not good; nothing more is told, as with other factors."""

    kind = Kind.INVALID
    reason = "PASSKEY_REFUSED"

    def __init__(self) -> None:
        super().__init__("That passkey cannot be taken.")


class RegistrationExpired(Failure):
    """Unknown, finished or too old: one answer for all three."""

    kind = Kind.PRECONDITION
    reason = "REGISTRATION_EXPIRED"

    def __init__(self) -> None:
        super().__init__("The registration is not open any more. Begin again.")
