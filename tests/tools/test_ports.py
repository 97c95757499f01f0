"""Ports that are free, and stay ours."""

from __future__ import annotations

import socket
from pathlib import Path

from tools.ports import free_port, is_free


def test_a_port_somebody_listens_on_is_not_free() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        assert not is_free(listener.getsockname()[1])


def test_a_port_left_a_moment_ago_is_free() -> None:
    port = free_port()
    with socket.socket() as listener, socket.socket() as client:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen()
        client.connect(("127.0.0.1", port))
        server, _ = listener.accept()
        # The side that closes first is left in TIME_WAIT.
        server.close()
    assert is_free(port)


def test_outgoing_connections_never_take_a_chosen_port() -> None:
    low, high = (int(word) for word in Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    assert not low <= free_port() <= high


def test_ports_to_avoid_are_avoided() -> None:
    first = free_port()
    assert all(free_port(frozenset({first})) != first for _ in range(5))
