"""What the processes are told about mail: complete, or a refusal to start that shows no password."""

from __future__ import annotations

import traceback

import pytest
from pydantic import ValidationError

from services.notification.clients.mailer import NoMailer
from services.notification.clients.smtp import SmtpMailer
from services.notification.composition import mailer
from services.notification.config import NotificationSettings
from tests import harness
from tests.harness import Authority, Postgres


def told(postgres: Postgres, authority: Authority, **changes: str) -> NotificationSettings:
    return harness.settings(
        NotificationSettings,
        service="notification",
        postgres=postgres,
        authority=authority,
        twilio_account_sid="AC0",
        twilio_auth_token="0",  # noqa: S106 - of a provider that does not exist
        sms_from="+15005550006",
        **changes,
    )


def test_without_a_server_there_is_no_mailer(postgres: Postgres, authority: Authority) -> None:
    assert isinstance(mailer(told(postgres, authority)), NoMailer)
    assert isinstance(mailer(told(postgres, authority, smtp_url="", email_from="")), NoMailer)


def test_with_a_server_and_a_sender_there_is(postgres: Postgres, authority: Authority) -> None:
    settings = told(
        postgres, authority, smtp_url="smtps://user:secret@mail.test", email_from="Billmesh <no-reply@mail.test>"
    )
    assert isinstance(mailer(settings), SmtpMailer)
    assert (settings.sender.display_name, settings.sender.addr_spec) == ("Billmesh", "no-reply@mail.test")
    assert "secret" not in repr(settings)


@pytest.mark.parametrize(
    "changes",
    [
        {"smtp_url": "smtps://user:hush@mail.test"},
        {"smtp_url": "smtps://user:hush@mail.test", "email_from": "nobody"},
        {"smtp_url": "smtps://user:hush@mail.test", "email_from": "a@b.co\r\nBcc: c@d.co"},
        {"smtp_url": "https://user:hush@mail.test", "email_from": "a@b.co"},
        {"smtp_url": "smtps://user:hush@mail.test", "email_from": "a@b.co", "email_settle_seconds": "5"},
    ],
)
def test_what_is_half_told_is_refused_without_the_password(
    postgres: Postgres, authority: Authority, changes: dict[str, str]
) -> None:
    with pytest.raises(ValidationError) as refused:
        told(postgres, authority, **changes)
    assert "hush" not in "".join(traceback.format_exception(refused.value))
