"""The server process: bills, payments, customers and settings."""

from __future__ import annotations

from services.billing.composition import NAME, dependencies, servicers
from services.billing.config import BillingSettings
from services.kit import server
from services.kit.mesh import Mesh, MeshJwks
from services.kit.tokens import Verifier


def main() -> None:
    """Serves until it is told to stop."""
    settings = BillingSettings()  # type: ignore[call-arg] # its fields come from the environment
    mesh = Mesh(settings)
    deps = dependencies(settings, mesh)
    verifier = Verifier(settings, source=MeshJwks(mesh), clock=deps.clock)
    try:
        server.run(settings, name=NAME, servicers=servicers(deps), verifier=verifier, clock=deps.clock)
    finally:
        mesh.close()
        deps.files.close()
        deps.db.dispose()


if __name__ == "__main__":
    main()
