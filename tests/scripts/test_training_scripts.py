"""The command lines of training, one after another, on a tiny random base model in the compact profile."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner, Result

import scripts.terminal
from app.training.card import read_card
from scripts import evaluate_model, prepare_training_data, train_finetuned
from tests.language_models.tiny_models import make_model
from tests.training.csv_files import demo_rows, row, write_csv

ROOT = Path(__file__).resolve().parents[2]


class Workshop:
    """A folder with a base model and conversations."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        make_model(folder / "base", window=1024)
        rows = [*demo_rows(70), row(""), row("Hi Ana.", score="500")]
        self.csv = write_csv(folder / "conversations.csv", rows)

    def run(self, command: Callable[..., None], *arguments: str) -> Result:
        app = typer.Typer()
        app.command()(command)
        return CliRunner().invoke(app, arguments)


@pytest.fixture(autouse=True)
def in_the_workshop(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(workshop.folder)
    monkeypatch.setenv("MODELS__LOCAL__PROMPT_PROFILE", "compact")
    monkeypatch.setenv("MODELS__LOCAL__DEVICE", "cpu")
    monkeypatch.setattr(scripts.terminal, "console", Console(width=200))


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("workshop"))


def test_from_conversations_to_a_measured_adapter(workshop: Workshop) -> None:
    done = workshop.run(prepare_training_data.main, "--input", "conversations.csv", "--output_dir", "prepared")
    assert done.exit_code == 0, done.output
    assert "line 72, column successful_response: empty" in done.output
    assert "line 73, column lead_score: out of range" in done.output
    done = workshop.run(
        train_finetuned.main, "--base_model", "base", "--train_data", "prepared", "--output_dir", "adapters/voice",
        "--epochs", "1", "--batch_size", "8", "--learning_rate", "0.02", "--rank", "2",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    card = read_card(workshop.folder / "adapters" / "voice")
    assert card.prompt_version.startswith("compact/finetuned")
    done = workshop.run(
        evaluate_model.main, "--base_model", "base", "--adapter", "adapters/voice", "--data", "prepared",
        "--limit", "5", "--max_tokens", "16",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    evaluated = read_card(workshop.folder / "adapters" / "voice")
    assert evaluated.evaluation["adapter"]["perplexity"] < evaluated.evaluation["base"]["perplexity"]
    assert evaluated.adapter_digest == card.adapter_digest
    assert (workshop.folder / "adapters" / "voice" / "evaluation.png").is_file()


@pytest.mark.slow
def test_two_processes_share_an_update_and_one_writes(workshop: Workshop) -> None:
    done = workshop.run(prepare_training_data.main, "--input", "conversations.csv", "--output_dir", "shared")
    assert done.exit_code == 0, done.output
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    flags = ["--base_model", "base", "--train_data", "shared", "--output_dir", "adapters/two", "--epochs", "1",
             "--batch_size", "8", "--learning_rate", "0.02"]  # fmt: skip
    trained = subprocess.run(
        [*command, str(ROOT / "scripts" / "train_finetuned.py"), *flags],
        env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert trained.returncode == 0, trained.stderr
    assert trained.stdout.count("written to") == 1
    card = read_card(workshop.folder / "adapters" / "two")
    assert (card.training["processes"], card.training["rows_at_once"]) == (2, 4)
    assert card.training["steps"] == -(-card.data.examples // 8)


def test_nothing_is_written_from_too_few_rows(workshop: Workshop) -> None:
    few = write_csv(workshop.folder / "few.csv", [*demo_rows(10), row("")])
    done = workshop.run(prepare_training_data.main, "--input", few.name, "--output_dir", "none")
    assert done.exit_code == 2
    assert "at least 50" in done.output
    assert not (workshop.folder / "none").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--base_model", "nowhere/model", "--train_data", "conversations.csv"), "manifest"),
        (("--base_model", "base", "--train_data", "prepared", "--epochs", "0"), "--epochs"),
    ],
)
def test_bad_arguments_are_one_sentence(workshop: Workshop, arguments: tuple[str, ...], says: str) -> None:
    done = workshop.run(train_finetuned.main, *arguments, "--output_dir", "out")
    assert done.exit_code == 2
    assert says in done.output
    assert "Traceback" not in done.output


def test_the_manifest_says_what_was_prepared(workshop: Workshop) -> None:
    done = workshop.run(prepare_training_data.main, "--input", "conversations.csv", "--output_dir", "again")
    assert done.exit_code == 0, done.output
    manifest = json.loads((workshop.folder / "again" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["rows"] == 72
    assert manifest["dropped"] == {"unreadable": 2}
