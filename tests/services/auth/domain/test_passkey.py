"""What a passkey says of itself."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from services.auth.domain.names import PasskeyId
from services.auth.domain.passkey import Assertion, Credential, Passkey


def passkey(sign_count: int, *, portable: bool = False) -> Passkey:
    credential = Credential(
        credential_id=b"id", public_key=b"key", sign_count=sign_count, portable=portable, backed_up=False
    )
    return Passkey(
        id=PasskeyId(uuid4()), display_name="Key", credential=credential, create_time=datetime(2026, 3, 1, tzinfo=UTC)
    )


@pytest.mark.parametrize(
    ("known", "now", "copied"), [(0, 0, False), (0, 1, False), (5, 6, False), (5, 5, True), (5, 4, True), (5, 0, True)]
)
def test_a_count_that_does_not_grow_is_a_copy(known: int, now: int, copied: bool) -> None:
    assert passkey(known).cloned(now) is copied


def test_where_the_key_is() -> None:
    assert passkey(0).credential.methods == ("hwk", "user")
    assert passkey(0, portable=True).credential.methods == ("swk", "user")


def test_an_answer_is_found_by_the_same_digest() -> None:
    answer = Assertion(credential_id=b"id", user_handle=None, json="{}")
    assert answer.digest == passkey(0).credential.digest
