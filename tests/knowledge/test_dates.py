"""Dates as people write them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.dates import parse_date, stated_validity


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-05-01", date(2024, 5, 1)),
        ("2025-12-01T10:00:00Z", date(2025, 12, 1)),
        ("May 1, 2024", date(2024, 5, 1)),
        ("Sept. 3rd 2024", date(2024, 9, 3)),
        ("1st of May 2024", date(2024, 5, 1)),
        ("31.12.2023", date(2023, 12, 31)),
        ("12/31/2023", date(2023, 12, 31)),
        ("Wed May 06 2020 16:00:00 GMT+0000 (UTC)", date(2020, 5, 6)),
        ("Friday, 16 Apr 2021 11:00:00 UTC", date(2021, 4, 16)),
        ("March 2024", date(2024, 3, 1)),
        ("2024", date(2024, 1, 1)),
        ("Q2 2026", date(2026, 4, 1)),
        ("Q4/2025", date(2025, 10, 1)),
        ("Q5 2025", None),
        ("03/04/2024", None),
        ("31 February 2024", None),
        ("soon", None),
        ("", None),
    ],
)
def test_parse_date(text: str, expected: date | None) -> None:
    assert parse_date(text) == expected


def test_ends_of_months_and_years() -> None:
    assert parse_date("February 2024", end=True) == date(2024, 2, 29)
    assert parse_date("2023", end=True) == date(2023, 12, 31)
    assert parse_date("Q2 2026", end=True) == date(2026, 6, 30)


@given(st.dates(date(1990, 1, 1), date(2099, 12, 31)))
def test_written_forms_are_read_back(day: date) -> None:
    for form in ("%Y-%m-%d", "%B %d, %Y", "%d %b %Y", "%d.%m.%Y", "%A, %d %B %Y"):
        assert parse_date(day.strftime(form)) == day


@given(
    st.dates(date(1990, 1, 1), date(2099, 12, 31)), st.sampled_from(["%Y-%m-%d", "%B %d, %Y", "%d.%m.%Y", "%d %b %Y"])
)
def test_validity_is_read_in_every_form_and_never_from_a_story(day: date, form: str) -> None:
    shown = day.strftime(form)
    assert stated_validity(f"Price list valid until {shown}.") == (None, day)
    assert stated_validity(f"Prices as of {shown}.") == (day, None)
    assert stated_validity(f"On {shown} our founders met in a bakery.") == (None, None)


@given(st.text(max_size=300))
def test_no_text_breaks_the_reader(text: str) -> None:
    effective, expiry = stated_validity(text)
    for found in (effective, expiry, parse_date(text), parse_date(text, end=True)):
        assert found is None or type(found) is date


@pytest.mark.parametrize(
    ("text", "effective", "expiry"),
    [
        ("Price list. Valid until December 31, 2023.", None, date(2023, 12, 31)),
        ("Prices valid from January 1, 2023 to 31 December 2023", date(2023, 1, 1), date(2023, 12, 31)),
        ("Prices as of May 20, 2026, without tax.", date(2026, 5, 20), None),
        ("Effective date: 2024-03-01\nExpires: 2024-12-31", date(2024, 3, 1), date(2024, 12, 31)),
        ("This price list was valid through June 2023.", None, date(2023, 6, 30)),
        ("Prices valid through Q2 2026.", None, date(2026, 6, 30)),
        ("Effective 1 January 2025, all plans include support.", date(2025, 1, 1), None),
        ("Valid until 31 March 2026. Gültig bis 31.03.2026.", None, date(2026, 3, 31)),
        ("Price list, valid until 31.03.2026", None, date(2026, 3, 31)),
        ("Founded in 2019, we have served hotels since 2020.", None, None),
        ("We offer booking software since 2015.", None, None),
        ("In May 2021 we moved to Porto.", None, None),
        ("On January 5, 2024 the harbour opened, and 40 ships came until March 2025.", None, None),
        ("Our customer Lindqvist AB went live on 3 March 2024.", None, None),
        ("Your card is valid until 05/2027.", None, None),
        ("The coupon can be used until 31 March 2026.", None, None),
        ("Your trial expires on March 3, 2024.", None, None),
        ("Organizations created before May 27, 2026 keep it.", None, None),
        ("We kept all our prices stable compared to 2023.", None, None),
        ("Version 2 to 2000 users", None, None),
        ("Plans for teams: from 5 to 2000 seats", None, None),
        ("These rates apply to 2000 documents.", None, None),
        ("These prices are valid to 2000 users.", None, None),
        ("These prices are valid until 2000 seats are sold.", None, None),
        ("Early customers stay on legacy plans until June 30, 2025.", None, None),
        ("The autumn discount of 10% is valid until November 21, 2025.", None, None),
        ("Service levels\nAutumn discount of 10%\nValid until November 21, 2025.", None, None),
        ("We answer within a day. 10% off in autumn. Valid until November 21, 2025.", None, None),
        ("Valid until November 21, 2025 with the code AUTUMN", None, None),
        ("The Team plan is $49. A new fee is effective January 1, 2027.", None, None),
        ("Prices effective January 1, 2027: $59. Until then the plan costs $49.", None, None),
        ("Valid until: 2025-12-31; Coupon: AUTUMN", None, None),
        ("Autumn discount\nValid until November 21, 2025.", None, date(2025, 11, 21)),
        ("These prices apply until 31 December 2026.", None, date(2026, 12, 31)),
        ("The prices on this page are valid through 2026.", None, date(2026, 12, 31)),
        ("This offer is valid until 31 March 2026.", None, date(2026, 3, 31)),
        ("TechCorp price list 2026 (valid until March 31, 2026)", None, date(2026, 3, 31)),
        ("Terms\nIn force from 1 May 2026 to 30 April 2027", date(2026, 5, 1), date(2027, 4, 30)),
        ("These terms expire on 2026-06-30.", None, date(2026, 6, 30)),
        ("TechCorp Pricing 2024 - valid until December 31, 2024", None, date(2024, 12, 31)),
        ("Prices valid from 1 January through 30 June 2025.", None, date(2025, 6, 30)),
        ("Price list valid January to June 2025", None, date(2025, 6, 30)),
        ("Privacy policy, effective March 1, 2024", date(2024, 3, 1), None),
        ("All prices shown are current as of May 20, 2026", date(2026, 5, 20), None),
        ("Launch pricing valid until November 21, 2025.", None, None),
        ("Your pricing is valid until November 21, 2025.", None, None),
        ("Team prices are valid until November 21, 2025.", None, None),
        ("Since March 2020 we have served hotels. From 2 May 2030 we will serve ships.", None, None),
        ("As of January 1, 2030 we raise the fee.", None, None),
        ("Our prices have fallen since 2019.", None, None),
        ("All prices from 1 May 2026", date(2026, 5, 1), None),
        (" " * 1600 + "Valid until December 31, 2023.", None, None),
    ],
)
def test_stated_validity(text: str, effective: date | None, expiry: date | None) -> None:
    assert stated_validity(text) == (effective, expiry)
