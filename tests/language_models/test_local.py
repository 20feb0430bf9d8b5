"""The local engine on a real, tiny model: prompts in, texts out."""

import asyncio
import shutil
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from app.config_files import LocalModels
from app.errors import ConfigurationError, ModelUnavailable
from app.followups.types import ChatTurn, GenerationOptions, Prompt
from app.language_models.adapter_slot import AdapterSlot
from app.language_models.adapters import Adapter, read_adapter
from app.language_models.base import Completion, DecodingRules
from app.language_models.jobs import Job, JobQueue, PromptRow
from app.language_models.kv_batch import KvBatch
from app.language_models.local import EngineState, LocalEngine
from app.language_models.local_models import LocalFusion, LocalModel
from app.language_models.model_files import content_digest
from app.language_models.numerals import allowed_numerals, find_numerals
from app.language_models.row_adapters import BASE
from app.language_models.weights import Weights

GREEDY = GenerationOptions(temperature=0, max_tokens=24)
SAMPLED = GenerationOptions(temperature=1.2, max_tokens=24, seed=7)
USERS = ["Hello", "The price is 299 and the rest of this prompt is a good deal longer than that", "q", "x " * 40]
# The tiny model answers it with hundreds of tokens.
LONG = "Write on"


def prompt(user: str, system: str = "You write.") -> Prompt:
    return Prompt((ChatTurn("system", system), ChatTurn("user", user)), "test@1")


def models(engine: LocalEngine, adapter: Adapter | None = None) -> tuple[LocalModel, LocalModel]:
    return LocalModel(engine), LocalModel(engine, lambda: adapter)


async def test_greedy_text_is_what_generate_writes(engine: LocalEngine, base_model: Path) -> None:
    tokenizer: Any = AutoTokenizer.from_pretrained(base_model)
    reference: Any = AutoModelForCausalLM.from_pretrained(base_model)
    turns = [{"role": "system", "content": "You write."}, {"role": "user", "content": USERS[1]}]
    ids = tokenizer.apply_chat_template(turns, add_generation_prompt=True, return_tensors="pt", return_dict=True)
    with torch.inference_mode():
        control = tokenizer.convert_tokens_to_ids("<|im_start|>")
        out = reference.generate(**ids, max_new_tokens=24, do_sample=False, bad_words_ids=[[control]])
    expected = tokenizer.decode(out[0, ids["input_ids"].shape[1] :], skip_special_tokens=True)
    written = await LocalModel(engine).complete(prompt(USERS[1]), GREEDY, 20)
    assert written.text == expected.strip()
    assert written.prompt_tokens == ids["input_ids"].shape[1]


@pytest.mark.parametrize("options", [GREEDY, SAMPLED])
async def test_a_text_does_not_depend_on_what_it_is_batched_with(
    engine: LocalEngine, adapter: Path, second_adapter: Path, options: GenerationOptions
) -> None:
    first, second = await engine.load_adapter(adapter), await engine.load_adapter(second_adapter)
    speakers = [LocalModel(engine), LocalModel(engine, lambda: first), LocalModel(engine, lambda: second)]
    pairs = [(model, prompt(user)) for model, user in zip(speakers, USERS, strict=False)]
    alone = [(await model.complete(asked, options, 20)).text for model, asked in pairs]
    together = await asyncio.gather(*(model.complete(asked, options, 20) for model, asked in pairs))
    assert [answer.text for answer in together] == alone
    assert len(set(alone)) == len(alone)


async def test_texts_join_and_leave_a_batch_in_progress(engine: LocalEngine) -> None:
    model = LocalModel(engine)
    long, short = replace(GREEDY, max_tokens=200), replace(GREEDY, max_tokens=5)
    alone = [
        (await model.complete(prompt(USERS[0]), long, 20)).text,
        (await model.complete(prompt("q"), short, 20)).text,
    ]
    running = asyncio.create_task(model.complete(prompt(USERS[0]), long, 20))
    joined = [(await model.complete(prompt("q"), short, 20)).text for _ in range(3)]
    assert [(await running).text, *joined] == [alone[0], *[alone[1]] * 3]


async def test_a_seed_decides_a_sampled_text(engine: LocalEngine) -> None:
    model = LocalModel(engine)
    texts = [
        (await model.complete(prompt("Hello"), replace(SAMPLED, seed=seed), 20)).text for seed in (7, 7, 8, None, None)
    ]
    assert texts[0] == texts[1] != texts[2]
    assert texts[3] == texts[4]


