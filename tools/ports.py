"""Free ports on loopback, chosen so that they stay ours across restarts."""

import errno
import random
import socket
from pathlib import Path

_LOOPBACK = "127.0.0.1"
_LOWEST = 10_000
_HIGHEST = 65_000
_RANGE_FILE = Path("/proc/sys/net/ipv4/ip_local_port_range")


def is_free(port: int) -> bool:
    """Tell whether nobody listens on, or is bound to, `port` of 127.0.0.1."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # A listener that just ended leaves TIME_WAIT sockets behind; every server here sets the same option.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_LOOPBACK, port))
        except OSError as failure:
            if failure.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
    return True


def free_port(avoid: frozenset[int] = frozenset()) -> int:
    """Return a port that is free now and lies outside the kernel's ephemeral range.

    A port inside that range can be taken as the source port of some outgoing connection while the server that
    owns it is being restarted; the restart would then fail. Raises OSError when nothing is free.
    """
    candidates = [port for port in _candidates() if port not in avoid]
    random.SystemRandom().shuffle(candidates)
    for port in candidates:
        if is_free(port):
            return port
    raise OSError(errno.EADDRNOTAVAIL, "no free port on 127.0.0.1")


def _candidates() -> list[int]:
    try:
        low, high = (int(word) for word in _RANGE_FILE.read_text(encoding="ascii").split())
    except (OSError, ValueError):
        low, high = 32_768, 60_999
    outside = [port for port in range(_LOWEST, _HIGHEST) if not low <= port <= high]
    return outside or list(range(_LOWEST, _HIGHEST))
