"""The commands about the books, as an operator runs them."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from services.billing.composition import NAME
from services.kit.ids import to_text
from tests.harness import INDEX_KEY, ISSUER, MASTER_KEYS
from tests.services.billing.world import cash, rupees

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness import Authority, Postgres
    from tests.services.billing.world import World


@pytest.fixture
def run(postgres: Postgres, authority: Authority) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a module with the environment of a process of billing."""
    environment = {
        **os.environ,
        "BILLMESH_DATABASE_URL": postgres.url(NAME),
        "BILLMESH_MESH_ADDRESS": "127.0.0.1:1",
        "BILLMESH_TLS_DIR": str(authority.leaf(NAME)),
        "BILLMESH_PUBLIC_URL": ISSUER,
        "BILLMESH_MASTER_KEYS": MASTER_KEYS,
        "BILLMESH_INDEX_KEY": INDEX_KEY,
        "BILLMESH_LINK_KEY": base64.b64encode(b"l" * 32).decode(),
    }

    def one(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", module, *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)

    return one


def test_books_are_checked_by_command(world: World, run: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    bill = world.bill()
    merchant = to_text("mer", world.merchant)
    sound = run("services.billing.check", merchant)
    assert (sound.returncode, sound.stdout) == (0, "all books hold\n"), sound.stderr
    with world.superuser.cursor() as cursor:
        cursor.execute("UPDATE billing.bills SET state = 'PAID' WHERE merchant_id = %s", (str(world.merchant),))
    broken = run("services.billing.check", merchant)
    assert broken.returncode == 1
    assert f"{merchant} BILL_OUTSTANDING {bill.id}: state PAID, outstanding 11800" in broken.stdout
    with world.superuser.cursor() as cursor:
        cursor.execute("UPDATE billing.bills SET state = 'ISSUED' WHERE merchant_id = %s", (str(world.merchant),))


def test_summaries_are_rebuilt_by_command(world: World, run: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    world.pay(world.bill(), cash(rupees(118)))
    merchant = to_text("mer", world.merchant)
    done = run("services.billing.rebuild_reports", merchant)
    assert (done.returncode, done.stdout) == (0, f"{merchant}: 1 days\n"), done.stderr
    ((net,),) = world.query("SELECT net_minor FROM billing.sales_days WHERE merchant_id = %s", str(world.merchant))
    assert net == 10_000
