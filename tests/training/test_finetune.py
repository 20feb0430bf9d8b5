"""Training on a tiny random model: what is learned, what is written, and what happens when something goes wrong."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

from app.errors import ConfigurationError, Conflict, InvalidInput, TrainingFailed
from app.followups.types import ChatTurn, Prompt
from app.language_models.model_files import content_digest
from app.language_models.prompt_encoding import PromptEncoder
from app.training.batches import rows_per_device, with_fitting_rows
from app.training.card import AdapterCard, read_card
from app.training.encoding import IGNORED, as_features, collate, encode
from app.training.finetune import TrainingRun, finetune
from app.training.hyperparameters import Hyperparameters
from app.training.prompting import Exchange
from tests.training.conftest import OPTIONS

END = "<|im_end|>"


class Killed(BaseException):
    """Stands for the end of the process."""


class TestOutcome:
    def test_the_loss_falls_on_leads_that_were_not_trained_on(self, card: AdapterCard) -> None:
        assert card.scores["validation_perplexity"] < 0.8 * card.scores["base_validation_perplexity"]

    @pytest.mark.usefixtures("card")
    def test_the_adapter_is_what_loads_into_the_base(self, run: TrainingRun) -> None:
        base = AutoModelForCausalLM.from_pretrained(run.base)
        model = PeftModel.from_pretrained(base, str(run.output))
        assert model.peft_config["default"].base_model_name_or_path == "tiny-base"
        weights = load_file(run.output / "adapter_model.safetensors")
        assert all(torch.isfinite(tensor).all() for tensor in weights.values())
        assert any(tensor.abs().max() > 0 for name, tensor in weights.items() if "lora_B" in name)

    def test_the_card_tells_what_it_was_made_from(self, run: TrainingRun, card: AdapterCard) -> None:
        assert read_card(run.output) == card
        assert card.adapter_digest == content_digest(run.output)
        assert card.base_digest == content_digest(run.base)
        assert card.data.examples + card.data.validation_examples == len(run.examples)
        assert card.hyperparameters["learning_rate"] == 2e-2
        assert str(run.base.parent) not in json.dumps(card.model_dump())

    @pytest.mark.usefixtures("card")
    def test_only_the_adapter_the_card_and_the_picture_stay(self, run: TrainingRun) -> None:
        assert sorted(path.name for path in run.output.iterdir()) == [
            "adapter_config.json", "adapter_model.safetensors", "card.json", "loss_curve.png",
        ]  # fmt: skip
        assert (run.output / "loss_curve.png").read_bytes().startswith(b"\x89PNG")


class TestInterruption:
    def test_a_killed_run_goes_on_and_ends_with_the_same_weights(
        self, run: TrainingRun, card: AdapterCard, tmp_path: Path
    ) -> None:
        again = replace(run, output=tmp_path / "demo-voice")
        steps: list[int] = []

        def kill(done: int, total: int, name: str) -> None:
            steps.append(done)
            if done == total - 2:
                raise Killed

        with pytest.raises(Killed):
            finetune(again, kill)
        # A checkpoint that was cut off by the kill has no state and is passed over.
        (again.output / "checkpoints" / "checkpoint-999").mkdir()
        resumed: list[int] = []
        result = finetune(again, lambda done, *_: resumed.append(done))
        assert resumed[0] > 1
        assert result.adapter_digest == card.adapter_digest

    def test_a_killed_run_stops_as_early_as_a_whole_one(self, run: TrainingRun, tmp_path: Path) -> None:
        steps: list[tuple[int, int]] = []
        # A rate so high that the loss soon jumps about.
        fast = {"epochs": 6, "evaluations_per_epoch": 5, "learning_rate": 0.15, "warmup": 0.0, "patience": 2}
        options = replace(OPTIONS, dropout=0.0, **fast)  # type: ignore[arg-type]
        whole = replace(run, output=tmp_path / "whole", options=options)
        expected = finetune(whole, lambda done, total, _: steps.append((done, total)))
        last, total = steps[-1]
        assert last < total

        def kill(done: int, _total: int, _name: str) -> None:
            if done == last - 1:
                raise Killed

        again = replace(whole, output=tmp_path / "whole_again")
        with pytest.raises(Killed):
            finetune(again, kill)
        resumed = finetune(again)
        assert resumed.training["steps"] == last == expected.training["steps"]

    def test_checkpoints_of_another_run_are_refused_by_what_differs(self, run: TrainingRun, tmp_path: Path) -> None:
        (tmp_path / "checkpoints").mkdir()
        stored = {"seed": 5, "rank": 4}
        (tmp_path / "checkpoints" / "run.json").write_text(json.dumps(stored), encoding="utf-8")
        with pytest.raises(Conflict, match=r"differs in .*seed"):
            finetune(replace(run, output=tmp_path))
        assert json.loads((tmp_path / "checkpoints" / "run.json").read_text(encoding="utf-8")) == stored


class TestMemory:
    @staticmethod
    def fill_memory() -> None:
        torch.empty(2**55)

    def test_rows_are_halved_until_they_fit(self) -> None:
        tried: list[int] = []

        def train(rows: int) -> str:
            tried.append(rows)
            if rows > 3:
                self.fill_memory()
            return "done"

        assert with_fitting_rows(train, 12, 1) == "done"
        assert tried == [12, 6, 3]

    def test_a_single_row_too_many_is_a_clear_error(self) -> None:
        with pytest.raises(TrainingFailed, match="single row"):
            with_fitting_rows(lambda _rows: self.fill_memory(), 4, 1)

    def test_with_several_processes_nobody_changes_the_rows_alone(self) -> None:
        with pytest.raises(TrainingFailed, match="device_batch_size"):
            with_fitting_rows(lambda _rows: self.fill_memory(), 4, 2)

    def test_other_errors_are_not_taken_for_full_memory(self) -> None:
        def train(rows: int) -> None:
            raise RuntimeError("shapes do not match")

        with pytest.raises(RuntimeError, match="shapes"):
            with_fitting_rows(train, 4, 1)

    def test_fewer_rows_at_once_give_the_same_updates(self, run: TrainingRun, tmp_path: Path) -> None:
        exact = replace(OPTIONS, dropout=0.0, epochs=1)
        small = finetune(replace(run, output=tmp_path / "small", device_rows=2, options=exact))
        whole = finetune(replace(run, output=tmp_path / "whole", options=exact))
        assert small.training["rows_at_once"] == 2
        assert small.training["steps"] == whole.training["steps"]
        assert small.scores["validation_loss"] == pytest.approx(whole.scores["validation_loss"], abs=1e-3)

    @pytest.mark.parametrize(("batch", "processes", "wanted"), [(9, 2, None), (8, 1, 3), (8, 2, 8)])
    def test_rows_must_share_out_evenly(self, batch: int, processes: int, wanted: int | None) -> None:
        with pytest.raises(InvalidInput):
            rows_per_device(batch, processes, wanted)


class TestEncoding:
    @pytest.fixture
    def encoder(self, tiny_base: Path) -> PromptEncoder:
        return PromptEncoder.load(tiny_base)

    def test_the_loss_sees_the_answer_and_its_end_only(self, encoder: PromptEncoder) -> None:
        exchange = Exchange(Prompt((ChatTurn("user", "Asked about pricing."),), "v"), "Hello [LEAD_NAME], fine.")
        [row] = encode([exchange], encoder, 512)
        [feature] = as_features([row])
        labels = [label for label in feature["labels"] if label != IGNORED]
        assert encoder.tokenizer.decode(labels) == f"Hello [LEAD_NAME], fine.{END}"
        assert tuple(feature["input_ids"][: row.answer_start]) == encoder.encode(exchange.prompt)

    def test_without_a_chat_template_the_end_token_closes_the_answer(self, tiny_base: Path) -> None:
        encoder = PromptEncoder.load(tiny_base)
        encoder.tokenizer.chat_template = None
        [row] = encode([Exchange(Prompt((ChatTurn("user", "Asked."),), "v"), "Hello.")], encoder, 512)
        assert encoder.tokenizer.decode(list(row.tokens[row.answer_start :])) == f"Hello.{END}"

    def test_padding_is_masked_and_not_learned(self) -> None:
        batch = collate([{"input_ids": [5, 6, 7], "labels": [IGNORED, 6, 7]}, {"input_ids": [8], "labels": [8]}])
        assert batch["attention_mask"].tolist() == [[1, 1, 1], [1, 0, 0]]
        assert batch["labels"].tolist() == [[IGNORED, 6, 7], [8, IGNORED, IGNORED]]

    def test_what_does_not_fit_is_left_out(self, encoder: PromptEncoder) -> None:
        exchange = Exchange(Prompt((ChatTurn("user", "Asked about pricing."),), "v"), "Hello there.")
        [row] = encode([exchange], encoder, 512)
        assert encode([exchange], encoder, len(row.tokens)) == [row]
        assert encode([exchange], encoder, len(row.tokens) - 1) == []


class TestBadInput:
    def test_a_base_that_could_run_code_is_refused(self, run: TrainingRun, tmp_path: Path) -> None:
        (tmp_path / "pytorch_model.bin").write_bytes(b"x")
        with pytest.raises(ConfigurationError, match=r"pytorch_model\.bin"):
            finetune(replace(run, base=tmp_path, output=tmp_path / "out"))

    def test_too_few_examples_are_counted(self, run: TrainingRun, tmp_path: Path) -> None:
        with pytest.raises(InvalidInput, match="at least 50"):
            finetune(replace(run, examples=run.examples[:30], output=tmp_path))

    def test_examples_that_do_not_fit_are_counted(self, run: TrainingRun, tmp_path: Path) -> None:
        with pytest.raises(InvalidInput, match="do not fit into 20 tokens"):
            finetune(replace(run, options=replace(OPTIONS, max_tokens=20), output=tmp_path))

    def test_values_out_of_range_name_the_flag(self) -> None:
        with pytest.raises(InvalidInput, match="--learning_rate"):
            Hyperparameters(learning_rate=0.0)
        with pytest.raises(InvalidInput, match="--rank"):
            Hyperparameters(rank=0)
        with pytest.raises(InvalidInput, match="--epochs"):
            Hyperparameters(epochs=float("nan"))

    def test_a_run_that_learns_nothing_makes_no_adapter(self, run: TrainingRun, tmp_path: Path) -> None:
        idle = replace(OPTIONS, learning_rate=1e-8, epochs=1)
        with pytest.raises(TrainingFailed, match="--learning_rate"):
            finetune(replace(run, options=idle, output=tmp_path / "idle"))
        assert not (tmp_path / "idle" / "adapter_model.safetensors").exists()

    def test_a_card_that_was_tampered_with_names_the_field(self, card: AdapterCard, tmp_path: Path) -> None:
        data = card.model_dump() | {"base_digest": 5}
        (tmp_path / "card.json").write_text(json.dumps(data), encoding="utf-8")
        with pytest.raises(InvalidInput, match="base_digest"):
            read_card(tmp_path)
