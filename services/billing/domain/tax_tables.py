"""Tax law as data: which codes a regime has, at which rates, from which day. Pure tables; taxes.py reads them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

# A rate and the first day on which it holds.
Step = tuple[date, str]

_ALWAYS: Final = date(2017, 7, 1)


def _steps(*steps: str | tuple[date, str]) -> tuple[tuple[date, Decimal], ...]:
    dated = (step if isinstance(step, tuple) else (_ALWAYS, step) for step in steps)
    return tuple((since, Decimal(rate)) for since, rate in dated)


# GST Act: codes to the whole rate. CGST and SGST are half of it each, IGST all of it. The 40 % slab came with the
# reform of September 2025; 12 and 28 remain for the goods that still bear them and for corrections of older supplies.
GST_RATES: Final = {
    "GST0": _steps("0"),
    "GST0_25": _steps("0.25"),
    "GST1_5": _steps("1.5"),
    "GST3": _steps("3"),
    "GST5": _steps("5"),
    "GST12": _steps("12"),
    "GST18": _steps("18"),
    "GST28": _steps("28"),
    "GST40": _steps((date(2025, 9, 22), "40")),
}
GST_EXEMPT: Final = "GST_EXEMPT"
# IGST Act section 16: exports and supplies to special economic zones, made without payment of tax (bond or LUT).
GST_ZERO: Final = "GST_ZERO"
# CGST Act section 9: what the Act does not tax at all, such as alcohol for drinking and petrol.
GST_NONE: Final = "GST_NONE"

# The two digits that GST numbers begin with.
GST_STATES: Final = {
    "01": "Jammu and Kashmir",
    "02": "Himachal Pradesh",
    "03": "Punjab",
    "04": "Chandigarh",
    "05": "Uttarakhand",
    "06": "Haryana",
    "07": "Delhi",
    "08": "Rajasthan",
    "09": "Uttar Pradesh",
    "10": "Bihar",
    "11": "Sikkim",
    "12": "Arunachal Pradesh",
    "13": "Nagaland",
    "14": "Manipur",
    "15": "Mizoram",
    "16": "Tripura",
    "17": "Meghalaya",
    "18": "Assam",
    "19": "West Bengal",
    "20": "Jharkhand",
    "21": "Odisha",
    "22": "Chhattisgarh",
    "23": "Madhya Pradesh",
    "24": "Gujarat",
    "26": "Dadra and Nagar Haveli and Daman and Diu",
    "27": "Maharashtra",
    "29": "Karnataka",
    "30": "Goa",
    "31": "Lakshadweep",
    "32": "Kerala",
    "33": "Tamil Nadu",
    "34": "Puducherry",
    "35": "Andaman and Nicobar Islands",
    "36": "Telangana",
    "37": "Andhra Pradesh",
    "38": "Ladakh",
    "97": "Other territory",
}
# The place of supply of an export, in the GST portal's list of states; nobody is registered there.
GST_ABROAD: Final = "96"
# Union territories without a legislature levy UTGST where a state levies SGST.
GST_UNION_TERRITORIES: Final = frozenset(("04", "26", "31", "35", "38", "97"))

VAT_STANDARD: Final = "VAT_STANDARD"
VAT_ZERO: Final = "VAT_ZERO"
VAT_EXEMPT: Final = "VAT_EXEMPT"
_REDUCED: Final = ("VAT_REDUCED", "VAT_REDUCED_2", "VAT_REDUCED_3")


def _country(
    standard: tuple[tuple[date, Decimal], ...], *reduced: tuple[tuple[date, Decimal], ...]
) -> dict[str, tuple[tuple[date, Decimal], ...]]:
    codes = {VAT_STANDARD: standard, VAT_ZERO: _steps("0")}
    return codes | dict(zip(_REDUCED, reduced, strict=False))


# VAT of the member states: the standard rate, then the reduced ones from high to low.
EU_VAT_RATES: Final = {
    "AT": _country(_steps("20"), _steps("13"), _steps("10")),
    "BE": _country(_steps("21"), _steps("12"), _steps("6")),
    "BG": _country(_steps("20"), _steps("9")),
    "CY": _country(_steps("19"), _steps("9"), _steps("5"), _steps("3")),
    "CZ": _country(_steps("21"), _steps("15", (date(2024, 1, 1), "12"))),
    "DE": _country(_steps("19"), _steps("7")),
    "DK": _country(_steps("25")),
    "EE": _country(
        _steps("20", (date(2024, 1, 1), "22"), (date(2025, 7, 1), "24")),
        _steps((date(2025, 1, 1), "13")),
        _steps("9"),
    ),
    "ES": _country(_steps("21"), _steps("10"), _steps("4")),
    "FI": _country(
        _steps("24", (date(2024, 9, 1), "25.5")),
        _steps("14", (date(2026, 1, 1), "13.5")),
        _steps("10"),
    ),
    "FR": _country(_steps("20"), _steps("10"), _steps("5.5"), _steps("2.1")),
    "GR": _country(_steps("24"), _steps("13"), _steps("6")),
    "HR": _country(_steps("25"), _steps("13"), _steps("5")),
    "HU": _country(_steps("27"), _steps("18"), _steps("5")),
    "IE": _country(_steps("23"), _steps("13.5"), _steps("9"), _steps("4.8")),
    "IT": _country(_steps("22"), _steps("10"), _steps("5"), _steps("4")),
    "LT": _country(_steps("21"), _steps("9", (date(2026, 1, 1), "12")), _steps("5")),
    "LU": _country(_steps("17"), _steps("14"), _steps("8"), _steps("3")),
    "LV": _country(_steps("21"), _steps("12"), _steps("5")),
    "MT": _country(_steps("18"), _steps((date(2024, 1, 1), "12")), _steps("7"), _steps("5")),
    "NL": _country(_steps("21"), _steps("6", (date(2019, 1, 1), "9"))),
    "PL": _country(_steps("23"), _steps("8"), _steps("5")),
    "PT": _country(_steps("23"), _steps("13"), _steps("6")),
    "RO": _country(_steps("19", (date(2025, 8, 1), "21")), _steps("9", (date(2025, 8, 1), "11"))),
    "SE": _country(_steps("25"), _steps("12"), _steps("6")),
    "SI": _country(_steps("22"), _steps("9.5"), _steps("5")),
    "SK": _country(_steps("20", (date(2025, 1, 1), "23")), _steps((date(2025, 1, 1), "19")), _steps("5")),
}

# A merchant under the generic regime names its own codes; this one is always there.
TAX_EXEMPT: Final = "TAX_EXEMPT"
