"""`python -m services.billing.rebuild_reports [mer_…]`: computes the sums of every day and month anew, of one or all.

May run while the system does; reports show the old figures of a day until its new ones are there.
"""

from __future__ import annotations

import argparse

from services.billing.composition import dependencies
from services.billing.config import BillingSettings
from services.billing.domain.ids import MerchantId
from services.billing.usecases.summaries import every_merchant, rebuild
from services.kit.ids import from_text, to_text
from services.kit.logging import configure
from services.kit.mesh import Mesh


def main() -> None:
    """Rebuilds and prints how many days."""
    parser = argparse.ArgumentParser(prog="python -m services.billing.rebuild_reports", description=__doc__)
    parser.add_argument("merchant", nargs="?", help="only this one, mer_…")
    named = parser.parse_args().merchant
    settings = BillingSettings()  # type: ignore[call-arg] # its fields come from the environment
    configure("billing-rebuild", settings.log_level)
    mesh = Mesh(settings)
    deps = dependencies(settings, mesh)
    try:
        for merchant_id in [MerchantId(from_text("mer", named))] if named else every_merchant(deps):
            print(f"{to_text('mer', merchant_id)}: {rebuild(deps, merchant_id)} days")  # noqa: T201 - a command's output
    finally:
        mesh.close()
        deps.db.dispose()


if __name__ == "__main__":
    main()
