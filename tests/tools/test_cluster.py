"""The private cluster: made once, stopped and started, found again at its port, and survived by its data."""

from __future__ import annotations

import os
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from tools.cluster import THROW_AWAY, Cluster

SETTINGS = {**THROW_AWAY, "shared_buffers": "16MB", "max_connections": "20"}


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path / "postgres", settings=SETTINGS)
    yield cluster
    cluster.remove()


def execute(dsn: str, statement: str) -> list[tuple[object, ...]]:
    session = psycopg2.connect(dsn)
    try:
        with session, session.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        session.close()


def test_data_and_port_survive_a_restart_and_a_crash(cluster: Cluster) -> None:
    dsn = cluster.start()
    assert cluster.start() == dsn
    execute(dsn, "CREATE TABLE kept AS SELECT 42 AS answer")
    cluster.stop()
    assert Cluster(cluster.home, settings=SETTINGS).start() == dsn
    postmaster = int((cluster.home / "data" / "postmaster.pid").read_text().split()[0])
    os.kill(postmaster, signal.SIGKILL)
    restarted = _start_patiently(cluster)
    assert execute(restarted, "SELECT answer FROM kept") == [(42,)]
    assert execute(restarted, "SHOW listen_addresses") == [("127.0.0.1",)]


def test_a_password_is_asked_for(cluster: Cluster) -> None:
    dsn = cluster.start()
    assert stat.S_IMODE((cluster.home / "password").stat().st_mode) == 0o600
    secret = dsn.split(":")[2].split("@")[0]
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(dsn.replace(secret, "guess"))


def test_a_lock_file_of_a_machine_that_died_is_forgotten(cluster: Cluster) -> None:
    cluster.start()
    lock = cluster.home / "data" / "postmaster.pid"
    content = lock.read_text()
    cluster.stop()
    # The process id is somebody else's by now: ours.
    lock.write_text(content.replace(content.split()[0], str(os.getpid()), 1))
    assert execute(cluster.start(), "SELECT 1") == [(1,)]


def test_removing_leaves_nothing(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path / "postgres", settings=SETTINGS)
    cluster.start()
    home = cluster.home
    cluster.remove()
    assert not home.exists()


def _start_patiently(cluster: Cluster) -> str:
    """Start after a crash: the dead server's last processes need a moment to notice."""
    for _ in range(50):
        try:
            return cluster.start()
        except Exception as failure:  # noqa: BLE001 - asserted below
            last = failure
    raise last
