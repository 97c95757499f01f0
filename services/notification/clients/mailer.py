"""The mail server as this service sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from services.notification.domain.delivery import Refused
from services.notification.domain.message import DeliveryError, Fault

if TYPE_CHECKING:
    from datetime import datetime

    from services.notification.domain.delivery import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One e-mail. All attempts to send it are the same mail: `name` makes the Message-ID, `time` the date."""

    # "msg_…".
    name: str
    recipient: str = field(repr=False)
    subject_line: str = field(repr=False)
    # Plain text; blank lines divide paragraphs.
    text: str = field(repr=False)
    # "en", "hi" or "fi".
    locale: str
    time: datetime


class Mailer(Protocol):
    """Hands e-mails to a mail server."""

    def send(self, mail: Mail) -> Outcome:
        """Hands one mail over. Never raises: what is not known is the outcome NoAnswer."""
        ...

    def close(self) -> None:
        """Ends its connections."""
        ...


class NoMailer:
    """For an installation without a mail server: says so about every mail."""

    def send(self, mail: Mail) -> Outcome:  # noqa: ARG002 - the Protocol's
        """Refused, for that reason."""
        return Refused(DeliveryError(Fault.CHANNEL_NOT_CONFIGURED))

    def close(self) -> None:
        """Nothing to end."""
