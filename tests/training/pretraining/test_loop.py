import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerFast

from app.errors import ConfigurationError
from app.training.pretraining.batches import collate, encode, pool_batches
from app.training.pretraining.checkpoints import checkpoints, load_weights
from app.training.pretraining.loop import LOG, Pretraining, Step
from app.training.pretraining.model import loss_of
from app.training.pretraining.plan import PretrainingPlan
from app.training.pretraining.run import Beginning, finish, load_newest, open_run
from tests.training.pretraining import tiny


def run(folder: Path, tokenizer: PreTrainedTokenizerFast, until: int | None = None, **plan: object) -> list[Step]:
    steps: list[Step] = []
    made: PretrainingPlan = replace(tiny.PLAN, **plan)  # type: ignore[arg-type]
    Pretraining(made, tiny.corpus(), tokenizer, folder).run(steps.append, until=until)
    return steps


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, tokenizer: PreTrainedTokenizerFast) -> tuple[Path, list[Step]]:
    folder = tmp_path_factory.mktemp("whole")
    return folder, run(folder, tokenizer)


def test_it_learns(whole: tuple[Path, list[Step]]) -> None:
    _, steps = whole
    assert steps[-1].loss < steps[0].loss - 0.3
    assert steps[-1].progress.tokens >= tiny.PLAN.tokens


@pytest.mark.parametrize("until", [1, 9_000])
def test_a_run_that_was_stopped_goes_on_as_if_it_had_not_been(
    whole: tuple[Path, list[Step]], tokenizer: PreTrainedTokenizerFast, tmp_path: Path, until: int
) -> None:
    first = run(tmp_path, tokenizer, until)
    rest = run(tmp_path, tokenizer)
    _, steps = whole
    assert len(first) < len(steps)
    assert [step.loss for step in first + rest] == pytest.approx([step.loss for step in steps], rel=1e-6)
    told = [json.loads(line)["loss"] for line in (tmp_path / LOG).read_text(encoding="utf-8").splitlines()]
    assert len(told) == len(steps)


def test_steps_that_were_lost_are_not_told_twice(tokenizer: PreTrainedTokenizerFast, tmp_path: Path) -> None:
    run(tmp_path, tokenizer, 1)
    with (tmp_path / LOG).open("a", encoding="utf-8") as file:
        file.write(json.dumps({"step": 2, "loss": 9.9}) + "\n")
    run(tmp_path, tokenizer, 4_500)
    steps = [json.loads(line)["step"] for line in (tmp_path / LOG).read_text(encoding="utf-8").splitlines()]
    assert steps == sorted(set(steps))


def test_adamw_alone_learns_too(tokenizer: PreTrainedTokenizerFast, tmp_path: Path) -> None:
    steps = run(tmp_path, tokenizer, 6_000, optimizer="adamw")
    assert steps[-1].loss < steps[0].loss


def test_a_checkpoint_half_written_is_none(
    whole: tuple[Path, list[Step]], tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    run(tmp_path, tokenizer, 1)
    (tmp_path / ".writing-0000009").mkdir()
    (tmp_path / "checkpoint-0000009").mkdir()
    assert len(checkpoints(tmp_path)) == 1
    assert run(tmp_path, tokenizer, 4_500)[0].progress.step == 2


def test_a_fresh_run_starts_from_weights_alone(
    whole: tuple[Path, list[Step]], tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    folder, steps = whole
    kept = load_weights(checkpoints(folder)[-1])
    again = Pretraining(tiny.PLAN, tiny.corpus(), tokenizer, tmp_path, kept, start=500)
    found: list[Step] = []
    again.run(found.append, until=1)
    assert found[0].progress.step == 1
    assert found[0].loss < steps[2].loss


def test_padding_changes_no_loss(tokenizer: PreTrainedTokenizerFast, whole: tuple[Path, list[Step]]) -> None:
    folder, _ = whole
    model = Pretraining(tiny.PLAN, tiny.corpus(), tokenizer, folder).model.train(False)
    rows = encode(tokenizer, [tiny.corpus().example(n) for n in range(6)])
    with torch.inference_mode():
        apart = sum(loss_of(model, collate([row], tokenizer.pad_token_id), "fp32").item() for row in rows)
        together = loss_of(model, collate(rows, tokenizer.pad_token_id), "fp32").item()
    assert together == pytest.approx(apart, rel=1e-4)


def test_the_loss_counts_the_message_and_its_end_only(tokenizer: PreTrainedTokenizerFast) -> None:
    example = tiny.corpus().example(5)
    batch = collate(encode(tokenizer, [example]), tokenizer.pad_token_id)
    assert tokenizer.decode(batch.targets.tolist()) == example.target + "<|end|>"


def test_batches_hold_every_example_once_with_little_padding(tokenizer: PreTrainedTokenizerFast) -> None:
    plan = replace(tiny.PLAN, pool=256)
    batches = pool_batches(tiny.corpus(), tokenizer, plan, 2)
    rows = sum(batch.inputs.shape[0] for batch in batches)
    left_out = sum(
        len(row.ids) > plan.longest for row in encode(tokenizer, [tiny.corpus().example(512 + n) for n in range(256)])
    )
    assert rows == plan.pool - left_out
    padding = sum((batch.inputs == tokenizer.pad_token_id).sum().item() for batch in batches)
    assert padding < 0.1 * sum(batch.tokens for batch in batches)


def test_the_finished_model_is_a_standard_folder(tokenizer: PreTrainedTokenizerFast, tmp_path: Path) -> None:
    plan = replace(tiny.PLAN, tokens=1)
    made = open_run(tmp_path, plan, tiny.RULES, None, lambda _: None)
    made.run(lambda _: None)
    folder = finish(made)
    model = AutoModelForCausalLM.from_pretrained(folder)
    loaded = AutoTokenizer.from_pretrained(folder)
    ids = loaded("<|plan|> answer<|message|>", return_tensors="pt")["input_ids"]
    assert model(ids).logits.shape == (1, ids.shape[1], plan.shape.vocabulary)
    again = open_run(tmp_path / "again", plan, tiny.RULES, None, pytest.fail, Beginning(folder))
    again.run(lambda _: None)
    kept, _, progress = load_newest(tmp_path / "again")
    assert progress.step == 1
    assert kept.config.vocab_size == plan.shape.vocabulary
    assert (tmp_path / "loss_curve.png").stat().st_size > 5_000
    assert {path.suffix for path in folder.iterdir()} <= {".json", ".safetensors", ".jinja"}


def test_another_plan_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(json.dumps(tiny.PLAN.as_dict()), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="another plan"):
        open_run(tmp_path, replace(tiny.PLAN, seed=4), tiny.RULES, None, lambda _: None)


@pytest.mark.parametrize(("field", "value"), [("tokens", 0), ("optimizer", "sgd"), ("precision", "int8")])
def test_a_plan_that_cannot_be_is_refused(field: str, value: object) -> None:
    with pytest.raises(ConfigurationError, match=field):
        replace(tiny.PLAN, **{field: value})  # type: ignore[arg-type]


def test_an_unknown_key_of_a_plan_is_named() -> None:
    with pytest.raises(ConfigurationError, match="colour"):
        PretrainingPlan.from_dict({"colour": "red"})


def test_the_rate_warms_up_and_falls() -> None:
    plan = PretrainingPlan()
    rates = [plan.rate(tokens) for tokens in (0, plan.warmup_tokens, plan.tokens // 2, plan.tokens)]
    assert rates[0] < rates[1] == plan.learning_rate
    assert rates[1] > rates[2] > rates[3] == pytest.approx(plan.learning_rate * plan.final_rate)
