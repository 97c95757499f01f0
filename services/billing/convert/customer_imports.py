"""Files of customers: cells to fields by the contract's own rules, and what came of them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import phonenumbers
from billmesh.billing.v1 import customer_import_pb2, customer_pb2, customer_service_pb2

from services.billing import tax_numbers
from services.billing.convert.customers import customer_from_proto
from services.billing.convert.rules import Rules
from services.billing.convert.tables import is_empty, read_table
from services.billing.domain.customer_import import (
    ImportFile,
    ImportMode,
    ImportResult,
    ImportRow,
    Outcome,
    RowFault,
    field_of,
)
from services.kit.failure import FieldViolation, InvalidRequest
from services.kit.ids import to_text
from services.kit.money import Money, exponent
from services.kit.wire import money_to_proto

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from services.billing.domain.settings import MerchantSettings

_MOST_ROWS = 10_000
_MOST_FAULTS = 5_000
_PART = re.compile(r"[,;|]")
_TEXTS = ("display_name", "email", "tax_id", "region_code", "locale", "note")
# 1234, 1234.5, 1,234.50, 1,00,000 and, with a decimal comma, 1234,5.
_AMOUNT = re.compile(r"([0-9]{1,3}(?:,[0-9]{2,3})*,[0-9]{3}|[0-9]+)(?:\.([0-9]+))?|([0-9]+),([0-9]{1,2})")
_SHORTENED = re.compile(r"[0-9]+([.,][0-9]+)?[eE][+]?[0-9]+")
_LONGEST_AMOUNT = 12


def mode_from_proto(mode: customer_import_pb2.CustomerImportMode.ValueType) -> ImportMode:
    """All or nothing unless good rows are asked for."""
    if mode == customer_import_pb2.CUSTOMER_IMPORT_MODE_GOOD_ROWS:
        return ImportMode.GOOD_ROWS
    return ImportMode.ALL_OR_NOTHING


def read(content: bytes, settings: MerchantSettings) -> ImportFile:
    """The rows of a CSV file with every fault that shows without other data. Raises InvalidRequest for no such file.

    100 µs of a processor a row, so it is for a process of its own.
    """
    rules = Rules()
    records = read_table(content, field="file", most_rows=_MOST_ROWS)
    if not records:
        raise InvalidRequest.of("file", "has no rows")
    header, body = records[0], records[1:]
    places, ignored = _columns(header)
    columns = {field: header[place] for field, place in places.items()}
    rows: list[ImportRow] = []
    faults: list[RowFault] = []
    count = 0
    for number, record in enumerate(body, start=2):
        if is_empty(record):
            continue
        count += 1
        cells = {field: record[place] for field, place in places.items() if place < len(record) and record[place]}
        row, violations = _row(number, cells, settings, rules)
        if not is_empty(record[len(header) :]):
            violations.append(FieldViolation("", "has more cells than the header has columns"))
        faults += [RowFault(number, columns.get(v.field, ""), v.field, v.description) for v in violations]
        if row is not None and not violations:
            rows.append(row)
    return ImportFile(columns, ignored, count, tuple(rows), tuple(faults))


def result_to_proto(result: ImportResult) -> customer_service_pb2.ImportCustomersResponse:
    """What came of the file."""
    return customer_service_pb2.ImportCustomersResponse(
        row_count=result.file.row_count,
        created_count=result.count(Outcome.CREATED),
        updated_count=result.count(Outcome.UPDATED),
        unchanged_count=result.count(Outcome.UNCHANGED),
        customers=[
            customer_import_pb2.ImportedCustomer(
                row=each.row,
                outcome=customer_import_pb2.CustomerImportOutcome.Value(f"CUSTOMER_IMPORT_OUTCOME_{each.outcome}"),
                customer_id="" if each.customer_id is None else to_text("cus", each.customer_id),
            )
            for each in result.imported
        ],
        faults=[
            customer_import_pb2.CustomerImportFault(
                row=fault.row, column=fault.column, field=fault.field, description=fault.description
            )
            for fault in result.faults[:_MOST_FAULTS]
        ],
        fault_count=len(result.faults),
        ignored_columns=result.file.ignored,
    )


def _columns(header: Sequence[str]) -> tuple[dict[str, int], tuple[str, ...]]:
    """Where each field stands, and the headings that are none. Raises InvalidRequest."""
    places: dict[str, int] = {}
    ignored = []
    wrong = []
    for place, heading in enumerate(header):
        field = field_of(heading)
        if field is None:
            ignored += [heading[:120]] if heading else []
        elif field in places:
            wrong.append(FieldViolation("file", f"has two columns for {field}: {header[places[field]]!r}, {heading!r}"))
        else:
            places[field] = place
    if "display_name" not in places:
        wrong.append(FieldViolation("file", "needs a column of names, headed 'Name', in its first row"))
    if wrong:
        raise InvalidRequest(*wrong)
    return places, tuple(ignored)


def _row(
    number: int, cells: Mapping[str, str], settings: MerchantSettings, rules: Rules
) -> tuple[ImportRow | None, list[FieldViolation]]:
    customer = customer_pb2.Customer()
    for name in _TEXTS:
        setattr(customer, name, cells.get(name, ""))
    violations = [] if customer.display_name else [FieldViolation("display_name", "is needed")]
    if "tags" in cells:
        customer.tags.extend(sorted({tag.strip() for tag in _PART.split(cells["tags"]) if tag.strip()}))
    phone = ""
    try:
        phone = _phone(cells.get("phone", ""), settings)
    except InvalidRequest as error:
        violations += error.fields
    try:
        _read_limit(customer, cells.get("credit_limit", ""), settings)
    except InvalidRequest as error:
        violations += error.fields
    violations += _by_contract(customer, rules)
    try:
        customer.tax_id = tax_numbers.of_customer(customer.tax_id, settings)
    except InvalidRequest as error:
        if all(violation.field != "tax_id" for violation in violations):
            violations += (FieldViolation("tax_id", violation.description) for violation in error.fields)
    if violations:
        return None, violations
    return ImportRow(number, replace(customer_from_proto(customer), phone=phone), frozenset(cells)), []


def _by_contract(customer: customer_pb2.Customer, rules: Rules) -> Iterator[FieldViolation]:
    for violation in rules.broken(customer):
        field = re.split(r"[.\[]", violation.field, maxsplit=1)[0]
        yield FieldViolation(field, _SAID.get(field, violation.description))


# Patterns are no sentences; these are what they mean.
_SAID = {
    "display_name": "must be 1 to 120 characters on one line",
    "email": "must be an e-mail address",
    "tax_id": "must be letters, digits, blanks, dots and hyphens, 20 at most",
    "region_code": "must be the two digits of a GST state, for example 29",
    "locale": "must be a language and perhaps a region, for example hi-IN",
    "note": "must be up to 2,000 characters of plain text",
    "tags": "must be up to 20 tags, each of up to 40 characters",
}


def _phone(cell: str, settings: MerchantSettings) -> str:
    if not cell:
        return ""
    if _SHORTENED.fullmatch(cell):
        raise InvalidRequest.of("phone", "was shortened by the spreadsheet; format the column as text and fill it anew")
    try:
        number = phonenumbers.parse(cell, settings.country_code)
    except phonenumbers.NumberParseException as error:
        raise InvalidRequest.of("phone", "must be a telephone number") from error
    if number.extension or not phonenumbers.is_possible_number(number):
        raise InvalidRequest.of("phone", "must be a telephone number that can exist")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _read_limit(customer: customer_pb2.Customer, cell: str, settings: MerchantSettings) -> None:
    if not cell:
        return
    currency = settings.fields.currency
    found = _AMOUNT.fullmatch(cell.removeprefix(currency).strip())
    whole, fraction = (
        ("", "") if found is None else ((found[1] or found[3]).replace(",", ""), found[2] or found[4] or "")
    )
    decimals = exponent(currency)
    fraction = fraction.rstrip("0")
    if not whole or len(whole) > _LONGEST_AMOUNT or len(fraction) > decimals:
        raise InvalidRequest.of("credit_limit", f"must be an amount of {currency} without its sign, for example 25000")
    customer.credit_limit.CopyFrom(money_to_proto(Money(int(whole + fraction.ljust(decimals, "0")), currency)))
