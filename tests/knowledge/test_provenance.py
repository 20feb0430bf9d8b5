"""Uploads beside what a folder brings: neither undoes the other by accident."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from app.config_files import RetrievalConfig
from app.knowledge.ingestion import Ingestion, IngestionOptions
from app.knowledge.ingestion_report import IngestionReport
from app.knowledge.manifest import ManifestEntry
from app.knowledge.provenance import Provenance
from app.knowledge.pruning import Prune
from app.storage.database import Database
from app.storage.documents import DocumentRepository
from tests.knowledge.published import WordVectors, direct_parsers

OLD, NEW = "# Plans\n\nThe Team plan costs $299.", "# Plans\n\nThe Team plan costs $349."


CONFIG = RetrievalConfig(source_types={"pricing": [], "legal": [], "security": []})


class Company:
    """A folder that scripts ingest, and a desk from which people upload."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.documents = DocumentRepository(database)
        self.ingestion = Ingestion(self.documents, WordVectors(), CONFIG, direct_parsers)
        self.folder, self.desk = folder / "kb", folder / "desk"

    async def by_folder(self, *, prune: Prune = "no", **files: str) -> IngestionReport:
        _write(self.folder, files)
        return await self.ingestion.ingest(self.folder, "acme", IngestionOptions(prune=prune))

    async def by_upload(self, stated: ManifestEntry | None = None, **files: str) -> IngestionReport:
        _write(self.desk, files)
        provenance = Provenance("upload", stated or ManifestEntry())
        return await self.ingestion.ingest(self.desk, "acme", provenance=provenance)

    async def texts(self) -> dict[str, str]:
        chunks = await self.documents.chunks("acme", list(await self.documents.current_chunk_ids("acme")))
        return {chunk.source: chunk.text for chunk in chunks.values()}


def _write(folder: Path, files: dict[str, str]) -> None:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")


@pytest.fixture
def company(database: Database, tmp_path: Path) -> Company:
    return Company(database, tmp_path)


def statuses(report: IngestionReport) -> dict[str, str]:
    return {outcome.source: outcome.status for outcome in report.outcomes}


async def test_pruning_a_folder_keeps_uploads(company: Company) -> None:
    await company.by_folder(a=OLD, b="# B\n\nBee.")
    await company.by_upload(c="# C\n\nSea.")
    (company.folder / "b.md").unlink()
    report = await company.by_folder(prune="gone")
    assert statuses(report) == {"a.md": "unchanged", "b.md": "removed"}
    assert set(await company.texts()) == {"a.md", "c.md"}


async def test_an_upload_is_a_new_version_which_the_same_old_file_does_not_undo(company: Company) -> None:
    await company.by_folder(plans=OLD)
    assert statuses(await company.by_upload(plans=NEW)) == {"plans.md": "indexed"}
    assert statuses(await company.by_folder(prune="gone")) == {"plans.md": "unchanged"}
    assert "$349" in (await company.texts())["plans.md"]
    [plans] = await company.documents.documents("acme")
    assert plans.number == 2


async def test_a_file_that_changed_after_the_upload_is_newer_than_it(company: Company) -> None:
    await company.by_folder(plans=OLD)
    await company.by_upload(plans=NEW)
    assert statuses(await company.by_folder(plans=NEW.replace("349", "399"))) == {"plans.md": "indexed"}
    assert "$399" in (await company.texts())["plans.md"]


async def test_uploading_the_same_bytes_keeps_them_from_being_pruned(company: Company) -> None:
    await company.by_folder(a=OLD, b="# B\n\nBee.")
    assert statuses(await company.by_upload(a=OLD)) == {"a.md": "indexed"}
    assert statuses(await company.by_upload(a=OLD)) == {"a.md": "unchanged"}
    (company.folder / "a.md").unlink()
    await company.by_folder(prune="gone")
    assert set(await company.texts()) == {"a.md", "b.md"}


async def test_what_the_upload_states_wins_over_front_matter(company: Company) -> None:
    stated = ManifestEntry(title="Fees", source_type="pricing", internal=True, effective_date=date(2026, 5, 20))
    text = "---\ntitle: Old\ninternal: false\neffective_date: 2020-01-01\nexpiry_date: 2030-01-01\n---\n\nFive percent."
    await company.by_upload(stated, fees=text)
    [fees] = await company.documents.documents("acme")
    assert (fees.title, fees.source_type, fees.internal) == ("Fees", "pricing", True)
    assert (fees.effective_date, fees.expiry_date) == (date(2026, 5, 20), date(2030, 1, 1))
    assert statuses(await company.by_upload(ManifestEntry(title="Fees"), fees=text)) == {"fees.md": "indexed"}


