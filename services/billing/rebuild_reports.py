"""`python -m services.billing.rebuild_reports [mer_…]`: computes the sums of every day and month anew, of one or all.

May run while the system does; reports show the old figures of a day until its new ones are there.
"""

from __future__ import annotations

from services.billing.command import named_merchants
from services.billing.usecases.summaries import rebuild
from services.kit.ids import to_text


def main() -> None:
    """Rebuilds and prints how many days."""
    with named_merchants("rebuild_reports", __doc__) as (deps, merchants):
        for merchant_id in merchants:
            print(f"{to_text('mer', merchant_id)}: {rebuild(deps, merchant_id)} days")  # noqa: T201 - a command's output


if __name__ == "__main__":
    main()
