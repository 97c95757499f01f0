"""What the use cases work with; built once by each process's entry point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.notification.domain.message import Channel

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from services.kit.clock import Clock
    from services.kit.crypto import Vault
    from services.kit.db import Database
    from services.kit.ids import Ids
    from services.notification.clients.mailer import Mailer
    from services.notification.clients.provider import SmsProvider
    from services.notification.clients.shield import Shield
    from services.notification.clients.tenants import Tenants
    from services.notification.domain.limits import Limits

# Names of the jobs, as they stand in the queue.
DELIVER = "notification.deliver"
SETTLE = "notification.settle"
# Queues by channel, None the usual one: a mail server may take minutes to answer, and SMS do not wait for it.
EMAIL_QUEUE = "email"
QUEUES = {Channel.SMS: None, Channel.EMAIL: EMAIL_QUEUE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deps:
    """Database, secrets, time, ids, those who carry messages, and the policy in force."""

    db: Database
    vault: Vault
    clock: Clock
    ids: Ids
    provider: SmsProvider
    mailer: Mailer
    tenants: Tenants
    shield: Shield
    limits: Limits
    # From the start of a call without an answer until its fate is looked up, or decided.
    settle: Mapping[Channel, timedelta]
    # For how long texts are kept.
    text_life: timedelta
    # Origin of the edge, where the provider's reports arrive.
    public_url: str
