"""Fixtures of the contract tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.rig import Rig
from tools import contract

if TYPE_CHECKING:
    from collections.abc import Iterator

    import grpc
    import httpx

    from tests.harness import Authority

METHODS = contract.methods(contract.load())


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Rig]:
    """Both doors, and services that answer what they are told."""
    rig = Rig(tmp_path_factory.mktemp("rig"), authority)
    try:
        rig.start()
        yield rig
    finally:
        rig.close()


@pytest.fixture
def answers(rig: Rig) -> Iterator[Rig]:
    """The rig, whose answers are put back as they were after the test."""
    before = dict(rig.answers)
    yield rig
    rig.streams.clear()
    rig.answers.clear()
    rig.answers.update(before)


@pytest.fixture(scope="module")
def client(rig: Rig) -> Iterator[httpx.Client]:
    """JSON and gRPC-Web to the rig's edge."""
    with rig.http() as client:
        yield client


@pytest.fixture(scope="module")
def channel(rig: Rig) -> Iterator[grpc.Channel]:
    """Native gRPC to the rig's edge."""
    with rig.channel() as channel:
        yield channel
