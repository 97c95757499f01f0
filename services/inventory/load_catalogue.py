"""`python -m services.inventory.load_catalogue`: makes the database's catalogue what the files say.

Run after every migration; it takes well under a second when nothing changed. BILLMESH_DATABASE_URL is the libpq URL of
the service's own login role.
"""

from __future__ import annotations

import logging
import os

from sqlalchemy import create_engine

from services.inventory import catalogue
from services.inventory.usecases import products
from services.kit.logging import configure

_LOG = logging.getLogger(__name__)


def load(url: str) -> None:
    """Loads the catalogue through `url`."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg2://", 1))
    try:
        with engine.begin() as tx:
            products.write_catalogue(tx, catalogue.load())
    finally:
        engine.dispose()


def main() -> None:
    """Loads the catalogue and says how large it is."""
    configure("load_catalogue", "INFO")
    load(os.environ["BILLMESH_DATABASE_URL"])
    _LOG.info("catalogue loaded", extra={"products": len(catalogue.load())})


if __name__ == "__main__":
    main()
