"""A large merchant for benchmarks: a year of bills, made inside PostgreSQL: paid in one go, open or void, some of them
credited in part. One customer in ten is registered for GST.

Consistent down to the ledger: `services.billing.usecases.invariants.check` finds nothing wrong with it.
"""

from __future__ import annotations

import base64
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psycopg2
from psycopg2.extras import execute_values
from stdnum import luhn

from bench import large_merchant_sql as sql
from services.billing.composition import NAME, dependencies
from services.billing.config import BillingSettings
from services.billing.domain.ids import CustomerId, MerchantId
from services.billing.domain.ledger import Account
from services.kit import migrations, provision
from services.kit.mesh import Mesh
from tools import certs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from psycopg2.extensions import connection, cursor

    from services.billing.usecases.deps import Deps
    from tools.cluster import Cluster

MERCHANT = MerchantId(uuid.UUID("01900000-0000-7000-8000-0000000000b1"))
_PASSWORD = "bench"  # noqa: S105 - of a cluster on loopback that lives for minutes
_CUSTOMERS = 20_000
_KEY = base64.b64encode(b"b" * 32).decode()

_OWN = ("SALES", "TAX:CGST", "TAX:SGST", "TAX:IGST", "MONEY:CASH", "MONEY:CARD", "MONEY:UPI")
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_FILLED = "filled"


@dataclass(frozen=True, slots=True)
class LargeMerchant:
    """The merchant's service, without its peers, and a superuser's session beside it."""

    deps: Deps
    superuser: connection


@contextmanager
def large_merchant(cluster: Cluster, folder: Path, *, bills: int) -> Iterator[LargeMerchant]:
    """Starts the cluster, makes the schema and fills it, or takes what an earlier run has left there.

    `folder` takes certificates, and a note of how many bills there are. Raises ValueError if there are others there.
    """
    filled = folder / _FILLED
    if filled.exists() and filled.read_text(encoding="ascii") != str(bills):
        raise ValueError(f"{folder} has {filled.read_text(encoding='ascii')} bills")
    session = psycopg2.connect(cluster.start())
    session.autocommit = True
    with session.cursor() as rows:
        if not filled.exists():
            rows.execute("DROP DATABASE IF EXISTS billmesh")
            rows.execute("CREATE DATABASE billmesh")
    session.close()
    superuser_dsn = cluster.dsn("billmesh")
    passwords = {NAME: _PASSWORD}
    provision.provision(superuser_dsn, owner_passwords=passwords, service_passwords=passwords)
    login = f"127.0.0.1:{cluster.port}/billmesh"
    migrations.upgrade(NAME, f"postgresql://owner_{NAME}:{_PASSWORD}@{login}")
    certs.ensure_certificates(folder, services=provision.SERVICES, now=datetime.now(UTC))
    settings = BillingSettings.model_validate(
        {
            "listen": "127.0.0.1:0",
            "database_url": f"postgresql://svc_{NAME}:{_PASSWORD}@{login}",
            "mesh_address": "127.0.0.1:1",
            "tls_dir": folder / NAME,
            "public_url": "https://bench.example",
            "master_keys": f"1:{_KEY}",
            "index_key": _KEY,
            "link_key": _KEY,
        }
    )
    superuser = psycopg2.connect(superuser_dsn, options="-c search_path=billing,public")
    superuser.autocommit = True
    mesh = Mesh(settings)
    merchant = LargeMerchant(dependencies(settings, mesh), superuser)
    try:
        if not filled.exists():
            _fill(merchant, bills)
            filled.write_text(str(bills), encoding="ascii")
        yield merchant
    finally:
        merchant.deps.db.dispose()
        mesh.close()
        superuser.close()


def _fill(merchant: LargeMerchant, bills: int) -> None:
    key = {"merchant": str(MERCHANT), "customers": _CUSTOMERS, "bills": bills}
    with merchant.superuser.cursor() as rows:
        rows.execute("SELECT make_partitions((now() - interval '13 months')::date, 12)")
        # Triggers and foreign keys would check what is right by construction.
        rows.execute("SET session_replication_role = replica")
        rows.execute(sql.PLAN, key)
        rows.execute(sql.SETTINGS, key)
        _open_accounts(rows)
        _seal_tax_numbers(merchant.deps, rows)
        for statements in (sql.BILLS, sql.PAYMENTS, sql.CREDIT_NOTES, sql.LEDGER):
            rows.execute(statements, key)
        rows.execute("DROP TABLE plan, sealed")
        rows.execute("SET session_replication_role = DEFAULT")
        rows.execute("VACUUM ANALYZE")


def _open_accounts(rows: cursor) -> None:
    rows.execute("SELECT id FROM customers")
    parties = [CustomerId(uuid.UUID(str(found))) for (found,) in rows.fetchall()]
    accounts = [Account(code, None, "INR") for code in _OWN] + [
        Account(code, party, "INR") for party in parties for code in ("RECEIVABLE", "CUSTOMER_CREDIT")
    ]
    values = [
        (str(MERCHANT), str(one.id(MERCHANT)), one.code, str(one.party) if one.party else None, one.currency)
        for one in accounts
    ]
    execute_values(rows, sql.ACCOUNTS, values, page_size=1000)
    rows.execute("ANALYZE ledger_accounts")


def _seal_tax_numbers(deps: Deps, rows: cursor) -> None:
    """Those of registered customers, each for its bill, as the service does."""
    rows.execute("SELECT bill_id::text, customer FROM plan WHERE registered")
    found = rows.fetchall()
    for wanted in (found[:1], found):
        # The merchant's key is made in a transaction of its own, so that the others may remember it.
        with deps.db.transaction(merchant=MERCHANT) as tx:
            sealed = [
                (bill, deps.vault.seal(tx, MERCHANT, "bills.customer_tax_id", uuid.UUID(bill), gstin(customer)))
                for bill, customer in wanted
            ]
    execute_values(rows, "INSERT INTO sealed VALUES %s", sealed, template="(%s::uuid, %s)", page_size=5000)


def gstin(customer: int) -> str:
    """A valid number of a company in the registered customer's state."""
    state = "27" if customer % 20 else "29"
    first = f"{state}AAACB{customer // 10 + 1:04}A1Z"
    return first + luhn.calc_check_digit(first, _DIGITS)
