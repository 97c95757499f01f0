"""Mail servers that talk real SMTP: one that behaves, by aiosmtpd, and one that says whatever a test wrote down."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass
class Received:
    """A mail as the server got it."""

    sender: str
    recipients: list[str]
    raw: bytes
    encrypted: bool

    @property
    def message(self) -> EmailMessage:
        """Taken apart as a mail program does."""
        parsed = message_from_bytes(self.raw, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    def part(self, kind: str) -> str:
        """The text of its "plain" or "html" part."""
        body = self.message.get_body((kind,))
        assert body is not None
        return str(body.get_content()).replace("\r\n", "\n")


@dataclass
class MailServer:
    """What a test asks of it and sees of it. Replies of None are the usual ones."""

    port: int = 0
    mails: list[Received] = field(default_factory=list)
    mail_reply: str | None = None
    rcpt_reply: str | None = None
    data_reply: str | None = None
    greeting_name: str = ""

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.greeting_name = session.host_name = hostname
        return responses

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.mail_reply or "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.rcpt_reply or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.data_reply is not None:
            return self.data_reply
        content = envelope.content
        assert isinstance(content, bytes)
        encrypted = session.ssl is not None
        self.mails.append(Received(envelope.mail_from or "", list(envelope.rcpt_tos), content, encrypted))
        return "250 2.0.0 Ok: queued as 4F1B2"


@contextmanager
def serving(
    *, identity: Path | None = None, implicit_tls: bool = False, login: tuple[str, str] | None = None
) -> Iterator[MailServer]:
    """A server on loopback. With `identity` (cert.pem, key.pem) it speaks TLS, with `login` it insists on that."""
    context = None
    if identity is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(identity / "cert.pem", identity / "key.pem")
    found = MailServer()

    def authenticate(
        server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword
    ) -> AuthResult:
        assert session.ssl is not None, "a password in the clear"
        given = (data.login.decode(), data.password.decode())
        return AuthResult(success=given == login, handled=False)

    options: dict[str, Any] = {"hostname": "mail.test", "loop": (loop := asyncio.new_event_loop())}
    if context is not None and not implicit_tls:
        options |= {"tls_context": context, "require_starttls": True}
    if login is not None:
        options |= {"authenticator": authenticate, "auth_required": True, "auth_require_tls": not implicit_tls}
    listener = socket.create_server(("127.0.0.1", 0))
    found.port = listener.getsockname()[1]
    server = loop.run_until_complete(
        loop.create_server(lambda: SMTP(found, **options), sock=listener, ssl=context if implicit_tls else None)
    )
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def end() -> None:
        server.close()
        talks = asyncio.all_tasks() - {asyncio.current_task()}
        for talk in talks:
            talk.cancel()
        await asyncio.gather(*talks, return_exceptions=True)

    try:
        yield found
    finally:
        asyncio.run_coroutine_threadsafe(end(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@dataclass
class Line:
    """A connection as a script sees it."""

    connection: socket.socket
    reader: Any

    def say(self, *replies: str) -> None:
        """Sends whole lines."""
        for reply in replies:
            self.connection.sendall(reply.encode() + b"\r\n")

    def hear(self) -> str:
        """One line of the client's; "" once it is gone."""
        return str(self.reader.readline().decode().rstrip())

    def hear_content(self) -> bytes:
        """All up to the final dot."""
        content = b""
        while not content.endswith(b"\r\n.\r\n"):
            line = self.reader.readline()
            if not line:
                break
            content += line
        return content

    def until_data(self) -> None:
        """A conversation as it should be, up to the invitation to send the content."""
        self.say("220 hello")
        for reply in ("250 mail.test", "250 ok", "250 ok", "354 go on"):
            self.hear()
            self.say(reply)


@contextmanager
def scripted(script: Callable[[Line], None]) -> Iterator[int]:
    """The port of a server that plays `script` once and then closes; the block ends when it has."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(10)

    def play() -> None:
        connection, _ = listener.accept()
        connection.settimeout(10)
        with connection, connection.makefile("rb") as reader:
            try:
                script(Line(connection, reader))
            except (BrokenPipeError, ConnectionResetError):
                return

    thread = threading.Thread(target=play)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        thread.join()
        listener.close()
