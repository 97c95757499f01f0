"""Peers that remember what they were asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.rpc.error_details_pb2 import ErrorInfo

from services.kit.errors import PeerRefused, PeerUnavailable
from services.kit.failure import Kind

if TYPE_CHECKING:
    from services.auth.domain.names import AccountId, Phone


class FakeMessages:
    """Implements services.auth.clients.Messages; the same key is one message."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.away = False
        self.refuses = False

    def send_phone_code(self, **message: Any) -> None:
        self._send(message)

    def send_email_code(self, **message: Any) -> None:
        self._send(message)

    def send_recovery_code(self, **message: Any) -> None:
        self._send(message)

    def send_security_notice(self, **message: Any) -> None:
        self._send(message)

    def send_sign_up_notice(self, **message: Any) -> None:
        self._send(message)

    def send_invitation(self, **message: Any) -> None:
        self._send(message)

    def _send(self, message: dict[str, Any]) -> None:
        if self.away:
            raise PeerUnavailable("notification")
        if self.refuses:
            raise PeerRefused(Kind.INVALID, ErrorInfo(reason="PHONE_INVALID"), "No.", fields=(), retry_after=None)
        if all(message["key"] != earlier["key"] for earlier in self.sent):
            self.sent.append(message)


class FakePersonLinks:
    """Implements services.auth.clients.PersonLinks."""

    def __init__(self) -> None:
        self.linked: list[tuple[AccountId, Phone]] = []

    def link_phone(self, *, account_id: AccountId, phone: Phone) -> None:
        self.linked.append((account_id, phone))
