"""What a caller may choose."""

from dataclasses import dataclass
from enum import StrEnum


class GeneratorName(StrEnum):
    """The generators a caller can ask for; `template` is only ever a fallback."""

    RAG = "rag"
    FINETUNED = "finetuned"
    HYBRID = "hybrid"
    AUTO = "auto"


@dataclass(frozen=True, slots=True)
class RetrievalOptions:
    """What the caller may choose about retrieval. `threshold` is a calibrated relevance, 0..1."""

    top_k: int = 5
    threshold: float = 0.7
    use_hybrid_search: bool = True
    use_reranking: bool = False
    source_types: tuple[str, ...] = ()
    source_weights: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class GenerationOptions:
    """What the caller may choose about generation. Temperatures 0..2, weights 0..1."""

    temperature: float = 0.7
    max_tokens: int = 200
    seed: int | None = None
    fusion_weight_rag: float = 0.6
    require_grounding: bool = True
