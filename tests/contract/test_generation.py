"""The generators: what they make of a small contract, and that drift is noticed."""

from __future__ import annotations

import re
import shutil
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml
from buf.validate import validate_pb2
from google.protobuf import text_format
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from tools.gen import tree
from tools.gen.errors_page import UnclearReason, errors_page
from tools.gen.generate import fresh
from tools.gen.openapi import rules
from tools.gen.workspace import ROOT, GenerationError, Workspace

DOCUMENT: dict[str, Any] = yaml.safe_load((ROOT / "gen/openapi/billmesh.yaml").read_text(encoding="utf-8"))

PROTO = """\
syntax = "proto3";

package billmesh.sample.v1;

import "billmesh/options/v1/access.proto";
import "buf/validate/validate.proto";
import "google/api/annotations.proto";
import "google/api/field_behavior.proto";

// Notes.
service NoteService {
  // Writes a note. Nobody reads it.
  rpc WriteNote(WriteNoteRequest) returns (Note) {
    option (google.api.http) = {
      post: "/v1/notes/{shelf_id}:write"
      body: "*"
    };
    option (billmesh.options.v1.access) = {
      audience: AUDIENCE_PERSON
      scopes: "profile"
    };
  }
}

// Request of WriteNote.
message WriteNoteRequest {
  // Where.
  string shelf_id = 1 [(google.api.field_behavior) = REQUIRED];
  // As `shelf_id`, but what.
  string note_text = 2 [
    (google.api.field_behavior) = REQUIRED,
    (buf.validate.field).string.min_len = 1,
    (buf.validate.field).string.max_len = 20
  ];
  // A UUID of the caller's.
  string request_id = 3 [
    (google.api.field_behavior) = REQUIRED,
    (buf.validate.field).string.uuid = true
  ];
}

// A note.
message Note {
  // Which.
  int64 number = 1 [(google.api.field_behavior) = OUTPUT_ONLY];
}
"""
ERRORS = """\
syntax = "proto3";

package billmesh.sample.v1;

// Reasons.
enum ErrorReason {
  // Never sent.
  ERROR_REASON_UNSPECIFIED = 0;
  // NOT_FOUND. No such shelf.
  ERROR_REASON_SHELF_NOT_FOUND = 1;
}
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A contract of one method, with our own options and tools."""
    for path in ("buf.yaml", "buf.gen.yaml"):
        shutil.copy(ROOT / path, tmp_path / path)
    shutil.copytree(ROOT / "third_party/protos", tmp_path / "third_party/protos")
    shutil.copytree(ROOT / "protos/billmesh/options", tmp_path / "protos/billmesh/options")
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools/typescript").symlink_to(ROOT / "tools/typescript")
    sample = tmp_path / "protos/billmesh/sample/v1"
    sample.mkdir(parents=True)
    (sample / "note_service.proto").write_text(PROTO, encoding="utf-8")
    (sample / "errors.proto").write_text(ERRORS, encoding="utf-8")
    return Workspace(tmp_path)


def test_everything_is_made(workspace: Workspace) -> None:
    made = fresh(workspace)
    names = {str(path) for path in made}
    stem = "billmesh/sample/v1/note_service"
    for kind in ("python/{}_pb2.py", "python/{}_pb2.pyi", "python/{}_pb2_grpc.py", "python/{}_pb2_grpc.pyi"):
        assert f"gen/{kind.format(stem)}" in names
    assert {f"gen/typescript/{stem}_pb.js", f"gen/typescript/{stem}_pb.d.ts"} <= names
    # The page of errors has no services, so there is nothing to stub.
    assert not [name for name in names if "errors_pb2_grpc" in name]
    kept = FileDescriptorSet.FromString(made[PurePosixPath("gen/descriptors/billmesh.binpb")])
    assert "google/rpc/error_details.proto" in {file.name for file in kept.file}
    assert not any(file.HasField("source_code_info") for file in kept.file)
    access = made[PurePosixPath("docs/access.md")].decode()
    row = "| `sample.v1.NoteService/WriteNote` | `POST /v1/notes/{shelf_id}:write` | person | `profile` | two factors |"
    assert f"{row} - | no | no | no | no | no | yes | no | no |" in access
    assert "| `SHELF_NOT_FOUND` | NOT_FOUND | No such shelf. |" in made[PurePosixPath("docs/errors.md")].decode()
    document = yaml.safe_load(made[PurePosixPath("gen/openapi/billmesh.yaml")])
    operation = document["paths"]["/v1/notes/{shelfId}:write"]["post"]
    assert operation["security"] == [{"accessToken": ["profile"]}]
    body = operation["requestBody"]["content"]["application/json"]["schema"]
    # What is in the path is not in the body; the request id may come as a header.
    assert list(body["properties"]) == ["noteText", "requestId"]
    assert body["required"] == ["noteText"]
    assert body["properties"]["noteText"] == {
        "type": "string",
        "maxLength": 20,
        "minLength": 1,
        "description": "As `shelfId`, but what.",
    }
    note = document["components"]["schemas"]["sample.v1.Note"]
    assert note["properties"]["number"] == {
        "type": "string",
        "format": "int64",
        "description": "Which.",
        "readOnly": True,
    }


