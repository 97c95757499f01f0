"""The stack's database: cluster, roles, schemas, and migrations that run only when they changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg2
from psycopg2 import errors, sql

from services.kit import provision
from tools.stack.console import say
from tools.stack.files import digest_of
from tools.stack.state import ROOT, SERVICES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tools.cluster import Cluster
    from tools.stack.secrets import Secrets
    from tools.stack.state import State

DATABASE = "billmesh"
_STAMP = "migrations"


def role_urls(cluster: Cluster, secrets: Secrets, *, kind: str) -> dict[str, str]:
    """Return each service's libpq URL for its role of `kind`: "owner" migrates, "svc" serves."""
    return {
        service: f"postgresql://{kind}_{service}:{secrets.database_passwords[f'{kind}_{service}']}"
        f"@127.0.0.1:{cluster.port}/{DATABASE}"
        for service in SERVICES
    }


def answers(cluster: Cluster) -> bool:
    """Tell whether the server takes connections."""
    try:
        psycopg2.connect(cluster.dsn(), connect_timeout=2).close()
    except psycopg2.OperationalError:
        return False
    return True


def prepare(state: State, cluster: Cluster, secrets: Secrets) -> None:
    """Bring the running cluster's database to what the code expects; nothing is done when nothing changed."""
    digest = digest_of(_what_migrates(), suffixes=(".py", ".sql", ".csv", ".tsv", ".yaml", ".json"))
    if state.is_stamped(_STAMP, digest):
        return
    _create(cluster.dsn())
    passwords = secrets.database_passwords
    provision.provision(
        cluster.dsn(DATABASE),
        owner_passwords=_by_service(passwords, "owner"),
        service_passwords=_by_service(passwords, "svc"),
    )
    # Alembic takes most of a second to import, which a start without changes does not pay.
    from services.inventory import load_catalogue  # noqa: PLC0415
    from services.kit import migrations  # noqa: PLC0415

    for service, url in role_urls(cluster, secrets, kind="owner").items():
        if (ROOT / "services" / service / "store" / "migrations").is_dir():
            say(f"migrations of {service}")
            migrations.upgrade(service, url)
    load_catalogue.load(role_urls(cluster, secrets, kind="svc")["inventory"])
    state.set_stamp(_STAMP, digest)


def _what_migrates() -> list[Path]:
    kit = ROOT / "services" / "kit"
    own = [ROOT / "services" / service / "store" / "migrations" for service in SERVICES]
    # The catalogue is loaded when the migrations are done, and again when its files or what reads them changed.
    inventory = ROOT / "services" / "inventory"
    data = [inventory / "catalogue", inventory / "domain" / "text.py", inventory / "domain" / "words.py"]
    return [kit / "migrations.py", kit / "provision.py", kit / "alembic", *own, *data]


def _create(admin_dsn: str) -> None:
    session = psycopg2.connect(admin_dsn)
    session.autocommit = True
    try:
        with session.cursor() as cursor:
            cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
    except errors.DuplicateDatabase:
        pass
    finally:
        session.close()


def _by_service(passwords: Mapping[str, str], kind: str) -> dict[str, str]:
    return {service: passwords[f"{kind}_{service}"] for service in SERVICES}
