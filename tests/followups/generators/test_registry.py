import pytest

from app.errors import AdapterUnavailable
from app.followups.generators.base import GenerationInput, Generator
from app.followups.generators.registry import GeneratorRegistry
from app.followups.generators.unavailable import UnavailableGenerator
from app.followups.types import Draft, GeneratorName
from tests.followups.prompts.tasks import TASK


class Writer:
    name = "rag"
    can_repair = False
    fingerprint = "f"

    async def generate(self, task: GenerationInput) -> Draft:
        del task
        return Draft("Hi.", self.name, "m", "d", "p")


@pytest.mark.parametrize("name", GeneratorName)
def test_every_name_has_a_generator(name: GeneratorName) -> None:
    assert GeneratorRegistry(Writer()).get(name).fingerprint


@pytest.mark.parametrize("name", [GeneratorName.RAG, GeneratorName.AUTO])
def test_rag_and_auto_are_the_given_generator(name: GeneratorName) -> None:
    rag: Generator = Writer()
    assert GeneratorRegistry(rag).get(name) is rag


@pytest.mark.parametrize("name", [GeneratorName.FINETUNED, GeneratorName.HYBRID])
async def test_what_is_not_there_says_so_and_what_to_do(name: GeneratorName) -> None:
    generator = GeneratorRegistry(Writer()).get(name)
    assert isinstance(generator, UnavailableGenerator)
    assert generator.name == name.value
    assert not generator.can_repair
    with pytest.raises(AdapterUnavailable) as caught:
        await generator.generate(TASK)
    assert name.value in caught.value.message
    assert "/rag/api/v1/rag/generate-followup" in caught.value.message
