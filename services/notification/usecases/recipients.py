"""Whom a message goes to: which way, how they are recognised, and how often they may be written to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import phonenumbers

from services.notification.domain import email as emails
from services.notification.domain.errors import EmailInvalid, PhoneInvalid
from services.notification.domain.message import Channel
from services.notification.domain.phone import Phone

if TYPE_CHECKING:
    from services.kit.crypto import Vault

# What a sealed recipient is bound to.
SEALED_AS = {Channel.SMS: "messages.phone", Channel.EMAIL: "messages.email"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """A phone or an address. `region` is the phone's country, "" where there is none."""

    channel: Channel
    # The number or the address; not in reprs, which end in logs.
    address: str = field(repr=False)
    masked: str
    region: str
    # By which a message to it is recognised.
    index: bytes = field(repr=False)
    # By which messages to it are counted.
    limit_key: bytes = field(repr=False)


def recipient(*, phone: str, email: str, vault: Vault) -> Recipient:
    """One of `phone` (E.164) and `email` is given. Raises PhoneInvalid or EmailInvalid if it could not exist."""
    if email:
        address = emails.parse(email)
        if address is None:
            raise EmailInvalid
        return Recipient(
            channel=Channel.EMAIL,
            address=address.address,
            masked=address.masked,
            region="",
            index=vault.index("email", address.normalised),
            limit_key=vault.index("mailbox", address.mailbox),
        )
    parsed = parse_phone(phone)
    index = vault.index("phone", parsed.number)
    return Recipient(
        channel=Channel.SMS,
        address=parsed.number,
        masked=parsed.masked,
        region=parsed.region,
        index=index,
        limit_key=index,
    )


def parse_phone(number: str) -> Phone:
    """The E.164 number with its region. Raises PhoneInvalid if no such number could exist."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException as error:
        raise PhoneInvalid from error
    if not phonenumbers.is_possible_number(parsed):
        raise PhoneInvalid
    return Phone(number, phonenumbers.region_code_for_number(parsed) or "")
