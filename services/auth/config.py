"""What auth is told beyond what every service is told."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, IPvAnyNetwork

from services.auth.domain.client import FIRST_PARTY_GRANTS, Client, Clients, Grant
from services.auth.domain.roles import ALL_SCOPES, PARTNER_SCOPES
from services.auth.domain.throttle import DEFAULTS, Rate, Rates, Rule, Scope
from services.kit.config import Settings

_UNITS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


class ClientSettings(BaseModel):
    """One application: `{"id": "billmesh-web", "redirect_uris": ["https://…"]}`."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
    redirect_uris: list[str] = []
    # What people are shown; left out, the id.
    display_name: str = ""
    grant_types: Annotated[frozenset[Grant], Field(min_length=1)] = FIRST_PARTY_GRANTS
    # The most that it may ask for.
    scopes: Annotated[frozenset[str], Field(min_length=1)] = ALL_SCOPES

    def client(self) -> Client:
        """As a public client of our own."""
        return Client(
            id=self.id,
            redirect_uris=frozenset(self.redirect_uris),
            display_name=self.display_name,
            grant_types=self.grant_types,
            scopes=self.scopes & ALL_SCOPES,
        )


class AuthSettings(Settings):
    """Configuration of auth's processes."""

    # JSON list of our own applications. Empty: the web application at the edge, the command line's, and the till.
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
    throttles: dict[Rule, dict[Scope, Annotated[str, Field(pattern=r"^[1-9][0-9]{0,8}/[1-9][0-9]{0,5}[smhd]$")]]] = (
        Field(default_factory=dict)
    )
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
            return Clients(tuple(client.client() for client in self.clients))
        web = frozenset((f"{self.public_url}/sign-in/callback",))
        # Nobody listens there: programs that sign in by themselves take the code from the answer.
        command_line = frozenset(("http://127.0.0.1/callback",))
        return Clients(
            (
                Client(id="billmesh-web", display_name="Billmesh", redirect_uris=web),
                Client(id="billmesh-cli", display_name="Billmesh command line", redirect_uris=command_line),
                Client(
                    id="billmesh-till",
                    display_name="Billmesh till",
                    grant_types=frozenset((Grant.DEVICE_CODE, Grant.REFRESH_TOKEN)),
                    # It stands where anyone may get at it.
                    scopes=PARTNER_SCOPES,
                ),
            )
        )


def _rate(text: str) -> Rate:
    """The rate that `most/period` stands for, as `throttles` has it."""
    most, _, period = text.partition("/")
    return Rate(int(most), int(period[:-1]) * _UNITS[period[-1]])
