"""Envoy itself checks the two configurations that a local stack would start with."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from services.kit.clock import SystemClock
from tools import certs
from tools.stack import doors, programs
from tools.stack.layout import Stack
from tools.stack.state import SERVICES, State


def main() -> int:
    """0 when Envoy accepts both."""
    status = 0
    with tempfile.TemporaryDirectory() as directory:
        state = State(Path(directory))
        certs.ensure_certificates(state.tls, services=SERVICES, now=SystemClock().now())
        for file in doors.configure(Stack.of(state)):
            binary = programs.envoy(file.stem, file).command[0]
            command = [binary, "--mode", "validate", "--config-path", str(file), "--log-level", "error"]
            answer = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
            print(f"{file.name}: {answer.stdout.strip()[-2_000:]}")
            status |= answer.returncode
    return 1 if status else 0


if __name__ == "__main__":
    sys.exit(main())
