"""`rag`, `finetuned` and `hybrid` on a real, tiny local model, from the task to the draft."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.config_files import LocalModels
from app.errors import AdapterUnavailable, ModelUnavailable
from app.followups.generators.base import GenerationInput
from app.followups.generators.finetuned import FinetunedGenerator
from app.followups.generators.hybrid import FusedPrompts, HybridGenerator
from app.followups.generators.model_prompt import decoding_rules, fitting_prompt
from app.followups.generators.rag import RagGenerator
from app.followups.generators.template import SafeTemplate
from app.followups.prompts.profiles import evidence_prompts, voice_prompts
from app.followups.types import GenerationOptions, Prompt, Violation
from app.language_models.adapter_slot import AdapterSlot
from app.language_models.base import Completion, DecodingRules
from app.language_models.local import LocalEngine
from app.language_models.local_models import LocalFusion, LocalModel
from app.language_models.numerals import allowed_numerals, find_numerals
from tests.followups.prompts.tasks import CASE, EVIDENCE, LEAD, PRICES, REJECTION, RULES, TASK

ASKED = replace(TASK, options=GenerationOptions(temperature=0, max_tokens=40), timeout_seconds=30)


class Speaker(LocalModel):
    """A random model ends no sentence: what it wrote counts as finished, or nothing would be left of it."""

    async def complete(
        self, prompt: Prompt, options: GenerationOptions, timeout_seconds: float, rules: DecodingRules | None = None
    ) -> Completion:
        return replace(await super().complete(prompt, options, timeout_seconds, rules), truncated=False)


class FusedSpeaker(LocalFusion):
    async def fuse(
        self,
        prompts: tuple[Prompt, Prompt],
        options: GenerationOptions,
        timeout_seconds: float,
        rules: DecodingRules | None = None,
    ) -> Completion:
        return replace(await super().fuse(prompts, options, timeout_seconds, rules), truncated=False)


class Generators:
    """All three on one engine."""

    def __init__(self, engine: LocalEngine, *, allow_fallback: bool = False) -> None:
        self.slot = AdapterSlot(engine)
        evidence, voice = evidence_prompts("compact", RULES), voice_prompts("compact", RULES)
        self.rag = RagGenerator(Speaker(engine), evidence, RULES)
        model = Speaker(engine, self.slot.current)
        self.finetuned = FinetunedGenerator(model, voice, self.slot, RULES, allow_fallback=allow_fallback)
        fused, prompts = FusedSpeaker(engine, self.slot.current), FusedPrompts(evidence, voice)
        self.hybrid = HybridGenerator(fused, prompts, self.slot, self.rag, RULES)


async def test_the_weight_leads_from_finetuned_to_rag(engine: LocalEngine, adapter: Path) -> None:
    made = Generators(engine)
    await made.slot.load(adapter)

    async def fused(weight: float) -> str:
        return (
            await made.hybrid.generate(replace(ASKED, options=replace(ASKED.options, fusion_weight_rag=weight)))
        ).text

    assert await fused(1.0) == (await made.rag.generate(ASKED)).text
    assert await fused(0.0) == (await made.finetuned.generate(ASKED)).text
    assert await fused(0.5) not in {await fused(1.0), await fused(0.0)}


async def test_drafts_say_what_wrote_them(engine: LocalEngine, adapter: Path) -> None:
    made = Generators(engine)
    await made.slot.load(adapter)
    loaded = made.slot.current()
    assert loaded is not None
    rag, finetuned, hybrid = [await g.generate(ASKED) for g in (made.rag, made.finetuned, made.hybrid)]
    assert (rag.generator, rag.adapter_digest, rag.fallback) == ("rag", None, None)
    assert (finetuned.generator, finetuned.adapter_digest) == ("finetuned", loaded.digest)
    assert (hybrid.generator, hybrid.adapter_digest, hybrid.fallback) == ("hybrid", loaded.digest, None)
    assert {draft.model_digest for draft in (rag, finetuned, hybrid)} == {engine.digest}


@pytest.mark.parametrize("temperature", [0.0, 1.0])
async def test_a_draft_that_failed_is_drawn_anew_and_the_new_one_can_be_repeated(
    engine: LocalEngine, temperature: float
) -> None:
    rag = Generators(engine).rag
    asked = replace(ASKED, options=replace(ASKED.options, temperature=temperature, seed=3))
    first = await rag.generate(asked)
    again = replace(asked, repair_of=first.text, violations=(Violation("word_limit", "It is too long."),))
    second = [(await rag.generate(again)).text for _ in range(2)]
    assert second[0] == second[1] != first.text


async def test_another_adapter_is_another_fingerprint(engine: LocalEngine, adapter: Path, second_adapter: Path) -> None:
    made = Generators(engine)
    seen = {made.hybrid.fingerprint}
    for folder in (adapter, second_adapter):
        await made.slot.load(folder)
        seen |= {made.hybrid.fingerprint, made.finetuned.fingerprint}
    assert len(seen) == 5


async def test_without_an_adapter_hybrid_is_rag_and_says_so_and_finetuned_refuses(
    engine: LocalEngine, tmp_path: Path
) -> None:
    made = Generators(engine)
    with pytest.raises(AdapterUnavailable):
        await made.slot.load(tmp_path / "lead_followup_lora")
    draft = await made.hybrid.generate(ASKED)
    assert (draft.generator, draft.fallback) == ("rag", "rag")
    assert draft.text == (await made.rag.generate(ASKED)).text
    assert not made.hybrid.available
    with pytest.raises(AdapterUnavailable, match="lead_followup_lora is not there"):
        await made.finetuned.generate(ASKED)
    with pytest.raises(ModelUnavailable):
        await Generators(engine, allow_fallback=True).finetuned.generate(ASKED)


async def test_an_answer_without_a_message_is_left_to_the_template(engine: LocalEngine, adapter: Path) -> None:
    slot = AdapterSlot(engine)
    await slot.load(adapter)
    source = voice_prompts("compact", RULES)
    finetuned = FinetunedGenerator(LocalModel(engine, slot.current), source, slot, RULES, allow_fallback=False)
    with pytest.raises(ModelUnavailable, match="no message"):
        await finetuned.generate(replace(ASKED, options=GenerationOptions(temperature=0, max_tokens=2)))


async def test_a_prompt_that_is_too_long_is_left_to_the_template(engine: LocalEngine, adapter: Path) -> None:
    made = Generators(engine)
    await made.slot.load(adapter)
    with pytest.raises(ModelUnavailable, match="too long"):
        await made.finetuned.generate(replace(ASKED, options=GenerationOptions(max_tokens=5000)))


async def test_hybrid_without_a_local_model_is_the_template_where_rag_is(base_model: Path) -> None:
    engine = LocalEngine(base_model, LocalModels(device="cpu"))
    slot = AdapterSlot(engine)
    prompts = FusedPrompts(evidence_prompts("instruct", RULES), voice_prompts("instruct", RULES))
    hybrid = HybridGenerator(LocalFusion(engine, slot.current), prompts, slot, SafeTemplate(RULES), RULES)
    assert (await hybrid.generate(ASKED)).fallback == "template"


async def test_a_refused_adapter_leaves_the_one_in_use(engine: LocalEngine, adapter: Path, tmp_path: Path) -> None:
    made = Generators(engine)
    await made.slot.load(adapter)
    before = (await made.finetuned.generate(ASKED)).text
    with pytest.raises(AdapterUnavailable):
        await made.slot.load(tmp_path)
    assert (await made.finetuned.generate(ASKED)).text == before


def fitting(task: GenerationInput, limit: int) -> tuple[GenerationInput, str]:
    source = evidence_prompts("instruct", RULES)
    shown, prompt = fitting_prompt(task, source, lambda p: sum(len(turn.content) for turn in p.turns) <= limit)
    return shown, "".join(turn.content for turn in prompt.turns)


def test_the_least_relevant_evidence_gives_way_and_the_lead_stays() -> None:
    whole, text = fitting(TASK, 10**6)
    assert whole == TASK
    without_case, shorter = fitting(TASK, len(text) - 1)
    assert without_case.evidence.knowledge == (PRICES,)
    cut, shortest = fitting(TASK, len(shorter) - 1)
    assert cut.evidence.knowledge[0].blocks == PRICES.blocks[:-1] or len(shortest) < len(shorter)
    nothing, bare = fitting(TASK, len(shortest) - 200)
    assert nothing.evidence.knowledge == ()
    assert "Harbour Lines" in text
    assert "Harbour Lines" not in shorter
    for prompt in (text, shorter, shortest, bare):
        assert "stopped responding" in prompt
        assert "# Constraints" in prompt
    with pytest.raises(ModelUnavailable, match="too long"):
        fitting(TASK, 100)


def test_numerals_come_from_evidence_record_and_configuration_alone() -> None:
    rules = decoding_rules(TASK, (("[EMAIL_1]", "x1@y.example"),), RULES)
    allowed = allowed_numerals(rules.sources, rules.numerals)
    assert {"49", "120", "15", "30", "_1"} <= allowed
    assert not set(find_numerals("200 1 81")) & (allowed - {"200"})
    assert {"Ledger Cloud", "Northwind Tools", "Team"} <= set(rules.names)
    assert {"quick question", "last chance"} <= set(rules.phrases)


def test_a_message_that_must_not_pitch_takes_nothing_from_the_documents() -> None:
    rules = decoding_rules(replace(REJECTION, evidence=EVIDENCE), (), RULES)
    assert not any(item.text in rules.sources for item in (PRICES, CASE))
    assert LEAD.product_name in rules.names
