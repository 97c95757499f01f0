"""Command line of a deployment's chores; see `python -m tools.deployment --help`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path


def main() -> int:
    """Do one chore; the exit status is 0 when it is done, or for `healthy` when the process serves."""
    given = _parser().parse_args()
    # Each imports only what it needs: the health check runs every few seconds.
    if given.chore == "secrets":
        from tools.deployment import material  # noqa: PLC0415

        material.make(given.directory, host=given.host)
    elif given.chore == "envoy":
        from tools.deployment import gateways  # noqa: PLC0415

        gateways.write(given.directory, os.environ)
    elif given.chore == "database":
        from tools.deployment import schema  # noqa: PLC0415

        schema.prepare(os.environ)
    else:
        from tools.deployment import probe  # noqa: PLC0415

        return 0 if probe.serves(os.environ) else 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.deployment")
    chores = parser.add_subparsers(dest="chore", required=True)
    secrets = chores.add_parser("secrets", help="make keys, passwords and certificates; keeps what is there")
    secrets.add_argument("directory", type=Path)
    secrets.add_argument("--host", default="localhost", help="the name under which clients reach the edge")
    envoy = chores.add_parser("envoy", help="write edge.yaml and mesh.yaml from BILLMESH_* variables")
    envoy.add_argument("directory", type=Path)
    chores.add_parser("database", help="roles, schemas, migrations and the catalogue, from BILLMESH_* variables")
    chores.add_parser("healthy", help="ask the server at BILLMESH_LISTEN for its health")
    return parser


if __name__ == "__main__":
    sys.exit(main())
