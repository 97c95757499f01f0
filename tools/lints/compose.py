"""docker-compose.yml means something: asked of docker compose where there is one, else only read as YAML."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import yaml

from tools.stack.state import ROOT

_FILE = ROOT / "docker-compose.yml"
# The file refuses to be used without these; what they hold does not matter here.
_ENVIRONMENT = {"BILLMESH_PUBLIC_URL": "https://billmesh.example", "BILLMESH_SECRETS": "./secrets"}


def main() -> int:
    """0 when the file is well."""
    command = _compose()
    if command is None:
        yaml.safe_load(_FILE.read_text(encoding="utf-8"))
        print("docker compose is not here: read as YAML only")
        return 0
    environment = {**os.environ, **_ENVIRONMENT}
    return subprocess.run([*command, "-f", str(_FILE), "config", "-q"], env=environment, check=False).returncode


def _compose() -> list[str] | None:
    if shutil.which("docker"):
        plugin = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
        if plugin.returncode == 0:
            return ["docker", "compose"]
    found = shutil.which("docker-compose")
    return [found] if found else None


if __name__ == "__main__":
    sys.exit(main())
