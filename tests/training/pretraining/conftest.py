import pytest
from transformers import PreTrainedTokenizerFast

from tests.training.pretraining import tiny


@pytest.fixture(scope="session")
def tokenizer() -> PreTrainedTokenizerFast:
    return tiny.tokenizer()
