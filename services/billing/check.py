"""`python -m services.billing.check [mer_…]`: checks the books of one merchant or of all, prints what is broken.

Exit status 1 if anything is. What the daily task does, at once.
"""

from __future__ import annotations

import sys

from services.billing.command import named_merchants
from services.billing.usecases.invariants import check
from services.kit.ids import to_text


def main() -> int:
    """Checks and prints; how the process exits."""
    count = 0
    with named_merchants("check", __doc__) as (deps, merchants):
        for merchant_id in merchants:
            for breach in check(deps, merchant_id):
                count += 1
                print(f"{to_text('mer', merchant_id)} {breach.rule} {breach.subject}: {breach.detail}")  # noqa: T201 - a command's output
    print(f"{count} broken" if count else "all books hold")  # noqa: T201 - a command's output
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
