"""Full-text search over current chunks, the same on both databases as far as a caller can tell."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.knowledge import fts5_search
from app.knowledge.lexical_index import MAX_WORDS, LexicalIndex, search_words
from app.storage.database import Database
from app.storage.documents import DocumentRepository
from tests.storage.building import Source, publish

PAGES = {
    "price": Source(
        source="pricing.md",
        title="Price list",
        headings=("Plans",),
        texts=["The Professional plan costs $299/month, or 4,999 a year (café rate 4.5%)."],
    ),
    "hooks": Source(
        source="integrations.md",
        title="Integrations",
        source_type="integrations",
        headings=("Webhooks",),
        texts=["Events arrive within seconds. See example.com/docs_v2 for single sign-on."],
    ),
    "wiki": Source(
        source="handbook.md",
        title="Handbook",
        source_type="documentation",
        internal=True,
        headings=("Discounts",),
        texts=["Never offer more than a ten percent rebate."],
    ),
    "about": Source(
        source="about.md",
        title="Company",
        source_type="general",
        headings=("History",),
        texts=["We were founded in Pune. The office has a garden. Nobody mentions what things cost."],
    ),
}


class Library:
    """The index and the names of its chunks."""

    def __init__(self, database: Database) -> None:
        self.index = LexicalIndex(database)
        self.documents = DocumentRepository(database)
        self.names: dict[str, str] = {}

    async def fill(self, tenant: str = "acme") -> None:
        version_ids = await publish(self.documents, tenant, *PAGES.values())
        self.names |= {f"{version_id}:0": name for version_id, name in zip(version_ids, PAGES, strict=True)}

    async def search(self, query: str, *source_types: str, internal: bool = False, limit: int = 10) -> list[str]:
        found = await self.index.search("acme", query, limit, source_types, internal)
        scores = [score for _, score in found]
        assert all(score > 0 for score in scores)
        assert scores == sorted(scores, reverse=True)
        return [self.names[chunk_id] for chunk_id, _ in found]


@pytest.fixture
async def library(database: Database) -> Library:
    library = Library(database)
    await library.fill()
    return library


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("professional", ["price"]),
        ("PROFESSIONALS", ["price"]),
        ("299", ["price"]),
        ("$299/month?", ["price"]),
        ("299 monthly", ["price"]),
        ("4,999", ["price"]),
        ("4.5%", ["price"]),
        ("cafe", ["price"]),
        ("CAFÉ", ["price"]),
        ("webhook", ["hooks"]),
        ("event", ["hooks"]),
        ("docs", ["hooks"]),
        ("example.com", ["hooks"]),
        ("SSO / single sign-on", ["hooks"]),
        ("integrating", ["hooks"]),
        ("what's the history of the company", ["about"]),
        ("zebra", []),
    ],
)
async def test_words_meet_their_forms(library: Library, query: str, expected: list[str]) -> None:
    assert await library.search(query) == expected


async def test_any_word_is_enough_and_more_is_better(library: Library) -> None:
    assert await library.search("professional plan cost zebra") == ["price", "about"]


async def test_a_heading_counts_more_than_the_text(library: Library) -> None:
    """All pages have the same words and length; only one has the word in its heading."""
    page = replace(PAGES["about"], headings=("Parking",), texts=["Refunds take a week."])
    pages = [replace(page, source=f"{number}.md") for number in range(9)]
    heading = replace(page, source="h.md", headings=("Refunds",), texts=["Parking takes a week."])
    version_ids = await publish(library.documents, "acme", *pages, heading)
    library.names |= {f"{version_id}:0": f"page {number}" for number, version_id in enumerate(version_ids)}
    found = await library.search("refund")
    assert (found[0], len(found)) == ("page 9", 10)


async def test_rare_words_count_more(library: Library) -> None:
    common = [
        replace(PAGES["about"], source=f"{n}.md", texts=["The invoice, the invoice and the invoice."]) for n in range(8)
    ]
    version_ids = await publish(library.documents, "acme", *common)
    rare = replace(PAGES["about"], source="rare.md", texts=["One dunning letter follows, sent by post."])
    version_ids += await publish(library.documents, "acme", rare)
    library.names |= {f"{version_id}:0": f"page {n}" for n, version_id in enumerate(version_ids)}
    assert (await library.search("invoice dunning"))[0] == "page 8"


async def test_filters(library: Library) -> None:
    query = "professional webhooks rebate founded"
    assert set(await library.search(query)) == {"price", "hooks", "about"}
    assert set(await library.search(query, internal=True)) == {"price", "hooks", "about", "wiki"}
    assert set(await library.search(query, "pricing", "general")) == {"price", "about"}
    assert await library.search(query, "documentation") == []
    assert await library.search(query, "documentation", internal=True) == ["wiki"]
    assert await library.search(query, "no such type") == []


async def test_what_is_published_later_is_found_at_once(library: Library) -> None:
    assert await library.search("zebra") == []
    assert await library.search("professional") == ["price"]
    later = replace(PAGES["about"], source="later.md", texts=["A zebra joined the professional staff."])
    (version_id,) = await publish(library.documents, "acme", later)
    library.names[f"{version_id}:0"] = "later"
    assert await library.search("zebra") == ["later"]
    assert set(await library.search("professional")) == {"price", "later"}


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
class TestManyRows:
    """With the limits set low, so that a few pages are many."""

    @pytest.fixture(params=["small", "large"])
    async def crowded(
        self, request: pytest.FixtureRequest, library: Library, monkeypatch: pytest.MonkeyPatch
    ) -> Library:
        monkeypatch.setattr(fts5_search, "_MOST_SCORED", 3)
        monkeypatch.setattr(fts5_search, "_LARGE", 0 if request.param == "large" else 1000)
        pages = [
            replace(PAGES["about"], source=f"{n}.md", texts=[f"The plan costs money, says {n}."]) for n in range(9)
        ]
        await publish(library.documents, "globex", *pages)
        version_ids = await publish(library.documents, "acme", *pages)
        library.names |= {f"{version_id}:0": f"page {n}" for n, version_id in enumerate(version_ids)}
        return library

    async def test_rare_words_select(self, crowded: Library) -> None:
        assert await crowded.search("plan costs professional") == ["price"]
        assert set(await crowded.search("plan costs professional founded")) == {"price", "about"}

    async def test_common_words_alone_still_find(self, crowded: Library) -> None:
        assert len(await crowded.search("plan")) == 10
        assert len(await crowded.search("plan", limit=4)) == 4

    async def test_scope_holds(self, crowded: Library) -> None:
        assert await crowded.search("plan costs rebate") == []
        assert await crowded.search("plan costs rebate", internal=True) == ["wiki"]
        assert await crowded.search("professional", "integrations") == []
        assert await crowded.search("professional webhooks", "integrations") == ["hooks"]
        assert await crowded.index.search("nobody", "plan", 10) == []


async def test_limit(library: Library) -> None:
    everything = await library.search("professional webhooks founded")
    assert await library.search("professional webhooks founded", limit=2) == everything[:2]
    assert await library.search("professional", limit=0) == []


async def test_only_current_versions_are_found(library: Library) -> None:
    newer = replace(PAGES["price"], texts=["The Professional plan costs $349/month."], content_hash="2")
    (version_id,) = await publish(library.documents, "acme", newer)
    library.names[f"{version_id}:0"] = "newer"
    assert await library.search("professional") == ["newer"]
    assert await library.search("299") == []
    await library.documents.publish("acme", [], removed_sources=["pricing.md"])
    assert await library.search("professional 349 plans") == []


async def test_tenants_do_not_see_each_other(library: Library) -> None:
    assert await library.index.search("globex", "professional webhooks", 10) == []
    await library.fill("globex")
    found = await library.index.search("globex", "professional", 10)
    assert {chunk_id for chunk_id, _ in found} == await library.documents.current_chunk_ids("globex") & {
        chunk_id for chunk_id, name in library.names.items() if name == "price"
    }
    assert len(await library.search("professional")) == 1


@pytest.mark.parametrize(
    "query",
    ["", " ", "the of and is", '"', "'", "\"' OR 1=1 --", "a* AND (b OR", "NEAR(x y)", "scope : 1", "-- ; DROP TABLE"]
    + ["\0", "\ud800", "²", "日本語", "😀", "%", "\\", ":*", "!&|", "x" * 10_000, "zebra " * 5000, "{text} : billing"],
)
async def test_hostile_queries_find_nothing_and_harm_nothing(library: Library, query: str) -> None:
    assert await library.search(query) == []
    assert await library.search("professional") == ["price"]


async def test_a_long_query_keeps_its_first_words(library: Library) -> None:
    filler = " ".join(f"filler{number}" for number in range(3000))
    assert await library.search(f"professional {filler}") == ["price"]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.text(alphabet=st.characters(), max_size=80))
async def test_any_text_is_a_query(library: Library, query: str) -> None:
    assert "price" in await library.search(f"professional {query}", internal=True)
    await library.search(query)


@given(query=st.text(max_size=200))
def test_search_words(query: str) -> None:
    found = search_words(query)
    assert len(found) == len(set(found)) <= MAX_WORDS
    assert all(word.isalnum() for word in found)
