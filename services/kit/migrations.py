"""Schema changes: one chain a service, run by the schema's owner, never by the service itself."""

from __future__ import annotations

from pathlib import Path

import procrastinate.schema
from alembic import command, op
from alembic.config import Config

_SERVICES = Path(__file__).resolve().parent.parent


def upgrade(service: str, url: str) -> None:
    """Brings the service's schema to the newest version. `url`: libpq URL of the role owner_<service>."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "alembic"))
    config.set_main_option("version_locations", str(_SERVICES / service / "store" / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = url.replace("postgresql://", "postgresql+psycopg2://", 1)
    config.attributes["schema"] = service
    command.upgrade(config, "head")


def standard_tables() -> None:
    """The tables that the kit needs in every schema: idempotency keys, data keys, and Procrastinate's queue."""
    op.execute("""
        CREATE TABLE idempotency (
            owner_id uuid NOT NULL,
            request_id uuid NOT NULL,
            fingerprint bytea NOT NULL,
            -- Set in the transaction that made the row.
            response bytea,
            create_time timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (owner_id, request_id)
        );
        CREATE INDEX idempotency_by_age ON idempotency USING brin (create_time);
        -- Not under row-level security: each key is encrypted under a master key that is not in the database.
        CREATE TABLE data_keys (
            tenant_id uuid NOT NULL,
            version smallint NOT NULL CHECK (version BETWEEN 1 AND 255),
            master_version smallint NOT NULL,
            wrapped bytea NOT NULL,
            create_time timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (tenant_id, version)
        );
    """)
    queue = procrastinate.schema.SchemaManager.get_schema()
    # The driver takes a lone % for a parameter.
    op.get_bind().exec_driver_sql(queue.replace("%", "%%"))


def tenant_policy(table: str, column: str = "merchant_id") -> None:
    """Lets a transaction see and write only rows of the merchant (or, by `column` account_id, the person) it acts for.

    `current_setting` stands bare: wrapped in a sub-select it costs a thousand times as much on a large tenant.
    """
    setting = "app.account_id" if column == "account_id" else "app.merchant_id"
    op.execute(f"""
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
        CREATE POLICY {column.removesuffix("_id")} ON {table}
            USING ({column} = nullif(current_setting('{setting}', true), '')::uuid)
            WITH CHECK ({column} = nullif(current_setting('{setting}', true), '')::uuid);
    """)


def own_queue() -> None:
    """Jobs of the usual queue get the service's own name as its name."""
    op.execute("UPDATE procrastinate_jobs SET queue_name = current_schema() WHERE queue_name = 'default'")
