"""Envoy's two configurations, from the templates in envoy/."""

import json
from pathlib import Path

import jinja2

from tools import contract
from tools.contract import Method
from tools.envoy.errors import LOCAL_ERRORS, UNEXPLAINED
from tools.envoy.parameters import Address, EdgeParameters, MeshParameters

_TEMPLATES = Path(__file__).resolve().parents[2] / "envoy"
_KEYS_METHOD = "/billmesh.auth.v1.OAuthService/GetJwks"
# RFC 6749 tells an authorization server to ignore parameters that it does not know.
_LENIENT_SERVICES = frozenset({"billmesh.auth.v1.OAuthService"})
# What a partner's server asks about tokens that it holds, as often as it is asked itself.
_ABOUT_TOKENS = frozenset({"IntrospectToken", "RevokeToken"})
# Headers that Envoy or a service takes for its own word.
_STRIPPED_HEADERS = (
    "x-forwarded-client-cert",
    "x-envoy-original-path",
    "x-envoy-original-method",
    "x-envoy-external-address",
    "x-http-status",
)


class ContractError(Exception):
    """The contract lacks, or contradicts, what the configuration is made from."""


def render_edge(edge: EdgeParameters) -> str:
    """Configuration of the edge, YAML. Raises ContractError."""
    methods = contract.methods(contract.load(edge.descriptor_file))
    known = [method for method in methods if method.owner in edge.services]
    reachable = [method for method in known if not method.is_mesh_only]
    keys = next((method for method in reachable if method.path == _KEYS_METHOD and method.bindings), None)
    if keys is None:
        message = f"{_KEYS_METHOD} must be reachable, with an HTTP route: tokens are checked by its answer."
        raise ContractError(message)
    stripped = list(_STRIPPED_HEADERS)
    if edge.trusted_proxies == 0:
        # Nobody before us may say where a call comes from.
        stripped.append("x-forwarded-for")
    return (
        _environment()
        .get_template("edge.yaml.j2")
        .render(
            edge=edge,
            open_methods=reachable,
            mesh_methods=[method for method in methods if method.is_mesh_only],
            sign_in_methods=[method for method in reachable if _is_sign_in(method)],
            transcoded_services=sorted({method.service for method in reachable if method.bindings}),
            lenient_paths=_lenient_paths(reachable),
            api_prefixes=_prefixes(reachable),
            keys_method=keys,
            tokens_filter=(_TEMPLATES / "tokens.lua").read_text(encoding="utf-8"),
            # Abstract, so one in each network namespace for each port of an edge, and gone with the process.
            keys_socket=f"@billmesh-signing-keys-{edge.listen.port}",
            keys_path=keys.bindings[0].template,
            local_errors=LOCAL_ERRORS,
            stripped_headers=stripped,
            reasons_filter=_environment().get_template("reasons.lua.j2").render(reasons=UNEXPLAINED),
            status_filter=(_TEMPLATES / "status.lua").read_text(encoding="utf-8"),
        )
    )


def render_mesh(mesh: MeshParameters) -> str:
    """Configuration of the mesh listener, YAML: only methods that name callers are there."""
    methods = contract.methods(contract.load(mesh.descriptor_file))
    return (
        _environment()
        .get_template("mesh.yaml.j2")
        .render(
            mesh=mesh,
            callable_methods=[m for m in methods if m.access.mesh_callers and m.owner in mesh.services],
        )
    )


def _is_sign_in(method: Method) -> bool:
    """Whether strangers may call it, and it costs more than an answer."""
    return method.is_public and method.owner == "auth" and not method.reads and method.name not in _ABOUT_TOKENS


def _lenient_paths(methods: list[Method]) -> list[str]:
    """HTTP paths of the lenient services. Only whole paths can be told apart before a request is transcoded."""
    paths = sorted({b.template for m in methods if m.service in _LENIENT_SERVICES for b in m.bindings})
    for path in paths:
        if "{" in path:
            message = f"{path}: a service that ignores unknown parameters cannot have variables in its paths."
            raise ContractError(message)
    return paths


def _prefixes(methods: list[Method]) -> list[str]:
    """First segments of all HTTP routes, for example "/v1"."""
    firsts = {binding.template.split("/")[1] for method in methods for binding in method.bindings}
    for segment in firsts:
        if not segment or "{" in segment or "*" in segment:
            message = f"An HTTP route begins with {segment!r}: it would take all pages."
            raise ContractError(message)
    return sorted(f"/{segment.partition(':')[0]}" for segment in firsts)


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - YAML, and every value from outside goes through `json`
    )
    environment.filters["json"] = _json
    environment.filters["socket"] = _socket
    return environment


def _json(value: object) -> str:
    """Any value as JSON, which YAML reads."""
    return json.dumps(str(value) if isinstance(value, Path) else value)


def _socket(address: Address) -> str:
    return json.dumps({"address": address.host, "port_value": address.port})
