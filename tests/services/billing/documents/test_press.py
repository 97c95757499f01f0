"""Documents as they come out of the press: looked at, read, and scanned."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pypdf
import pytest
from PIL import Image, ImageChops

from services.billing.documents.bill import of_bill
from services.billing.domain.bill import BillState
from services.billing.domain.document import Layout
from services.billing.domain.instalments import Instalment
from services.kit.money import Money
from tests.services.billing.documents import pages, samples
from tests.services.billing.domain import makers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.billing.documents.document import Document
    from services.billing.domain.bill import Bill, LineTerms
    from tests.services.billing.documents.conftest import Set

ROLLS = (Layout.THERMAL_80, Layout.THERMAL_58)
SHOPS = {
    "en-IN": (samples.groceries(), samples.BENGALURU),
    "hi-IN": (samples.kirana(), samples.DELHI),
    "ta-IN": (samples.maligai(), samples.CHENNAI),
}
# A name of something in each script, and the font that has it.
SCRIPTS = {
    "हि": "NotoSansDevanagari",
    "কি": "NotoSansBengali",
    "கொ": "NotoSansTamil",
    "తె": "NotoSansTelugu",
    "ಕೆ": "NotoSansKannada",
    "കെ": "NotoSansMalayalam",
    "કિ": "NotoSansGujarati",
    "ਕਿ": "NotoSansGurmukhi",
    "କି": "NotoSansOriya",
    "Åλж": "NotoSans",
}


def logo(colour: str = "navy") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (300, 100), colour).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize("locale", SHOPS)
@pytest.mark.parametrize("layout", Layout)
def test_the_code_is_read_from_the_page(set_: Set, locale: str, layout: Layout) -> None:
    lines, settings = SHOPS[locale]
    document = of_bill(samples.bill(lines, settings), settings, layout=layout, locale=locale)
    assert document.scan is not None
    assert pages.codes(set_(document)) == [document.scan.link]


@pytest.mark.parametrize("locale", SHOPS)
@pytest.mark.parametrize("layout", Layout)
def test_what_is_printed_is_there_to_read(set_: Set, locale: str, layout: Layout) -> None:
    lines, settings = SHOPS[locale]
    document = of_bill(samples.bill(lines, settings), settings, layout=layout, locale=locale)
    # Viewers tell lines and words apart by distance, which they misjudge at times.
    read = "".join(pages.text(set_(document)).split())
    wanted = [document.heading, settings.fields.business_name, settings.fields.tax_id, "INV/26-27/000001"]
    wanted += [line.description for line in lines]
    wanted += [line.amount for line in document.sums]
    for text in wanted:
        assert "".join(text.split()) in read


@pytest.mark.parametrize("layout", ROLLS)
def test_a_roll_is_as_wide_as_it_is_and_as_long_as_it_must_be(set_: Set, layout: Layout) -> None:
    (short,) = pages.pictures(set_(_bill(samples.groceries()[:1], layout)))
    (long,) = pages.pictures(set_(_bill(samples.groceries() * 10, layout)))
    width = round({Layout.THERMAL_80: 80, Layout.THERMAL_58: 58}[layout] / 25.4 * 72 * 2)
    assert short.width == long.width
    assert abs(short.width - width) <= 1
    assert long.height > short.height
    # The printer's head does not reach the edges.
    assert not pages.ink_outside(long, 0.045)


def test_instalments_without_taxes_beside_them_begin_at_the_margin(set_: Set) -> None:
    first, second = (
        pages.pictures(set_(of_bill(_in_parts(day), samples.BENGALURU, layout=Layout.A4, locale="en-IN")))[0]
        for day in (20, 11)
    )
    box = ImageChops.difference(first, second).getbbox()
    assert box is not None
    # What differs farthest to the left is the day of the first.
    assert box[0] < 0.12 * first.width


def _in_parts(day: int) -> Bill:
    """An exempt bill, half of it due in June and half in July."""
    whole = samples.bill([samples.line(tax_code="GST_EXEMPT")], samples.BENGALURU)
    half = Money(whole.totals.total.minor // 2, "INR")
    parts = (Instalment(date(2026, 6, day), half), Instalment(date(2026, 7, day), whole.totals.total - half))
    return replace(whole, instalments=parts)


@pytest.mark.parametrize(("count", "at_least"), [(1, 1), (40, 2), (500, 10)])
def test_pages_break_between_rows_and_are_numbered(set_: Set, count: int, at_least: int) -> None:
    lines = [samples.line(f"Article {number:03d}") for number in range(count)]
    pdf = set_(_bill(lines, Layout.A4))
    all_pages = pages.pictures(pdf, scale=1)
    assert len(all_pages) >= at_least
    read = pages.text(pdf)
    for number in range(1, len(all_pages) + 1):
        assert f"Page {number} of {len(all_pages)}" in read
    assert [f"Article {number:03d}" for number in range(count) if f"Article {number:03d}" not in read] == []
    # The head of the table comes again wherever lines do.
    assert read.count("HSN/SAC") >= len(all_pages) - 1
    for page in all_pages:
        assert not pages.ink_outside(page, 0.06)


def test_the_longest_bill_on_a_roll_is_cut_into_pages_that_viewers_know(set_: Set) -> None:
    lines = [samples.line(f"Article {number:03d} " + "of a very long name " * 8) for number in range(500)]
    pdf = set_(_bill(lines, Layout.THERMAL_58))
    all_pages = pages.pictures(pdf, scale=0.2)
    assert len(all_pages) > 1
    assert all(page.height / 0.2 <= 14_400 for page in all_pages)
    assert "Article 499" in pages.text(pdf)


@pytest.mark.parametrize("word", SCRIPTS)
def test_every_script_has_its_font(set_: Set, word: str) -> None:
    pdf = set_(_bill([samples.line(word)], Layout.THERMAL_80))
    # In bold, as names are on a roll.
    assert f"{SCRIPTS[word]}-Bold" in pages.fonts(pdf)
    assert word in pages.text(pdf)


def _changes_from(set_: Set, one: str, other: str) -> int:
    """How far from the left the pages of two words begin to differ."""
    first, second = (pages.pictures(set_(_bill([samples.line(word)], Layout.THERMAL_80)))[0] for word in (one, other))
    assert first.size == second.size
    box = ImageChops.difference(first, second).getbbox()
    assert box is not None
    return int(box[0])


@pytest.mark.parametrize(
    ("letter", "before", "behind"), [("क", "कि", "का"), ("ক", "কি", "কা"), ("க", "கெ", "கா"), ("ക", "കെ", "കാ")]
)
def test_vowels_stand_where_they_are_written(set_: Set, letter: str, before: str, behind: str) -> None:
    """The sign follows the letter in Unicode and precedes it on paper."""
    assert _changes_from(set_, letter, before) < _changes_from(set_, letter, behind)


@pytest.mark.parametrize("pair", ["क्ष", "শ্চ", "க்ஷ", "క్ష", "ಕ್ಷ", "ക്ഷ", "ક્ષ", "କ୍ଷ"])
def test_letters_are_joined(set_: Set, pair: str) -> None:
    """With a non-joiner between them, they look different: without, they are one."""
    assert _changes_from(set_, pair, f"{pair[:2]}\u200c{pair[2:]}")


def test_a_glyph_that_is_missing_would_be_noticed(set_: Set) -> None:
    """Every word of every language is in the fonts: no page has the box that stands for a missing sign."""
    for locale in ("mr", "bn", "te", "kn", "ml", "gu", "pa", "or", "fi"):
        pdf = set_(
            of_bill(samples.bill(samples.groceries()), samples.BENGALURU, layout=Layout.A4, locale=f"{locale}-IN")
        )
        assert "\ufffd" not in pages.text(pdf)
        assert "\x00" not in pages.text(pdf)


def test_punjabi_runs_to_the_right(set_: Set) -> None:
    english, punjabi = (
        pages.pictures(
            set_(of_bill(samples.bill([samples.line()]), samples.BENGALURU, layout=Layout.A4, locale=locale))
        )[0]
        for locale in ("en-IN", "pa-IN")
    )
    for page in (english, punjabi):
        # The merchant's name is at the left of the head.
        head = page.crop((0, 0, page.width // 3, page.height // 10))
        assert pages.darkest(head) < 128


@pytest.mark.parametrize("layout", Layout)
def test_hostile_names_are_only_names(set_: Set, layout: Layout) -> None:
    hostile = '#panic("x") $ x $ *b* @ref <lbl> `raw` \\ // #sys.inputs "] ) } {name} {page}'
    bill = samples.bill(
        [samples.line(hostile)],
        customer_name=hostile,
        note='= Heading\n#read("/etc/passwd")\n- list',
        void_reason=hostile,
    )
    pdf = set_(of_bill(bill, samples.BENGALURU, layout=layout, locale="en-IN"))
    read = "".join(pages.text(pdf).split())
    assert read.count("".join(hostile.split())) >= 2
    assert '#read("/etc/passwd")' in read
    assert "root:" not in read


@pytest.mark.parametrize("layout", Layout)
def test_the_longest_names_stay_on_the_paper(set_: Set, layout: Layout) -> None:
    settings = makers.settings(business_name="W" * 120, address="M" * 400, upi_vpa=f"{'w' * 60}@okbank")
    bill = samples.bill(
        [samples.line("W" * 200, price=90_000_000_000_000), samples.line("क्षत्रियाणां" * 15)],
        samples.BENGALURU,
        customer_name="W" * 120,
        note="W" * 2000,
    )
    for page in pages.pictures(set_(of_bill(bill, settings, layout=layout, locale="en-IN"))):
        assert not pages.ink_outside(page, 0.03)


def test_void_bills_and_test_bills_are_marked_on_every_page(set_: Set) -> None:
    bill = samples.bill(samples.groceries() * 12, state=BillState.VOID)
    on_trial = replace(samples.BENGALURU, is_test=True)
    first, second = pages.texts(set_(of_bill(bill, on_trial, layout=Layout.A4, locale="en-IN")))
    # Beside the heading, and across every page.
    assert (first.count("Void"), second.count("Void")) == (2, 1)
    assert "Test – not a real document" in first
    assert "Test – not a real document" in second


@pytest.mark.parametrize("layout", Layout)
def test_the_logo_is_on_it(set_: Set, layout: Layout) -> None:
    document = _bill(samples.groceries(), layout)
    assert set_(document, logo()) != set_(document)
    assert set_(document, logo("red")) != set_(document, logo())


def test_a_logo_that_is_none_is_refused(set_: Set) -> None:
    with pytest.raises(RuntimeError, match="image"):
        set_(_bill(samples.groceries(), Layout.A4), b"not a picture")


def test_equal_documents_are_equal_files(set_: Set) -> None:
    document = _bill(samples.groceries(), Layout.A4)
    assert set_(document) == set_(document)


def test_the_file_says_what_it_is(set_: Set) -> None:
    reader = pypdf.PdfReader(io.BytesIO(set_(_bill(samples.groceries(), Layout.A4))))
    assert reader.metadata is not None
    assert (reader.metadata.title, reader.metadata.author) == ("Tax invoice INV/26-27/000001", "Asha Stores")
    catalogue = reader.root_object
    assert str(catalogue["/Lang"]) == "en"
    assert "/StructTreeRoot" in catalogue, "screen readers need the structure"


def _bill(lines: Sequence[LineTerms], layout: Layout) -> Document:
    return of_bill(samples.bill(lines), samples.BENGALURU, layout=layout, locale="en-IN")