async def test_each_row_uses_its_own_adapter(engine: LocalEngine, adapter: Path) -> None:
    base, voice = models(engine, await engine.load_adapter(adapter))
    texts = [(await model.complete(prompt("Hello"), GREEDY, 20)).text for model in (base, voice)]
    assert texts[0] != texts[1]
    assert base.adapter_digest is None
    assert voice.adapter_digest is not None
    assert base.digest == voice.digest


async def test_an_adapter_is_loaded_while_texts_are_written(engine: LocalEngine, adapter: Path) -> None:
    model = LocalModel(engine)
    options = replace(GREEDY, max_tokens=150)
    alone = (await model.complete(prompt("Hello"), options, 20)).text
    running = asyncio.create_task(model.complete(prompt("Hello"), options, 20))
    await asyncio.sleep(0.02)
    await engine.load_adapter(adapter)
    assert (await running).text == alone


@pytest.mark.parametrize(("weight", "same_as"), [(1.0, "rag"), (0.0, "finetuned")])
@pytest.mark.parametrize("mixing", ["linear", "log_linear"])
async def test_fusion_at_its_ends_is_the_one_or_the_other(
    base_model: Path, adapter: Path, weight: float, same_as: str, mixing: str
) -> None:
    engine = LocalEngine(base_model, LocalModels.model_validate({"device": "cpu", "fusion": mixing}))
    engine.start()
    await engine.ready()
    loaded = await engine.load_adapter(adapter)
    base, voice = models(engine, loaded)
    pair = prompt("Evidence: the plan costs $299. Lead: Hello"), prompt("Lead: Hello")
    rules = DecodingRules(sources=("costs $299",))
    fused = await LocalFusion(engine, lambda: loaded).fuse(pair, replace(GREEDY, fusion_weight_rag=weight), 20, rules)
    model, asked = (base, pair[0]) if same_as == "rag" else (voice, pair[1])
    assert fused.text == (await model.complete(asked, GREEDY, 20, rules)).text
    await engine.close()


async def test_several_fused_texts_share_a_batch(engine: LocalEngine, adapter: Path) -> None:
    loaded = await engine.load_adapter(adapter)
    fusion = LocalFusion(engine, lambda: loaded)
    pairs = [(prompt(f"Evidence. {user}"), prompt(user)) for user in USERS[:3]]
    options = replace(SAMPLED, fusion_weight_rag=0.5)
    alone = [(await fusion.fuse(pair, options, 20)).text for pair in pairs]
    together = await asyncio.gather(*(fusion.fuse(pair, options, 20) for pair in pairs))
    assert [answer.text for answer in together] == alone
    base, voice = models(engine, loaded)
    ends = {(await base.complete(pairs[0][0], options, 20)).text, (await voice.complete(pairs[0][1], options, 20)).text}
    assert alone[0] not in ends


async def test_a_random_model_cannot_invent_a_numeral(engine: LocalEngine) -> None:
    model = LocalModel(engine)
    options = GenerationOptions(temperature=2.0, max_tokens=60)
    rules = DecodingRules(sources=("It costs $299 for 2-3 weeks",), numerals=("15",))
    asked = [(prompt("Hello"), replace(options, seed=seed)) for seed in range(4)]
    free = [await model.complete(p, o, 20) for p, o in asked]
    bound = [await model.complete(p, o, 20, rules) for p, o in asked]
    allowed = allowed_numerals(rules.sources, rules.numerals)
    assert not {n for answer in free for n in find_numerals(answer.text)} <= allowed, "it would invent some"
    assert {n for answer in bound for n in find_numerals(answer.text)} <= allowed


async def test_the_end_token_ends_a_text_and_a_limit_truncates_it(engine: LocalEngine) -> None:
    model = LocalModel(engine)
    answers = [await model.complete(prompt("Hi"), replace(SAMPLED, max_tokens=400, seed=s), 30) for s in range(4)]
    assert any(not a.truncated and (a.completion_tokens or 0) < 400 for a in answers)
    cut = await model.complete(prompt(USERS[1]), replace(GREEDY, max_tokens=3), 20)
    assert cut.truncated
    assert cut.completion_tokens == 3


async def reason_of(call: asyncio.Future[Completion]) -> object:
    with pytest.raises(ModelUnavailable) as caught:
        await call
    return caught.value.details[0]["reason"]


async def test_a_cancelled_text_frees_its_place(engine: LocalEngine) -> None:
    model = LocalModel(engine)
    endless = replace(GREEDY, max_tokens=3000)
    for _ in range(3):  # more rows in all than the batch has
        running = [asyncio.create_task(model.complete(prompt(f"{n}"), endless, 60)) for n in range(4)]
        await asyncio.sleep(0.05)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    answer = await asyncio.wait_for(model.complete(prompt("Hello"), GREEDY, 10), 10)
    assert answer.text


