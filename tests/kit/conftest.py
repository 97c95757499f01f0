"""A schema with nothing but the kit's own tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import create_engine, pool

from services.kit import migrations, provision
from services.kit.config import Settings
from services.kit.db import Database
from tests.harness import INDEX_KEY, ISSUER, MASTER_KEYS, Authority, Postgres

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def kit_settings(postgres: Postgres, authority: Authority) -> Settings:
    """Settings of a service that has only what every service has."""
    provision.provision(postgres.superuser_dsn, owner_passwords={"kit": "test"}, service_passwords={"kit": "test"})
    url = postgres.role_url("owner_kit").replace("postgresql://", "postgresql+psycopg2://")
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        migrations.standard_tables()
        connection.exec_driver_sql("CREATE TABLE things (merchant_id uuid, name text)")
        connection.exec_driver_sql("CREATE TABLE effects (id bigint GENERATED ALWAYS AS IDENTITY, note text)")
        migrations.tenant_policy("things")
    return Settings.model_validate(
        {
            "database_url": postgres.role_url("svc_kit"),
            "mesh_address": "127.0.0.1:1",
            "tls_dir": authority.leaf("auth"),
            "public_url": ISSUER,
            "master_keys": MASTER_KEYS,
            "index_key": INDEX_KEY,
        }
    )


@pytest.fixture
def db(kit_settings: Settings) -> Iterator[Database]:
    """The schema, through the role of a service."""
    database = Database(kit_settings, name="kit-test")
    yield database
    database.dispose()
