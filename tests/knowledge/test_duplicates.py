"""Near-identical passages: the newest stays."""

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.duplicates import without_duplicates
from app.knowledge.types import Passage, StoredChunk

LONG = "Install the operator in your own cluster then open the dashboard and add the licence key you were sent by mail"


def passage(source: str, text: str, *, document: str = "", effective: date | None = None) -> Passage:
    chunk = StoredChunk(
        id=f"{source}:{text[:8]}",
        document_id=document or source,
        version_id=source,
        source=source,
        title=source,
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
