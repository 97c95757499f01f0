"""What the token endpoint asks of us, and what it gets. Authlib sees nothing of the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from services.auth.domain.client import Client
    from services.auth.domain.device import DeviceGrant
    from services.auth.domain.session import AuthorizationCode, RefreshToken, Session, Subject


class Exchange(Protocol):
    """One token request, inside its transaction. Each method may raise Refused; what it wrote before is committed.

    `merchant` is the form's `merchant_id`, None if absent; a merchant that is not to be had is `invalid_target`.
    """

    def authenticate_client(self) -> Client:
        """The client that makes the request."""
        ...

    def find_code(self, secret: str, client: Client) -> AuthorizationCode | None:
        """A code that this client may redeem. One that was redeemed before ends the session it started."""
        ...

    def find_refresh_token(self, secret: str, client: Client) -> tuple[RefreshToken, Session] | None:
        """A refresh token that this client may use now. One that was stolen ends its session."""
        ...

    def find_device(self, secret: str, client: Client) -> DeviceGrant:
        """What a person allowed this client's device, or why there is nothing yet."""
        ...

    def subject_of_code(self, code: AuthorizationCode, client: Client, merchant: str | None) -> Subject:
        """Whom a code's tokens are for."""
        ...

    def subject_of_refresh_token(
        self, token: RefreshToken, session: Session, client: Client, merchant: str | None
    ) -> Subject:
        """Whom the tokens of a refresh are for."""
        ...

    def subject_of_device(self, grant: DeviceGrant, client: Client) -> Subject:
        """Whom a device's tokens are for."""
        ...

    def subject_of_client(self, client: Client, merchant: str | None) -> Subject:
        """The client itself, at its own tenant."""
        ...

    def subject_of_staff(self, client: Client, token: str, merchant: str | None) -> Subject:
        """Support staff, who show their own access `token`, in the name of the owner who lets them look."""
        ...

    def access_token(self, subject: Subject, scopes: frozenset[str]) -> str:
        """Signs one."""
        ...

    def lifetime(self, subject: Subject) -> int:
        """For how many seconds an access token of `subject` is good."""
        ...

    def id_token(self, subject: Subject, *, nonce: str, access_token: str) -> str | None:
        """Signs one for the client, if the person granted `openid`."""
        ...

    def redeem_code(self, code: AuthorizationCode, subject: Subject) -> str | None:
        """Uses the code up and starts the session: its first refresh token. None if someone was faster."""
        ...

    def redeem_device(self, grant: DeviceGrant, subject: Subject) -> str | None:
        """As `redeem_code`, for a device."""
        ...

    def rotate(self, secret: str, token: RefreshToken, subject: Subject) -> str | None:
        """Uses the refresh token up: its successor. None if it is not good any more."""
        ...
