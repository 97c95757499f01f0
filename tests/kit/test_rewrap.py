"""Data keys wrapped anew while their service runs, after which the old master key can go."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from cryptography.exceptions import InvalidTag
from pydantic import SecretStr

from services.kit.crypto import MasterKeys, Vault
from services.kit.rewrap import left, rewrap
from tests.harness import INDEX_KEY, MASTER_KEYS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from services.kit.config import Settings
    from services.kit.db import Database

SECOND = "2:" + base64.b64encode(b"n" * 32).decode()
THIRD = "3:" + base64.b64encode(b"o" * 32).decode()
ROW = UUID(int=1)


def with_masters(settings: Settings, *keys: str) -> Settings:
    return settings.model_copy(update={"master_keys": SecretStr(",".join(keys))})


@pytest.fixture(autouse=True)
def no_keys(db: Database) -> Iterator[None]:
    """Others' keys may be wrapped by masters that these tests do not have."""
    with db.transaction() as tx:
        tx.exec_driver_sql("DELETE FROM data_keys")
    yield
    with db.transaction() as tx:
        tx.exec_driver_sql("DELETE FROM data_keys")


def seal(db: Database, vault: Vault, tenant: UUID) -> bytes:
    with db.transaction() as tx:
        return vault.seal(tx, tenant, "c", ROW, f"of {tenant}")


def opened(db: Database, vault: Vault, tenant: UUID, blob: bytes) -> bool:
    with db.transaction() as tx:
        return vault.open(tx, tenant, "c", ROW, blob) == f"of {tenant}"


def test_the_old_master_key_can_go(db: Database, kit_settings: Settings) -> None:
    old = Vault(kit_settings)
    sealed = {tenant: seal(db, old, tenant) for tenant in (uuid4() for _ in range(7))}
    assert all(opened(db, old, tenant, blob) for tenant, blob in sealed.items())
    masters = MasterKeys(with_masters(kit_settings, MASTER_KEYS, SECOND))
    assert left(db, masters) == 7
    assert rewrap(db, masters, batch=3) == 7
    assert left(db, masters) == 0
    # Again there is nothing to do.
    assert rewrap(db, masters, batch=3) == 0
    alone = Vault(with_masters(kit_settings, SECOND))
    assert all(opened(db, alone, tenant, blob) for tenant, blob in sealed.items())
    # A process that read its keys before goes on as it was.
    assert all(opened(db, old, tenant, blob) for tenant, blob in sealed.items())


def test_the_service_runs_on(db: Database, kit_settings: Settings) -> None:
    """Old and new processes seal and open all the while; two runs at once do each key once."""
    vaults = [Vault(kit_settings), Vault(with_masters(kit_settings, MASTER_KEYS, SECOND))]
    before = {tenant: seal(db, vaults[0], tenant) for tenant in (uuid4() for _ in range(40))}
    masters = MasterKeys(with_masters(kit_settings, MASTER_KEYS, SECOND))
    done = threading.Event()

    def serve(number: int) -> dict[UUID, bytes]:
        made = {}
        fresh = Vault(with_masters(kit_settings, MASTER_KEYS, SECOND))
        for tenant, blob in before.items():
            new = uuid4()
            made[new] = seal(db, vaults[number], new)
            assert opened(db, fresh, tenant, blob)
            assert opened(db, fresh, new, made[new])
            if done.is_set():
                break
        return made

    with ThreadPoolExecutor(4) as threads:
        serving = [threads.submit(serve, number) for number in (0, 1)]
        wrapping = [threads.submit(rewrap, db, masters, batch=2) for _ in range(2)]
        counts = [future.result() for future in wrapping]
        done.set()
        made = {tenant: blob for future in serving for tenant, blob in future.result().items()}
    assert sum(counts) >= len(before)
    # What old processes made meanwhile is for the run after their end.
    rewrap(db, masters)
    assert left(db, masters) == 0
    alone = Vault(with_masters(kit_settings, SECOND))
    assert all(opened(db, alone, tenant, blob) for tenant, blob in (before | made).items())


def test_a_master_key_that_is_not_given(db: Database, kit_settings: Settings) -> None:
    tenant = uuid4()
    blob = seal(db, Vault(with_masters(kit_settings, SECOND)), tenant)
    for keys in ((MASTER_KEYS, THIRD), (MASTER_KEYS,)):
        with pytest.raises(LookupError, match="master key 2"):
            rewrap(db, MasterKeys(with_masters(kit_settings, *keys)))
    wrong = "2:" + base64.b64encode(b"x" * 32).decode()
    with pytest.raises(InvalidTag):
        rewrap(db, MasterKeys(with_masters(kit_settings, wrong, THIRD)))
    assert opened(db, Vault(with_masters(kit_settings, SECOND)), tenant, blob)


def test_the_old_key_wraps_until_everyone_has_the_new_one(db: Database, kit_settings: Settings) -> None:
    both = with_masters(kit_settings, MASTER_KEYS, SECOND)
    rolling = both.model_copy(update={"wrapping_key": 1})
    tenant = uuid4()
    blob = seal(db, Vault(rolling), tenant)
    # A process that has not been given the new one.
    assert opened(db, Vault(kit_settings), tenant, blob)
    assert rewrap(db, MasterKeys(rolling)) == 0
    assert rewrap(db, MasterKeys(both)) == 1
    # And back.
    assert rewrap(db, MasterKeys(rolling)) == 1
    assert opened(db, Vault(kit_settings), tenant, blob)
    with pytest.raises(ValueError, match="master key 3"):
        MasterKeys(both.model_copy(update={"wrapping_key": 3}))


def test_the_command(db: Database, kit_settings: Settings) -> None:
    def run(keys: str) -> tuple[int, str]:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("BILLMESH_")},
            "BILLMESH_DATABASE_URL": kit_settings.database_url.get_secret_value(),
            "BILLMESH_MESH_ADDRESS": kit_settings.mesh_address,
            "BILLMESH_TLS_DIR": str(kit_settings.tls_dir),
            "BILLMESH_PUBLIC_URL": kit_settings.public_url,
            "BILLMESH_INDEX_KEY": INDEX_KEY,
            "BILLMESH_MASTER_KEYS": keys,
        }
        command = [sys.executable, "-m", "services.kit.rewrap", "kit"]
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        return ended.returncode, ended.stdout + ended.stderr

    seal(db, Vault(kit_settings), uuid4())
    both = f"{MASTER_KEYS},{SECOND}"
    assert run(both) == (0, "kit: 1 data keys re-wrapped by master key 2, 0 left\n")
    assert run(both) == (0, "kit: 0 data keys re-wrapped by master key 2, 0 left\n")
    status, said = run(f"{MASTER_KEYS},{THIRD}")
    assert status == 1
    assert "master key 2" in said
    assert "Traceback" not in said
