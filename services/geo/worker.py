"""The worker process: tells inventory where stores are."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from services.geo.clients import MeshInventory
from services.geo.config import NAME, GeoSettings
from services.geo.domain.identity import MerchantId, StoreId
from services.geo.usecases import stores
from services.kit import audit
from services.kit.db import Database
from services.kit.logging import configure
from services.kit.mesh import Mesh
from services.kit.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from services.geo.clients import Inventory


def tasks(db: Database, inventory: Inventory) -> Mapping[str, Callable[..., None]]:
    """The jobs by name; their arguments are JSON."""

    def place_stores(*, merchant_id: str, store_ids: list[str]) -> None:
        ids = [StoreId(UUID(store_id)) for store_id in store_ids]
        stores.place(MerchantId(UUID(merchant_id)), ids, db=db, inventory=inventory)

    return {stores.PLACE_STORES: place_stores}


def main() -> None:
    """Works until it is told to stop."""
    settings = GeoSettings()  # type: ignore[call-arg] # its fields come from the environment
    configure(f"{NAME}-worker", settings.log_level)
    db = Database(settings, name=f"{NAME}-worker")
    mesh = Mesh(settings)
    try:
        functions = {**tasks(db, MeshInventory(mesh)), **audit.tasks(mesh.channel)}
        Worker(settings, name=NAME, tasks=functions).run()
    finally:
        mesh.close()
        db.dispose()


if __name__ == "__main__":
    main()