async def test_no_time_left_is_said_and_stops_the_text(engine: LocalEngine) -> None:
    late = LocalModel(engine).complete(prompt(LONG), replace(GREEDY, max_tokens=3000), 0.05)
    assert await reason_of(asyncio.ensure_future(late)) == "timeout"
    assert (await LocalModel(engine).complete(prompt("Hello"), GREEDY, 10)).text


async def test_a_full_queue_is_said_at_once(engine: LocalEngine) -> None:
    model = LocalModel(engine)
    endless = replace(GREEDY, max_tokens=3000)
    calls = [asyncio.create_task(model.complete(prompt(f"{n}"), endless, 60)) for n in range(40)]
    done, _ = await asyncio.wait(calls, return_when=asyncio.FIRST_EXCEPTION, timeout=10)
    assert await reason_of(next(iter(done))) == "queue_full"
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)


async def test_a_prompt_without_room_is_refused_with_the_figures(engine: LocalEngine) -> None:
    asked = prompt("word " * 5000)
    assert not LocalModel(engine).fits(asked, GREEDY)
    assert LocalModel(engine).fits(prompt("Hello"), GREEDY)
    assert await reason_of(asyncio.ensure_future(LocalModel(engine).complete(asked, GREEDY, 10))) == "prompt_too_long"


async def test_a_rule_that_fails_costs_its_own_text_only(engine: LocalEngine) -> None:
    rules = DecodingRules(sources=(299,))  # type: ignore[arg-type]  # stands for a mistake in a rule
    model = LocalModel(engine)
    alone = (await model.complete(prompt("Hello"), GREEDY, 10)).text
    beside = asyncio.create_task(model.complete(prompt("Hello"), GREEDY, 10))
    assert await reason_of(asyncio.ensure_future(model.complete(prompt("q"), GREEDY, 10, rules))) == "server_error"
    assert (await beside).text == alone
    assert (await model.complete(prompt("Hello"), GREEDY, 10)).text == alone


async def test_a_history_full_of_figures_is_answered(engine: LocalEngine) -> None:
    source = " ".join(str(10 + number % 90) for number in range(400))
    assert (await LocalModel(engine).complete(prompt("Hello"), GREEDY, 20, DecodingRules((source,)))).text


