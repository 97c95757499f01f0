"""The operator's command."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.harness import INDEX_KEY, ISSUER, MASTER_KEYS

if TYPE_CHECKING:
    from services.auth.config import AuthSettings
    from services.auth.usecases.deps import Deps

_SAID = re.compile(
    r"(key_\w{26}) (signs|was told before to sign) from \S+ on\n(?:(key_\w{26}) is published until \S+\n)?"
)


def rotate(settings: AuthSettings) -> re.Match[str]:
    environment = {
        "BILLMESH_DATABASE_URL": settings.database_url.get_secret_value(),
        "BILLMESH_MESH_ADDRESS": settings.mesh_address,
        "BILLMESH_TLS_DIR": str(settings.tls_dir),
        "BILLMESH_PUBLIC_URL": ISSUER,
        "BILLMESH_MASTER_KEYS": MASTER_KEYS,
        "BILLMESH_INDEX_KEY": INDEX_KEY,
    }
    done = subprocess.run(
        [sys.executable, "-m", "services.auth.rotate_keys"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = _SAID.fullmatch(done.stdout)
    assert said is not None, done.stdout
    return said


def test_it_says_which_key_signs_from_when_on(settings: AuthSettings, deps: Deps) -> None:
    """The first signs at once, the one published with it waits, and a third time nothing changes."""
    with deps.db.transaction() as tx:
        # Other tests' clocks may be ahead of the command's.
        tx.exec_driver_sql("DELETE FROM signing_keys")
    rotate(settings)
    second, third = rotate(settings), rotate(settings)
    assert third[2] == "was told before to sign"
    assert second[1] == third[1]
    assert second[3] == third[3]
