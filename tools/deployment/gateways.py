"""The two Envoys of an installation whose services have names: every name may stand for any number of processes."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tools.contract import DESCRIPTOR_FILE
from tools.envoy.parameters import Address, EdgeParameters, Identity, MeshParameters
from tools.envoy.render import render_edge, render_mesh
from tools.stack.files import write_atomically
from tools.stack.state import SERVICES

if TYPE_CHECKING:
    from collections.abc import Mapping

_ANYWHERE = "0.0.0.0"  # noqa: S104 - a container's own network
_SERVICE_PORT = 8443
_EDGE_PORT = 8443
_MESH_PORT = 8443
_ADMIN = Address("127.0.0.1", 9901)


def write(directory: Path, environment: Mapping[str, str]) -> None:
    """Write edge.yaml, mesh.yaml and the contract's descriptors, all of which Envoy will find in this same directory.

    BILLMESH_PUBLIC_URL: origin of the edge. BILLMESH_TLS: the folder with one folder of certificates a component, as
    the Envoys see it. BILLMESH_PAGES: host:port of the web server, if any. BILLMESH_CORS_ORIGINS and
    BILLMESH_TRUSTED_PROXIES as in EdgeParameters. Raises KeyError for what is missing.
    """
    public_url = environment["BILLMESH_PUBLIC_URL"].rstrip("/")
    if urlsplit(public_url).scheme != "https":
        raise ValueError(f"BILLMESH_PUBLIC_URL must be an https origin, not {public_url!r}")
    tls = Path(environment.get("BILLMESH_TLS", "/run/tls"))
    services = {service: (Address(service, _SERVICE_PORT),) for service in SERVICES}
    pages = environment.get("BILLMESH_PAGES", "")
    directory.mkdir(parents=True, exist_ok=True)
    descriptors = directory / DESCRIPTOR_FILE.name
    shutil.copyfile(DESCRIPTOR_FILE, descriptors)
    edge = EdgeParameters(
        listen=Address(_ANYWHERE, _EDGE_PORT),
        certificate=Identity(tls / "edge-server" / "cert.pem", tls / "edge-server" / "key.pem"),
        identity=_identity(tls / "edge"),
        services=services,
        public_url=public_url,
        audience=environment.get("BILLMESH_AUDIENCE") or "billmesh",
        pages=_address(pages) if pages else None,
        cors_origins=tuple(environment.get("BILLMESH_CORS_ORIGINS", "").split()),
        trusted_proxies=int(environment.get("BILLMESH_TRUSTED_PROXIES") or 0),
        descriptor_file=descriptors,
        admin=_ADMIN,
    )
    mesh = MeshParameters(
        listen=Address(_ANYWHERE, _MESH_PORT),
        identity=_identity(tls / "mesh"),
        services=services,
        descriptor_file=descriptors,
        admin=_ADMIN,
    )
    # They hold no secret, and Envoy reads them as a user of its own.
    write_atomically(directory / "edge.yaml", render_edge(edge), mode=0o644)
    write_atomically(directory / "mesh.yaml", render_mesh(mesh), mode=0o644)


def _identity(folder: Path) -> Identity:
    return Identity(folder / "cert.pem", folder / "key.pem", folder / "ca.pem")


def _address(text: str) -> Address:
    host, _, port = text.rpartition(":")
    return Address(host, int(port))
