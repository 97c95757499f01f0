"""`python -m services.kit.migrate SERVICE...`: brings schemas to the newest version.

BILLMESH_MIGRATIONS_URL is the libpq URL of the database with `{service}` where the owner role's name has the service,
for example postgresql://owner_{service}:secret@host/billmesh; a password file or one shared password serves all.
"""

from __future__ import annotations

import os
import sys

from services.kit.logging import configure
from services.kit.migrations import upgrade


def main() -> None:
    """Upgrades each service named on the command line."""
    configure("migrate", "INFO")
    url = os.environ["BILLMESH_MIGRATIONS_URL"]
    for service in sys.argv[1:]:
        upgrade(service, url.replace("{service}", service))


if __name__ == "__main__":
    main()
