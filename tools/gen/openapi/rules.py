"""protovalidate's rules as JSON Schema keywords. What JSON Schema cannot say is said in words."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from buf.validate import validate_pb2
from google.protobuf.descriptor_pb2 import FieldDescriptorProto
from google.protobuf.duration_pb2 import Duration

Schema = dict[str, Any]

_FORMATS = ("email", "hostname", "ipv4", "ipv6", "uri", "uuid")
# Digits of a code point up to which ECMAScript needs no braces.
_SHORT_CODE = 4


def rules_of(field: FieldDescriptorProto) -> validate_pb2.FieldRules:
    """The rules of a field, empty where it has none."""
    return field.options.Extensions[validate_pb2.field]


def apply(rules: validate_pb2.FieldRules, schema: Schema, *, enum_values: Sequence[tuple[int, str]] = ()) -> list[str]:
    """Add to `schema` what `rules` demand; the answer are the sentences for what had to be left to words.

    `enum_values` are number and name of each value of the field's enum.
    """
    kind = rules.WhichOneof("type")
    words = [f"{_sentence(rule.message or rule.expression)}" for rule in rules.cel]
    if kind is None:
        return words
    of_kind = getattr(rules, kind)
    if kind == "string":
        words += _string(of_kind, schema, may_be_empty=rules.ignore == validate_pb2.IGNORE_IF_ZERO_VALUE)
    elif kind == "repeated":
        words += _repeated(of_kind, schema, enum_values)
    elif kind == "map":
        _copy(of_kind, schema, {"min_pairs": "minProperties", "max_pairs": "maxProperties"})
    elif kind == "enum":
        _enum(of_kind, schema, enum_values)
    elif kind in _IN_WORDS:
        words += _IN_WORDS[kind](of_kind)
    elif hasattr(of_kind, "gte"):
        _number(of_kind, schema)
    return words


def _string(rules: validate_pb2.StringRules, schema: Schema, *, may_be_empty: bool) -> list[str]:
    _copy(rules, schema, {"max_len": "maxLength"})
    if not may_be_empty:
        _copy(rules, schema, {"min_len": "minLength"})
    if rules.HasField("len"):
        schema |= {"minLength": rules.len, "maxLength": rules.len}
    if rules.HasField("const"):
        schema["const"] = rules.const
    if allowed := getattr(rules, "in"):
        schema["enum"] = (["", *allowed]) if may_be_empty else list(allowed)
    pattern = rules.pattern or (f"^{_escaped(rules.prefix)}" if rules.prefix else "")
    if pattern:
        portable = _portable(pattern)
        schema["pattern"] = f"^$|{portable}" if may_be_empty else portable
    well_known = rules.WhichOneof("well_known")
    if well_known in _FORMATS and not may_be_empty:
        schema["format"] = well_known
    words = []
    if rules.HasField("max_bytes"):
        words.append(f"At most {rules.max_bytes:,} bytes as UTF-8.")
    if well_known in _FORMATS and may_be_empty:
        words.append(f"Empty, or in the format {well_known}.")
    return words


def _repeated(rules: validate_pb2.RepeatedRules, schema: Schema, enum_values: Sequence[tuple[int, str]]) -> list[str]:
    _copy(rules, schema, {"min_items": "minItems", "max_items": "maxItems"})
    if rules.unique:
        schema["uniqueItems"] = True
    items = schema.get("items")
    if items is None or "$ref" in items:
        return []
    return apply(rules.items, items, enum_values=enum_values)


def _enum(rules: validate_pb2.EnumRules, schema: Schema, values: Sequence[tuple[int, str]]) -> None:
    if refused := set(rules.not_in):
        schema["enum"] = [name for number, name in values if number not in refused]
        # The values are a subset of the referred ones; both keywords hold side by side.
    elif allowed := set(getattr(rules, "in")):
        schema["enum"] = [name for number, name in values if number in allowed]


def _bytes(rules: validate_pb2.BytesRules) -> list[str]:
    words = []
    if rules.HasField("min_len"):
        words.append(f"At least {rules.min_len:,} bytes.")
    if rules.HasField("max_len"):
        words.append(f"At most {rules.max_len:,} bytes.")
    return words


def _duration(rules: validate_pb2.DurationRules) -> list[str]:
    words = []
    if rules.HasField("gte"):
        words.append(f"At least {_seconds(rules.gte)}.")
    if rules.HasField("lte"):
        words.append(f"At most {_seconds(rules.lte)}.")
    return words


def _wide(rules: Any) -> list[str]:
    words = []
    if rules.HasField("gte"):
        words.append(f"At least {rules.gte:,}.")
    if rules.HasField("gt"):
        words.append(f"Above {rules.gt:,}.")
    if rules.HasField("lte"):
        words.append(f"At most {rules.lte:,}.")
    if rules.HasField("lt"):
        words.append(f"Below {rules.lt:,}.")
    return words


def _field_mask(rules: validate_pb2.FieldMaskRules) -> list[str]:
    allowed = getattr(rules, "in")
    return [f"May name: {', '.join(allowed)}."] if allowed else []


_IN_WORDS: dict[str, Callable[[Any], list[str]]] = {
    "bytes": _bytes,
    "duration": _duration,
    "field_mask": _field_mask,
    # 64-bit numbers are strings in proto JSON; JSON Schema has no bounds for those.
    **dict.fromkeys(("int64", "uint64", "sint64", "fixed64", "sfixed64"), _wide),
}


def _number(rules: Any, schema: Schema) -> None:
    _copy(
        rules,
        schema,
        {"gte": "minimum", "gt": "exclusiveMinimum", "lte": "maximum", "lt": "exclusiveMaximum", "const": "const"},
    )
    if allowed := getattr(rules, "in"):
        schema["enum"] = list(allowed)


def _copy(rules: Any, schema: Schema, names: dict[str, str]) -> None:
    for rule, keyword in names.items():
        if rules.HasField(rule):
            schema[keyword] = getattr(rules, rule)


def _portable(pattern: str) -> str:
    """RE2's spelling as ECMAScript's, which JSON Schema asks for, and as most others read it too."""
    pattern = pattern.replace(r"\p{Cc}", r"\u0000-\u001F\u007F-\u009F")
    return re.sub(
        r"\\x\{([0-9A-Fa-f]+)\}",
        lambda code: f"\\u{int(code[1], 16):04X}" if len(code[1]) <= _SHORT_CODE else f"\\u{{{code[1]}}}",
        pattern,
    )


def _seconds(duration: Duration) -> str:
    return f"{duration.ToJsonString()}"


def _escaped(text: str) -> str:
    return "".join(f"\\{character}" if character in r".^$*+?()[]{}|\/" else character for character in text)


def _sentence(text: str) -> str:
    text = text.strip().rstrip(".")
    return f"{text[:1].upper()}{text[1:]}."
