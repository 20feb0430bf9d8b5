"""Uploads beside what a folder brings: neither undoes the other by accident."""

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


class Company:
    """A folder that scripts ingest, and a desk from which people upload."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.documents = DocumentRepository(database)
        self.ingestion = Ingestion(self.documents, WordVectors(), RetrievalConfig(), direct_parsers)
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