class TestNewVersions:
    """What an upload stated once need not be stated again; only its dates do."""

    STATED = ManifestEntry(
        title="Margins",
        source_type="pricing",
        internal=True,
        effective_date=date(2026, 1, 1),
        expiry_date=date(2026, 3, 1),
    )

    async def test_a_new_version_stays_internal_and_says_what_it_kept(self, company: Company) -> None:
        await company.by_upload(self.STATED, notes="# Notes\n\nOur margin is 40%.")
        report = await company.by_upload(notes="# Other notes\n\nOur margin is 45%.")
        [notes] = await company.documents.documents("acme")
        assert (notes.title, notes.source_type, notes.internal) == ("Margins", "pricing", True)
        assert (notes.effective_date, notes.expiry_date) == (None, None)
        assert report.outcomes[0].message == (
            "Changed: replaces the version before. Kept from it, because nothing else was stated: internal (true), "
            "source_type (pricing), title (Margins). Not kept from it: effective_date 2026-01-01, expiry_date "
            "2026-03-01; state it again if it still holds."
        )
        await company.by_upload(notes="# Third notes\n\nOur margin is 50%.")
        [notes] = await company.documents.documents("acme")
        assert (notes.number, notes.title, notes.internal) == (3, "Margins", True)

    async def test_what_is_stated_anew_counts(self, company: Company) -> None:
        await company.by_upload(self.STATED, notes="# Notes\n\nOur margin is 40%.")
        anew = ManifestEntry(title="Public notes", source_type="legal", internal=False, expiry_date=date(2027, 1, 1))
        report = await company.by_upload(anew, notes="# Notes\n\nOur margin is secret.")
        [notes] = await company.documents.documents("acme")
        assert (notes.title, notes.source_type, notes.internal) == ("Public notes", "legal", False)
        assert "Kept" not in report.outcomes[0].message
        await company.by_upload(notes="---\nsource_type: security\n---\n\n# Notes\n\nNothing.")
        [notes] = await company.documents.documents("acme")
        assert (notes.title, notes.source_type, notes.internal) == ("Public notes", "security", False)

    async def test_a_title_that_was_read_from_the_file_follows_the_file(self, company: Company) -> None:
        await company.by_upload(plans="# Plans 2025\n\nThe Team plan costs $299.")
        report = await company.by_upload(plans="# Plans 2026\n\nThe Team plan costs $349.")
        [plans] = await company.documents.documents("acme")
        assert plans.title == "Plans 2026"
        assert report.outcomes[0].message == "Changed: replaces the version before."

    async def test_an_upload_over_an_internal_file_of_the_folder_is_internal(self, company: Company) -> None:
        company.folder.mkdir()
        (company.folder / "manifest.yaml").write_text("plans.md:\n  internal: true\n  source_type: legal\n")
        await company.by_folder(plans=OLD)
        await company.by_upload(plans=NEW)
        [plans] = await company.documents.documents("acme")
        assert (plans.internal, plans.source_type) == (True, "legal")

    async def test_what_a_failed_upload_staged_does_not_make_its_document_public(self, company: Company) -> None:
        await company.by_upload(notes="# Notes\n\nOne.")

        async def stopped(tenant: str, staged: Sequence[str], gone: Sequence[str]) -> None:
            raise RuntimeError(f"stopped before publishing {tenant}, {staged}, {gone}")

        failing = Ingestion(company.documents, WordVectors(), CONFIG, direct_parsers, review=stopped)
        (company.desk / "notes.md").write_text("# Notes\n\nTwo.", encoding="utf-8")
        with pytest.raises(RuntimeError, match="stopped"):
            await failing.ingest(company.desk, "acme", provenance=Provenance("upload"))
        await company.by_upload(ManifestEntry(internal=True), notes="# Notes\n\nOne.")
        await company.by_upload(notes="# Notes\n\nTwo.")
        [notes] = await company.documents.documents("acme")
        assert notes.internal
        assert "Two" in (await company.texts())["notes.md"]
