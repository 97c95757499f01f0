"""A row has one recipient, by one channel, whoever writes it."""

from __future__ import annotations

import psycopg2
import pytest

from tests.services.notification.conftest import World


@pytest.mark.parametrize(
    "change",
    [
        "channel = 'EMAIL'",
        "channel = 'FAX'",
        "phone = NULL",
        "phone_index = NULL",
        "segments = NULL",
        "email = '\\x00'",
        "masked_email = 'a'",
    ],
)
def test_what_is_no_sms_is_refused(world: World, change: str) -> None:
    message = world.send()
    with pytest.raises(psycopg2.errors.CheckViolation):
        world.execute(f"UPDATE notification.messages SET {change} WHERE id = %s", str(message.id))  # noqa: S608 - above


@pytest.mark.parametrize("change", ["channel = 'SMS'", "email = NULL", "masked_phone = '+'", "segments = 1"])
def test_what_is_no_email_is_refused(world: World, change: str) -> None:
    message = world.send(world.mail())
    with pytest.raises(psycopg2.errors.CheckViolation):
        world.execute(f"UPDATE notification.messages SET {change} WHERE id = %s", str(message.id))  # noqa: S608 - above


def test_a_process_of_the_version_before_goes_on_writing_sms(world: World) -> None:
    """It names no channel, and columns that it does not know stay empty."""
    message = world.send()
    world.execute(
        "INSERT INTO notification.messages (merchant_id, id, kind, state, sender, dedupe_key, subject, masked_phone, "
        "phone_index, phone, locale, encoding, segments, dlt_template_id, create_time, update_time, expire_time, "
        "text_purge_time) SELECT merchant_id, gen_random_uuid(), kind, state, sender, dedupe_key || '2', subject, "
        "masked_phone, phone_index, phone, locale, encoding, segments, dlt_template_id, create_time, update_time, "
        "expire_time, text_purge_time FROM notification.messages WHERE id = %s",
        str(message.id),
    )
    channels = world.query("SELECT channel FROM notification.messages WHERE merchant_id = %s", str(world.tenant))
    assert channels == [("SMS",), ("SMS",)]
