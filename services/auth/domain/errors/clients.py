"""How auth says no about clients: what they ask for, what was allowed them, and how they are registered."""

from __future__ import annotations

from services.kit.failure import Failure, FieldViolation, Kind


class AuthorizationRequestExpired(Failure):
    """Unknown, answered, or too old: one answer for all three."""

    kind = Kind.PRECONDITION
    reason = "AUTHORIZATION_REQUEST_EXPIRED"

    def __init__(self) -> None:
        super().__init__("The authorization request is not open any more. Begin again where you came from.")


class ConsentRequired(Failure):
    """A third party's client, and the person was not asked."""

    kind = Kind.PRECONDITION
    reason = "CONSENT_REQUIRED"

    def __init__(self) -> None:
        super().__init__("The person has to be asked whether the client may do this.")


class SignInRequired(Failure):
    """The client wants a newer sign-in."""

    kind = Kind.PRECONDITION
    reason = "SIGN_IN_REQUIRED"

    def __init__(self) -> None:
        super().__init__("The client asks for a new sign-in.")


class ConsentNotFound(Failure):
    """Nothing was allowed that client."""

    kind = Kind.NOT_FOUND
    reason = "CONSENT_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no consent for this client.")


class DeviceCodeUnknown(Failure):
    """No device waits with that code."""

    kind = Kind.NOT_FOUND
    reason = "DEVICE_CODE_UNKNOWN"

    def __init__(self) -> None:
        super().__init__("No device waits with this code, or not any more.")


class ApiClientNotFound(Failure):
    """Absent, or another merchant's."""

    kind = Kind.NOT_FOUND
    reason = "API_CLIENT_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such client.")


class RedirectUriInvalid(Failure):
    """It cannot be registered."""

    kind = Kind.INVALID
    reason = "REDIRECT_URI_INVALID"

    def __init__(self, field: str, why: str) -> None:
        super().__init__("Not a redirect URI that can be registered.", fields=(FieldViolation(field, why),))


class ClientKeysInvalid(Failure):
    """No JWK set of public keys that sign."""

    kind = Kind.INVALID
    reason = "CLIENT_KEYS_INVALID"

    def __init__(self, field: str, why: str) -> None:
        super().__init__("Not a set of public keys that sign.", fields=(FieldViolation(field, why),))


class ClientSettingsInvalid(Failure):
    """They do not go together."""

    kind = Kind.INVALID
    reason = "CLIENT_SETTINGS_INVALID"

    def __init__(self, field: str, why: str) -> None:
        super().__init__("These settings do not go together.", fields=(FieldViolation(field, why),))
