"""The worker process: tells auth what staff did, and forgets what is old."""

from __future__ import annotations

from services.inventory.composition import NAME, dependencies
from services.inventory.usecases import chores
from services.kit import audit
from services.kit.config import Settings
from services.kit.logging import configure
from services.kit.mesh import Mesh
from services.kit.worker import Worker


def main() -> None:
    """Works until it is told to stop."""
    settings = Settings()  # type: ignore[call-arg] # its fields come from the environment
    configure(f"{NAME}-worker", settings.log_level)
    mesh = Mesh(settings)
    deps = dependencies(settings, name=f"{NAME}-worker")
    try:
        daily = {"inventory.forget_old": lambda: chores.forget_old(deps)}
        Worker(settings, name=NAME, tasks=audit.tasks(mesh.channel), daily=daily).run()
    finally:
        mesh.close()
        deps.db.dispose()


if __name__ == "__main__":
    main()
