"""Real files through the real loaders into a real database (both dialects)."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from app.config_files import Chunking, RetrievalConfig
from app.embeddings.base import Vectors
from app.errors import ConfigurationError, InvalidInput
from app.knowledge.ingestion import Ingestion, IngestionReport
from app.storage.database import Database
from app.storage.documents import DocumentRepository
from tests.knowledge.published import DIGEST, WordVectors

CONFIG = RetrievalConfig(
    source_types={"pricing": ["pricing"], "case_studies": ["case_studies"]}, internal_folders=["hr"]
)


class CountingEmbedder(WordVectors):
    """Remembers how many texts it embedded, and can be cut off like a killed process."""

    def __init__(self, digest: str = DIGEST) -> None:
        self.digest = digest
        self.embedded = 0
        self.stop_at: str | None = None

    def embed(self, texts: Sequence[str]) -> Vectors:
        if self.stop_at and any(self.stop_at in text for text in texts):
            raise KeyboardInterrupt
        self.embedded += len(texts)
        return super().embed(texts)


class Company:
    """A folder of documents and the knowledge base it goes into."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.documents = DocumentRepository(database)
        self.folder = folder
        self.embedder = CountingEmbedder()
        self.config = CONFIG
        for name, text in {
            "pricing/plans.md": "# Plans\n\nThe Team plan costs $299 per month.",
            "case_studies/anderson.md": "# Anderson\n\nAnderson shortened its billing cycles by 45%.",
            "notes.txt": "Plain notes about onboarding.",
        }.items():
            self.write(name, text)

    def write(self, name: str, content: str | bytes) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    async def ingest(self, tenant: str = "acme", *, prune: bool = False, source: Path | None = None) -> IngestionReport:
        ingestion = Ingestion(self.documents, self.embedder, self.config)
        return await ingestion.ingest(source or self.folder, tenant, prune=prune)

    async def texts(self, tenant: str = "acme") -> dict[str, str]:
        chunks = await self.documents.chunks(tenant, list(await self.documents.current_chunk_ids(tenant)))
        return {chunk.source: chunk.text for chunk in chunks.values()}


@pytest.fixture
def company(database: Database, tmp_path: Path) -> Company:
    return Company(database, tmp_path / "kb")


def statuses(report: IngestionReport) -> dict[str, str]:
    return {outcome.source: outcome.status for outcome in report.outcomes}


async def test_publishes_every_document_once(company: Company) -> None:
    company.write("LICENSE", "MIT")
    report = await company.ingest()
    assert statuses(report) == {
        "LICENSE": "ignored",
        "case_studies/anderson.md": "indexed",
        "notes.txt": "indexed",
        "pricing/plans.md": "indexed",
    }
    assert (report.chunks, report.knowledge_version) == (3, 1)
    summaries = await company.documents.documents("acme")
    assert [(document.source, document.source_type, document.title) for document in summaries] == [
        ("case_studies/anderson.md", "case_studies", "Anderson"),
        ("notes.txt", "general", "Notes"),
        ("pricing/plans.md", "pricing", "Plans"),
    ]


async def test_unchanged_files_are_skipped_without_embedding(company: Company) -> None:
    await company.ingest()
    before, version = company.embedder.embedded, await company.documents.knowledge_version("acme")
    report = await company.ingest()
    assert set(statuses(report).values()) == {"unchanged"}
    assert company.embedder.embedded == before
    assert report.knowledge_version == version


async def test_a_changed_file_becomes_a_new_version(company: Company) -> None:
    await company.ingest()
    old = await company.documents.current_chunk_ids("acme")
    company.write("pricing/plans.md", "# Plans\n\nThe Team plan costs $349 per month.")
    report = await company.ingest()
    assert [outcome.source for outcome in report.having("indexed")] == ["pricing/plans.md"]
    assert "$349" in (await company.texts())["pricing/plans.md"]
    assert len(old & await company.documents.current_chunk_ids("acme")) == 2
    [plans] = [document for document in await company.documents.documents("acme") if document.title == "Plans"]
    assert plans.number == 2


@pytest.mark.parametrize("change", ["model", "chunking", "manifest", "source_types"])
async def test_whatever_else_decides_the_result_counts_as_a_change(company: Company, change: str) -> None:
    await company.ingest()
    match change:
        case "model":
            company.embedder = CountingEmbedder("e" * 64)
        case "chunking":
            company.config = CONFIG.model_copy(update={"chunking": Chunking(max_tokens=64)})
        case "manifest":
            company.write("manifest.yaml", "notes.txt: {source_type: case_studies}")
        case "source_types":
            company.config = CONFIG.model_copy(update={"source_types": {"roi": ["notes"]}})
    assert set(statuses(await company.ingest()).values()) == {"indexed"}


