"""run.json: where everything of a running stack listens, and who can sign in. Written last, removed on stop."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tools.stack import database, roads
from tools.stack.files import write_atomically

if TYPE_CHECKING:
    from tools.stack.layout import Stack
    from tools.stack.state import State


def describe(stack: Stack) -> dict[str, Any]:
    """Return the description of a running stack, as run.json holds it. It contains secrets: the file's mode is 600."""
    pids = {process["name"]: process["pid"] for process in stack.supervisor.processes()}
    listen = stack.listen()
    demo = stack.state.demo
    return {
        "state_directory": str(stack.state.directory),
        "edge_url": stack.edge_url,
        "edge_ca": str(stack.state.tls / "edge-server" / "ca.pem"),
        # SMS and e-mails alike.
        "sms_inbox_url": stack.sandbox_url,
        "smtp_url": stack.smtp_url,
        "database": {
            "host": "127.0.0.1",
            "port": stack.cluster.port,
            "name": database.DATABASE,
            # For tests and for looking behind the scenes: row-level security does not bind it.
            "superuser_dsn": stack.cluster.dsn(database.DATABASE),
            "service_dsns": database.role_urls(stack.cluster, stack.secrets, kind="svc"),
        },
        "redis_url": stack.redis_url,
        "valhalla_url": stack.valhalla_url,
        "services": {
            service: [
                {"host": "127.0.0.1", "port": port, "pid": pids.get(f"{service}-{index}", 0)}
                for index, port in enumerate(ports)
            ]
            for service, ports in listen.items()
        },
        "mesh_address": f"127.0.0.1:{stack.ports['mesh']}",
        "envoy_admin": {
            "edge": f"http://127.0.0.1:{stack.ports['edge-admin']}",
            "mesh": f"http://127.0.0.1:{stack.ports['mesh-admin']}",
        },
        "tls_directory": str(stack.state.tls),
        "logs_directory": str(stack.state.logs),
        "twilio": {
            "account_sid": stack.secrets.twilio_account_sid,
            "auth_token": stack.secrets.twilio_auth_token,
            "api_url": stack.sandbox_url,
        },
        "supervisor": {
            "configuration": str(stack.state.supervisor),
            "pids": pids,
        },
        "demo_sign_ins": json.loads(demo.read_text(encoding="utf-8"))["sign_ins"] if demo.exists() else [],
        "attribution": roads.ATTRIBUTION,
    }


def write(stack: Stack) -> dict[str, Any]:
    """Write run.json and return what it holds."""
    description = describe(stack)
    write_atomically(stack.state.run, json.dumps(description, indent=2, ensure_ascii=False) + "\n")
    return description


def read(state: State) -> dict[str, Any]:
    """Return the description of the running stack. Raises FileNotFoundError when none runs."""
    description: dict[str, Any] = json.loads(state.run.read_text(encoding="utf-8"))
    return description


def announce(description: dict[str, Any]) -> str:
    """Return what a person wants to know once everything runs."""
    lines = [
        "",
        f"  Billmesh          {description['edge_url']}",
        f"  its CA file       {description['edge_ca']}",
        f"  SMS and e-mail    {description['sms_inbox_url']}",
        f"  everything else   {description['state_directory']}/run.json",
        "",
    ]
    if description["demo_sign_ins"]:
        lines.append("  Sign in with the phone number, the password and a code of the authenticator secret:")
        for person in description["demo_sign_ins"]:
            lines.append(f"    {person['role']:<15} {person['display_name']} ({person['country']})")
            secret = person["totp_secret"]
            lines.append(f"      {person['identifier']}   {person['password']}   {secret}")
        lines.append("")
    lines += [f"  Map data: {description['attribution']}", "  make demo · make logs · make stop · make help", ""]
    return "\n".join(lines)
