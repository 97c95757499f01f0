"""docs/errors.md: every reason that a client can meet, from the enums of the contract."""

from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.rpc import code_pb2

from tools.gen.described import Described, Enum

_COMMON = "billmesh.options.v1.ErrorReason"
_PREFIX = "ERROR_REASON_"
_CODES = frozenset(code_pb2.Code.keys())
_INTRODUCTION = """\
<!-- Made by `make gen` from the errors.proto of each package. -->

# Errors

Every error is a `google.rpc.Status` with exactly one `ErrorInfo`: over gRPC and gRPC-Web in `grpc-status-details-bin`,
over JSON as the body. Branch on its `reason`, together with its `domain`; messages are for people and may change.

```json
{
  "code": 9,
  "message": "The bill is issued and can no longer be edited.",
  "details": [
    {
      "@type": "type.googleapis.com/google.rpc.ErrorInfo",
      "reason": "BILL_LOCKED",
      "domain": "billing.billmesh.example",
      "metadata": {"state": "ISSUED"}
    },
    {
      "@type": "type.googleapis.com/google.rpc.RequestInfo",
      "requestId": "0c8d3f4e-5b6a-4c7d-9e8f-a1b2c3d4e5f6",
      "servingData": ""
    }
  ]
}
```

`BadRequest` names every field at fault, `RetryInfo` says when to try again, `RequestInfo` by what to ask about the
call. What the edge answers by itself (no token, unknown paths, unreadable JSON, limits) has the domain
`edge.billmesh.example`.
"""


class UnclearReason(Exception):
    """A reason whose comment does not begin with its code."""


def errors_page(descriptors: FileDescriptorSet) -> str:
    """The page, Markdown. Needs source information. Raises UnclearReason."""
    enums = Described(descriptors).enums
    own = sorted(name for name in enums if name.startswith("billmesh.") and name.endswith(".ErrorReason"))
    sections = [_section("Any service, and the edge", enums[_COMMON])]
    sections += [_section(f"{name.split('.')[1]}.billmesh.example", enums[name]) for name in own if name != _COMMON]
    return "\n".join([_INTRODUCTION, *sections])


def _section(title: str, enum: Enum) -> str:
    rows = [_row(enum, value, comment) for value, comment in enum.values if not value.endswith("_UNSPECIFIED")]
    return "\n".join([f"## {title}", "", "| reason | code | what it means |", "| --- | --- | --- |", *rows, ""])


def _row(enum: Enum, value: str, comment: str) -> str:
    head, _, meaning = comment.partition(". ")
    code = head.partition(",")[0].strip()
    if code not in _CODES:
        message = f"{enum.name}.{value}: the comment has to begin with the gRPC code, as in 'NOT_FOUND. No such bill.'."
        raise UnclearReason(message)
    text = meaning.strip().replace("|", "\\|").replace("\n", " ")
    return f"| `{value.removeprefix(_PREFIX)}` | {head.strip()} | {text} |"
