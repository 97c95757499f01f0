"""SMTP: what a mail server's answers mean, wherever it breaks off, and that nothing is said that it should not hear."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address
from typing import Any

import pytest

from services.notification.clients.mailer import Mail, NoMailer
from services.notification.clients.mime import Composer
from services.notification.clients.smtp import SmtpMailer, SmtpServer
from services.notification.domain.delivery import Accepted, Busy, NoAnswer, NotReached, Outcome, Refused
from services.notification.domain.message import DeliveryError, Fault
from tests.fakes.smtp import Line, MailServer, scripted, serving
from tests.harness import Authority
from tools.ports import free_port

TO = "asha.rao@example.com"
COMPOSER = Composer(sender=Address("Billmesh", addr_spec="no-reply@billmesh.test"), origin="https://edge.test")
OUR_FAULT = timedelta(minutes=1)


def mail(**changes: Any) -> Mail:
    given: dict[str, Any] = {
        "name": "msg_01",
        "recipient": TO,
        "subject_line": "Bill BLR/42 from Mehta Stores",
        "text": "Mehta Stores: bill BLR/42.",
        "locale": "en",
        "time": datetime(2026, 11, 22, 12, tzinfo=UTC),
    }
    return Mail(**(given | changes))


def mailer(port: int, *, security: Any = "plain", whole_call: float = 20, **more: Any) -> SmtpMailer:
    ca_file = more.pop("ca_file", "")
    server = SmtpServer(host="localhost" if security != "plain" else "127.0.0.1", port=port, security=security, **more)
    return SmtpMailer(
        server,
        composer=COMPOSER,
        sender="no-reply@billmesh.test",
        greeting="edge.test",
        ca_file=ca_file,
        whole_call=whole_call,
    )


def busy(code: int) -> Busy:
    return Busy(DeliveryError(Fault.PROVIDER_BUSY, code))


def our_fault(code: int = 0) -> Busy:
    return Busy(DeliveryError(Fault.SENDER, code), OUR_FAULT)


def test_a_mail_is_taken() -> None:
    with serving() as server:
        assert mailer(server.port).send(mail()) == Accepted("<msg_01@billmesh.test>")
    (received,) = server.mails
    assert (received.sender, received.recipients) == ("no-reply@billmesh.test", [TO])
    assert server.greeting_name == "edge.test"
    assert received.message["Message-ID"] == "<msg_01@billmesh.test>"


def test_lines_that_begin_with_a_dot_arrive() -> None:
    text = ".\n..\n.hidden\n\nend ."
    with serving() as server:
        assert isinstance(mailer(server.port).send(mail(text=text)), Accepted)
    assert server.mails[0].part("plain").startswith(text)


def test_starttls_with_a_password(authority: Authority) -> None:
    identity = authority.leaf("edge-server")
    with serving(identity=identity, login=("user", "secret")) as server:
        told: dict[str, Any] = {"security": "starttls", "ca_file": str(identity / "ca.pem"), "user": "user"}
        assert isinstance(mailer(server.port, **told, password="secret").send(mail()), Accepted)  # noqa: S106 - a test's
        assert server.mails[0].encrypted
        assert mailer(server.port, **told, password="wrong").send(mail()) == our_fault(535)  # noqa: S106 - as above
        assert len(server.mails) == 1


def test_tls_from_the_first_byte(authority: Authority) -> None:
    identity = authority.leaf("edge-server")
    with serving(identity=identity, implicit_tls=True) as server:
        sender = mailer(server.port, security="tls", ca_file=str(identity / "ca.pem"))
        assert isinstance(sender.send(mail()), Accepted)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_server_that_nobody_vouches_for_hears_nothing(authority: Authority, security: str) -> None:
    identity = authority.leaf("edge-server")
    with serving(identity=identity, implicit_tls=security == "tls") as server:
        outcome = mailer(server.port, security=security, user="user", password="secret").send(mail())  # noqa: S106 - as above
        assert outcome == our_fault()
        assert server.mails == []


def test_no_password_and_no_mail_in_the_clear() -> None:
    heard: list[str] = []

    def script(line: Line) -> None:
        line.say("220 hello")
        heard.append(line.hear())
        line.say("250-mail.test", "250 AUTH PLAIN LOGIN")
        heard.append(line.hear())

    with scripted(script) as port:
        outcome = mailer(port, security="starttls", user="user", password="secret").send(mail())  # noqa: S106 - as above
    assert outcome == our_fault()
    assert heard == ["ehlo edge.test", "QUIT"]


@pytest.mark.parametrize("stage", ["mail_reply", "rcpt_reply", "data_reply"])
@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("450 4.2.1 come back later", busy(450)),
        ("452 4.3.1 no room", busy(452)),
        ("421 4.3.2 closing", busy(421)),
        ("550 5.1.1 no such user", Refused(DeliveryError(Fault.ADDRESS_INVALID, 550))),
        ("554 5.7.1 looks like spam", Refused(DeliveryError(Fault.FILTERED, 554))),
        ("552 5.2.2 mailbox full", Refused(DeliveryError(Fault.UNREACHABLE, 552))),
        ("530 5.7.0 authentication required", our_fault(530)),
    ],
)
def test_what_a_server_says(stage: str, reply: str, expected: Outcome) -> None:
    with serving() as server:
        setattr(server, stage, reply)
        assert mailer(server.port).send(mail()) == expected
        assert server.mails == []


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        ("550 no", Fault.ADDRESS_INVALID),
        ("551 elsewhere", Fault.ADDRESS_INVALID),
        ("552 full", Fault.UNREACHABLE),
        ("553 no name", Fault.ADDRESS_INVALID),
        ("554 no", Fault.FILTERED),
        ("550 5.1.8 bad sender", Fault.SENDER),
        ("550 5.2.1 disabled", Fault.UNREACHABLE),
        ("550 5.6.0 content", Fault.FILTERED),
        ("550 5.7.26 not authenticated", Fault.FILTERED),
        ("571 odd", Fault.OTHER),
        ("550 5.4.4 no route", Fault.ADDRESS_INVALID),
    ],
)
def test_faults(reply: str, fault: Fault) -> None:
    with serving() as server:
        server.rcpt_reply = reply
        assert mailer(server.port).send(mail()) == Refused(DeliveryError(fault, int(reply[:3])))


@pytest.mark.parametrize(("greeting", "expected"), [("554 no service here", our_fault(554)), ("421 busy", busy(421))])
def test_a_server_that_does_not_want_us(greeting: str, expected: Outcome) -> None:
    with scripted(lambda line: line.say(greeting)) as port:
        assert mailer(port).send(mail()) == expected


def test_nobody_there() -> None:
    assert mailer(free_port()).send(mail()) == NotReached()


def _before(*replies: str) -> Callable[[Line], None]:
    """Hangs up after these replies."""

    def script(line: Line) -> None:
        for reply in replies:
            line.say(reply)
            line.hear()

    return script


@pytest.mark.parametrize(
    "replies",
    [
        (),
        ("220 hello",),
        ("220 hello", "250 mail.test"),
        ("220 hello", "250 mail.test", "250 ok"),
        ("220 hello", "250 mail.test", "250 ok", "250 ok"),
        ("220 hello", "250 mail.test", "250 ok", "250 ok", "nonsense"),
        ("220 hello", "250 mail.test", "250 ok", "250 ok", "250 not what was asked"),
        ("x" * 10_000,),
        ("220 hello", "250 mail.test", "2" * 10_000),
    ],
    ids=lambda replies: f"{len(replies)} replies",
)
def test_a_line_that_breaks_before_the_content(replies: tuple[str, ...]) -> None:
    with scripted(_before(*replies)) as port:
        outcome = mailer(port).send(mail())
    assert outcome in (NotReached(), our_fault(500))


@pytest.mark.parametrize(
    ("last", "code"),
    [((), 0), (("nonsense",), 0), (("354 what",), 354), (("x" * 10_000,), 0), (("250-go", "250-on"), 0)],
    ids=["nothing", "nonsense", "another 354", "an endless line", "half a reply"],
)
def test_a_line_that_breaks_after_the_content(last: tuple[str, ...], code: int) -> None:
    taken: list[bytes] = []

    def script(line: Line) -> None:
        line.until_data()
        taken.append(line.hear_content())
        line.say(*last)

    with scripted(script) as port:
        assert mailer(port).send(mail()) == NoAnswer(DeliveryError(Fault.NO_ANSWER, code))
    assert taken[0].endswith(b"\r\n.\r\n")


@pytest.mark.parametrize("stage", ["handshake", "greeting", "content"])
@pytest.mark.parametrize("drips", [False, True], ids=["silent", "dripping"])
def test_a_server_that_keeps_us_waiting_is_cut_off(stage: str, *, drips: bool) -> None:
    """However it goes about it, the call ends well before its fate is decided."""
    gone = threading.Event()

    def script(line: Line) -> None:
        if stage == "content":
            line.until_data()
            line.hear_content()
        # To TLS, the start of a very long record, and then of what is in it.
        drop = b"\x16\x03\x03\x3f\xff" if stage == "handshake" else b"2"
        line.connection.settimeout(0.02)
        while not gone.is_set():
            if drips:
                line.connection.sendall(drop)
            gone.wait(0.02)

    with scripted(script) as port:
        outcome = mailer(port, whole_call=0.3, security="tls" if stage == "handshake" else "plain").send(mail())
        gone.set()
    assert isinstance(outcome, NoAnswer if stage == "content" else NotReached)


@pytest.mark.parametrize(
    "changes",
    [
        {"recipient": f"{TO}\r\nBcc: other@example.com"},
        {"recipient": f"{TO}>\r\nRCPT TO:<other@example.com"},
        {"subject_line": "Hello\r\nBcc: other@example.com"},
        {"subject_line": "Hello\nX-Evil: 1"},
    ],
)
def test_nothing_breaks_out_of_a_header(changes: dict[str, str]) -> None:
    with serving() as server:
        assert mailer(server.port).send(mail(**changes)) == Refused(DeliveryError(Fault.OTHER))
        assert server.mails == []


def test_no_address_and_no_text_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    secret = {"subject_line": "Confidential", "text": "482913"}
    with serving() as server:
        mailer(server.port).send(mail(**secret))
        server.rcpt_reply = f"550 5.1.1 <{TO}> unknown"
        mailer(server.port).send(mail(**secret))
        mailer(server.port).send(mail(**(secret | {"recipient": f"{TO}\r\n"})))
    mailer(free_port()).send(mail(**secret))
    with scripted(_before("220 hello", "250 mail.test")) as port:
        mailer(port).send(mail(**secret))

    def broken(line: Line) -> None:
        line.until_data()
        line.hear_content()

    with scripted(broken) as port:
        mailer(port).send(mail(**secret))
    ours = [record for record in caplog.records if record.name.startswith("services.")]
    assert ours
    for record in ours:
        told = f"{record.getMessage()} {record.__dict__}"
        assert not any(word in told for word in ("asha", "rao", "example.com", "Confidential", "482913"))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtps://u%40x:p%2F@mail.test", ("mail.test", 465, "tls", "u@x", "p/")),
        ("smtp://u:p@mail.test:2525", ("mail.test", 2525, "starttls", "u", "p")),
        ("smtp://mail.test/", ("mail.test", 587, "starttls", "", "")),
        ("smtp://127.0.0.1:8026", ("127.0.0.1", 8026, "plain", "", "")),
        ("smtp://[::1]:25", ("::1", 25, "plain", "", "")),
    ],
)
def test_addresses_of_servers(url: str, expected: tuple[object, ...]) -> None:
    server = SmtpServer.parse(url)
    assert (server.host, server.port, server.security, server.user, server.password) == expected
    assert "password" not in repr(server)


@pytest.mark.parametrize(
    "url", ["mail.test", "http://mail.test", "smtp://", "smtp://mail.test:x", "smtp://h/path", "smtp://h?q=1"]
)
def test_what_is_no_server(url: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any of them
        SmtpServer.parse(url)


def test_without_a_server_every_mail_says_so() -> None:
    assert NoMailer().send(mail()) == Refused(DeliveryError(Fault.CHANNEL_NOT_CONFIGURED))


def test_a_server_serves_many_at_once() -> None:
    with serving() as server:
        _in_parallel(server, 8)
        assert {received.message["Message-ID"] for received in server.mails} == {
            f"<msg_{number}@billmesh.test>" for number in range(8)
        }


def _in_parallel(server: MailServer, count: int) -> None:
    sender = mailer(server.port)
    threads = [threading.Thread(target=sender.send, args=(mail(name=f"msg_{number}"),)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
