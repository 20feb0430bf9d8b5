"""Why a search left a passage out."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from app.followups.evidence import EvidenceStage
from app.followups.inspection import InspectionParts, SearchInspector
from app.followups.types import RetrievalOptions
from app.knowledge.types import Passage, Retrieval
from app.settings import ROOT, load_settings
from tests.followups.test_evidence import Library, passage


class Finds:
    """A search that finds the same for every query."""

    def __init__(self, *passages: Passage) -> None:
        self._passages = passages

    async def search(
        self, tenant: str, queries: Sequence[str], options: RetrievalOptions, include_internal: bool = False
    ) -> list[Retrieval]:
        del tenant, options, include_internal
        return [Retrieval(self._passages, 1) for _ in queries]

    async def version(self, tenant: str) -> int:
        del tenant
        return 1


async def test_copies_of_a_chosen_passage_are_told_from_what_came_too_late() -> None:
    chosen, late = passage("chosen"), passage("late")
    copy = replace(
        late, chunk=replace(late.chunk, id="copy", document_id="copy", text=chosen.chunk.text, title="chosen")
    )
    library = Library()
    parts = InspectionParts(
        evidence=EvidenceStage(library, library, library),
        searches=Finds(chosen),
        everything=Finds(chosen, copy, late),
        knowledge=Finds(),
        scoring=load_settings(config_dir=ROOT / "config").scoring,
        now=lambda: datetime(2026, 1, 1, tzinfo=UTC),
    )
    options = RetrievalOptions(top_k=1, threshold=0.5)
    found = await SearchInspector(parts).by_query("acme", "words", options, include_internal=False, rejected=True)
    assert {item.passage.chunk.id: item.reasons for item in found.queries[0].rejected} == {
        "copy": ("duplicate",),
        "late": ("crowded_out",),
    }
