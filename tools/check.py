"""`make check`: everything that CI wants to be true, then the tests. All faults are shown, not only the first."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tools.stack.state import ROOT

_SCRIPTS = Path(sys.executable).parent


@dataclass(frozen=True, slots=True)
class Check:
    """A command that ends with status 0 when all is well."""

    name: str
    command: tuple[str, ...]


def checks() -> list[Check]:
    """Return every check but the tests, the quick ones first."""
    python = sys.executable
    return [
        Check("lint (ruff)", (str(_SCRIPTS / "ruff"), "check", ".")),
        Check("format (ruff)", (str(_SCRIPTS / "ruff"), "format", "--check", ".")),
        Check("layers (import-linter)", (str(_SCRIPTS / "lint-imports"),)),
        Check("house rules", (python, "-m", "tools.lints")),
        Check("the contract (buf lint)", (str(_SCRIPTS / "buf"), "lint")),
        Check("generated code is current", (python, "-m", "tools.gen", "--check")),
        Check("Envoy accepts its configuration", (python, "-m", "tools.lints.envoy")),
        Check("docker-compose.yml", (python, "-m", "tools.lints.compose")),
        Check("types (mypy --strict)", (str(_SCRIPTS / "mypy"), "--strict", "services", "tools", "tests")),
    ]


def main() -> int:
    """Run every check, then the tests; 0 when all is well."""
    parser = argparse.ArgumentParser(prog="python -m tools.check")
    parser.add_argument("--without-tests", action="store_true", help="only what needs no running system")
    arguments = parser.parse_args()
    failed = [check.name for check in checks() if not passes(check)]
    if failed:
        print(f"\nFAILED: {', '.join(failed)}\n", flush=True)
    status = 0
    if not arguments.without_tests:
        status = subprocess.run([sys.executable, "-m", "tools.test"], cwd=ROOT, check=False).returncode
    return 1 if failed or status else 0


def passes(check: Check) -> bool:
    """Run one check, showing its output only when it fails."""
    began = time.monotonic()
    # Whatever python the command starts is ours.
    environment = {**os.environ, "PATH": f"{_SCRIPTS}{os.pathsep}{os.environ.get('PATH', '')}"}
    answer = subprocess.run(
        check.command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    well = answer.returncode == 0
    print(f"{'ok  ' if well else 'FAIL'} {check.name} ({time.monotonic() - began:.1f} s)", flush=True)
    if not well:
        print(answer.stdout, flush=True)
    return well


if __name__ == "__main__":
    sys.exit(main())
