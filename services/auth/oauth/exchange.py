"""What the token endpoint asks of us, and what it gets. Authlib sees nothing of the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from services.auth.domain.session import AuthorizationCode, RefreshToken, Session, Subject


class NotAMember(Exception):
    """The person is no member of the merchant that the token is to act for; or there is no such merchant."""


class Exchange(Protocol):
    """One token request, inside its transaction."""

    def find_code(self, secret: str, client_id: str) -> AuthorizationCode | None:
        """A code that this client may redeem. One that was redeemed before ends the session it started."""
        ...

    def find_refresh_token(self, secret: str, client_id: str) -> tuple[RefreshToken, Session] | None:
        """A refresh token that this client may use now. One that was stolen ends its session."""
        ...

    def subject_of_code(self, code: AuthorizationCode, merchant: str | None) -> Subject:
        """Whom a code's tokens are for. `merchant`: the form's `merchant_id`, None if absent. Raises NotAMember."""
        ...

    def subject_of_refresh_token(self, token: RefreshToken, session: Session, merchant: str | None) -> Subject:
        """Whom the tokens of a refresh are for. Raises NotAMember."""
        ...

    def access_token(self, subject: Subject, scopes: frozenset[str]) -> str:
        """Signs one."""
        ...

    def redeem_code(self, code: AuthorizationCode, subject: Subject) -> str | None:
        """Uses the code up and starts the session: its first refresh token. None if someone was faster."""
        ...

    def rotate(self, secret: str, token: RefreshToken, subject: Subject) -> str | None:
        """Uses the refresh token up: its successor. None if it is not good any more."""
        ...
