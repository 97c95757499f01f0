"""The password policy."""

from __future__ import annotations

import pytest

from services.auth.domain import password
from services.auth.domain.errors.people import PasswordTooWeak
from services.auth.domain.names import Phone

PHONE = Phone("+919845012345")


def check(text: str) -> None:
    password.check(text, field="password")
    password.check_of(text, phone=PHONE, display_name="Asha Rao Kumar", email="Asha.Rao@example.com", field="password")


@pytest.mark.parametrize("text", ["correct horse battery", "пароль-длинный", "pä55wörd!", "x7$Kq2!m", "éééabcd1"])
def test_good(text: str) -> None:
    check(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("x7$Kq2!", "8 characters"),
        ("é" * 600, "bytes"),
        ("ababababab", "different"),
        ("919845012345", "phone"),
        ("9845012345", "phone"),
        ("asha rao kumar", "name"),
        ("asha.rao@EXAMPLE.com", "e-mail"),
        ("qwertyuiop", "run"),
        ("zyxwvutsr", "run"),
        ("87654321", "run"),
    ],
)
def test_weak(text: str, why: str) -> None:
    with pytest.raises(PasswordTooWeak) as refused:
        check(text)
    (violation,) = refused.value.fields
    assert violation.field == "password"
    assert why in violation.description


def test_the_same_keys_make_the_same_password() -> None:
    assert password.prepare("cafe\u0301") == password.prepare("caf\u00e9")
