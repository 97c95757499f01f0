"""Finding a client by the name that it gives: our own in the configuration, merchants' in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.auth.domain.names import ApiClientId
from services.auth.store import api_clients
from services.kit.ids import InvalidId, from_text, to_text

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from services.auth.domain.client import Client
    from services.auth.usecases.deps import Deps


def find_client(tx: Connection, deps: Deps, client_id: str) -> Client | None:
    """The client, if there is one. Changes nothing about whom the transaction acts for."""
    if (own := deps.clients.find(client_id)) is not None:
        return own
    key = api_client_id(client_id)
    found = api_clients.find(tx, client_id=key) if key else None
    if found is None:
        return None
    client, publisher_name = found
    return client.as_client(name=to_text("cli", client.id), publisher_name=publisher_name)


def api_client_id(client_id: str) -> ApiClientId | None:
    """From its name on the wire; None for what cannot be a merchant's client."""
    try:
        return ApiClientId(from_text("cli", client_id))
    except InvalidId:
        return None
