"""The form of a token request, as it came over the wire."""

from __future__ import annotations

from urllib.parse import parse_qsl

_MEDIA_TYPE = "application/x-www-form-urlencoded"
_MOST_FIELDS = 40


class FormInvalid(ValueError):
    """Not such a form; the text says why, in characters that RFC 6749 allows in `error_description`."""


def parse(content_type: str, body: bytes) -> dict[str, str]:
    """Its parameters. RFC 6749 section 3.2 allows each of them once. Raises FormInvalid."""
    if content_type.partition(";")[0].strip().lower() != _MEDIA_TYPE:
        raise FormInvalid(f"The content type must be {_MEDIA_TYPE}.")
    try:
        text = body.decode("ascii")
        pairs = parse_qsl(
            text, keep_blank_values=True, strict_parsing=bool(text), errors="strict", max_num_fields=_MOST_FIELDS
        )
    except ValueError as error:
        raise FormInvalid("The body is not a form.") from error
    parameters = dict(pairs)
    if len(parameters) != len(pairs):
        raise FormInvalid("A parameter is given more than once.")
    return parameters
