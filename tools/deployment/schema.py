"""The database of an installation, brought to what this version of the code expects."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from services.inventory import load_catalogue
from services.kit import migrations, provision

if TYPE_CHECKING:
    from collections.abc import Mapping


def prepare(environment: Mapping[str, str]) -> None:
    """Make roles, schemas and extensions, run every service's migrations, load the catalogue. Safe to repeat.

    BILLMESH_DATABASE_HOST (host:port/name), BILLMESH_SUPERUSER and BILLMESH_SUPERUSER_PASSWORD, and for each role
    BILLMESH_PASSWORD_OWNER_<SERVICE> and BILLMESH_PASSWORD_SVC_<SERVICE>. Raises KeyError for what is missing.
    """
    place = environment["BILLMESH_DATABASE_HOST"]

    def url(role: str, password: str) -> str:
        return f"postgresql://{quote(role)}:{quote(password, safe='')}@{place}"

    passwords = {
        kind: {service: environment[f"BILLMESH_PASSWORD_{kind}_{service}".upper()] for service in provision.SERVICES}
        for kind in ("owner", "svc")
    }
    provision.provision(
        url(environment.get("BILLMESH_SUPERUSER") or "postgres", environment["BILLMESH_SUPERUSER_PASSWORD"]),
        owner_passwords=passwords["owner"],
        service_passwords=passwords["svc"],
    )
    for service in provision.SERVICES:
        migrations.upgrade(service, url(f"owner_{service}", passwords["owner"][service]))
    load_catalogue.load(url("svc_inventory", passwords["svc"]["inventory"]))
