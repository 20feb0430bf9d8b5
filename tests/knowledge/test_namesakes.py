"""The same document under dated names: the newest that is in force counts."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.namesakes import DatedDocument, family, last_valid_days


def document(source: str, since: date | None = None, until: date | None = None, kind: str = "pricing") -> DatedDocument:
    return DatedDocument(source, source, kind, since, until)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("pricing/pricing_2023.pdf", "pricing/pricing_2024.docx", True),
        ("2026-05-20_fees.mdx", "2026-06-10_fees.mdx", True),
        ("a/fees 2026-05.md", "a/Fees.md", True),
        ("prices_2025_q1.md", "prices_2025_q2.md", True),
        ("a/fees_2023.md", "b/fees_2024.md", False),
        ("fees_2023.md", "terms_2024.md", False),
        ("model_3000.md", "model_4000.md", False),
        ("router-2000.md", "router-2010.md", False),
        ("plans_2090.md", "plans_2091.md", False),
        ("fees_v1.md", "fees_v2.md", False),
    ],
)
def test_family(one: str, other: str, same: bool) -> None:
    assert (family(one) == family(other)) is same


def test_a_name_that_is_only_a_date_has_no_family() -> None:
    assert family("diary/2024-05-01.md") is None


def test_the_older_ends_where_the_newer_begins() -> None:
    days = last_valid_days([
        document("fees_2023.md", date(2023, 1, 1)),
        document("fees_2024.md", date(2024, 3, 1)),
        document("fees.md"),
        document("terms_2023.md", date(2023, 1, 1), date(2025, 1, 1)),
    ])
    assert days == {
        "fees_2023.md": date(2024, 2, 29),
        "fees_2024.md": None,
        "fees.md": None,
        "terms_2023.md": date(2025, 1, 1),
    }


def test_an_earlier_expiry_stays() -> None:
    days = last_valid_days([
        document("fees_2023.md", date(2023, 1, 1), date(2023, 12, 31)),
        document("fees_2025.md", date(2025, 1, 1)),
    ])
    assert days["fees_2023.md"] == date(2023, 12, 31)


def test_stories_are_not_replaced() -> None:
    stories = [document(f"story_{year}.md", date(year, 1, 1), kind="case_studies") for year in (2023, 2024)]
    assert set(last_valid_days(stories).values()) == {None}


@pytest.mark.parametrize(
    "names",
    [
        ("minutes_2026-05-01.md", "minutes_2026-06-01.md"),
        ("release-2025-09.md", "release-2025-10.md"),
        ("changelog_2024.md", "changelog_2025.md"),
        ("newsletter 2025-09.html", "newsletter 2025-10.html"),
        ("meeting-notes/acme_2025-09.md", "meeting-notes/acme_2025-10.md"),
        ("router-2000.md", "router-2010.md"),
    ],
)
def test_records_and_models_are_not_replaced(names: tuple[str, str]) -> None:
    assert set(last_valid_days(document(name, kind="general") for name in names).values()) == {None}


def test_a_price_list_is_replaced_whatever_its_folder_is_called() -> None:
    days = last_valid_days([document("notes/prices_2024.md"), document("notes/prices_2025.md")])
    assert days == {"notes/prices_2024.md": date(2024, 12, 31), "notes/prices_2025.md": None}


@given(st.lists(st.dates(date(2000, 1, 1), date(2040, 1, 1)), min_size=1, max_size=8, unique=True), st.randoms())
def test_exactly_one_is_valid_on_any_day_after_the_first(starts: list[date], chance: object) -> None:
    documents = [document(f"{start.isoformat()}_fees.md", start) for start in starts]
    days = last_valid_days(documents)
    for day in (*starts, date(2041, 1, 1)):
        valid = [d for d in documents if d.effective_date and d.effective_date <= day <= (days[d.version_id] or day)]
        assert len(valid) == 1
