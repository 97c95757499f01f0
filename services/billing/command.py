"""What the commands over merchants' books share: which merchants, and what they are given to work with."""

from __future__ import annotations

import argparse
from contextlib import contextmanager
from typing import TYPE_CHECKING

from services.billing.composition import dependencies
from services.billing.config import BillingSettings
from services.billing.domain.ids import MerchantId
from services.billing.usecases.summaries import every_merchant
from services.kit.ids import from_text
from services.kit.logging import configure
from services.kit.mesh import Mesh

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from services.billing.usecases.deps import Deps


@contextmanager
def named_merchants(module: str, description: str | None) -> Iterator[tuple[Deps, Iterable[MerchantId]]]:
    """Dependencies, and the merchant that the command line names, all of them if it names none."""
    parser = argparse.ArgumentParser(prog=f"python -m services.billing.{module}", description=description)
    parser.add_argument("merchant", nargs="?", help="only this one, mer_…")
    named = parser.parse_args().merchant
    settings = BillingSettings()  # type: ignore[call-arg] # its fields come from the environment
    configure(f"billing-{module}", settings.log_level)
    mesh = Mesh(settings)
    deps = dependencies(settings, mesh)
    try:
        yield deps, [MerchantId(from_text("mer", named))] if named else every_merchant(deps)
    finally:
        mesh.close()
        deps.db.dispose()
