"""Ids, moments, versions and update masks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.protobuf.timestamp_pb2 import Timestamp

from services.auth.domain.errors.people import FieldNotUpdatable
from services.auth.domain.names import AccountId, AuthenticatorId, MemberId, MerchantId, PasskeyId, SessionId
from services.kit.ids import from_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from google.protobuf.field_mask_pb2 import FieldMask
    from google.protobuf.message import Message


def account_id(text: str) -> AccountId:
    """From its text, which is valid."""
    return AccountId(from_text("acc", text))


def authenticator_id(text: str) -> AuthenticatorId:
    """From its text, which is valid."""
    return AuthenticatorId(from_text("atn", text))


def passkey_id(text: str) -> PasskeyId:
    """From its text, which is valid."""
    return PasskeyId(from_text("pky", text))


def session_id(text: str) -> SessionId:
    """From its text, which is valid."""
    return SessionId(from_text("ses", text))


def merchant_id(text: str) -> MerchantId:
    """From its text, which is valid."""
    return MerchantId(from_text("mer", text))


def member_id(text: str) -> MemberId:
    """From its text, which is valid."""
    return MemberId(from_text("mbr", text))


def revision(etag: str) -> int | None:
    """What an etag stands for; None if there is none, and a revision that never was if it is none of ours."""
    if not etag:
        return None
    return int(etag) if etag.isascii() and etag.isdigit() else -1


def time_to_proto(moment: datetime | None) -> Timestamp | None:
    """None stays absent."""
    if moment is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp


def paths(mask: FieldMask, allowed: tuple[str, ...], message: Message) -> Iterable[str]:
    """The fields that an update names: the mask's; all for "*"; those that are set if there is no mask."""
    if not mask.paths:
        named = {descriptor.name for descriptor, _ in message.ListFields()}
        return [path for path in allowed if path in named]
    if list(mask.paths) == ["*"]:
        return allowed
    for path in mask.paths:
        if path not in allowed:
            raise FieldNotUpdatable(path)
    return list(mask.paths)
