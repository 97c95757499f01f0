"""The worker process: calls provider and mail server, settles what broke, and forgets what is old."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from services.kit import audit
from services.kit.logging import configure
from services.kit.mesh import Mesh
from services.kit.worker import Worker
from services.notification.composition import NAME, dependencies
from services.notification.config import NotificationSettings
from services.notification.domain.message import MessageId, TenantId
from services.notification.usecases import delivery
from services.notification.usecases.deps import DELIVER, EMAIL_QUEUE, SETTLE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from services.notification.usecases.deps import Deps

_MAILS_AT_ONCE = 4


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
    mesh = Mesh(settings)
    deps = dependencies(settings, mesh, name=f"{NAME}-worker")
    daily = {"notification.forget_old": lambda: delivery.forget_old(deps=deps)}
    try:
        Worker(
            settings,
            name=NAME,
            tasks={**tasks(deps), **audit.tasks(mesh.channel)},
            daily=daily,
            queues={EMAIL_QUEUE: _MAILS_AT_ONCE},
        ).run()
    finally:
        mesh.close()
        deps.provider.close()
        deps.mailer.close()
        deps.shield.close()
        deps.db.dispose()


if __name__ == "__main__":
    main()
