"""Which products the documents speak about, on a real database of either kind."""

from collections.abc import Sequence

import pytest

from app.knowledge.catalog import DocumentCatalog
from app.knowledge.lexical_index import LexicalIndex
from app.storage.database import Database
from app.storage.documents import DocumentRepository
from tests.knowledge.published import Page, version_of

PAGES = (
    Page("product/overview.md", "Depot Planner keeps the stock of a warehouse in view."),
    Page("pricing/plans.md", "The Harbor plan costs 240 dollars.", heading_path=("Route Optimizer Suite",)),
    Page("cases/olsund.md", "Olsund Steel loads faster.\nInvoice checks take minutes."),
    Page("cases/vesterby.md", "Robot arms pack the meals of Vesterby."),
)


class Shelf:
    """Published documents and the catalog over them; counts the searches."""

    def __init__(self, database: Database) -> None:
        self._documents = DocumentRepository(database)
        self._lexical = LexicalIndex(database)
        self.catalog = DocumentCatalog(self, self._documents, self)
        self.searches = 0

    async def search(self, tenant: str, query: str, limit: int) -> list[tuple[str, float]]:
        self.searches += 1
        return await self._lexical.search(tenant, query, limit)

    async def version(self, tenant: str) -> int:
        return await self._documents.knowledge_version(tenant)

    async def publish(self, pages: Sequence[Page], tenant: str = "acme") -> None:
        await self._documents.publish(tenant, [await self._documents.stage(tenant, version_of(page)) for page in pages])


@pytest.fixture
async def shelf(database: Database) -> Shelf:
    shelf = Shelf(database)
    await shelf.publish(PAGES)
    return shelf


@pytest.mark.parametrize(
    ("product", "known"),
    [
        ("Depot Planner", True),
        ("depot planners", True),
        ("Depot Planner Cloud", True),
        ("Depot Planner Cloud Enterprise", False),
        ("Route Optimizer", True),
        ("Quantum Toaster", False),
        ("Planner", True),
        ("Invoice Robot", False),
        ("The", True),
        ("", True),
        ("%_'\" OR 1", False),
    ],
)
async def test_a_product_is_known_by_most_of_its_words_in_one_document(shelf: Shelf, product: str, known: bool) -> None:
    assert await shelf.catalog.mentions("acme", product) is known


async def test_the_documents_of_another_company_do_not_count(shelf: Shelf) -> None:
    assert not await shelf.catalog.mentions("globex", "Depot Planner")


async def test_an_answer_is_remembered_until_something_is_published(shelf: Shelf) -> None:
    for name in ("Quantum Toaster", "quantum toasters", "Quantum Toaster"):
        assert not await shelf.catalog.mentions("acme", name)
    assert shelf.searches == 1
    await shelf.publish([Page("product/toaster.md", "The Quantum Toaster browns both sides.")])
    assert await shelf.catalog.mentions("acme", "Quantum Toaster")
    assert shelf.searches == 2
