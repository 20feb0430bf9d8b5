import pytest
import torch
from torch.nn import functional
from transformers import PreTrainedTokenizerFast

from app.training.pretraining.attention import short_causal
from app.training.pretraining.batches import collate, encode
from app.training.pretraining.model import for_short_rows, loss_of, new_model
from tests.training.pretraining import tiny


@pytest.mark.parametrize("length", [1, 7, 64])
def test_it_is_causal_attention_with_shared_keys(length: int) -> None:
    torch.manual_seed(0)
    query, key, value = (torch.randn(3, heads, length, 16) for heads in (4, 2, 2))
    found, _ = short_causal(torch.nn.Identity(), query, key, value)
    known = functional.scaled_dot_product_attention(query, key, value, is_causal=True, enable_gqa=True)
    torch.testing.assert_close(found, known.transpose(1, 2), rtol=1e-4, atol=1e-5)


def test_the_model_gives_the_same_loss_and_gradient(tokenizer: PreTrainedTokenizerFast) -> None:
    batch = collate(encode(tokenizer, [tiny.corpus().example(n) for n in range(4)]), tokenizer.pad_token_id)
    results = []
    for prepare in (lambda model: model, for_short_rows):
        model = prepare(new_model(tiny.PLAN.shape, tokenizer, 5))
        loss = loss_of(model, batch, "fp32")
        torch.autograd.backward(loss)
        results.append((loss.item(), [p.grad.norm().item() for p in model.parameters() if p.grad is not None]))
    assert results[0][0] == pytest.approx(results[1][0], rel=1e-5)
    assert results[0][1] == pytest.approx(results[1][1], rel=1e-3)
