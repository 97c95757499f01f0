"""A merchant with clients of its own at the running edge, and its owner in place of the sign-in page."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance.desk import Desk, Registered
from tests.conformance.node_programs import Node
from tools.client.people import Person

if TYPE_CHECKING:
    from collections.abc import Callable

    from tools.client.edge import Edge

    Register = Callable[..., Registered]


@pytest.fixture(scope="session")
def node() -> Node:
    """Runs the clients that are written for it."""
    return Node()


@pytest.fixture(scope="session")
def desk(run: dict[str, Any], edge: Edge) -> Desk:
    """Someone who has just signed up and opened a shop."""
    phone = f"+3584578{secrets.randbelow(10**5):05d}"
    person = Person.sign_up(edge, phone=phone, display_name="Aino Virtanen", password=secrets.token_urlsafe(12))
    return Desk(edge, person, ca=Path(run["edge_ca"]))


@pytest.fixture(scope="session")
def register(desk: Desk) -> Register:
    """Registers clients of the shop: `register(method="client_secret_basic")`; each way once a session."""
    known: dict[str, Registered] = {}

    def registered(**wanted: Any) -> Registered:
        key = repr(sorted(wanted.items()))
        if key not in known:
            known[key] = desk.register(**wanted)
        return known[key]

    return registered
