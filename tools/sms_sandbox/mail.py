"""The sandbox's mail server: takes whatever it is handed on loopback and shows it; nothing goes on from here."""

from __future__ import annotations

import asyncio
import email
import email.policy
import ipaddress
import logging
import secrets
import socket
import threading
import time
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from aiosmtpd.smtp import SMTP, Envelope, Session

if TYPE_CHECKING:
    from email.message import EmailMessage

    from tools.sms_sandbox.store import Fault, Store

_LOG = logging.getLogger(__name__)
_LARGEST = 1024 * 1024
# Seconds that an idle connection is kept.
_IDLE = 60


class MailServer:
    """Listens in a thread of its own from the moment it is made."""

    def __init__(self, address: tuple[str, int], *, store: Store) -> None:
        """Port 0 takes a free one. Raises ValueError for an address that others could reach."""
        if not ipaddress.ip_address(address[0]).is_loopback:
            raise ValueError("the mail server of the sandbox listens on loopback only")
        self._listener = socket.create_server(address)
        self.port: int = self._listener.getsockname()[1]
        self._taker = _Taker(store)
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(self._loop.create_server(self._talk, sock=self._listener))
        self._thread = threading.Thread(target=self._loop.run_forever, name="smtp", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Hears no more; what was answered for is on disk."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _talk(self) -> SMTP:
        return SMTP(
            self._taker,
            hostname="sandbox.localhost",
            ident="billmesh sandbox",
            data_size_limit=_LARGEST,
            timeout=_IDLE,
            loop=self._loop,
        )

    async def _end(self) -> None:
        self._server.close()
        talks = asyncio.all_tasks() - {asyncio.current_task()}
        for talk in talks:
            talk.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
        await self._loop.shutdown_default_executor()


class _Taker:
    """What aiosmtpd calls as a conversation goes on. What it raises is answered 500, and the server goes on."""

    def __init__(self, store: Store) -> None:
        self._store = store
        # Faults that come with the content of a mail; an envelope lasts as long as one mail.
        self._faults: WeakKeyDictionary[Envelope, Fault] = WeakKeyDictionary()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self,
        server: SMTP,  # noqa: ARG002 - aiosmtpd's signature
        session: Session,  # noqa: ARG002 - as above
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        """Takes every recipient, unless a fault was asked for."""
        fault = await asyncio.to_thread(self._store.take_fault, _key(address), anyone=False)
        if fault is not None and fault.kind == "refuse":
            code = int(fault.options.get("code", 550))
            return f"{code} {code // 100}.1.1 as it was asked for"
        if fault is not None:
            self._faults[envelope] = fault
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802 - as above
        """Keeps the mail, once a recipient."""
        fault = self._faults.pop(envelope, None)
        kind = fault.kind if fault is not None else ""
        if fault is not None and kind == "delay":
            await asyncio.sleep(fault.options.get("seconds", 1.0))
        if kind == "drop_before_accept":
            return _drop(server)
        if kind == "refuse_content" and fault is not None:
            return f"{fault.options.get('code', 554):.0f} as it was asked for"
        await asyncio.to_thread(self._keep, envelope)
        return _drop(server) if kind == "drop_after_accept" else "250 OK"

    async def handle_exception(self, error: Exception) -> str:
        """Something went wrong in here: it is said, and the next conversation is as good as ever."""
        _LOG.exception("mail stumbled", exc_info=error)
        return "451 the sandbox stumbled"

    def _keep(self, envelope: Envelope) -> None:
        content = envelope.content
        raw = content if isinstance(content, bytes) else (content or "").encode()
        message = email.message_from_bytes(raw, policy=email.policy.default)
        now = time.time()
        for recipient in envelope.rcpt_tos:
            self._store.add_mail(
                {
                    "sid": f"EM{secrets.token_hex(16)}",
                    "recipient": _key(recipient),
                    "sender": str(message.get("From", envelope.mail_from)),
                    "subject": str(message.get("Subject", "")),
                    "body": _text(message),
                    "message_id": str(message.get("Message-ID", "")),
                    "raw": raw,
                    "created": now,
                }
            )


def _key(address: str) -> str:
    """An address as the inbox knows it."""
    return address.strip().lower()


def _drop(server: SMTP) -> str:
    """Ends the connection as a broken line does; what is returned reaches nobody."""
    if isinstance(server.transport, asyncio.WriteTransport):
        server.transport.abort()
    return "421 gone"


def _text(message: EmailMessage) -> str:
    """What a mail program without HTML shows."""
    try:
        part = message.get_body(("plain", "html"))
        content = "" if part is None else part.get_content()
    except (LookupError, ValueError):
        return "(cannot be read)"
    return str(content).replace("\r\n", "\n")
