"""Telling merchants: whoever asks for it need not know who they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.notification.domain.errors import (
    EmailInvalid,
    EmailLimitReached,
    MerchantLimitReached,
    PhoneInvalid,
    PhoneLimitReached,
)
from services.notification.usecases.sending import Order, send_message

if TYPE_CHECKING:
    from services.notification.domain.content import Content
    from services.notification.domain.message import Message, TenantId
    from services.notification.usecases.deps import Deps


@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantNotice:
    """What a service asks a merchant's owners to be told."""

    sender: str
    tenant: TenantId
    dedupe_key: str
    subject: str
    content: Content


def notify(notice: MerchantNotice, *, deps: Deps) -> list[Message]:
    """Takes over a message for each owner: by e-mail, which costs nothing, or else by SMS.

    Raises ContentNotAllowed; PeerRefused or PeerUnavailable if auth cannot say who they are. Raises PhoneLimitReached,
    EmailLimitReached or MerchantLimitReached once all who could be told were: a repeat tells the others.
    """
    told, limit = [], None
    for contact in deps.tenants.contacts(notice.tenant):
        order = Order(
            sender=notice.sender,
            tenant=notice.tenant,
            dedupe_key=f"{notice.dedupe_key}/{contact.account_id}",
            phone="" if contact.email else contact.phone,
            email=contact.email,
            locale=contact.locale,
            subject=notice.subject,
            expire_time=None,
            content=notice.content,
        )
        try:
            told.append(send_message(order, deps=deps))
        except (PhoneLimitReached, EmailLimitReached, MerchantLimitReached) as reached:
            limit = reached
        except (PhoneInvalid, EmailInvalid):
            # Auth has proved it, so somebody reads there; our provider cannot write there all the same.
            continue
    if limit is not None:
        raise limit
    return told