async def test_files_that_are_gone_stay_unless_pruned(company: Company) -> None:
    await company.ingest()
    (company.folder / "notes.txt").unlink()
    assert "notes.txt" not in statuses(await company.ingest())
    assert "notes.txt" in await company.texts()
    report = await company.ingest(prune=True)
    assert [outcome.source for outcome in report.having("removed")] == ["notes.txt"]
    assert set(await company.texts()) == {"pricing/plans.md", "case_studies/anderson.md"}
    company.write("notes.txt", "Plain notes about onboarding.")
    assert statuses(await company.ingest())["notes.txt"] == "indexed"


async def test_pruning_refuses_a_folder_without_documents(company: Company, tmp_path: Path) -> None:
    await company.ingest()
    (tmp_path / "empty").mkdir()
    for source in (tmp_path / "empty", company.folder / "notes.txt"):
        with pytest.raises(InvalidInput, match="pruning"):
            await company.ingest(prune=True, source=source)
    assert len(await company.texts()) == 3


class TestRefusals:
    async def test_a_bad_document_is_named_and_the_rest_goes_in(self, company: Company) -> None:
        company.write("broken.pdf", b"%PDF-1.7\nnot really")
        company.write("empty.md", "   \n")
        company.write("deck.pptx", b"PK\x03\x04")
        report = await company.ingest()
        assert {outcome.source: outcome.reason for outcome in report.having("refused")} == {
            "broken.pdf": "malformed",
            "deck.pptx": "unsupported",
            "empty.md": "empty",
        }
        assert all(outcome.message for outcome in report.having("refused"))
        assert len(report.having("indexed")) == 3

    async def test_the_version_published_before_stays_and_that_is_said(self, company: Company) -> None:
        await company.ingest()
        company.write("notes.txt", " ")
        for prune in (False, True):
            [refused] = (await company.ingest(prune=prune)).having("refused")
            assert (refused.message or "").endswith("The version published before stays in use.")
        assert "onboarding" in (await company.texts())["notes.txt"]

    async def test_a_broken_manifest_stops_the_run_and_changes_nothing(self, company: Company) -> None:
        company.write("manifest.yaml", "- not a mapping")
        with pytest.raises(ConfigurationError, match=r"manifest\.yaml"):
            await company.ingest()
        assert await company.texts() == {}

    async def test_a_missing_folder_is_named(self, company: Company, tmp_path: Path) -> None:
        with pytest.raises(InvalidInput, match="nowhere"):
            await company.ingest(source=tmp_path / "nowhere")


class TestInterrupted:
    async def test_nothing_is_visible_before_the_end(self, company: Company) -> None:
        company.embedder.stop_at = "$299"
        with pytest.raises(KeyboardInterrupt):
            await company.ingest()
        assert await company.texts() == {}
        assert await company.documents.knowledge_version("acme") == 0

    async def test_the_next_run_takes_over_what_was_staged(self, company: Company) -> None:
        company.embedder.stop_at = "$299"
        with pytest.raises(KeyboardInterrupt):
            await company.ingest()
        staged, company.embedder.stop_at = company.embedder.embedded, None
        report = await company.ingest()
        assert (staged, company.embedder.embedded) == (2, 3)
        assert [(outcome.status, outcome.chunks) for outcome in report.outcomes] == [("indexed", 1)] * 3
        assert (await company.documents.counts("acme")).staged == 0

    async def test_what_was_staged_of_another_content_is_thrown_away(self, company: Company) -> None:
        company.embedder.stop_at = "$299"
        with pytest.raises(KeyboardInterrupt):
            await company.ingest()
        company.embedder.stop_at = None
        company.write("notes.txt", "Quite different notes.")
        await company.ingest()
        assert "different" in (await company.texts())["notes.txt"]
        assert (await company.documents.counts("acme")).staged == 0


async def test_tenants_have_their_own_documents(company: Company, tmp_path: Path) -> None:
    await company.ingest("acme")
    (company.folder / "notes.txt").unlink()
    await company.ingest("globex", prune=True)
    assert set(await company.texts("globex")) == {"pricing/plans.md", "case_studies/anderson.md"}
    assert len(await company.texts("acme")) == 3
    assert not await company.documents.current_chunk_ids("acme") & await company.documents.current_chunk_ids("globex")


async def test_internal_folders_are_marked(company: Company) -> None:
    company.write("hr/salaries.md", "Salaries are confidential.")
    await company.ingest()
    internal = [document.source for document in await company.documents.documents("acme") if document.internal]
    assert internal == ["hr/salaries.md"]


async def test_a_single_file_can_be_ingested(company: Company) -> None:
    report = await company.ingest(source=company.folder / "notes.txt")
    assert statuses(report) == {"notes.txt": "indexed"}


async def test_progress_counts_every_file(company: Company) -> None:
    calls: list[tuple[int, int, str]] = []
    ingestion = Ingestion(company.documents, company.embedder, company.config)
    await ingestion.ingest(company.folder, "acme", progress=lambda *call: calls.append(call))
    assert calls == [
        (1, 3, "case_studies/anderson.md"),
        (2, 3, "notes.txt"),
        (3, 3, "pricing/plans.md"),
    ]
