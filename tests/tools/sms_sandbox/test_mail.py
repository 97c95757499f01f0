"""E-mail in the sandbox: taken on loopback alone, shown beside the SMS, with faults on demand."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest

from tests.fakes.sandbox import Running
from tools.sms_sandbox.mail import MailServer
from tools.sms_sandbox.store import Store

TO = "asha+bills@mail.test"


def mail(body: str = "नमस्ते\n\nSee https://edge.test/b/abc", *, to: str = TO, html: str = "") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Billmesh <no-reply@billmesh.test>"
    message["To"] = to
    message["Subject"] = "बिल BLR/42"
    message["Message-ID"] = "<msg_1@billmesh.test>"
    message.set_content(body)
    if html:
        message.add_alternative(html, subtype="html")
    return message


def send(sandbox: Running, message: EmailMessage | None = None) -> None:
    with smtplib.SMTP("127.0.0.1", sandbox.smtp_port, local_hostname="test.local") as client:
        client.send_message(message or mail())


def test_the_inbox_shows_both_newest_first(sandbox: Running, client: object) -> None:
    client.messages.create(to="+919876543210", from_="+15005550006", body="by SMS")  # type: ignore[attr-defined] # the SDK ships no types
    send(sandbox, mail(html="<p>no</p>"))
    by_mail, by_sms = sandbox.inbox()
    assert (by_sms["channel"], by_sms["body"]) == ("sms", "by SMS")
    assert (by_mail["channel"], by_mail["to"], by_mail["subject"]) == ("email", TO, "बिल BLR/42")
    assert by_mail["body"] == "नमस्ते\n\nSee https://edge.test/b/abc\n"
    assert (by_mail["message_id"], by_mail["status"]) == ("<msg_1@billmesh.test>", "delivered")
    assert "no-reply@billmesh.test" in str(by_mail["from"])
    assert [found["sid"] for found in sandbox.inbox("+919876543210")] == [by_sms["sid"]]


@pytest.mark.parametrize("to", [TO, TO.replace("+", "%2B"), TO.upper()])
def test_one_mailbox(sandbox: Running, to: str) -> None:
    send(sandbox)
    send(sandbox, mail(to="other@mail.test"))
    (found,) = httpx.get(f"{sandbox.url}/inbox.json?to={to}", trust_env=False).json()["messages"]
    assert found["to"] == TO


def test_a_mail_as_it_came(sandbox: Running) -> None:
    send(sandbox, mail(html="<script>alert(1)</script>"))
    (found,) = sandbox.inbox(TO)
    answer = httpx.get(f"{sandbox.url}/mails/{found['sid']}.eml", trust_env=False)
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "Message-ID: <msg_1@billmesh.test>" in answer.text
    absent = httpx.get(f"{sandbox.url}/mails/EM{'0' * 32}.eml", trust_env=False)
    assert absent.status_code == 404


def test_what_cannot_be_read_is_taken_all_the_same(sandbox: Running) -> None:
    with smtplib.SMTP("127.0.0.1", sandbox.smtp_port, local_hostname="test.local") as client:
        client.sendmail(
            "a@b.test", [TO, "second@mail.test"], b"Content-Type: text/plain; charset=none\r\n\r\n\xff\xfe\r\n"
        )
        client.sendmail("a@b.test", [TO], b"\r\n")
    assert len(sandbox.inbox(TO)) == 2
    assert len(sandbox.inbox("second@mail.test")) == 1


@pytest.mark.parametrize("code", [450, 550])
@pytest.mark.parametrize("kind", ["refuse", "refuse_content"])
def test_refusals(sandbox: Running, kind: str, code: int) -> None:
    sandbox.control(faults=[{"kind": kind, "to": TO, "code": code}])
    with pytest.raises((smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError)) as refused:
        send(sandbox)
    assert str(code) in str(refused.value)
    assert sandbox.inbox(TO) == []
    send(sandbox)
    assert len(sandbox.inbox(TO)) == 1


@pytest.mark.parametrize(("kind", "taken"), [("drop_before_accept", 0), ("drop_after_accept", 1)])
def test_broken_lines(sandbox: Running, kind: str, taken: int) -> None:
    sandbox.control(faults=[{"kind": kind, "to": TO.upper()}])
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(sandbox)
    assert len(sandbox.inbox(TO)) == taken
    send(sandbox)
    assert len(sandbox.inbox(TO)) == taken + 1


def test_faults_of_sms_stay_with_sms(sandbox: Running) -> None:
    sandbox.control(faults=[{"kind": "error_500"}, {"kind": "delay", "to": TO, "seconds": 0.01}])
    send(sandbox)
    assert len(sandbox.inbox(TO)) == 1
    for order in (
        {"kind": "error_500", "to": TO},
        {"kind": "refuse_content"},
        {"kind": "refuse", "to": TO, "code": 21610},
        {"kind": "refuse", "to": "+919876543210", "code": 550},
    ):
        answer = httpx.post(f"{sandbox.url}/_control", json={"faults": [order]}, trust_env=False)
        assert answer.status_code == 400, order


def test_a_mail_too_large_is_refused(sandbox: Running) -> None:
    with pytest.raises(smtplib.SMTPResponseException):
        send(sandbox, mail("x" * 2_000_000))
    send(sandbox)
    assert len(sandbox.inbox()) == 1


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::"])  # noqa: S104 - refused, which is the point
def test_it_listens_on_loopback_only(tmp_path: Path, host: str) -> None:
    store = Store(tmp_path)
    with pytest.raises(ValueError, match="loopback"):
        MailServer((host, 0), store=store)
    store.close()


def test_reset_forgets_mails(sandbox: Running) -> None:
    send(sandbox)
    sandbox.control(reset=True)
    assert sandbox.inbox() == []
