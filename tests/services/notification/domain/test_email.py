"""What is an address, and how little of it is shown."""

from __future__ import annotations

import pytest

from services.notification.domain.email import Email, parse


@pytest.mark.parametrize(
    "text", ["asha@example.com", "a@b.co", "Asha.Rao+bills@Mail-1.Example.COM", "o'neil@xn--h2brj9c.in", "x@localhost"]
)
def test_addresses(text: str) -> None:
    assert parse(text) == Email(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "asha",
        "@example.com",
        "asha@",
        "asha@@example.com",
        "asha@example..com",
        ".asha@example.com",
        "asha.@example.com",
        "asha@-example.com",
        "asha@[127.0.0.1]",
        '"a b"@example.com',
        "Asha <asha@example.com>",
        "asha@example.com,other@example.com",
        "asha@example.com\r\nBcc: other@example.com",
        "asha@example.com\n",
        "asha@example.com>\r\nRCPT TO:<other@example.com",
        "अशा@example.com",
        "asha@उदाहरण.com",
        f"{'a' * 65}@example.com",
        f"a@{'a' * 64}.com",
        f"a@{'.'.join(['aaaaaaaaa'] * 26)}.com",
    ],
)
def test_what_is_none(text: str) -> None:
    assert parse(text) is None


@pytest.mark.parametrize(
    ("text", "masked"), [("asha@example.com", "a•••@e•••.com"), ("a@b.co.in", "a•••@b•••.in"), ("x@local", "x•••@l•••")]
)
def test_little_is_shown(text: str, masked: str) -> None:
    assert Email(text).masked == masked
    assert repr(Email(text)) == f"Email({masked})"


def test_tags_do_not_make_another_mailbox() -> None:
    email = Email("Asha+Bills@Example.com")
    assert (email.normalised, email.mailbox) == ("asha+bills@example.com", "asha@example.com")
    assert Email("+@example.com").mailbox == "+@example.com"
