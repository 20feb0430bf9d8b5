"""Near-identical passages: the newest stays."""

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.duplicates import without_duplicates
from app.knowledge.types import Passage, StoredChunk

LONG = "Install the operator in your own cluster then open the dashboard and add the licence key you were sent by mail"


def passage(source: str, text: str, *, document: str = "", effective: date | None = None, title: str = "") -> Passage:
    chunk = StoredChunk(
        id=f"{source}:{text[:8]}",
        document_id=document or source,
        version_id=source,
        source=source,
        title=title or source,
        source_type="general",
        internal=False,
        text=text,
        start=0,
        end=len(text),
        heading_path=(),
        page=None,
        blocks=(),
        effective_date=effective,
        expiry_date=None,
        ingested_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    return Passage(chunk, 0.9, 0.5, 1, 1, 0.1)


def sources(*passages: Passage) -> list[str]:
    return [kept.chunk.source for kept in without_duplicates(passages, limit=len(passages))]


def test_versions_of_one_manual_are_reduced_to_the_latest() -> None:
    names = ("0.9.0", "0.10.0", "latest", "0.3.0")
    versions = [passage(f"docs/{name}/install.md", f"{LONG} {name[0]}") for name in names]
    assert sources(*versions[:2]) == ["docs/0.10.0/install.md"]
    assert sources(*versions) == ["docs/latest/install.md"]


def test_the_effective_date_comes_first() -> None:
    old, new = date(2023, 1, 1), date(2024, 1, 1)
    assert sources(passage("z.md", LONG, effective=old), passage("a.md", LONG, effective=new)) == ["a.md"]
    assert sources(passage("z.md", LONG), passage("a.md", LONG, effective=old)) == ["a.md"]


def test_the_newest_takes_the_place_of_the_first() -> None:
    other = passage("b.md", "Something quite different about invoices")
    assert sources(passage("v1.md", LONG), other, passage("v2.md", LONG)) == ["v2.md", "b.md"]


def test_different_texts_stay() -> None:
    assert sources(passage("a.md", "Starter costs $99"), passage("b.md", "Team costs $299")) == ["a.md", "b.md"]


TERMINAL = (
    "The {name} terminal takes cards, phones and watches, prints receipts, works a day without a network, charges in "
    "an hour, speaks nine languages on a bright screen that is easy to read in the sun, weighs less than most phones, "
    "fits every counter or belt, connects to every till by cable or air, is repaired within two days, and costs "
    "{price} a month"
)


def test_products_that_differ_in_name_and_price_stay() -> None:
    products = [("Falcon", "$19"), ("Heron", "$29"), ("Osprey", "$39")]
    pages = [passage(f"{name}.md", TERMINAL.format(name=name, price=price), title=name) for name, price in products]
    assert sources(*pages) == ["Falcon.md", "Heron.md", "Osprey.md"]
    untitled = [
        passage(f"{name}.md", TERMINAL.format(name=name, price=price), title="Terminals") for name, price in products
    ]
    assert sources(*untitled) == ["Falcon.md", "Heron.md", "Osprey.md"]


def test_the_same_price_of_another_product_stays() -> None:
    text = TERMINAL.format(name="new", price="$19")
    assert sources(passage("a.md", text, title="Falcon"), passage("b.md", text, title="Heron")) == ["a.md", "b.md"]
    assert sources(passage("a.md", text, title="Falcon"), passage("b.md", text, title="Falcon")) == ["b.md"]


def test_figures_of_dated_namesakes_do_not_keep_both_but_those_of_minutes_do() -> None:
    texts = [TERMINAL.format(name="Falcon", price=price) for price in ("$19", "$29")]
    assert sources(passage("fees_2024.md", texts[0]), passage("fees_2025.md", texts[1])) == ["fees_2025.md"]
    minutes = ("minutes_2025-01-01.md", "minutes_2025-02-01.md")
    assert sources(*map(passage, minutes, texts)) == [*minutes]


def test_similar_passages_of_one_document_stay_unless_they_are_equal() -> None:
    one, two = passage("a.md", LONG, document="d"), passage("a.md", f"{LONG} twice", document="d")
    assert without_duplicates([one, two], 2) == [one, two]
    assert without_duplicates([one, one], 2) == [one]


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.text("xy ", max_size=4)), unique_by=lambda pair: pair[0]))
def test_one_of_each_text_stays(pairs: list[tuple[str, str]]) -> None:
    passages = [passage(f"{name}.md", text) for name, text in pairs]
    kept = without_duplicates(passages, limit=len(passages))
    assert [frozenset(one.chunk.text.split()) for one in kept] == list(
        dict.fromkeys(frozenset(one.chunk.text.split()) for one in passages)
    )


@given(
    st.lists(st.tuples(st.sampled_from(["v1.md", "v2.md", "v10.md", "a.md"]), st.sampled_from("xyz")), max_size=12),
    st.integers(1, 6),
)
def test_a_limit_only_cuts(pairs: list[tuple[str, str]], limit: int) -> None:
    passages = [passage(name, text) for name, text in pairs]
    assert without_duplicates(passages, limit) == without_duplicates(passages, len(passages))[:limit]
