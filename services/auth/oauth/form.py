"""The parameters of a request, as they came over the wire."""

from __future__ import annotations

from urllib.parse import parse_qsl

from services.auth.oauth.answers import Refused

_MEDIA_TYPE = "application/x-www-form-urlencoded"
_MOST_FIELDS = 40
_LONGEST = 16 * 1024


def parse(content_type: str, body: bytes) -> dict[str, str]:
    """Of a form. Raises Refused."""
    if content_type.partition(";")[0].strip().lower() != _MEDIA_TYPE:
        raise Refused("invalid_request", f"The content type must be {_MEDIA_TYPE}.")
    try:
        text = body.decode("ascii")
    except ValueError as error:
        raise Refused("invalid_request", "The body is not a form.") from error
    return parse_query(text)


def parse_query(text: str) -> dict[str, str]:
    """Of a query or a form's body. RFC 6749 section 3.1 and 3.2 allow each of them once. Raises Refused."""
    if len(text) > _LONGEST:
        raise Refused("invalid_request", "The parameters are too long.")
    try:
        pairs = parse_qsl(
            text, keep_blank_values=True, strict_parsing=bool(text), errors="strict", max_num_fields=_MOST_FIELDS
        )
    except ValueError as error:
        raise Refused("invalid_request", "The parameters are not a form.") from error
    parameters = dict(pairs)
    if len(parameters) != len(pairs):
        raise Refused("invalid_request", "A parameter is given more than once.")
    if any("\0" in name or "\0" in value for name, value in pairs):
        raise Refused("invalid_request", "A parameter holds a NUL character.")
    return parameters
