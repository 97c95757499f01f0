"""protoc plugin for `_pb2_grpc.py` modules.

The generator is compiled into grpcio-tools and not sold apart, so the plugin hands it the descriptors it was given.
"""

import sys
import tempfile
from pathlib import Path

from google.protobuf.compiler.plugin_pb2 import CodeGeneratorRequest, CodeGeneratorResponse
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from grpc_tools import protoc  # type: ignore[import-untyped] # published without types


def generate(request: CodeGeneratorRequest) -> CodeGeneratorResponse:
    """Answer protoc: one module for every file that declares a service."""
    response = CodeGeneratorResponse(supported_features=CodeGeneratorResponse.FEATURE_PROTO3_OPTIONAL)
    # Files without a service would become modules without content.
    wanted = set(request.file_to_generate)
    files = [file.name for file in request.proto_file if file.name in wanted and file.service]
    if not files:
        return response
    with tempfile.TemporaryDirectory() as scratch:
        descriptors = Path(scratch, "descriptors.binpb")
        descriptors.write_bytes(FileDescriptorSet(file=request.proto_file).SerializeToString())
        out = Path(scratch, "out")
        out.mkdir()
        status = protoc.main(["protoc", f"--descriptor_set_in={descriptors}", f"--grpc_python_out={out}", *files])
        if status != 0:
            response.error = f"grpc_tools.protoc ended with status {status}"
        for path in sorted(out.rglob("*.py")):
            response.file.add(name=path.relative_to(out).as_posix(), content=path.read_text(encoding="utf-8"))
    return response


def main() -> None:
    """Speak the plugin protocol over standard input and output."""
    request = CodeGeneratorRequest.FromString(sys.stdin.buffer.read())
    sys.stdout.buffer.write(generate(request).SerializeToString())


if __name__ == "__main__":
    main()
