"""What auth is told beyond what every service is told."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from services.auth.domain.client import Client, Clients
from services.kit.config import Settings


class ClientSettings(BaseModel):
    """One application: `{"id": "billmesh-web", "redirect_uris": ["https://…"]}`."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
    redirect_uris: Annotated[list[str], Field(min_length=1)]


class AuthSettings(Settings):
    """Configuration of auth's processes."""

    # JSON list of the applications. Empty: the web application at the edge, and the command line's.
    clients: tuple[ClientSettings, ...] = ()
    # What authenticator apps show above the code.
    issuer_name: Annotated[str, Field(pattern=r"^[^:]{1,40}$")] = "Billmesh"
    # More than elsewhere: some of them wait for passwords to be checked.
    threads: Annotated[int, Field(ge=4, le=64)] = 20
    # Passwords checked at the same time; each takes a core for about 26 ms and 19 MiB.
    password_workers: Annotated[int, Field(ge=1, le=16)] = 2

    def registered_clients(self) -> Clients:
        """The applications that may ask people to sign in."""
        if self.clients:
            return Clients(
                tuple(Client(id=client.id, redirect_uris=frozenset(client.redirect_uris)) for client in self.clients)
            )
        web = frozenset((f"{self.public_url}/sign-in/callback",))
        # Nobody listens there: programs that sign in by themselves take the code from the answer.
        command_line = frozenset(("http://127.0.0.1/callback",))
        return Clients(
            (Client(id="billmesh-web", redirect_uris=web), Client(id="billmesh-cli", redirect_uris=command_line))
        )
