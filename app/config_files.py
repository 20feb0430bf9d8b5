"""The typed shape of `config/*.yaml`. Unknown keys are refused by name."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Unit = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(gt=0, le=600)]


class Section(BaseModel):
    """Base of every section: frozen, and closed to keys nobody declared."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())


# --------------------------------------------------------------------------- models.yaml


class VectorDb(Section):
    type: Literal["chroma"] = "chroma"
    persist_directory: str = "./chroma_db"
    collection_name: str = Field("lead_knowledge_base", pattern=r"^[A-Za-z0-9_-]{3,40}$")


class RetrievalDefaults(Section):
    top_k: int = Field(5, ge=1, le=20)
    threshold: Unit = 0.7
    use_hybrid_search: bool = True


class RagModels(Section):
    embedding_model: str = "sentence-transformers/all-MiniLM-L6-v2"
    embedding_backend: Literal["auto", "torch", "onnx"] = "auto"
    llm_provider: str = "openai"
    llm_model: str | None = None
    llm_base_url: str | None = None
    llm_timeout_seconds: Seconds = 8
    llm_max_retries: int = Field(1, ge=0, le=2)
    llm_breaker_failures: int = Field(3, ge=1, le=100)
    llm_breaker_reset_seconds: Seconds = 15
    prompt_profile: Literal["instruct"] = "instruct"
    vector_db: VectorDb = VectorDb()
    retrieval: RetrievalDefaults = RetrievalDefaults()


class FinetunedModels(Section):
    base_model: str | None = None
    adapter_path: str = "./finetuned_models/lead_followup_lora"
    adapter_type: Literal["lora"] = "lora"
    allow_fallback: bool = False
    temperature: float = Field(0.7, ge=0, le=2)
    max_new_tokens: int = Field(200, ge=16, le=1024)


class HybridModels(Section):
    fusion_weight_rag: Unit = 0.6
    fusion_weight_finetuned: Unit = 0.4
    require_grounding: bool = True
    min_confidence_threshold: Unit = 0.65

    @model_validator(mode="after")
    def _weights_sum_to_one(self) -> Self:
        if abs(self.fusion_weight_rag + self.fusion_weight_finetuned - 1) > 1e-6:
            raise ValueError("fusion_weight_rag and fusion_weight_finetuned must sum to 1")
        return self


class LocalModels(Section):
    """How the model named by `finetuned.base_model` is run. `queue` counts waiting messages, `batch_rows` the prompts
    that are read at once (a hybrid message needs two)."""

    device: str = Field("auto", pattern=r"^(auto|cpu|mps|cuda(:\d{1,2})?)$")
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    quantisation: Literal["4bit", "8bit"] | None = None
    prompt_profile: Literal["instruct", "compact"] = "instruct"
    threads: int | None = Field(None, ge=1, le=1024)
    context_tokens: int | None = Field(None, ge=64)
    batch_rows: int = Field(32, ge=2, le=1024)
    batch_window_ms: float = Field(2, ge=0, le=100)
    queue: int = Field(128, ge=1, le=10_000)
    top_p: float = Field(0.95, gt=0, le=1)
    top_k: int = Field(50, ge=1, le=1000)
    fusion: Literal["linear", "log_linear"] = "linear"


class ModelsConfig(Section):
    rag: RagModels = RagModels()
    finetuned: FinetunedModels = FinetunedModels()
    hybrid: HybridModels = HybridModels()
    local: LocalModels = LocalModels()


# --------------------------------------------------------------------------- cache.yaml


class CacheTtl(Section):
    """Seconds."""

    response_cache: int = Field(1800, ge=1)
    retrieval_cache: int = Field(3600, ge=1)
    model_cache: int = Field(86400, ge=1)


class RedisConfig(Section):
    enabled: bool = False
    host: str = "localhost"
    port: int = Field(6379, ge=1, le=65535)
    db: int = Field(0, ge=0)
    url: str | None = None
    timeout_seconds: Seconds = 0.25
    ttl: CacheTtl = CacheTtl()

    @property
    def address(self) -> str | None:
        """The Redis URL, or None when Redis is not configured."""
        if self.url:
            return self.url
        return f"redis://{self.host}:{self.port}/{self.db}" if self.enabled else None


class MemoryCache(Section):
    max_entries: int = Field(4096, ge=1)


class CacheConfig(Section):
    redis: RedisConfig = RedisConfig()
    memory: MemoryCache = MemoryCache()


