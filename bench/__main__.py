"""`make bench`: every benchmark after the other. Each can be run alone: `python -m bench.bills --help`."""

from __future__ import annotations

import subprocess
import sys

BENCHES = ("bench.bills", "bench.offers", "bench.reports", "bench.trips")


def main() -> int:
    """Runs them; the first failure's status."""
    for name in BENCHES:
        print(f"\n── {name} {'─' * 60}", flush=True)
        status = subprocess.run([sys.executable, "-m", name], check=False).returncode
        if status:
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main())
