"""Which generator answers to which name. No other file names the concrete classes, but for those that construct."""

from types import MappingProxyType

from app.followups.generators.base import AdaptedGenerator, Generator
from app.followups.generators.unavailable import UnavailableGenerator
from app.followups.types import GeneratorName


class GeneratorRegistry:
    """The generators of one service. `rag` is a model's generator, or the safe template without a model; those that
    need an adapter refuse where none is configured. `auto` is `rag`."""

    def __init__(
        self, rag: Generator, finetuned: AdaptedGenerator | None = None, hybrid: AdaptedGenerator | None = None
    ) -> None:
        self._adapted = {
            GeneratorName.FINETUNED: finetuned or UnavailableGenerator(GeneratorName.FINETUNED),
            GeneratorName.HYBRID: hybrid or UnavailableGenerator(GeneratorName.HYBRID),
        }
        self._generators = MappingProxyType({
            GeneratorName.RAG: rag,
            GeneratorName.AUTO: rag,
            **self._adapted,
        })  # fmt: skip

    def get(self, name: GeneratorName) -> Generator:
        return self._generators[name]

    def available(self) -> dict[str, bool]:
        """Whether each named generator can answer now; `auto` is a choice, not a generator."""
        return {"rag": True, **{name.value: generator.available for name, generator in self._adapted.items()}}
