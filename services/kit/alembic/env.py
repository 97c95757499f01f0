"""What alembic runs: one transaction for the whole upgrade, the version table in the service's own schema."""

from __future__ import annotations

from alembic import context
from sqlalchemy import create_engine, pool, text

config = context.config
schema = config.attributes["schema"]
engine = create_engine(config.attributes["url"], poolclass=pool.NullPool)
with engine.connect() as connection:
    # Two processes may migrate at once; the second waits and finds nothing to do.
    connection.execute(text("SELECT pg_advisory_lock(hashtext(:name))"), {"name": f"migrate {schema}"})
    connection.execute(text("SET lock_timeout = '5s'"))
    connection.commit()
    context.configure(connection=connection, version_table="schema_version", version_table_schema=schema)
    with context.begin_transaction():
        context.run_migrations()
