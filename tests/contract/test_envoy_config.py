"""What the renderer derives from the contract."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.contract.conftest import METHODS
from tools.envoy.check import check, invalid
from tools.envoy.parameters import Address, EdgeParameters, Identity, MeshParameters
from tools.envoy.render import ContractError, render_edge, render_mesh

OWNERS = sorted({method.owner for method in METHODS})
SERVICES = {name: (Address("127.0.0.1", 9001), Address("127.0.0.1", 9002)) for name in OWNERS}
IDENTITY = Identity(Path("/tls/cert.pem"), Path("/tls/key.pem"), Path("/tls/ca.pem"))
REPEATED = "reset,connect-failure,refused-stream,unavailable"
SENT_AGAIN = "connect-failure,refused-stream"


def edge(**more: Any) -> EdgeParameters:
    given: dict[str, Any] = {
        "listen": Address("0.0.0.0", 8443),  # noqa: S104 - only rendered
        "certificate": IDENTITY,
        "identity": IDENTITY,
        "services": SERVICES,
        "public_url": "https://billmesh.example",
    }
    return EdgeParameters(**given | more)


def mesh() -> MeshParameters:
    return MeshParameters(listen=Address("127.0.0.1", 8444), identity=IDENTITY, services=SERVICES)


def manager(config: str, listener: int = 0) -> dict[str, Any]:
    parsed = yaml.safe_load(config)
    found: dict[str, Any] = parsed["static_resources"]["listeners"][listener]["filter_chains"][0]["filters"][0]
    return dict(found["typed_config"])


def routes(config: str) -> dict[str, dict[str, Any]]:
    """Those of single methods, by path."""
    found = manager(config)["route_config"]["virtual_hosts"][0]["routes"]
    return {route["match"]["path"]: route for route in found if route["match"].get("path", "").startswith("/billmesh.")}


def filters(config: str) -> dict[str, dict[str, Any]]:
    return {item["name"].rpartition(".")[2]: item["typed_config"] for item in manager(config)["http_filters"]}


def test_envoy_accepts_every_variant() -> None:
    assert check() == {}


def test_envoy_is_really_asked() -> None:
    assert "nonsense" in (invalid("nonsense: 1") or "")


def test_the_filters_are_in_the_order_that_leaves_no_gap() -> None:
    order = ["cors", "grpc_web", "compressor", "status", "grpc_json_transcoder", "local_ratelimit", "jwt_authn"]
    assert list(filters(render_edge(edge()))) == [*order, "tokens", "buffer", "reasons", "router"]


def test_the_edge_routes_to_all_but_the_mesh() -> None:
    assert set(routes(render_edge(edge()))) == {method.path for method in METHODS if not method.is_mesh_only}


def test_only_public_methods_need_no_token() -> None:
    rules = filters(render_edge(edge()))["jwt_authn"]["rules"]
    open_paths = {rule["match"]["path"] for rule in rules if "requires" not in rule}
    assert open_paths == {method.path for method in METHODS if method.is_public or method.is_mesh_only}
    assert rules[-1] == {"match": {"prefix": "/billmesh."}, "requires": {"provider_name": "auth"}}


def test_the_transcoder_knows_what_has_a_route() -> None:
    transcoder = filters(render_edge(edge()))["grpc_json_transcoder"]
    assert set(transcoder["services"]) == {method.service for method in METHODS if method.bindings}
    assert transcoder["request_validation_options"]["reject_unknown_query_parameters"] is True


def test_streams_have_time_but_not_for_a_reader_who_stands_still() -> None:
    by_path = routes(render_edge(edge()))
    for method in METHODS:
        if method.is_mesh_only:
            continue
        route = by_path[method.path]
        (header,) = route["request_headers_to_add"]
        given = (route["route"]["timeout"], header["header"]["value"], route["route"].get("idle_timeout"))
        assert given == (("600s", "600S", "60s") if method.streams else ("60s", "15S", None)), method.path


@pytest.mark.parametrize("config", [render_edge(edge()), render_mesh(mesh())], ids=["edge", "mesh"])
def test_only_repeatable_calls_are_repeated(config: str) -> None:
    by_path = routes(config)
    known = [method for method in METHODS if method.path in by_path]
    assert known
    for method in known:
        policy = by_path[method.path]["route"]["retry_policy"]
        assert policy["retry_on"] == (REPEATED if method.is_repeatable else SENT_AGAIN), method
        assert by_path[method.path]["route"]["cluster"] == method.owner


def test_the_mesh_routes_to_what_names_its_callers() -> None:
    assert set(routes(render_mesh(mesh()))) == {method.path for method in METHODS if method.access.mesh_callers}


def test_sign_in_has_a_limit_of_its_own() -> None:
    limited = {path for path, route in routes(render_edge(edge())).items() if "typed_per_filter_config" in route}
    auth = "/billmesh.auth.v1"
    assert {f"{auth}.LoginService/BeginLogin", f"{auth}.LoginService/AnswerFactor"} <= limited
    assert f"{auth}.OAuthService/GetJwks" not in limited
    assert all(path.startswith(auth) for path in limited)


def test_sign_in_has_room_of_its_own() -> None:
    config = render_edge(edge())
    waiting = {path for path, route in routes(config).items() if route["route"].get("priority") != "HIGH"}
    # A partner's server asks about the tokens that it holds as often as it is called itself.
    about_tokens = {f"/billmesh.auth.v1.OAuthService/{name}" for name in ("IntrospectToken", "RevokeToken")}
    assert waiting == {m.path for m in METHODS if m.is_public and m.owner == "auth" and not m.reads} - about_tokens
    (auth,) = [c for c in yaml.safe_load(config)["static_resources"]["clusters"] if c["name"] == "auth"]
    room = {entry["priority"]: entry["max_requests"] for entry in auth["circuit_breakers"]["thresholds"]}
    assert room == {"HIGH": 192, "DEFAULT": 96}


def test_every_service_is_checked_and_known_by_its_certificate() -> None:
    clusters = {c["name"]: c for c in yaml.safe_load(render_mesh(mesh()))["static_resources"]["clusters"]}
    assert sorted(clusters) == OWNERS
    for name, cluster in clusters.items():
        (endpoints,) = cluster["load_assignment"]["endpoints"]
        assert len(endpoints["lb_endpoints"]) == 2
        context = cluster["transport_socket"]["typed_config"]["common_tls_context"]["validation_context"]
        (matcher,) = context["match_typed_subject_alt_names"]
        assert matcher == {"san_type": "URI", "matcher": {"exact": f"spiffe://billmesh/{name}"}}
        assert cluster["health_checks"][0]["interval"] == "0.5s"
        assert cluster["common_lb_config"]["healthy_panic_threshold"] == {"value": 0}


def test_foreign_origins_are_named_one_by_one() -> None:
    def policy(config: str) -> object:
        return manager(config)["route_config"]["virtual_hosts"][0].get("typed_per_filter_config")

    assert policy(render_edge(edge())) is None
    config = render_edge(edge(cors_origins=("https://app.example",)))
    cors = policy(config)
    assert isinstance(cors, dict)
    allowed = cors["envoy.filters.http.cors"]["allow_origin_string_match"]
    assert allowed == [{"exact": "https://app.example"}]


def test_a_proxy_in_front_may_tell_the_client() -> None:
    def stripped(config: str) -> set[str]:
        extension = manager(config)["early_header_mutation_extensions"][0]
        return {mutation["remove"] for mutation in extension["typed_config"]["mutations"]}

    assert "x-forwarded-for" in stripped(render_edge(edge()))
    assert "x-forwarded-for" not in stripped(render_edge(edge(trusted_proxies=1)))


def test_without_keys_there_is_no_edge() -> None:
    with pytest.raises(ContractError, match="GetJwks"):
        render_edge(edge(services={"billing": SERVICES["billing"]}))
