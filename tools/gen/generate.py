"""One fresh generation of everything that is derived from protos/."""

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from google.protobuf.descriptor_pb2 import FileDescriptorSet

from tools.gen import tree
from tools.gen.access_page import access_page
from tools.gen.errors_page import UnclearReason, errors_page
from tools.gen.openapi.document import document
from tools.gen.workspace import GenerationError, Workspace

# Everything in here comes from generation; a file that a generation does not make is removed.
OWNED = (PurePosixPath("gen"),)


def fresh(workspace: Workspace) -> dict[PurePosixPath, bytes]:
    """Lint the contract and generate everything from it, touching nothing.

    Raises GenerationError with buf's findings.
    """
    workspace.buf("lint")
    workspace.install_typescript_plugin()
    with tempfile.TemporaryDirectory(prefix="billmesh-gen-") as scratch:
        out = Path(scratch, "out")
        workspace.buf("generate", "-o", str(out))
        described = Path(scratch, "described.binpb")
        workspace.buf("build", "--as-file-descriptor-set", "-o", str(described))
        bare = Path(scratch, "bare.binpb")
        workspace.buf("build", "--as-file-descriptor-set", "--exclude-source-info", "-o", str(bare))
        files = tree.read(out, under=PurePosixPath("gen"))
        files[PurePosixPath("gen/descriptors/billmesh.binpb")] = bare.read_bytes()
        descriptors = FileDescriptorSet.FromString(described.read_bytes())
    _drop_empty_stubs(files)
    files[PurePosixPath("gen/typescript/package.json")] = _typescript_package(workspace)
    files[PurePosixPath("gen/openapi/billmesh.yaml")] = document(descriptors).encode()
    try:
        files[PurePosixPath("docs/errors.md")] = errors_page(descriptors).encode()
        files[PurePosixPath("docs/access.md")] = access_page(descriptors).encode()
    except UnclearReason as error:
        raise GenerationError(str(error)) from error
    return files


def fresh_code(workspace: Workspace, packages: Sequence[str]) -> dict[PurePosixPath, bytes]:
    """Python and TypeScript of the named services alone, so that another's unfinished file is no obstacle.

    Raises GenerationError.
    """
    workspace.install_typescript_plugin()
    with tempfile.TemporaryDirectory(prefix="billmesh-gen-") as scratch:
        out = Path(scratch, "out")
        paths = [argument for package in packages for argument in ("--path", f"protos/billmesh/{package}")]
        workspace.buf("generate", "protos", *paths, "-o", str(out))
        files = tree.read(out, under=PurePosixPath("gen"))
    _drop_empty_stubs(files)
    return files


def _drop_empty_stubs(files: dict[PurePosixPath, bytes]) -> None:
    """protoc-gen-mypy_grpc also writes stubs for modules that do not exist: files without a service."""
    for path in list(files):
        if path.name.endswith("_pb2_grpc.pyi") and path.with_suffix(".py") not in files:
            del files[path]


def _typescript_package(workspace: Workspace) -> bytes:
    """package.json of the generated TypeScript, asking for the runtime that its plugin was made for."""
    pinned = json.loads((workspace.typescript_tools / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    package = {
        "name": "@billmesh/contract",
        "description": "Messages and services of Billmesh for protobuf-es: plain ES modules with declarations.",
        "version": "0.1.0",
        "private": True,
        "license": "Apache-2.0",
        "type": "module",
        "sideEffects": False,
        "exports": {"./*": {"types": "./*_pb.d.ts", "default": "./*_pb.js"}},
        "dependencies": {"@bufbuild/protobuf": pinned["@bufbuild/protobuf"]},
    }
    return (json.dumps(package, indent=2) + "\n").encode()
