"""Command line of the generators; see `python -m tools.gen --help`."""

import argparse
import sys

from filelock import FileLock

from tools.gen import tree
from tools.gen.generate import OWNED, fresh, fresh_code
from tools.gen.workspace import ROOT, GenerationError, Workspace


def main() -> int:
    """Generate, check for drift, or only install; the exit status is 0 when all is well."""
    arguments = _parser().parse_args()
    workspace = Workspace(ROOT)
    try:
        if arguments.install:
            workspace.install_typescript_plugin()
            return 0
        workspace.lock_file.parent.mkdir(exist_ok=True)
        with FileLock(workspace.lock_file):
            if arguments.check:
                return _check(workspace)
            if arguments.only:
                changed = tree.write(fresh_code(workspace, arguments.only), ROOT, owned=())
            else:
                changed = tree.write(fresh(workspace), ROOT, owned=OWNED)
    except GenerationError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"gen/: {changed} files changed\n")
    return 0


def _check(workspace: Workspace) -> int:
    drift = tree.differences(fresh(workspace), ROOT, owned=OWNED)
    if drift:
        sys.stderr.write("\n".join(["gen/ is not what protos/ makes; run `make gen` and commit.", *drift, ""]))
        return 1
    sys.stdout.write("gen/ is what protos/ makes\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m tools.gen", description="Make gen/, docs/errors.md and docs/access.md from protos/."
    )
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="change nothing; fail if gen/ is not what protos/ makes")
    mode.add_argument("--install", action="store_true", help="only install the TypeScript plugin; may use the network")
    mode.add_argument(
        "--only",
        nargs="+",
        metavar="SERVICE",
        help="only the code of these services, without lint, descriptors and documents: while a contract is written",
    )
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