async def test_a_batch_that_breaks_fails_its_texts_and_the_next_is_answered(
    engine: LocalEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = LocalModel(engine)
    with monkeypatch.context() as broken:
        broken.setattr(KvBatch, "keep", lambda *_: 1 // 0)
        assert await reason_of(asyncio.ensure_future(model.complete(prompt("Hello"), GREEDY, 10))) == "server_error"
    assert (await model.complete(prompt("Hello"), GREEDY, 10)).text


async def test_a_thread_that_ends_is_told_to_everybody(base_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Ended(BaseException):
        pass

    def end(*_: object) -> None:
        raise Ended

    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    engine = LocalEngine(base_model, LocalModels(device="cpu"))
    engine.start()
    await engine.ready()
    monkeypatch.setattr(KvBatch, "step", end)
    call = LocalModel(engine).complete(prompt("Hello"), GREEDY, 20)
    assert await reason_of(asyncio.ensure_future(call)) == "closed"
    again = LocalModel(engine).complete(prompt("Hello"), GREEDY, 20)
    assert await reason_of(asyncio.ensure_future(again)) == "failed"
    assert engine.state is EngineState.FAILED
    await engine.close()


async def test_an_adapter_that_nobody_waits_for_any_more_harms_nothing(engine: LocalEngine, adapter: Path) -> None:
    load = asyncio.create_task(engine.load_adapter(adapter))
    await asyncio.sleep(0)
    load.cancel()
    await asyncio.gather(load, return_exceptions=True)
    assert (await LocalModel(engine).complete(prompt("Hello"), GREEDY, 10)).text


async def test_scores_that_are_no_numbers_fail_their_own_text_only(
    engine: LocalEngine, adapter: Path, tmp_path: Path
) -> None:
    huge = shutil.copytree(adapter, tmp_path / "huge") / "adapter_model.safetensors"
    save_file({name: torch.full_like(tensor, 1e38) for name, tensor in load_file(huge).items()}, huge)
    base, voice = models(engine, await engine.load_adapter(huge.parent))
    alone = (await base.complete(prompt("Hello"), GREEDY, 10)).text
    beside = asyncio.create_task(base.complete(prompt("Hello"), GREEDY, 10))
    assert await reason_of(asyncio.ensure_future(voice.complete(prompt("q"), GREEDY, 10))) == "server_error"
    assert (await beside).text == alone


async def test_an_answer_names_the_adapter_it_was_written_with(
    engine: LocalEngine, adapter: Path, second_adapter: Path
) -> None:
    slot = AdapterSlot(engine)
    await slot.load(adapter)
    first = slot.current()
    assert first is not None
    asked = LocalModel(engine, slot.current).complete(prompt("Hello"), GREEDY, 20)
    fused = LocalFusion(engine, slot.current).fuse((prompt("Hello"), prompt("q")), GREEDY, 20)
    running = [asyncio.create_task(asked), asyncio.create_task(fused)]
    await asyncio.sleep(0)
    await slot.load(second_adapter)
    assert {(await call).adapter_digest for call in running} == {first.digest}


def test_texts_that_nobody_waits_for_take_no_place_in_the_queue() -> None:
    queue = JobQueue(limit=1)
    left, right = (Job((PromptRow((1,), BASE),), 0.0, 1, 0) for _ in range(2))
    queue.put(left)
    left.done.cancel()
    queue.put(right)
    assert len(queue) == 1


async def test_closing_answers_everybody_who_waits(base_model: Path) -> None:
    engine = LocalEngine(base_model, LocalModels(device="cpu"))
    engine.start()
    await engine.ready()
    call = asyncio.create_task(LocalModel(engine).complete(prompt(LONG), replace(GREEDY, max_tokens=3000), 60))
    await asyncio.sleep(0.02)
    await engine.close()
    assert await reason_of(call) == "closed"
    again = LocalModel(engine).complete(prompt("Hello"), GREEDY, 10)
    assert await reason_of(asyncio.ensure_future(again)) == "closed"


async def test_a_model_that_cannot_be_loaded_fails_and_says_so(base_model: Path, tmp_path: Path) -> None:
    for path in base_model.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:2000])
    engine = LocalEngine(tmp_path, LocalModels(device="cpu"))
    engine.start()
    assert await engine.ready() is EngineState.FAILED
    call = LocalModel(engine).complete(prompt("Hello"), GREEDY, 10)
    assert await reason_of(asyncio.ensure_future(call)) == "failed"
    await engine.close()


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("pytorch_model.bin", "x", "pytorch_model.bin"),
        ("modeling_evil.py", "x", "modeling_evil.py"),
        ("config.json", '{"auto_map": {"AutoModel": "evil.Model"}}', "auto_map"),
        ("config.json", "{", "config.json"),
        ("config.json", "[" * 100_000, "config.json"),
        ("adapter_config.json", "{}", "adapter_config.json"),
        ("model.safetensors.index.json", '{"weight_map": {"a": "../b.safetensors"}}', "outside"),
        ("model.safetensors", None, "safetensors"),
        ("tokenizer.json", None, "tokenizer"),
    ],
)
def test_unsafe_or_incomplete_models_are_refused_before_loading(
    base_model: Path, tmp_path: Path, name: str, content: str | None, problem: str
) -> None:
    for path in base_model.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=problem):
        LocalEngine(tmp_path, LocalModels(device="cpu")).start()


def test_a_device_that_is_not_there_is_named(base_model: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")
    with pytest.raises(ConfigurationError, match="local.device: cuda"):
        Weights.load(base_model, LocalModels(device="cuda"))


def test_rows_are_adapted_as_peft_adapts_them(base_model: Path, adapter: Path, second_adapter: Path) -> None:
    """One forward of a mixed batch against PEFT's own `adapter_names`."""
    weights = Weights.load(base_model, LocalModels(device="cpu"))
    names = [BASE]
    for folder in (adapter, second_adapter):
        read = read_adapter(folder, content_digest(base_model), weights.linear_shapes())
        weights.add_adapter(read.key, read.config, read.tensors)
        names.append(read.key)
    rows = [names[1], names[0], names[2], names[1]]
    prompts = torch.randint(0, 300, (4, 12), generator=torch.Generator().manual_seed(0))
    reference: Any = AutoModelForCausalLM.from_pretrained(base_model)
    peft: Any = PeftModel.from_pretrained(reference, str(adapter), adapter_name=names[1])
    peft.load_adapter(str(second_adapter), adapter_name=names[2])
    with torch.inference_mode():
        expected = peft.eval()(input_ids=prompts, adapter_names=rows).logits[:, -1]
    assert torch.allclose(KvBatch(weights).admit(prompts.tolist(), rows), expected, atol=1e-4)
