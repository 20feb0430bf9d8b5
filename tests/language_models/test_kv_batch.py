"""Rows that join and leave, against the whole text of each read at once without a cache."""

from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM

from app.config_files import LocalModels
from app.language_models.kv_batch import KvBatch
from app.language_models.row_adapters import BASE
from app.language_models.weights import Weights


class Followed:
    """A batch whose every row is read again from its start after each token."""

    def __init__(self, base: Path) -> None:
        self.batch = KvBatch(Weights.load(base, LocalModels(device="cpu")))
        self.reference: Any = AutoModelForCausalLM.from_pretrained(base)
        self.texts: list[list[int]] = []
        self.random = torch.Generator().manual_seed(0)

    def draw(self, count: int) -> list[int]:
        return torch.randint(0, 300, (count,), generator=self.random).tolist()

    def admit(self, *lengths: int) -> None:
        prompts = [self.draw(length) for length in lengths]
        self.texts += prompts
        self.compare(self.batch.admit(prompts, [BASE] * len(prompts)), prompts)

    def step(self) -> None:
        tokens = self.draw(len(self.texts))
        self.texts = [[*text, token] for text, token in zip(self.texts, tokens, strict=True)]
        self.compare(self.batch.step(tokens), self.texts)

    def keep(self, *rows: int) -> None:
        self.texts = [self.texts[row] for row in rows]
        self.batch.keep(rows)

    def compare(self, logits: torch.Tensor, texts: list[list[int]]) -> None:
        with torch.inference_mode():
            expected = [self.reference(input_ids=torch.tensor([text])).logits[0, -1] for text in texts]
        assert torch.allclose(logits, torch.stack(expected), atol=1e-3)


def test_every_row_is_read_as_if_it_were_alone(base_model: Path) -> None:
    followed = Followed(base_model)
    followed.admit(20, 5)
    followed.step()
    followed.step()
    followed.admit(9)
    followed.step()
    followed.keep(1, 2)  # the longest leaves, and its columns with it
    followed.step()
    followed.admit(30, 3)
    followed.step()
    followed.keep(3)
    followed.step()
    followed.keep()
    followed.admit(4)
    followed.step()
    assert len(followed.batch) == 1
