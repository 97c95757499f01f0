"""A private PostgreSQL cluster in a directory of its own, run by an ordinary user, reached by TCP on loopback."""

import hashlib
import os
import pwd
import secrets
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from tools.ports import free_port, is_free

SUPERUSER = "postgres"
_SYSTEM_USER = "postgres"
_DEBIAN_BINARIES = Path("/usr/lib/postgresql")
_UNREACHABLE_HOME = Path("/var/lib/billmesh")

#: Durable defaults for a small machine; `memory_settings` adds what depends on its size.
DURABLE: Mapping[str, str] = {
    "max_connections": "300",
    "random_page_cost": "1.1",
    "effective_io_concurrency": "200",
    "jit": "off",
    "wal_compression": "on",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "idle_in_transaction_session_timeout": "60s",
    "log_min_duration_statement": "500ms",
    "log_lock_waits": "on",
    "log_line_prefix": "%m [%p] %u@%d ",
    "log_timezone": "UTC",
    "timezone": "UTC",
    "password_encryption": "scram-sha-256",
}

#: For throw-away clusters: nothing survives a power cut, everything else is the same.
THROW_AWAY: Mapping[str, str] = {
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
    "autovacuum_naptime": "10min",
}


class ClusterError(Exception):
    """PostgreSQL is not installed, or did not start; the message ends with what it logged."""


def binaries() -> Path:
    """Return the directory of the newest installed PostgreSQL server that has PostGIS."""
    found = sorted(
        (path for path in _DEBIAN_BINARIES.glob("*/bin") if (path / "postgres").exists()),
        key=lambda path: int(path.parent.name) if path.parent.name.isdigit() else 0,
        reverse=True,
    )
    for path in found:
        if (Path("/usr/share/postgresql") / path.parent.name / "extension" / "postgis.control").exists():
            return path
    initdb = shutil.which("initdb")
    if initdb is not None:
        return Path(initdb).resolve().parent
    raise ClusterError("no PostgreSQL server with PostGIS is installed (Debian: postgresql-15-postgis-3)")


