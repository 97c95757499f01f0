"""CSV as it comes: encodings, delimiters, quotes."""

from __future__ import annotations

import pytest

from services.billing.convert.tables import read_table
from services.kit.failure import InvalidRequest


@pytest.mark.parametrize(
    ("content", "records"),
    [
        (b"a,b\n1,2\n", [["a", "b"], ["1", "2"]]),
        (b"a;b\r\n1,5;2\r\n", [["a", "b"], ["1,5", "2"]]),
        (b"a\tb\n1\t2", [["a", "b"], ["1", "2"]]),
        (b"a|b\n1|2", [["a", "b"], ["1", "2"]]),
        (b"sep=;\na,x;b\n1;2", [["a,x", "b"], ["1", "2"]]),
        (b'"a;x;y",b\n1,2', [["a;x;y", "b"], ["1", "2"]]),
        (b'a,b\n"1\n""one""",2\n', [["a", "b"], ['1\n"one"', "2"]]),
        (b"\xef\xbb\xbfa\n\n 1 \n", [["a"], [], ["1"]]),
        ("a,ä\n".encode("utf-16"), [["a", "ä"]]),
        ("a\u2028b,c\n".encode(), [["a\u2028b", "c"]]),
        (b"a\n'+91 1\n'quoted'\n", [["a"], ["+91 1"], ["'quoted'"]]),
        (b"", []),
    ],
)
def test_tables_are_read(content: bytes, records: list[list[str]]) -> None:
    assert read_table(content, field="file", most_rows=10) == records


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a\n\xe4\n", "is not UTF-8 at byte 2; save it as CSV UTF-8"),
        (b"PK\0\0", "is no CSV; export the spreadsheet as CSV"),
        (b'a\n"open\n', "is no CSV at line 2: unexpected end of data"),
        (b'a\n"a"b\n', "is no CSV at line 2: ',' expected after '\"'"),
        (b"a\n" * 6, "has more than 4 rows; split it"),
    ],
)
def test_what_is_no_table_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read_table(content, field="file", most_rows=4)
    ((field, description),) = [(each.field, each.description) for each in caught.value.fields]
    assert (field, description) == ("file", said)
