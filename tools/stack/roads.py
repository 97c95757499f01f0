"""Valhalla: tiles of one map, built once, and the configuration of a service on them."""

from __future__ import annotations

import json
import os
import runpy
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.stack import wheels
from tools.stack.files import sha256_of, write_atomically

ATTRIBUTION = "© OpenStreetMap contributors, ODbL (https://www.openstreetmap.org/copyright)"
_MATRIX_PAIRS = 40_000
_ROUTE_LOCATIONS = 50


class RoadsError(Exception):
    """The road tiles could not be built; the message ends with what Valhalla said."""


@dataclass(frozen=True, slots=True)
class Roads:
    """A map and its finished tiles."""

    executables: Path
    map: Path
    tiles: Path

    @property
    def service(self) -> Path:
        """The executable that answers over HTTP."""
        return self.executables / "valhalla_service"


def prepare(cache: Path) -> Roads:
    """Return the tiles of the chosen map, fetching Valhalla and building them when they are not there.

    The map is the file that the environment variable MAP names, else the centre of Helsinki.
    """
    executables = wheels.valhalla(cache)
    chosen = chosen_map(cache)
    tiles = cache / "roads" / sha256_of(chosen)[:20]
    if not tiles.exists():
        _build(executables, chosen, tiles)
    return Roads(executables=executables, map=chosen, tiles=tiles)


def chosen_map(cache: Path) -> Path:
    """Return the OpenStreetMap extract in use. Raises RoadsError when MAP names no file."""
    named = os.environ.get("MAP", "")
    if not named:
        return wheels.demo_map(cache)
    path = Path(named).absolute()
    if not path.is_file():
        raise RoadsError(f"MAP={named}: there is no such file")
    return path


def configure(roads: Roads, file: Path, *, port: int, sockets: Path) -> None:
    """Write the configuration of one service instance. `sockets` is a folder of its own with a short path."""
    settings = _defaults(roads.executables)
    settings["mjolnir"]["tile_dir"] = str(roads.tiles)
    for module in ("loki", "thor", "odin"):
        settings[module]["service"]["proxy"] = f"ipc://{sockets}/{module}"
    settings["httpd"]["service"] |= {
        "listen": f"tcp://127.0.0.1:{port}",
        "loopback": f"ipc://{sockets}/loopback",
        "interrupt": f"ipc://{sockets}/interrupt",
        "drain_seconds": 1,
        "shutdown_seconds": 1,
    }
    for costing in ("auto", "bicycle", "pedestrian"):
        settings["service_limits"][costing] |= {
            "max_matrix_location_pairs": _MATRIX_PAIRS,
            "max_locations": _ROUTE_LOCATIONS,
        }
    write_atomically(file, json.dumps(settings, indent=2))


def _build(executables: Path, map_file: Path, tiles: Path) -> None:
    tiles.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=tiles.parent, prefix="unfinished-"))
    try:
        settings = _defaults(executables)
        # Which side of the road people drive on, and borders, come from the admin database.
        settings["mjolnir"] |= {"tile_dir": str(scratch / "tiles"), "admin": str(scratch / "admin.sqlite")}
        configuration = scratch / "valhalla.json"
        configuration.write_text(json.dumps(settings))
        for program in ("valhalla_build_admins", "valhalla_build_tiles"):
            command = [str(executables / program), "--config", str(configuration), str(map_file)]
            answer = subprocess.run(command, capture_output=True, text=True, check=False)
            if answer.returncode != 0:
                raise RoadsError(f"{program} failed on {map_file}:\n{(answer.stdout + answer.stderr)[-2_000:]}")
        try:
            (scratch / "tiles").rename(tiles)
        except OSError:
            # Another stack of this clone was quicker.
            if not tiles.exists():
                raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _defaults(executables: Path) -> dict[str, Any]:
    """Valhalla's own defaults, out of the wheel: a tree whose undecided leaves are marked, and left out here."""
    published = runpy.run_path(str(executables.parent / "valhalla_build_config.py"))
    marker: type = published["Optional"]

    def decided(tree: dict[str, Any]) -> dict[str, Any]:
        return {
            key: decided(value) if isinstance(value, dict) else value
            for key, value in tree.items()
            if not isinstance(value, marker)
        }

    settings = decided(published["config"])
    # Files of this kind are optional, and their default paths belong to somebody else's machine.
    for absent in ("tile_extract", "traffic_extract", "landmarks", "timezone", "transit_dir", "transit_feeds_dir"):
        settings["mjolnir"].pop(absent, None)
    settings["additional_data"] = {"elevation": ""}
    return settings
