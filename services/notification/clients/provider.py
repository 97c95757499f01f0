"""The SMS provider as this service sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from services.notification.domain.delivery import Accepted, Outcome


class ProviderAway(Exception):
    """The provider could not be asked. Nothing is known by it."""


class SmsProvider(Protocol):
    """Sends, and remembers what it was sent."""

    def send(self, *, phone: str, text: str, callback_url: str) -> Outcome:
        """Hands one message over. Never raises: what is not known is the outcome NoAnswer."""
        ...

    def find(self, *, phone: str, text: str, since: datetime) -> Sequence[Accepted]:
        """All messages with this text that it was handed for this phone since then. Raises ProviderAway."""
        ...

    def close(self) -> None:
        """Ends its connections."""
        ...


class ReportReader(Protocol):
    """Reads the provider's status reports."""

    def read(self, *, path: str, signature: str, form: bytes) -> Accepted | None:
        """What the report says; None if it is about nothing that is followed here.

        `path` is path and query as the provider called them. Raises CallbackSignatureInvalid.
        """
        ...
