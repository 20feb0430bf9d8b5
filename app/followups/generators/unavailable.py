"""Stands in for a generator that this installation does not have."""

from app.errors import AdapterUnavailable
from app.followups.generators.base import GenerationInput
from app.followups.types import Draft, GeneratorName


class UnavailableGenerator:
    """Refuses every task with a sentence that says what is missing and what to use instead."""

    def __init__(self, name: GeneratorName) -> None:
        self._name = name

    @property
    def name(self) -> str:
        return self._name.value

    @property
    def available(self) -> bool:
        return False

    @property
    def can_repair(self) -> bool:
        return False

    @property
    def fingerprint(self) -> str:
        return "unavailable"

    async def generate(self, task: GenerationInput) -> Draft:
        """Raises `AdapterUnavailable`, always."""
        del task
        raise AdapterUnavailable(
            f"The {self.name} generator needs a trained adapter, and this service has none loaded: set "
            "finetuned.base_model and finetuned.adapter_path in config/models.yaml. Or use the rag "
            'generator: POST /rag/api/v1/rag/generate-followup, or "generator": "auto" at /api/v1/followups.',
            [{"field": "generator", "problem": f"{self.name} has no adapter", "fix": "use rag or auto"}],
        )
