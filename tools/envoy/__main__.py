"""`python -m tools.envoy check`, and `python -m tools.envoy edge|mesh < parameters.json > envoy.yaml`."""

import sys
from typing import Literal, get_args

from pydantic import TypeAdapter, ValidationError

from tools.envoy.check import check
from tools.envoy.parameters import EdgeParameters, MeshParameters
from tools.envoy.render import ContractError, render_edge, render_mesh

Command = Literal["check", "edge", "mesh"]


def main() -> int:
    """The exit status is 0 when Envoy is content."""
    command = sys.argv[1] if len(sys.argv) == 2 else ""  # noqa: PLR2004 - the program and its one argument
    if command not in get_args(Command):
        sys.stderr.write(f"{__doc__}\n")
        return 2
    try:
        if command == "check":
            return _check()
        if command == "edge":
            text = render_edge(TypeAdapter(EdgeParameters).validate_json(sys.stdin.buffer.read()))
        else:
            text = render_mesh(TypeAdapter(MeshParameters).validate_json(sys.stdin.buffer.read()))
    except (ContractError, ValidationError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(text)
    return 0


def _check() -> int:
    complaints = check()
    for variant, complaint in complaints.items():
        sys.stderr.write(f"Envoy refuses the configuration of {variant}:\n{complaint}\n")
    if not complaints:
        sys.stdout.write("Envoy accepts the edge and the mesh\n")
    return 1 if complaints else 0


if __name__ == "__main__":
    raise SystemExit(main())
