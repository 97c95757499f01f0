"""The server process: stores, matches and trips."""

from __future__ import annotations

from services.geo import composition
from services.geo.clients import MeshInventory
from services.geo.config import NAME, GeoSettings
from services.kit import server
from services.kit.clock import SystemClock
from services.kit.db import Database
from services.kit.ids import TimeOrderedIds
from services.kit.mesh import Mesh, MeshJwks
from services.kit.tokens import Verifier


def main() -> None:
    """Serves until it is told to stop."""
    settings = GeoSettings()  # type: ignore[call-arg] # its fields come from the environment
    clock = SystemClock()
    db = Database(settings, name=NAME)
    mesh = Mesh(settings)
    planner = composition.planner(settings)
    roads = composition.roads(settings)
    services = composition.servicers(
        settings,
        db=db,
        clock=clock,
        ids=TimeOrderedIds(clock),
        inventory=MeshInventory(mesh),
        roads=roads,
        planner=planner,
    )
    verifier = Verifier(settings, source=MeshJwks(mesh), clock=clock)
    try:
        server.run(settings, name=NAME, servicers=services, verifier=verifier, clock=clock)
    finally:
        planner.close()
        for each in roads:
            each.close()
        mesh.close()
        db.dispose()


if __name__ == "__main__":
    main()
