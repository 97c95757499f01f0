"""What auth is told beyond what every service is told."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, IPvAnyNetwork

from services.auth.domain.client import Client, Clients
from services.auth.domain.throttle import DEFAULTS, Rate, Rates, Rule, Scope
from services.kit.config import Settings

_UNITS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


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
    # Have I Been Pwned's SHA-1 list, ordered by hash, in one file. Left out: the 30,000 most common passwords alone.
    breached_passwords: Path | None = None
    # JSON, how fast what may be asked for: `{"sign_up": {"network": "60/1h"}}` is 60 at once and from then on one a
    # minute. Rules and scopes that are left out keep the defaults of domain/throttle.py.
    throttles: dict[Rule, dict[Scope, Annotated[str, Field(pattern=r"^[1-9][0-9]{0,8}/[1-9][0-9]{0,5}[smhd]$")]]] = {}
    # JSON list of networks without limits of their own, because everyone comes from there: a proxy that hides
    # addresses, or the one machine of a demo. Limits by name and for everyone hold for them, too.
    unthrottled_networks: tuple[IPvAnyNetwork, ...] = ()

    def throttle_rules(self) -> dict[Rule, Rates]:
        """The defaults with what was configured in their place."""
        return {
            rule: rates | {scope: _rate(text) for scope, text in self.throttles.get(rule, {}).items()}
            for rule, rates in DEFAULTS.items()
        }

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


def _rate(text: str) -> Rate:
    """The rate that `most/period` stands for, as `throttles` has it."""
    most, _, period = text.partition("/")
    return Rate(int(most), int(period[:-1]) * _UNITS[period[-1]])