# --------------------------------------------------------------------------- scoring.yaml


class LeadScoreWeights(Section):
    engagement_weight: Unit = 0.4
    interaction_frequency_weight: Unit = 0.3
    recency_weight: Unit = 0.2
    company_size_weight: Unit = 0.1


class BandConfig(Section):
    score_range: tuple[int, int]
    approach: str
    cta_type: str

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        low, high = self.score_range
        if not 0 <= low <= high <= 100:
            raise ValueError("score_range must be [low, high] with 0 <= low <= high <= 100")
        return self


class StrategySelection(Section):
    high_intent: BandConfig = BandConfig(score_range=(70, 100), approach="direct_value", cta_type="specific")
    medium_intent: BandConfig = BandConfig(score_range=(40, 69), approach="educational", cta_type="soft")
    low_intent: BandConfig = BandConfig(score_range=(0, 39), approach="value_first", cta_type="stay_relevant")

    @model_validator(mode="after")
    def _contiguous(self) -> Self:
        low, medium, high = self.low_intent.score_range, self.medium_intent.score_range, self.high_intent.score_range
        if low[0] != 0 or medium[0] != low[1] + 1 or high[0] != medium[1] + 1 or high[1] != 100:
            raise ValueError("the three score ranges must cover 0..100 without gap or overlap")
        return self


class ScoringConfig(Section):
    lead_score_calculation: LeadScoreWeights = LeadScoreWeights()
    strategy_selection: StrategySelection = StrategySelection()


# --------------------------------------------------------------------------- retrieval.yaml


class Fusion(Section):
    method: Literal["scores", "rrf"] = "scores"
    dense_share: Unit = 0.6
    coverage_share: Unit = 0.2
    rrf_k: int = Field(60, ge=1)
    dense_weight: float = Field(1.0, ge=0)
    lexical_weight: float = Field(1.0, ge=0)
    candidates: int = Field(40, ge=5, le=500)

    @model_validator(mode="after")
    def _shares_fit(self) -> Self:
        if self.dense_share + self.coverage_share > 1 + 1e-6:
            raise ValueError("dense_share and coverage_share must not exceed 1 together")
        return self


class Rerank(Section):
    model: str | None = None
    candidates: int = Field(20, ge=2, le=200)
    max_seconds: Seconds = 0.5


class Chunking(Section):
    max_tokens: int = Field(180, ge=32, le=8192)


class Parsing(Section):
    """Limits of one document, kept by the process that reads it. A file beyond them is refused as too large."""

    seconds: Seconds = 30
    memory_mb: int = Field(1024, ge=256, le=65_536)
    file_mb: int = Field(50, ge=1, le=1024)
    characters: int = Field(3_000_000, ge=1000, le=100_000_000)
    blocks: int = Field(100_000, ge=100, le=10_000_000)


class RetentionConfig(Section):
    """What stays of versions that were replaced: how many texts of each document, and for how many days those texts
    that messages rest on."""

    superseded_versions: int = Field(10, ge=1, le=100_000)
    audit_days: int = Field(365, ge=0, le=36_500)


class RelevanceWeights(Section):
    """Logistic weights that turn a passage's signals into a calibrated relevance for one embedding model."""

    intercept: float = -4.07
    contrast: float = Field(8.7, ge=0)
    coverage: float = Field(2.82, ge=0)
    heading_coverage: float = Field(4.82, ge=0)


class RetrievalConfig(Section):
    fusion: Fusion = Fusion()
    rerank: Rerank = Rerank()
    chunking: Chunking = Chunking()
    parsing: Parsing = Parsing()
    retention: RetentionConfig = RetentionConfig()
    relevance: dict[str, RelevanceWeights] = {}
    source_weights: dict[str, Annotated[float, Field(ge=0, le=10)]] = {}
    source_types: dict[str, list[str]] = {}
    internal_folders: list[str] = []


# --------------------------------------------------------------------------- validation.yaml


class ValidationConfig(Section):
    word_limit: int = Field(120, ge=40, le=400)
    min_words: int = Field(12, ge=1)
    name_mentions: int = Field(1, ge=0)
    questions: int = Field(1, ge=0)
    allowed_call_minutes: list[int] = []
    allowed_offers: list[list[str]] = []
    own_hosts: list[str] = []
    banned_phrases: list[str] = []
    pressure_phrases: list[str] = []
