"""Prepares an empty database, as its superuser: extensions, and for each service a schema and two roles.

owner_<service> owns the schema and runs migrations; svc_<service> is the login of the processes and may only read and
write rows, so that row-level security binds it. Run again, it changes nothing but passwords.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg2
from psycopg2 import sql

if TYPE_CHECKING:
    from collections.abc import Mapping

SERVICES = ("auth", "billing", "inventory", "geo", "notification")
_EXTENSIONS = ("postgis", "pg_trgm", "unaccent")
_ROLE = """
DO $$ BEGIN CREATE ROLE {role} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
ALTER ROLE {role} LOGIN PASSWORD {password};
ALTER ROLE {role} SET search_path = {schema}, public;
"""
_SCHEMA = """
CREATE SCHEMA IF NOT EXISTS {schema} AUTHORIZATION {owner};
GRANT USAGE ON SCHEMA {schema} TO {service};
ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA {schema}
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {service};
ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA {schema} GRANT USAGE, SELECT ON SEQUENCES TO {service};
"""


def provision(superuser_dsn: str, *, owner_passwords: Mapping[str, str], service_passwords: Mapping[str, str]) -> None:
    """Prepares the database that the DSN names, for the services that the two mappings name."""
    connection = psycopg2.connect(superuser_dsn)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('provision'))")
            cursor.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
            for extension in _EXTENSIONS:
                cursor.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension)))
            for service, owner_password in owner_passwords.items():
                schema = sql.Identifier(service)
                owner, login = sql.Identifier(f"owner_{service}"), sql.Identifier(f"svc_{service}")
                for role, password in ((owner, owner_password), (login, service_passwords[service])):
                    cursor.execute(sql.SQL(_ROLE).format(role=role, password=sql.Literal(password), schema=schema))
                cursor.execute(sql.SQL(_SCHEMA).format(schema=schema, owner=owner, service=login))
    finally:
        connection.close()
