"""Wording of e-mails: complete in every language, and fit for use."""

from __future__ import annotations

import re

import pytest

from services.notification.domain.content import SecurityEvent
from services.notification.domain.mail import BODIES, FOOTERS, SUBJECT_LINES
from services.notification.domain.message import Channel, MessageKind
from services.notification.domain.template import LOCALES, PLACEHOLDERS, check
from services.notification.domain.wording import EVENTS, METHODS, SHIPPED, WAITING, WAITING_BRIEFLY

BY_EMAIL = [kind for kind in MessageKind if kind.goes_by(Channel.EMAIL)]


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", BY_EMAIL)
def test_every_kind_has_a_subject_line_and_a_body(kind: MessageKind, locale: str) -> None:
    known = {placeholder.name for placeholder in PLACEHOLDERS[kind]}
    assert set(re.findall(r"\{(.*?)\}", SUBJECT_LINES[kind][locale])) <= known - {"code", "link"}
    check(kind, BODIES[kind][locale] if kind in BODIES else SHIPPED[kind][locale])


def test_the_platforms_own_have_bodies_of_their_own() -> None:
    assert set(BODIES) == {kind for kind in BY_EMAIL if kind.is_of_the_platform}


@pytest.mark.parametrize("locale", LOCALES)
def test_every_event_has_words(locale: str) -> None:
    assert all(EVENTS[event][locale] for event in SecurityEvent)
    assert "{time}" in WAITING[locale]
    assert "{time}" in WAITING_BRIEFLY[locale]
    assert all(locale in METHODS[method] for method in METHODS)
    assert FOOTERS[locale]


def test_a_code_that_proves_something_goes_nowhere_else() -> None:
    assert not MessageKind.PHONE_VERIFICATION.goes_by(Channel.EMAIL)
    assert not MessageKind.EMAIL_VERIFICATION.goes_by(Channel.SMS)
    assert all(MessageKind.RECOVERY_CODE.goes_by(channel) for channel in Channel)
