"""Real files through the real loaders into a real database (both dialects)."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from app.config_files import Chunking, RetrievalConfig
from app.embeddings.base import Vectors
from app.errors import ConfigurationError, InvalidInput, StorageUnavailable
from app.knowledge.ingestion import Ingestion, IngestionOptions, Review
from app.knowledge.ingestion_report import IngestionReport
from app.knowledge.pruning import Prune
from app.storage.chunk_vectors import ChunkVectorRepository
from app.storage.database import Database
from app.storage.documents import DocumentRepository
from tests.knowledge.published import DIGEST, WordVectors, direct_parsers

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
        self.batch_chunks = 1
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

    async def ingest(self, tenant: str = "acme", *, prune: Prune = "no", source: Path | None = None) -> IngestionReport:
        return await self.ingest_with(IngestionOptions(prune=prune), tenant, source)

    async def ingest_with(
        self, options: IngestionOptions, tenant: str = "acme", source: Path | None = None
    ) -> IngestionReport:
        return await self.ingestion().ingest(source or self.folder, tenant, options)

    def ingestion(self, review: Review | None = None) -> Ingestion:
        return Ingestion(self.documents, self.embedder, self.config, direct_parsers, review, self.batch_chunks)

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


@pytest.mark.parametrize(
    "head", ["---\nexpires: 2026-13-45\n---", "+++\nexpires = 2026-13-45\n+++", "---\nexpires: someday\n---"]
)
async def test_a_date_field_that_cannot_be_read_is_a_refusal(company: Company, head: str) -> None:
    company.write("pricing/offer.md", f"{head}\n# Offer\n\nTeam costs $199 per month.")
    [offer] = (await company.ingest()).having("refused")
    assert (offer.source, offer.reason) == ("pricing/offer.md", "malformed")
    assert "expires: " in offer.message
    assert "pricing/offer.md" not in await company.texts()


@pytest.mark.parametrize("said", ["draft: true", "published: false"])
async def test_what_is_not_published_is_left_out(company: Company, said: str) -> None:
    company.write("pricing/draft.md", f"---\n{said}\n---\n# Draft\n\nTeam costs $1 per month.")
    [draft] = (await company.ingest()).having("ignored")
    assert (draft.source, said in draft.message) == ("pricing/draft.md", True)
    assert "pricing/draft.md" not in await company.texts()


async def test_a_document_that_becomes_a_draft_goes(company: Company) -> None:
    await company.ingest()
    company.write("pricing/plans.md", "---\ndraft: true\n---\n# Plans\n\nThe Team plan costs $349 per month.")
    assert [outcome.source for outcome in (await company.ingest()).having("ignored")] == ["pricing/plans.md"]
    assert "pricing/plans.md" not in await company.texts()
    company.write("pricing/plans.md", "# Plans\n\nThe Team plan costs $349 per month.")
    await company.ingest()
    assert "$349" in (await company.texts())["pricing/plans.md"]


async def test_a_document_that_its_own_text_takes_out_of_use_is_named(company: Company) -> None:
    company.write("pricing/old.md", "# Price list\n\nThese prices are valid until December 31, 2023. Team: $199.")
    company.write("pricing/next.md", "# Prices\n\nPrices effective January 1, 2190. Team: $999.")
    company.write("pricing/chosen.md", "---\nexpires: 2023-12-31\n---\n# Prices\n\nTeam: $199.")
    for options in (IngestionOptions(dry_run=True), IngestionOptions(), IngestionOptions()):
        messages = {outcome.source: outcome.message for outcome in (await company.ingest_with(options)).outcomes}
        assert "its text says that it was valid until 2023-12-31" in messages["pricing/old.md"]
        assert "its text says that it counts from 2190-01-01" in messages["pricing/next.md"]
        assert not any("Not used" in messages[source] for source in ("pricing/chosen.md", "pricing/plans.md"))


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
    report = await company.ingest(prune="gone")
    assert [outcome.source for outcome in report.having("removed")] == ["notes.txt"]
    assert set(await company.texts()) == {"pricing/plans.md", "case_studies/anderson.md"}
    company.write("notes.txt", "Plain notes about onboarding.")
    assert statuses(await company.ingest())["notes.txt"] == "indexed"


async def test_pruning_refuses_a_folder_without_documents(company: Company, tmp_path: Path) -> None:
    await company.ingest()
    (tmp_path / "empty").mkdir()
    for source in (tmp_path / "empty", company.folder / "notes.txt"):
        with pytest.raises(InvalidInput, match="pruning"):
            await company.ingest(prune="gone", source=source)
    with pytest.raises(InvalidInput, match="one file"):
        await company.ingest(prune="gone", source=company.folder / "notes.txt")
    assert len(await company.texts()) == 3


async def test_attachments_of_a_mail_are_not_dropped_without_a_word(company: Company) -> None:
    head = "Subject: Prices\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
    parts = (
        "--b\nContent-Type: text/plain\n\nTeam costs $9.\n--b\nContent-Type: text/csv; name=a.csv\n\nTeam,5\n--b--\n"
    )
    company.write("prices.eml", head + parts)
    report = await company.ingest()
    [outcome] = [outcome for outcome in report.outcomes if outcome.source == "prices.eml"]
    assert outcome.message.startswith("New. Attached files that were not read: 1;")


class TestRefusals:
    async def test_a_bad_document_is_named_and_the_rest_goes_in(self, company: Company) -> None:
        company.write("broken.pdf", b"%PDF-1.7\nnot really")
        company.write("empty.md", "   \n")
        company.write("deck.key", b"PK\x03\x04")
        report = await company.ingest()
        assert {outcome.source: outcome.reason for outcome in report.having("refused")} == {
            "broken.pdf": "malformed",
            "deck.key": "unsupported",
            "empty.md": "empty",
        }
        assert all(outcome.message for outcome in report.having("refused"))
        assert len(report.having("indexed")) == 3

    async def test_a_file_that_is_too_large_is_refused_unread(self, company: Company) -> None:
        with (company.folder / "huge.pdf").open("wb") as file:
            file.truncate(1 << 40)  # a terabyte without content: hashing it would take an hour
        [refused] = (await company.ingest()).having("refused")
        assert (refused.reason, refused.message) == ("too_large", "The file is larger than 50 MB; split it.")

    async def test_the_version_published_before_stays_and_that_is_said(self, company: Company) -> None:
        await company.ingest()
        company.write("notes.txt", " ")
        options: tuple[Prune, ...] = ("no", "gone")
        for prune in options:
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
    await company.ingest("globex", prune="gone")
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


class TestNames:
    async def test_a_part_of_a_known_folder_keeps_its_names(self, company: Company) -> None:
        await company.ingest()
        company.write("pricing/plans.md", "# Plans\n\nThe Team plan costs $349 per month.")
        for source in (company.folder / "pricing/plans.md", company.folder / "pricing"):
            assert set(statuses(await company.ingest(source=source))) == {"pricing/plans.md"}
        assert len(await company.texts()) == 3
        assert "$349" in (await company.texts())["pricing/plans.md"]

    async def test_a_given_root_names_a_part_of_an_unknown_folder(self, company: Company) -> None:
        options = IngestionOptions(root=company.folder)
        report = await company.ingest_with(options, source=company.folder / "pricing/plans.md")
        assert statuses(report) == {"pricing/plans.md": "indexed"}
        assert statuses(await company.ingest())["pricing/plans.md"] == "unchanged"

    async def test_another_tenants_folder_names_nothing(self, company: Company) -> None:
        await company.ingest("globex")
        report = await company.ingest(source=company.folder / "pricing/plans.md")
        assert statuses(report) == {"plans.md": "indexed"}


class TestPruning:
    async def test_more_than_half_is_taken_for_a_mistake(self, company: Company) -> None:
        await company.ingest()
        for name in ("notes.txt", "pricing/plans.md"):
            (company.folder / name).unlink()
        with pytest.raises(InvalidInput, match="2 of 3 documents"):
            await company.ingest(prune="gone")
        assert len(await company.texts()) == 3
        await company.ingest(prune="all")
        assert set(await company.texts()) == {"case_studies/anderson.md"}

    async def test_what_came_from_another_folder_stays(self, company: Company, tmp_path: Path) -> None:
        await company.ingest()
        other = Company(company.documents._database, tmp_path / "other")
        other.write("extra.md", "Something else.")
        (other.folder / "notes.txt").unlink()
        report = await company.ingest(source=other.folder, prune="gone")
        assert not report.having("removed")
        assert set(await company.texts()) == {"pricing/plans.md", "case_studies/anderson.md", "notes.txt", "extra.md"}
        report = await company.ingest(source=other.folder, prune="all")
        assert [outcome.source for outcome in report.having("removed")] == ["notes.txt"]

    async def test_a_part_of_the_folder_prunes_only_that_part(self, company: Company) -> None:
        company.write("pricing/old.md", "Old prices.")
        await company.ingest()
        for name in ("pricing/old.md", "notes.txt"):
            (company.folder / name).unlink()
        report = await company.ingest(source=company.folder / "pricing", prune="gone")
        assert [outcome.source for outcome in report.having("removed")] == ["pricing/old.md"]


class TestDryRun:
    async def test_says_what_would_happen_and_stores_nothing(self, company: Company) -> None:
        report = await company.ingest_with(IngestionOptions(dry_run=True))
        assert (set(statuses(report).values()), report.chunks, report.dry_run) == ({"indexed"}, 3, True)
        assert (await company.texts(), company.embedder.embedded) == ({}, 0)
        assert await company.documents.knowledge_versions() == {}
        await company.ingest()
        company.write("notes.txt", "New notes.")
        company.write("broken.pdf", b"%PDF-1.7\nnot really")
        (company.folder / "pricing/plans.md").unlink()
        report = await company.ingest_with(IngestionOptions(dry_run=True, prune="gone"))
        assert dict(report.counts) == {"indexed": 1, "unchanged": 1, "removed": 1, "malformed": 1}
        assert "$299" in (await company.texts())["pricing/plans.md"]
        assert (await company.documents.counts("acme")).staged == 0


class TestReport:
    async def test_every_file_has_a_word_a_sentence_and_its_figures(self, company: Company) -> None:
        company.write("pricing/plans.md", "---\neffective_date: 2024-05-01\n---\n# Plans\n\nThe plan costs $299.")
        company.write("LICENSE", "MIT")
        company.write("empty.md", " ")
        files = {file["source"]: file for file in (await company.ingest()).as_json()["files"]}
        assert {source: file["status"] for source, file in files.items()} == {
            "LICENSE": "ignored",
            "case_studies/anderson.md": "indexed",
            "empty.md": "empty",
            "notes.txt": "indexed",
            "pricing/plans.md": "indexed",
        }
        assert all(file["sentence"].endswith(".") for file in files.values())
        assert all(file["seconds"] >= 0 for file in files.values())
        assert (files["pricing/plans.md"]["chunks"], files["pricing/plans.md"]["effective_date"]) == (1, "2024-05-01")
        again = {file["source"]: file for file in (await company.ingest()).as_json()["files"]}
        assert (again["pricing/plans.md"]["status"], again["pricing/plans.md"]["chunks"]) == ("unchanged", 1)
        assert again["pricing/plans.md"]["effective_date"] == "2024-05-01"


class TestBatches:
    async def test_workers_and_batches_change_nothing(self, company: Company) -> None:
        for number in range(40):
            company.write(f"pages/{number:02}.md", f"# Page {number}\n\nFact {number} about invoices.")
        calls: list[tuple[int, int, str]] = []
        company.batch_chunks = 7
        await company.ingestion().ingest(
            company.folder, "acme", IngestionOptions(workers=4), lambda *call: calls.append(call)
        )
        assert [call[0] for call in calls] == list(range(1, 44))
        assert [call[2] for call in calls] == sorted(call[2] for call in calls)
        await company.ingest("globex")
        assert await company.texts("acme") == await company.texts("globex")

    async def test_the_same_text_is_embedded_once(self, company: Company) -> None:
        company.batch_chunks = 2
        for number in range(5):
            company.write(f"copies/{number}/page.md", "# Page\n\nThe same words.")
        await company.ingest()
        assert company.embedder.embedded == 4
        vectors = ChunkVectorRepository(company.documents._database, DIGEST)
        ids = sorted(await company.documents.current_chunk_ids("acme"))
        assert len(await vectors.read("acme", ids)) == 8

    async def test_a_review_sees_what_is_staged_and_can_stop_it(self, company: Company) -> None:
        seen: list[tuple[str, int, list[str]]] = []

        async def review(tenant: str, staged: Sequence[str], removed: Sequence[str]) -> None:
            seen.append((tenant, len(staged), list(removed)))
            assert await company.texts() == {}
            raise StorageUnavailable("gone")

        with pytest.raises(StorageUnavailable):
            await company.ingestion(review).ingest(company.folder, "acme")
        assert seen == [("acme", 3, [])]
        assert await company.texts() == {}

    async def test_a_cancelled_run_changes_nothing_and_the_next_takes_over(self, company: Company) -> None:
        reached = asyncio.Event()

        def progress(done: int, total: int, source: str) -> None:
            if done == 2:
                reached.set()

        task = asyncio.create_task(company.ingestion().ingest(company.folder, "acme", progress=progress))
        await reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await company.texts() == {}
        assert len((await company.ingest()).having("indexed")) == 3
        assert company.embedder.embedded <= 4
