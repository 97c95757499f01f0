"""The running stack that `make test` brings up, and the people in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tools.client.edge import Edge
from tools.client.people import Person
from tools.demo.flows import Shop

if TYPE_CHECKING:
    from collections.abc import Iterator

Run = dict[str, Any]


@pytest.fixture(scope="session")
def edge(run: Run) -> Iterator[Edge]:
    """The running edge. Calls that may be repeated are, for as long as a process takes to come back."""
    edge = Edge.from_run(run, patience=20)
    yield edge
    edge.close()


def _sign_in(run: Run, role: str) -> Run:
    (found,) = [sign_in for sign_in in run["demo_sign_ins"] if sign_in["role"] == role]
    return dict(found)


@pytest.fixture(scope="session")
def indian_shop(run: Run, edge: Edge) -> Shop:
    """A merchant who bills in INR with GST."""
    sign_in = _sign_in(run, "merchant-in")
    return Shop(Person.from_run(edge, sign_in), sign_in["merchant_id"], sign_in["store_id"])


@pytest.fixture(scope="session")
def finnish_shop(run: Run, edge: Edge) -> Shop:
    """A merchant who bills in EUR with VAT."""
    sign_in = _sign_in(run, "merchant-fi")
    return Shop(Person.from_run(edge, sign_in), sign_in["merchant_id"], sign_in["store_id"])


@pytest.fixture(scope="session")
def shopper(run: Run, edge: Edge) -> Person:
    """A person with a verified phone."""
    return Person.from_run(edge, _sign_in(run, "shopper"))