def memory_settings() -> dict[str, str]:
    """Return cache sizes for this machine: an eighth of its memory as buffers, at most 1 GB."""
    total_megabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // (1 << 20)
    buffers = max(64, min(1024, total_megabytes // 8))
    return {
        "shared_buffers": f"{buffers}MB",
        "effective_cache_size": f"{max(128, total_megabytes // 2)}MB",
        "maintenance_work_mem": f"{max(32, min(256, total_megabytes // 32))}MB",
        "work_mem": "8MB",
    }


class Cluster:
    """One cluster: `start()` makes it when it is not there, and returns the superuser's DSN.

    `directory` holds data, log, password and port. When the caller is root, PostgreSQL runs as the system user
    `postgres`; a directory which that user cannot reach (below /root, say) is replaced by one in /var/lib/billmesh.
    `settings` override the defaults and are rewritten on every start.
    """

    def __init__(self, directory: Path, *, settings: Mapping[str, str] | None = None) -> None:
        self._asked = directory.absolute()
        self._settings = {**DURABLE, **memory_settings(), **(settings or {})}
        self._binaries = binaries()
        self._home = self._asked

    def start(self) -> str:
        """Start the server in the background, wait until it answers, and return the superuser's DSN."""
        self.create()
        if not self._is_running():
            self._forget_stale_lock()
            log = self._home / "log"
            answer = self._control("start", "-w", "-t", "60", "-l", str(log))
            if answer.returncode != 0:
                tail = log.read_text(errors="replace")[-2_000:] if log.exists() else answer.stderr
                raise ClusterError(f"PostgreSQL did not start in {self._home}:\n{tail}")
        return self.dsn()

    def stop(self) -> None:
        """Stop the server, disconnecting clients; nothing happens when it is not running."""
        self._locate()
        if self._is_running():
            self._control("stop", "-m", "fast", "-w")

    def remove(self) -> None:
        """Stop the server and delete all it ever stored."""
        self.stop()
        for path in {self._home, self._asked}:
            shutil.rmtree(path, ignore_errors=True)

    def create(self) -> None:
        """Make the cluster if it is not there, write its configuration, and see to it that its port is free."""
        self._locate()
        self._home.mkdir(parents=True, exist_ok=True)
        self._give_away(self._home)
        if not (self._data / "PG_VERSION").exists():
            self._initialise()
        self._configure()

    def dsn(self, database: str = "postgres") -> str:
        """Return the superuser's libpq URI for `database`."""
        self._locate()
        password = quote((self._home / "password").read_text(encoding="ascii").strip())
        return f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{self.port}/{database}"

    @property
    def port(self) -> int:
        """The port on 127.0.0.1; it stays the same between starts unless someone else took it."""
        return int((self._home / "port").read_text(encoding="ascii"))

    @property
    def home(self) -> Path:
        """The directory really used: the one asked for, or its stand-in below /var/lib/billmesh."""
        self._locate()
        return self._home

    @property
    def foreground(self) -> Sequence[str]:
        """The command that runs a created cluster for a supervisor, and shuts it down should the supervisor die."""
        self._locate()
        # The wish to be told of the parent's death is lost when the user changes, so it comes after that.
        return [
            *_unprivileged(),
            "setpriv",
            "--pdeathsig",
            "INT",
            "--",
            str(self._binaries / "postgres"),
            "-D",
            str(self._data),
        ]

    @property
    def _data(self) -> Path:
        return self._home / "data"

    def _locate(self) -> None:
        """Settle which directory is used: PostgreSQL must be able to walk down to it."""
        if os.geteuid() != 0 or _can_reach(self._asked):
            return
        digest = hashlib.sha256(str(self._asked).encode()).hexdigest()[:16]
        self._home = _UNREACHABLE_HOME / digest

    def _initialise(self) -> None:
        password = secrets.token_urlsafe(24)
        secret = self._home / "password"
        secret.touch(mode=0o600)
        secret.write_text(password, encoding="ascii")
        self._give_away(secret)
        # An interrupted initdb leaves `unfinished` behind; the cluster exists only once it is renamed.
        unfinished = self._home / "unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        answer = self._run(
            *("initdb", "-D", str(unfinished), "-U", SUPERUSER, "--pwfile", str(secret), "--auth=scram-sha-256"),
            *("-E", "UTF8", "--locale=C.UTF-8", "--data-checksums", "--no-instructions"),
            *(["--no-sync"] if self._settings.get("fsync") == "off" else []),
        )
        if answer.returncode != 0:
            raise ClusterError(f"initdb failed in {self._home}:\n{answer.stderr}")
        unfinished.rename(self._data)

    def _configure(self) -> None:
        remembered = self._home / "port"
        if not self._is_running() and not (remembered.exists() and is_free(self.port)):
            remembered.write_text(f"{free_port()}\n", encoding="ascii")
        fixed = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            # A socket's path may have 107 bytes, which a deep clone exceeds; TCP always works.
            "unix_socket_directories": "",
        }
        lines = [f"{name} = '{value}'\n" for name, value in {**self._settings, **fixed}.items()]
        (self._data / "postgresql.conf").write_text("".join(lines), encoding="ascii")

    def _is_running(self) -> bool:
        """Whether the process that the lock file names lives and is this cluster's server."""
        lock = self._data / "postmaster.pid"
        try:
            process = lock.read_text(encoding="ascii").split("\n", 1)[0].strip()
            # Empty for a dead process that its parent has not collected yet.
            return str(self._data).encode() in Path("/proc", process, "cmdline").read_bytes()
        except OSError:
            return False

    def _forget_stale_lock(self) -> None:
        """Drop the lock file of a dead server: its process id may be somebody else's now.

        A server whose other processes still live refuses to start all the same, by its shared memory.
        """
        (self._data / "postmaster.pid").unlink(missing_ok=True)

    def _control(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self._run("pg_ctl", "-D", str(self._data), *arguments)

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*_unprivileged(), str(self._binaries / program), *arguments],
            cwd="/",  # PostgreSQL complains about a working directory that its user cannot read
            stdin=subprocess.DEVNULL,
            # A server that outlives us must not hold our pipes open: pg_ctl -l sends its output to a file.
            capture_output=True,
            text=True,
            check=False,
        )

    @staticmethod
    def _give_away(path: Path) -> None:
        if os.geteuid() == 0:
            owner = pwd.getpwnam(_SYSTEM_USER)
            os.chown(path, owner.pw_uid, owner.pw_gid)


def _unprivileged() -> list[str]:
    """The prefix that makes a command run as the system user `postgres` when we are root."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", f"--reuid={_SYSTEM_USER}", f"--regid={_SYSTEM_USER}", "--clear-groups", "--no-new-privs"]


def _can_reach(directory: Path) -> bool:
    existing = next(path for path in (directory, *directory.parents) if path.exists())
    check = subprocess.run([*_unprivileged(), "test", "-x", str(existing)], cwd="/", check=False)
    return check.returncode == 0
