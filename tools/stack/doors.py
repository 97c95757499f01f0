"""Configuration files of the two Envoys of a local stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.envoy.parameters import Address, EdgeParameters, Identity, Limits, MeshParameters
from tools.envoy.render import render_edge, render_mesh
from tools.stack.files import write_atomically

if TYPE_CHECKING:
    from pathlib import Path

    from tools.stack.layout import Stack

_LOOPBACK = "127.0.0.1"
# On one machine every client has the same address, so the limits of one are those of all.
_LIMITS = Limits(client_burst=2_000, client_per_second=1_000, sign_in_burst=200, sign_in_per_minute=600)


def configure(stack: Stack) -> tuple[Path, Path]:
    """Write both configurations; returns the edge's file and the mesh's."""
    state, ports = stack.state, stack.ports
    services = {
        service: tuple(Address(_LOOPBACK, port) for port in listen) for service, listen in stack.listen().items()
    }
    edge = EdgeParameters(
        listen=Address(_LOOPBACK, ports["edge"]),
        certificate=Identity(state.tls / "edge-server" / "cert.pem", state.tls / "edge-server" / "key.pem"),
        identity=_identity(state.tls / "edge"),
        services=services,
        public_url=stack.edge_url,
        admin=Address(_LOOPBACK, ports["edge-admin"]),
        limits=_LIMITS,
    )
    mesh = MeshParameters(
        listen=Address(_LOOPBACK, ports["mesh"]),
        identity=_identity(state.tls / "mesh"),
        services=services,
        admin=Address(_LOOPBACK, ports["mesh-admin"]),
        limits=_LIMITS,
    )
    edge_file, mesh_file = state.envoy / "edge.yaml", state.envoy / "mesh.yaml"
    write_atomically(edge_file, render_edge(edge))
    write_atomically(mesh_file, render_mesh(mesh))
    return edge_file, mesh_file


def _identity(folder: Path) -> Identity:
    return Identity(folder / "cert.pem", folder / "key.pem", folder / "ca.pem")
