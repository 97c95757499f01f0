"""A mail server by SMTP, told apart by what matters: whether a call that failed had handed the mail over.

Until the last line of the content has been sent the server may not deliver (RFC 5321, 4.2.5 and 6.1), so everything
before is known not to have been taken. From then until its reply is read nothing is known.
"""

from __future__ import annotations

import contextlib
import logging
import re
import smtplib
import socket
import ssl
import threading
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Literal
from urllib.parse import unquote, urlsplit

from services.notification.domain.delivery import Accepted, Busy, NoAnswer, NotReached, Outcome, Refused
from services.notification.domain.message import DeliveryError, Fault

if TYPE_CHECKING:
    from types import TracebackType

    from services.notification.clients.mailer import Mail
    from services.notification.clients.mime import Composer

_LOG = logging.getLogger(__name__)

# Seconds.
_CONNECT = 5.0
_COMMAND = 15.0
# Servers that look through the content do it before they answer.
_CONTENT = 75.0
_GOOD_BYE = 1.0
# For the whole call, however slowly a server drips: well below the least settling time.
_WHOLE_CALL = 100.0
# After which a server that does not want us at all is tried again.
_OUR_FAULT = timedelta(minutes=1)
_READY, _TAKEN, _START_CONTENT, _AUTHENTICATION_REQUIRED = 220, 250, 354, 530
# Classes of replies.
_SUCCESS, _NOT_NOW, _NEVER = 2, 4, 5
_LOOPBACK = frozenset(("localhost", "127.0.0.1", "::1"))
_DOT = re.compile(rb"^\.", re.MULTILINE)
_ENHANCED = re.compile(rb"5\.(\d{1,3})\.(\d{1,3})\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """Where mail is handed over. `user` "": without signing in."""

    host: str
    port: int
    # "starttls" insists on it; "plain" takes it if it is offered, for a server on this very machine.
    security: Literal["tls", "starttls", "plain"]
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def parse(cls, url: str) -> SmtpServer:
        """From "smtps://user:password@host:465" or "smtp://…:587". Raises ValueError, without the secret in it."""
        parts = urlsplit(url)
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or parts.path not in {"", "/"} or parts.query:
            raise ValueError("must be smtp://user:password@host:port or smtps://…")
        is_tls = parts.scheme == "smtps"
        return cls(
            host=parts.hostname,
            port=parts.port or (465 if is_tls else 587),
            security="tls" if is_tls else "plain" if parts.hostname in _LOOPBACK else "starttls",
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
        )


class SmtpMailer:
    """Hands mails over, each on a connection of its own. Safe to share between threads."""

    def __init__(
        self,
        server: SmtpServer,
        *,
        composer: Composer,
        sender: str,
        greeting: str,
        ca_file: str = "",
        whole_call: float = _WHOLE_CALL,
    ) -> None:
        """`sender`: the envelope's address. `greeting`: this host's name. `ca_file`: PEM; "" for public authorities."""
        self._server = server
        self._composer = composer
        self._sender = sender
        self._greeting = greeting
        self._trusted = ssl.create_default_context(cafile=ca_file or None)
        self._whole_call = whole_call

    def send(self, mail: Mail) -> Outcome:
        """Hands one mail over."""
        message_id = self._composer.message_id(mail)
        try:
            content = self._composer.compose(mail)
        except ValueError as error:
            # Whatever it is, it will not be another time.
            _LOG.error("mail cannot be written", extra={"mail": mail.name, "why": type(error).__name__})
            return Refused(DeliveryError(Fault.OTHER))
        session = _Session(self._server, greeting=self._greeting, trusted=self._trusted, seconds=self._whole_call)
        with session:
            try:
                session.open()
                session.envelope(self._sender, mail.recipient)
            except _Answer as answer:
                return answer.outcome
            except (OSError, smtplib.SMTPException, ValueError) as error:
                _LOG.info("mail server not reached", extra={"why": type(error).__name__})
                return NotReached()
            try:
                code, reply = session.content(content)
            except (OSError, smtplib.SMTPException, ValueError) as error:
                _LOG.warning("mail server broke off", extra={"mail": mail.name, "why": type(error).__name__})
                return NoAnswer(DeliveryError(Fault.NO_ANSWER))
        # This one and no other: half a reply may look like a success.
        if code == _TAKEN:
            return Accepted(message_id)
        return _refusal(code, reply) or NoAnswer(DeliveryError(Fault.NO_ANSWER, max(code, 0)))

    def close(self) -> None:
        """Nothing is kept open."""


class _Answer(Exception):
    """The server said no before it had the content."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(type(outcome).__name__)
        self.outcome = outcome


class _Session:
    """One connection. Left, it is closed; whatever it does, it is cut after `seconds`."""

    def __init__(self, server: SmtpServer, *, greeting: str, trusted: ssl.SSLContext, seconds: float) -> None:
        self._server = server
        self._greeting = greeting
        self._trusted = trusted
        self._client: smtplib.SMTP | None = None
        self._is_over = threading.Event()
        self._watch = threading.Timer(seconds, self._cut)
        self._watch.daemon = True

    def __enter__(self) -> None:
        self._watch.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._watch.cancel()
        client = self._client
        if client is None:
            return
        # A word of good-bye, to which nobody listens any more; what the server said before stands.
        with contextlib.suppress(OSError, smtplib.SMTPException, ValueError):
            self._patience(client, _GOOD_BYE)
            client.putcmd("QUIT")
        client.close()

    def open(self) -> None:
        """Connects, encrypts, signs in. Raises _Answer, OSError or SMTPException."""
        try:
            self._connect()
        except ssl.SSLCertVerificationError as error:
            _LOG.error("the mail server's certificate is not to be trusted", extra={"why": error.verify_message})
            raise _Answer(_our_fault(0)) from error
        except smtplib.SMTPResponseException as error:
            # Before any message was spoken of: it is about us.
            if error.smtp_code // 100 not in {_NOT_NOW, _NEVER}:
                raise
            outcome = _our_fault(error.smtp_code) if error.smtp_code // 100 == _NEVER else _later(error.smtp_code)
            raise _Answer(outcome) from error
        except smtplib.SMTPNotSupportedError as error:
            _LOG.error("the mail server does not offer what is needed", extra={"why": str(error)})
            raise _Answer(_our_fault(0)) from error

    def envelope(self, sender: str, recipient: str) -> None:
        """Says from whom, to whom, and that the content follows. Raises _Answer, OSError or SMTPException."""
        client = self._started()
        code, reply = client.mail(sender)
        if code // 100 == _SUCCESS:
            code, reply = client.rcpt(recipient)
        if code // 100 == _SUCCESS:
            code, reply = client.docmd("DATA")
        if code != _START_CONTENT:
            raise _Answer(_refusal(code, reply) or NotReached())

    def content(self, content: bytes) -> tuple[int, bytes]:
        """Sends the content and reads what the server says to it."""
        client = self._started()
        self._patience(client, _CONTENT)
        client.send(_DOT.sub(b"..", content) + (b"" if content.endswith(b"\r\n") else b"\r\n") + b".\r\n")
        code, reply = client.getreply()
        return code, reply

    def _connect(self) -> None:
        server = self._server
        # Made without a host it does not connect by itself: `_cut` is to know the connection from its first byte on.
        client = self._client = smtplib.SMTP(local_hostname=self._greeting)
        client.sock = socket.create_connection((server.host, server.port), _CONNECT)
        if self._is_over.is_set():
            raise TimeoutError
        if server.security == "tls":
            self._encrypt(client)
        self._patience(client, _COMMAND)
        code, reply = client.getreply()
        if code != _READY:
            raise smtplib.SMTPConnectError(code, reply)
        client.ehlo_or_helo_if_needed()
        if server.security == "starttls" or (server.security == "plain" and client.has_extn("starttls")):
            if not client.has_extn("starttls"):
                raise smtplib.SMTPNotSupportedError("STARTTLS is not offered")
            code, reply = client.docmd("STARTTLS")
            if code != _READY:
                raise smtplib.SMTPResponseException(code, reply)
            self._encrypt(client)
            client.ehlo()
        if server.user:
            client.login(server.user, server.password)

    def _encrypt(self, client: smtplib.SMTP) -> None:
        if client.sock is None:
            raise smtplib.SMTPServerDisconnected
        # Known to `_cut` before the first byte of the handshake.
        wrapped = self._trusted.wrap_socket(
            client.sock, server_hostname=self._server.host, do_handshake_on_connect=False
        )
        # What was read ahead came unencrypted, from whoever.
        client.sock, client.file = wrapped, None
        wrapped.do_handshake()

    def _started(self) -> smtplib.SMTP:
        if self._client is None:
            raise smtplib.SMTPServerDisconnected
        return self._client

    @staticmethod
    def _patience(client: smtplib.SMTP, seconds: float) -> None:
        if client.sock is None:
            raise smtplib.SMTPServerDisconnected
        client.sock.settimeout(seconds)

    def _cut(self) -> None:
        self._is_over.set()
        found = self._client.sock if self._client is not None else None
        if found is not None:
            try:
                # The plain socket's: that of TLS would take the session from under the thread that reads.
                socket.socket.shutdown(found, socket.SHUT_RDWR)
            except OSError:
                return


def _refusal(code: int, reply: bytes) -> Outcome | None:
    """What a 4xx or 5xx means for the message; None for anything else."""
    if code // 100 == _NOT_NOW:
        return _later(code)
    if code == _AUTHENTICATION_REQUIRED:
        return _our_fault(code)
    if code // 100 == _NEVER:
        return Refused(DeliveryError(_fault(code, reply), code))
    return None


def _later(code: int) -> Busy:
    return Busy(DeliveryError(Fault.PROVIDER_BUSY, code))


def _our_fault(code: int) -> Busy:
    """The account, the certificate or the host is at fault, not the message: it goes out once that is put right."""
    return Busy(DeliveryError(Fault.SENDER, code), _OUR_FAULT)


def _fault(code: int, reply: bytes) -> Fault:
    """By the enhanced code (RFC 3463) if there is one, else by the plain one, which says less."""
    found = _ENHANCED.search(reply)
    if found is not None:
        subject, detail = int(found[1]), int(found[2])
        if subject == 7:  # noqa: PLR2004 - security or policy
            return Fault.FILTERED
        if subject == 1 and detail in {7, 8}:
            return Fault.SENDER
        if subject == 1:
            return Fault.ADDRESS_INVALID
        if subject == 2:  # noqa: PLR2004 - the mailbox: full, disabled
            return Fault.UNREACHABLE
        if subject == 6:  # noqa: PLR2004 - the content
            return Fault.FILTERED
    return _PLAIN.get(code, Fault.OTHER)


_PLAIN = {
    550: Fault.ADDRESS_INVALID,
    551: Fault.ADDRESS_INVALID,
    552: Fault.UNREACHABLE,
    553: Fault.ADDRESS_INVALID,
    554: Fault.FILTERED,
}
