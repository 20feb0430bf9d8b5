"""A real company's fee page at six dates: only the fee of the day is found and stated."""

import asyncio
import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from app.container import Container
from app.embeddings.sentence_transformer import SentenceTransformerEmbedder
from app.followups.evidence import EvidenceStage
from app.followups.types import Evidence, LeadContext, Need, NeedRole, RetrievalOptions
from app.grounding.gate import GroundingGate
from app.grounding.types import Verdict
from app.settings import Settings
from app.storage.migrate import upgrade
from tests.e2e.conftest import ingest
from tests.e2e.server import running, settings_for
from tests.followups.leads import strategy

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "kb" / "polar_price_history"
SNAPSHOTS = sorted(FOLDER.glob("*_fees.mdx"))
CHANGED = date(2026, 5, 20)
OLD, NEW = "4% + 40¢", "5% + 50¢"
OLD_FEE = ("All transactions on Polar come with a small fee of 4% + 40¢.", "The transaction fee is 4% + 40¢.")
NEW_FEE = "The Starter plan has a transaction fee of 5% + 50¢."

pytestmark = [
    pytest.mark.skipif(not SNAPSHOTS, reason=f"the real documents are not at {FOLDER}"),
    pytest.mark.skipif(datetime.now(UTC).date() < date(2026, 7, 22), reason="the newest snapshot is not valid yet"),
]
LEAD = {
    "lead_name": "Ana",
    "product_name": "Polar",
    "company_name": "Polar",
    "interaction_history": "Asked what the transaction fee is",
}
RAG = "/rag/api/v1/rag/generate-followup"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = settings_for(tmp_path, f"sqlite:///{tmp_path / 'followup.db'}")
    upgrade(settings.database_url)
    return settings


def since(snapshot: Path) -> date:
    return date.fromisoformat(snapshot.name[:10])


def place(snapshot: Path, folder: Path, *, dated: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(snapshot, folder / (snapshot.name if dated else "fees.mdx"))


async def evidence_of(settings: Settings) -> Evidence:
    """What the service would rely on for the question."""
    container = Container(settings)
    await container.open()
    try:
        stage = EvidenceStage(container.searches, container.catalog, container.conflicts)
        wanted = strategy(needs=(Need(NeedRole.ANSWER, "what the transaction fee is"),))
        lead = LeadContext(tenant="default", lead_name="Ana", product_name="Polar", company_name="Polar")
        return await stage.gather(lead, wanted, RetrievalOptions(top_k=10, threshold=0.3), (), 0)
    finally:
        await container.close()


def verdict(settings: Settings, evidence: Evidence, text: str) -> Verdict:
    lead = LeadContext(tenant="default", lead_name="Ana", product_name="Polar", company_name="Polar")
    report = GroundingGate(settings.validation).check(text, lead, evidence, datetime.now(UTC).date())
    return report.claims[0].verdict


@pytest.mark.parametrize("dated", [False, True], ids=["one name", "dated names"])
def test_only_the_current_fee_is_found_and_stated(
    settings: Settings, embedder: SentenceTransformerEmbedder, tmp_path: Path, dated: bool
) -> None:
    for snapshot in SNAPSHOTS:
        place(snapshot, tmp_path / "kb", dated=dated)
        ingest(settings, tmp_path / "kb", embedder)
        changed = since(snapshot) >= CHANGED
        with running(settings) as url, httpx2.Client(base_url=url, timeout=60) as client:
            body: dict[str, Any] = client.post(RAG, json={"lead_context": LEAD}).json()
            conflicts = client.get("/api/v1/knowledge/conflicts").json()["conflicts"]
        right, wrong = (NEW, OLD) if changed else (OLD, NEW)
        assert right in body["message"]
        assert wrong not in body["message"]

        evidence = asyncio.run(evidence_of(settings))
        sources = {item.source for item in evidence.knowledge}
        assert sources == {snapshot.name if dated else "fees.mdx"}
        for told in OLD_FEE:
            assert (verdict(settings, evidence, told) is Verdict.SUPPORTED) is not changed
        assert (verdict(settings, evidence, NEW_FEE) is Verdict.SUPPORTED) is changed

        # Under one name the old page is gone; under dated names it is still there, and contradicts the new one.
        assert bool(conflicts) is (dated and changed)
        for conflict in conflicts:
            assert conflict["status"] == "resolved"
            standings = {side["source"]: side["standing"] for side in conflict["sides"]}
            assert standings == {
                path.name: "current" if path == snapshot else "superseded"
                for path in SNAPSHOTS
                if since(path) <= since(snapshot)
            }
