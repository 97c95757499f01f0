"""`python -m services.billing.check [mer_…]`: checks the books of one merchant or of all, prints what is broken.

Exit status 1 if anything is. What the daily task does, at once.
"""

from __future__ import annotations

import argparse
import sys

from services.billing.composition import dependencies
from services.billing.config import BillingSettings
from services.billing.domain.ids import MerchantId
from services.billing.usecases.invariants import check
from services.billing.usecases.summaries import every_merchant
from services.kit.ids import from_text, to_text
from services.kit.logging import configure
from services.kit.mesh import Mesh


def main() -> int:
    """Checks and prints; how the process exits."""
    parser = argparse.ArgumentParser(prog="python -m services.billing.check", description=__doc__)
    parser.add_argument("merchant", nargs="?", help="only this one, mer_…")
    named = parser.parse_args().merchant
    settings = BillingSettings()  # type: ignore[call-arg] # its fields come from the environment
    configure("billing-check", settings.log_level)
    mesh = Mesh(settings)
    deps = dependencies(settings, mesh)
    merchants = [MerchantId(from_text("mer", named))] if named else every_merchant(deps)
    count = 0
    try:
        for merchant_id in merchants:
            for breach in check(deps, merchant_id):
                count += 1
                print(f"{to_text('mer', merchant_id)} {breach.rule} {breach.subject}: {breach.detail}")  # noqa: T201 - a command's output
    finally:
        mesh.close()
        deps.db.dispose()
    print(f"{count} broken" if count else "all books hold")  # noqa: T201 - a command's output
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
