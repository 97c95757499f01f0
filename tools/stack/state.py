"""The state directory: where one stack keeps its data, secrets, ports, logs and the description of itself."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from tools.ports import free_port, is_free
from tools.stack.files import write_atomically

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("auth", "billing", "inventory", "geo", "notification")


@dataclass(frozen=True, slots=True)
class State:
    """Paths of one stack. Two stacks with different directories share nothing but the cache."""

    directory: Path

    @classmethod
    def current(cls) -> "State":
        """The stack that BILLMESH_STATE names, else the one in .billmesh/ of this clone."""
        named = os.environ.get("BILLMESH_STATE", "")
        return cls(Path(named).absolute() if named else ROOT / ".billmesh")

    @property
    def cache(self) -> Path:
        """Downloads and road tiles: the same for every stack of this clone, and only ever added to."""
        return ROOT / ".billmesh" / "cache"

    @property
    def lock(self) -> Path:
        """Held by whatever changes the stack."""
        return self.directory / "lock"

    @property
    def cluster(self) -> Path:
        """The private PostgreSQL cluster."""
        return self.directory / "postgres"

    @property
    def redis(self) -> Path:
        """Redis's working directory and configuration."""
        return self.directory / "redis"

    @property
    def tls(self) -> Path:
        """Certificate authorities, and a folder per identity."""
        return self.directory / "tls"

    @property
    def envoy(self) -> Path:
        """The two Envoys' configurations."""
        return self.directory / "envoy"

    @property
    def valhalla(self) -> Path:
        """Valhalla's configuration and sockets."""
        return self.directory / "valhalla"

    @property
    def logs(self) -> Path:
        """One file a process."""
        return self.directory / "logs"

    @property
    def secrets(self) -> Path:
        """Random secrets, readable by their owner alone."""
        return self.directory / "secrets.json"

    @property
    def ports(self) -> Path:
        """Which name has which port."""
        return self.directory / "ports.json"

    @property
    def supervisor(self) -> Path:
        """The supervisor's configuration."""
        return self.directory / "supervisord.conf"

    @property
    def demo(self) -> Path:
        """What the seed made: the demo's sign-ins and what they own."""
        return self.directory / "demo.json"

    @property
    def run(self) -> Path:
        """Where everything listens, while the stack runs."""
        return self.directory / "run.json"

    def stamp(self, name: str) -> Path:
        """The file that remembers the digest of what `name` was last done with."""
        return self.directory / "stamps" / name

    def is_stamped(self, name: str, digest: str) -> bool:
        """Tell whether `name` was done with exactly this digest."""
        stamp = self.stamp(name)
        return stamp.exists() and stamp.read_text(encoding="ascii").strip() == digest

    def set_stamp(self, name: str, digest: str) -> None:
        """Remember that `name` is done."""
        write_atomically(self.stamp(name), f"{digest}\n")


class Ports:
    """Ports by name, on 127.0.0.1; a name keeps its port for as long as nobody else takes it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known: dict[str, int] = {}
        if file.exists():
            self._known = {str(name): int(port) for name, port in json.loads(file.read_text()).items()}

    def __getitem__(self, name: str) -> int:
        """Return the port of `name`, choosing one at first use."""
        if name not in self._known:
            self._known[name] = free_port(frozenset(self._known.values()))
            self._save()
        return self._known[name]

    def forget_taken(self) -> list[str]:
        """Drop the ports which somebody listens on; call it only while the stack is down. Returns their names."""
        taken = [name for name, port in self._known.items() if not is_free(port)]
        for name in taken:
            del self._known[name]
        if taken:
            self._save()
        return taken

    def _save(self) -> None:
        write_atomically(self._file, json.dumps(self._known, indent=2) + "\n")
