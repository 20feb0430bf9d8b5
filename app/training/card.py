"""The card of an adapter: what it was made from and how well it does. Written beside its weights as `card.json`."""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from app.errors import InvalidInput

CARD_FILE = "card.json"


class CardSection(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())


class TrainingData(CardSection):
    """`digest` identifies the examples trained on, in order; `too_long` were left out. `as_of` is an ISO date."""

    digest: str
    examples: int
    validation_examples: int
    too_long: int
    as_of: str


class AdapterCard(CardSection):
    """Digests are hex SHA-256. `scores` are losses per answer token (nats), averaged over examples, and their
    exponentials as perplexities; lower is better.

    `evaluation` is what `scripts/evaluate_model.py` measured, empty before.
    """

    name: str
    adapter_digest: str
    base_model: str
    base_digest: str
    data: TrainingData
    prompt_version: str
    hyperparameters: dict[str, float | int]
    training: dict[str, float | int | str]
    scores: dict[str, float]
    versions: dict[str, str]
    evaluation: dict[str, Any] = {}


def write_card(folder: Path, card: AdapterCard) -> None:
    text = json.dumps(card.model_dump(), indent=2, ensure_ascii=False) + "\n"
    (folder / CARD_FILE).write_text(text, encoding="utf-8")


def read_card(folder: Path) -> AdapterCard:
    """Raises `InvalidInput` naming the first problem."""
    path = folder / CARD_FILE
    try:
        return AdapterCard.model_validate_json(path.read_bytes())
    except OSError as error:
        raise InvalidInput(f"{path}: there is no readable card; train the adapter with train_finetuned.py.") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise InvalidInput(f"{path}: {place or 'the card'}: {first['msg']}.") from error
