"""Which generator answers to which name. No other file names the concrete classes, but for the container."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from app.followups.generators.base import Generator
from app.followups.generators.unavailable import UnavailableGenerator
from app.followups.types import GeneratorName

_FACTORIES: Mapping[GeneratorName, Callable[[Generator], Generator]] = {
    GeneratorName.RAG: lambda rag: rag,
    GeneratorName.FINETUNED: lambda _rag: UnavailableGenerator(GeneratorName.FINETUNED),
    GeneratorName.HYBRID: lambda _rag: UnavailableGenerator(GeneratorName.HYBRID),
    GeneratorName.AUTO: lambda rag: rag,
}


class GeneratorRegistry:
    """The generators of one service. `rag` is the chat model's generator, or the safe template without a model."""

    def __init__(self, rag: Generator) -> None:
        self._generators = MappingProxyType({name: make(rag) for name, make in _FACTORIES.items()})

    def get(self, name: GeneratorName) -> Generator:
        return self._generators[name]

    def available(self) -> dict[str, bool]:
        """Whether each named generator can answer in this service; `auto` is a choice, not a generator."""
        return {
            name.value: not isinstance(generator, UnavailableGenerator)
            for name, generator in self._generators.items()
            if name is not GeneratorName.AUTO
        }
