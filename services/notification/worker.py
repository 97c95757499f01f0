"""The worker process: makes the calls to the provider, settles those that broke, and forgets what is old."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from services.kit.logging import configure
from services.kit.worker import Worker
from services.notification.composition import NAME, dependencies
from services.notification.config import NotificationSettings
from services.notification.domain.message import MessageId, TenantId
from services.notification.usecases import delivery
from services.notification.usecases.deps import DELIVER, SETTLE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from services.notification.usecases.deps import Deps


def tasks(deps: Deps) -> Mapping[str, Callable[..., None]]:
    """The jobs by name; their arguments are JSON."""

    def deliver(*, merchant_id: str, message_id: str) -> None:
        delivery.deliver(TenantId(UUID(merchant_id)), MessageId(UUID(message_id)), deps=deps)

    def settle(*, merchant_id: str, message_id: str, attempt: int) -> None:
        delivery.settle(TenantId(UUID(merchant_id)), MessageId(UUID(message_id)), attempt, deps=deps)

    return {DELIVER: deliver, SETTLE: settle}


def main() -> None:
    """Works until it is told to stop."""
    settings = NotificationSettings()  # type: ignore[call-arg] # its fields come from the environment
    configure(f"{NAME}-worker", settings.log_level)
    deps = dependencies(settings)
    daily = {"notification.forget_old": lambda: delivery.forget_old(deps=deps)}
    try:
        Worker(settings, name=NAME, tasks=tasks(deps), daily=daily).run()
    finally:
        deps.provider.close()
        deps.shield.close()
        deps.db.dispose()


if __name__ == "__main__":
    main()
