"""A real set of documents whose manual lies there in six versions."""

from pathlib import Path

import pytest

from app.followups.types import RetrievalOptions
from app.knowledge.workbench import open_workbench
from app.settings import load_settings
from app.storage.migrate import upgrade

MANUALS = Path(__file__).resolve().parents[3] / "shared" / "data" / "kb" / "gitpod" / "docs" / "self-hosted"
pytestmark = pytest.mark.skipif(not MANUALS.is_dir(), reason="the shared development data is not here")
QUESTIONS = (
    "How do we install it on Google Cloud Platform in our own account?",
    "Which nodes does the self-hosted cluster need?",
    "How do we upgrade a self-hosted installation?",
    "Can we configure the ingress and our own domain?",
    "What size should the workspace node pool have?",
)


async def test_only_the_newest_manual_answers(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/manuals.db"
    upgrade(url)
    settings = load_settings(database_url=url, chroma_persist_dir=str(tmp_path / "index"))
    async with open_workbench(settings) as bench:
        await bench.ingestion.ingest(MANUALS, "acme")
        await bench.sync.apply_pending()
        everything = RetrievalOptions(top_k=10, threshold=0.0)
        for retrieval in await bench.retriever.search("acme", QUESTIONS, everything):
            sources = {passage.chunk.source for passage in retrieval.passages}
            assert sources
            assert {source.split("/")[0] for source in sources} == {"latest"}
        [named] = await bench.retriever.search("acme", ["Installing version 0.4.0 on Google Cloud"], everything)
        assert {passage.chunk.source.split("/")[0] for passage in named.passages} == {"0.4.0", "latest"}
