"""The gate on the documents of a real company, where they are at hand."""

import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.followups.types import Evidence, EvidenceItem, LeadContext
from app.grounding.gate import GroundingGate
from app.language.sentences import split_sentences
from tests.grounding.company import CONFIG, TODAY, passage

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "kb" / "polar"
GATE = GroundingGate(CONFIG)
LEAD = LeadContext(tenant="default", lead_name="Ramesh", product_name="Polar", company_name="Polar")
PLANS = ("Starter", "Pro", "Growth", "Scale")

pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason=f"the real documents are not at {FOLDER}")


def passages() -> Iterator[EvidenceItem]:
    """Prose paragraphs of the folder, several to a passage, with markup taken out roughly."""
    for path in sorted(FOLDER.rglob("*.mdx")):
        text = re.sub(r"\A---\n.*?\n---\n|```.*?```|<[^>]+>|[*`]", "", path.read_text("utf-8"), flags=re.DOTALL)
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text).replace("\\$", "$")
        found = [" ".join(piece.split()) for piece in re.split(r"\n\s*\n", text)]
        prose = [piece for piece in found if re.match(r"[A-Z]", piece) and "|" not in piece and len(piece) < 700]
        for start in range(0, len(prose), 3):
            yield passage(f"{path.name}:{start}", [f". {piece}" for piece in prose[start : start + 3]])


@pytest.fixture(scope="module")
def cases() -> list[tuple[EvidenceItem, str]]:
    pairs = [
        (item, item.text[block.start : block.end][start:end])
        for item in passages()
        for block in item.blocks
        for start, end in split_sentences(item.text[block.start : block.end])
    ]
    pairs = [(item, text) for item, text in pairs if len(text.split()) >= 5]
    random.Random(5).shuffle(pairs)
    return pairs


def verified(item: EvidenceItem, text: str) -> bool:
    return GATE.check(text, LEAD, Evidence((item,), (), 1), TODAY).verified


def test_verbatim_sentences_pass(cases: list[tuple[EvidenceItem, str]]) -> None:
    assert len(cases) > 300
    assert [text for item, text in cases[:300] if not verified(item, text)] == []


def test_no_changed_digit_passes(cases: list[tuple[EvidenceItem, str]]) -> None:
    chosen = random.Random(6)
    passed = []
    for item, text in [case for case in cases if re.search(r"\d", case[1])][:300]:
        match = chosen.choice(list(re.finditer(r"\d", text)))
        digit = chosen.choice([char for char in "123456789" if char != match[0]])
        changed = text[: match.start()] + digit + text[match.end() :]
        if changed not in item.text and verified(item, changed):
            passed.append(changed)
    assert passed == []


def test_no_other_plan_passes(cases: list[tuple[EvidenceItem, str]]) -> None:
    passed, tried = [], 0
    for item, text in cases:
        for mine in PLANS:
            for other in PLANS:
                changed = re.sub(rf"\b{mine}\b", other, text, count=1)
                if changed != text and changed not in item.text:
                    tried += 1
                    passed += [changed] if verified(item, changed) else []
    assert tried > 50
    assert passed == []
