"""The server process: takes messages over, shows them to merchants, and hears the provider's reports."""

from __future__ import annotations

from services.kit import server
from services.kit.mesh import Mesh, MeshJwks
from services.kit.tokens import Verifier
from services.notification.clients.twilio import TwilioReports
from services.notification.composition import NAME, dependencies, servicers
from services.notification.config import NotificationSettings


def main() -> None:
    """Serves until it is told to stop."""
    settings = NotificationSettings()  # type: ignore[call-arg] # its fields come from the environment
    mesh = Mesh(settings)
    deps = dependencies(settings, mesh)
    verifier = Verifier(settings, source=MeshJwks(mesh), clock=deps.clock)
    try:
        server.run(
            settings,
            name=NAME,
            servicers=servicers(deps, TwilioReports(settings)),
            verifier=verifier,
            clock=deps.clock,
        )
    finally:
        mesh.close()
        deps.provider.close()
        deps.mailer.close()
        deps.shield.close()
        deps.db.dispose()


if __name__ == "__main__":
    main()
