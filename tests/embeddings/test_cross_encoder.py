"""A real, tiny, untrained cross-encoder: the path that every model takes."""

from pathlib import Path

import pytest

from app.embeddings.cross_encoder import CrossEncoderReranker
from app.errors import ConfigurationError, ModelUnavailable

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "price", "of", "the", "plan", "weather", "in", "paris"]


def build(folder: Path, labels: int = 1) -> str:
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast  # type: ignore[attr-defined]

    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16
    )
    config.num_labels = labels
    BertForSequenceClassification(config).save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(WORDS), encoding="utf-8")
    BertTokenizerFast(vocab_file=str(folder / "vocab.txt"), model_max_length=64).save_pretrained(folder)
    return str(folder)


def test_scores_do_not_depend_on_the_company_they_keep(tmp_path: Path) -> None:
    reranker = CrossEncoderReranker(build(tmp_path), tmp_path)
    reranker.warm_up()
    texts = ["the price of the plan", "weather", *["the weather in paris of the plan"] * 9, "price " * 500]
    together = reranker.score("price of the plan", texts, seconds=60)
    alone = [reranker.score("price of the plan", [text], seconds=60)[0] for text in texts]
    assert together == pytest.approx(alone, abs=1e-4)
    assert len(set(together)) >= 3


def test_too_little_time_is_an_error(tmp_path: Path) -> None:
    reranker = CrossEncoderReranker(build(tmp_path), tmp_path)
    reranker.warm_up()
    with pytest.raises(ModelUnavailable):
        reranker.score("price", ["plan"] * 50, seconds=0)


def test_a_model_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"rerank\.model"):
        CrossEncoderReranker(str(tmp_path / "nowhere"), tmp_path).warm_up()


def test_weights_that_can_run_code_are_refused(tmp_path: Path) -> None:
    folder = build(tmp_path)
    (tmp_path / "model.safetensors").rename(tmp_path / "pytorch_model.bin")
    with pytest.raises(ConfigurationError, match=r"rerank\.model"):
        CrossEncoderReranker(folder, tmp_path).warm_up()


def test_a_classifier_is_no_cross_encoder(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="one"):
        CrossEncoderReranker(build(tmp_path, labels=3), tmp_path).warm_up()
