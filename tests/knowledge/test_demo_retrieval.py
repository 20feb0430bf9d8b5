"""Search quality over the demo company, with the real model and the configured weights."""

from pathlib import Path

import pytest

from app.followups.types import RetrievalOptions
from app.knowledge.calibration import read_judgements
from app.knowledge.workbench import Workbench, open_workbench
from app.settings import load_settings
from app.storage.migrate import upgrade

ROOT = Path(__file__).resolve().parents[2]
OFF_TOPIC = (
    "weather in Paris",
    "garden furniture delivery",
    "vegan lasagne recipe",
    "AI Billing Software vegan lasagne recipe",
    "who won the football match last night",
)


async def names(bench: Workbench, query: str, threshold: float = 0.7) -> list[str]:
    [found] = await bench.retriever.search("default", [query], RetrievalOptions(threshold=threshold))
    return [Path(passage.chunk.source).name for passage in found.passages]


async def found_shares(bench: Workbench) -> tuple[float, float]:
    """Shares of answerable searches with a right document, and of unanswerable ones with any, at 0.7."""
    hits: dict[bool, list[bool]] = {True: [], False: []}
    for judgement in read_judgements(ROOT / "data" / "relevance_judgements.jsonl"):
        found = set(await names(bench, judgement.query))
        hits[bool(judgement.relevant)].append(bool(found & judgement.relevant if judgement.relevant else found))
    return sum(hits[True]) / len(hits[True]), sum(hits[False]) / len(hits[False])


@pytest.mark.slow
async def test_finds_what_is_asked_for_and_nothing_off_topic(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/demo.db"
    upgrade(url)
    async with open_workbench(load_settings(database_url=url, chroma_persist_dir=str(tmp_path / "index"))) as bench:
        report = await bench.ingestion.ingest(ROOT / "knowledge_base", "default")
        assert report.having("refused") == ()
        await bench.sync.apply_pending()
        prices = await names(bench, "AI Billing Software pricing plans and cost")
        assert "pricing_2024.pdf" in prices
        assert "pricing_2023.pdf" not in await names(bench, "AI Billing Software pricing plans and cost", 0.0)
        cases = await names(bench, "customer results case study manufacturing")
        assert {"case_study_manufacturing.pdf", "case_study_anderson_manufacturing.pdf"} <= set(cases)
        for query in OFF_TOPIC:
            assert await names(bench, query, 0.5) == []
        found, false_alarms = await found_shares(bench)
        assert found >= 0.8
        assert false_alarms <= 0.05
