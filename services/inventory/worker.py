"""The worker process: forgets what is old. Inventory has no jobs of its own yet."""

from __future__ import annotations

from services.inventory.composition import NAME, dependencies
from services.inventory.usecases import chores
from services.kit.config import Settings
from services.kit.logging import configure
from services.kit.worker import Worker


def main() -> None:
    """Works until it is told to stop."""
    settings = Settings()  # type: ignore[call-arg] # its fields come from the environment
    configure(f"{NAME}-worker", settings.log_level)
    deps = dependencies(settings)
    try:
        Worker(settings, name=NAME, tasks={}, daily={"inventory.forget_old": lambda: chores.forget_old(deps)}).run()
    finally:
        deps.db.dispose()


if __name__ == "__main__":
    main()
