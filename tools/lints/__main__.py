"""`python -m tools.lints`: prints every breach of a house rule, and fails if there is one."""

from __future__ import annotations

import sys
from pathlib import Path

from tools.lints import rules

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Checks the services, tools, tests and benchmarks of this checkout."""
    breaches = [
        *rules.tenant_first(sorted((ROOT / "services").glob("*/store/**/*.py"))),
        *rules.short_files(sorted(path for part in rules.WATCHED for path in (ROOT / part).rglob("*.py"))),
    ]
    for breach in breaches:
        print(f"{breach.path.relative_to(ROOT)}:{breach.line}: {breach.text}")
    sys.exit(1 if breaches else 0)


if __name__ == "__main__":
    main()
