"""`python -m services.kit.rewrap SERVICE`: its data keys are wrapped by the current master key, so that others can go.

Told what every process of the service is told. The service keeps running: only the wrapping changes, never a data key.
Run again, it finds nothing to do; stopped half-way, the next run does the rest. docs/runbooks/master_keys.md says when.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from services.kit.config import Settings
from services.kit.crypto import MasterKeys
from services.kit.db import Database
from services.kit.sql import run

if TYPE_CHECKING:
    from sqlalchemy import Connection

# Keys in one transaction, so that none is locked for long.
_BATCH = 200
_FIND = """
SELECT tenant_id::text AS tenant, version, master_version, wrapped FROM data_keys
WHERE master_version <> %s AND (tenant_id, version) > (%s::uuid, %s)
ORDER BY tenant_id, version LIMIT %s
"""
_REPLACE = """
UPDATE data_keys SET wrapped = %s, master_version = %s
WHERE tenant_id = %s::uuid AND version = %s AND master_version = %s AND wrapped = %s
"""
_COUNT = "SELECT count(*) FROM data_keys WHERE master_version <> %s"
_BEFORE_ALL = ("00000000-0000-0000-0000-000000000000", 0)


def rewrap(db: Database, masters: MasterKeys, *, batch: int = _BATCH) -> int:
    """Wraps every data key that another master key wraps by the current one; how many it was.

    Raises LookupError if a key's master is not configured, and leaves that key and those after it as they are.
    """
    done, after = 0, _BEFORE_ALL
    while True:
        with db.transaction() as tx:
            rows = run(tx, _FIND, (masters.current, *after, batch)).all()
            done += sum(_replace(tx, masters, row) for row in rows)
        if len(rows) < batch:
            return done
        after = (rows[-1].tenant, rows[-1].version)


def left(db: Database, masters: MasterKeys) -> int:
    """How many data keys are not wrapped by the current master key."""
    with db.transaction() as tx:
        return int(run(tx, _COUNT, (masters.current,)).scalar_one())


def _replace(tx: Connection, masters: MasterKeys, row: Any) -> int:
    """1 if the row still was as read; 0 if another run was faster."""
    old = bytes(row.wrapped)
    data_key = masters.unwrap(row.tenant, row.master_version, old)
    new = masters.wrap(row.tenant, data_key)
    if masters.unwrap(row.tenant, masters.current, new) != data_key:
        raise RuntimeError("what was wrapped does not unwrap; nothing was written")
    known = (row.tenant, row.version, row.master_version, old)
    return run(tx, _REPLACE, (new, masters.current, *known)).rowcount


def main() -> int:
    """0 when every data key of the service is wrapped by the current master key."""
    if len(sys.argv) != 2:  # noqa: PLR2004 - the program and the service
        sys.stderr.write("python -m services.kit.rewrap SERVICE\n")
        return 2
    settings = Settings()  # type: ignore[call-arg] # from the environment
    masters = MasterKeys(settings)
    db = Database(settings, name=f"rewrap-{sys.argv[1]}")
    try:
        done = rewrap(db, masters)
        rest = left(db, masters)
    except LookupError as error:
        sys.stderr.write(f"{sys.argv[1]}: {error}; give it to this command, and run it again\n")
        return 1
    finally:
        db.dispose()
    sys.stdout.write(f"{sys.argv[1]}: {done} data keys re-wrapped by master key {masters.current}, {rest} left\n")
    return 1 if rest else 0


if __name__ == "__main__":
    raise SystemExit(main())