def test_a_missing_comment_is_named(workspace: Workspace) -> None:
    file = workspace.root / "protos/billmesh/sample/v1/note_service.proto"
    file.write_text(PROTO.replace("  // Where.\n", ""), encoding="utf-8")
    with pytest.raises(GenerationError, match=r'Field "shelf_id" should have a non-empty comment'):
        fresh(workspace)


def test_a_file_that_does_not_compile_is_named(workspace: Workspace) -> None:
    (workspace.root / "protos/billmesh/sample/v1/broken.proto").write_text("messag Bill {", encoding="utf-8")
    with pytest.raises(GenerationError, match=r"broken\.proto:1:1"):
        fresh(workspace)


def test_a_reason_begins_with_its_code() -> None:
    descriptors = FileDescriptorSet()
    file = descriptors.file.add(name="e.proto", package="billmesh.sample.v1")
    file.enum_type.add(name="ErrorReason").value.add(name="ERROR_REASON_SHELF_NOT_FOUND", number=1)
    common = descriptors.file.add(name="c.proto", package="billmesh.options.v1")
    common.enum_type.add(name="ErrorReason").value.add(name="ERROR_REASON_UNSPECIFIED", number=0)
    with pytest.raises(UnclearReason, match="SHELF_NOT_FOUND"):
        errors_page(descriptors)


def test_drift_is_named_and_mended(tmp_path: Path) -> None:
    owned = (PurePosixPath("gen"),)
    made = {PurePosixPath("gen/a.py"): b"a", PurePosixPath("docs/errors.md"): b"e"}
    assert tree.write(made, tmp_path, owned=owned) == 2
    assert tree.differences(made, tmp_path, owned=owned) == []
    assert tree.write(made, tmp_path, owned=owned) == 0
    (tmp_path / "gen/a.py").write_text("edited", encoding="utf-8")
    (tmp_path / "gen/old.py").write_text("", encoding="utf-8")
    (tmp_path / "docs/errors.md").unlink()
    (tmp_path / "docs/other.md").write_text("", encoding="utf-8")
    assert tree.differences(made, tmp_path, owned=owned) == [
        "missing: docs/errors.md",
        "left over: gen/old.py",
        "different: gen/a.py",
    ]
    assert tree.write(made, tmp_path, owned=owned) == 3
    assert (tmp_path / "docs/other.md").exists()
    assert not (tmp_path / "gen/old.py").exists()


@pytest.mark.parametrize(
    ("text", "schema", "words"),
    [
        ("string {min_len: 2 max_len: 5}", {"minLength": 2, "maxLength": 5}, []),
        ('string {pattern: "^a$"} ignore: IGNORE_IF_ZERO_VALUE', {"pattern": "^$|^a$"}, []),
        (r'string {pattern: "^[^\\x{2028}\\p{Cc}]$"}', {"pattern": r"^[^\u2028\u0000-\u001F\u007F-\u009F]$"}, []),
        ('string {prefix: "https://"}', {"pattern": r"^https:\/\/"}, []),
        ("string {uuid: true}", {"format": "uuid"}, []),
        ("int32 {gte: 0 lt: 9}", {"minimum": 0, "exclusiveMaximum": 9}, []),
        ("int64 {gte: 1 lte: 1000000}", {}, ["At least 1.", "At most 1,000,000."]),
        ("double {gt: 0.5}", {"exclusiveMinimum": 0.5}, []),
        ("repeated {min_items: 1 max_items: 3 unique: true}", {"minItems": 1, "maxItems": 3, "uniqueItems": True}, []),
        ("enum {not_in: 0}", {"enum": ["ONE"]}, []),
        ("duration {gte: {seconds: 1}}", {}, ["At least 1s."]),
        ('cel {id: "x" message: "must be odd"}', {}, ["Must be odd."]),
    ],
)
def test_rules_become_keywords(text: str, schema: dict[str, Any], words: list[str]) -> None:

    given: dict[str, Any] = {}
    of_field = text_format.Parse(text, validate_pb2.FieldRules())
    assert rules.apply(of_field, given, enum_values=[(0, "NONE"), (1, "ONE")]) == words
    assert given == schema


def test_every_reference_of_the_document_leads_somewhere() -> None:
    components = DOCUMENT["components"]
    found = set(re.findall(r"#/components/([a-zA-Z]+)/([\w.]+)", str(DOCUMENT)))
    assert found
    assert [name for kind, name in found if name not in components[kind]] == []


def test_operations_are_named_once_and_their_variables_explained() -> None:
    operations = [(path, operation) for path, verbs in DOCUMENT["paths"].items() for operation in verbs.values()]
    ids = [operation["operationId"] for _, operation in operations]
    assert len(ids) == len(set(ids))
    for path, operation in operations:
        explained = {p["name"] for p in operation.get("parameters", ()) if p.get("in") == "path"}
        assert explained == set(re.findall(r"\{([^}]*)\}", path)), path
        assert operation["summary"]
        assert operation["responses"]["default"] == {"$ref": "#/components/responses/Error"}
