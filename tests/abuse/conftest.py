"""Fixtures of the abuse tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.rig import Rig

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.harness import Authority


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Rig]:
    """Both doors, and services that answer what they are told."""
    rig = Rig(tmp_path_factory.mktemp("rig"), authority)
    try:
        rig.start()
        yield rig
    finally:
        rig.close()
