"""The server process: catalogue, items, stock, shopping lists and offers."""

from __future__ import annotations

from services.inventory.composition import NAME, dependencies, servicers
from services.kit import server
from services.kit.config import Settings
from services.kit.mesh import Mesh, MeshJwks
from services.kit.tokens import Verifier


def main() -> None:
    """Serves until it is told to stop."""
    settings = Settings()  # type: ignore[call-arg] # its fields come from the environment
    deps = dependencies(settings)
    mesh = Mesh(settings)
    verifier = Verifier(settings, source=MeshJwks(mesh), clock=deps.clock)
    try:
        server.run(settings, name=NAME, servicers=servicers(deps), verifier=verifier, clock=deps.clock)
    finally:
        mesh.close()
        deps.db.dispose()


if __name__ == "__main__":
    main()
