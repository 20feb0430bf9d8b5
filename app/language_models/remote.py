"""Chat models on a server, through LangChain: any provider of `init_chat_model`, or any OpenAI-compatible server."""

import asyncio
import hashlib
import json
from collections import OrderedDict
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx2
from pydantic import SecretStr

from app.config_files import RagModels
from app.errors import ConfigurationError, ModelUnavailable
from app.followups.types import GenerationOptions, Prompt
from app.language_models.base import Completion, DecodingRules
from app.language_models.bounded_http import bounded_client
from app.language_models.breaker import CircuitBreaker, CircuitState
from app.language_models.failures import Failure, UnusableAnswer, read_failure
from app.language_models.retries import RetryBudget, pause_seconds
from app.observability import get_logger

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel
    from langchain_core.messages import AIMessage

MAX_ANSWER_CHARS = 32_000
# A call cut off sooner than this says more about the caller's deadline than about the server.
_FAIR_SECONDS = 5.0
_BUILT_MODELS = 16

_log = get_logger("chat_model")


class RemoteChatModel:
    """A `TextModel` on a server.

    Each call has one deadline for everything (connection, retries, the whole answer), retries that never outlive it,
    and a circuit breaker. Every failure is a `ModelUnavailable` without text of the request, the answer or the key.
    One instance belongs to one event loop.
    """

    def __init__(self, config: RagModels, api_key: SecretStr | None = None) -> None:
        self._config = config
        self._api_key = api_key
        self._breaker = CircuitBreaker(config.llm_breaker_failures, config.llm_breaker_reset_seconds)
        self._retries = RetryBudget()
        self._client: httpx2.AsyncClient | None = None
        self._built: OrderedDict[tuple[float, int], BaseChatModel] = OrderedDict()

    @property
    def name(self) -> str:
        return self._config.llm_model or ""

    @property
    def digest(self) -> str:
        """Hex SHA-256 of provider, model and address; the weights behind them cannot be known."""
        address = [self._config.llm_provider, self._config.llm_model, self._config.llm_base_url]
        return hashlib.sha256(json.dumps(address).encode()).hexdigest()

    @property
    def adapter_digest(self) -> None:
        """A server's adapters are its own affair."""
        return None

    def fits(self, prompt: Prompt, options: GenerationOptions) -> bool:
        """True: only the server knows its window, and refuses what does not fit."""
        del prompt, options
        return True

    @property
    def circuit(self) -> CircuitState:
        return self._breaker.state

    @property
    def answering(self) -> bool:
        return self._breaker.state is CircuitState.CLOSED

    async def warm_up(self) -> None:
        """Import and configure the provider's client, without calling the server, which may come up later.

        Raises `ConfigurationError` if no model is named, the provider is unknown or not installed, or it needs a key.
        """
        if not self._config.llm_model:
            raise ConfigurationError("No chat model is named: set llm_model in config/models.yaml, or LLM_MODEL.")
        await self._model(GenerationOptions())

    async def close(self) -> None:
        """Close the connections. Calls in flight fail; a later call opens new ones."""
        client, self._client = self._client, None
        self._built.clear()
        if client is not None:
            await client.aclose()

    async def complete(
        self,
        prompt: Prompt,
        options: GenerationOptions,
        timeout_seconds: float,
        rules: DecodingRules | None = None,
    ) -> Completion:
        """Answer within `min(timeout_seconds, llm_timeout_seconds)`. Raises `ModelUnavailable` for every failure.

        `rules` are left to the checks: a server shows no logits.
        """
        del rules
        seconds = min(timeout_seconds, self._config.llm_timeout_seconds)
        if seconds <= 0:
            raise Failure("timeout").as_error()
        if not self._breaker.admit():
            raise Failure("circuit_open").as_error()
        try:
            async with asyncio.timeout(seconds):
                completion = await self._with_retries(prompt, options, asyncio.get_running_loop().time() + seconds)
        except Exception as error:  # noqa: BLE001 - a provider's package may raise anything; callers see one error
            failure, error_type = read_failure(error), type(error).__name__
        else:
            self._breaker.succeed()
            return completion
        finally:
            self._breaker.release()
        # Raised outside the handler, so that no traceback carries the provider's error and what it quotes.
        raise self._report(failure, seconds, error_type)

    def _report(self, failure: Failure, seconds: float, error_type: str) -> ModelUnavailable:
        fair = failure.reason != "timeout" or seconds >= min(self._config.llm_timeout_seconds, _FAIR_SECONDS)
        if failure.blames_server and fair:
            self._breaker.fail()
        _log.warning(
            "chat_model_failed",
            reason=failure.reason,
            status=failure.status,
            error_type=error_type,
            state=self._breaker.state.value,
        )
        return failure.as_error()

    async def _with_retries(self, prompt: Prompt, options: GenerationOptions, deadline: float) -> Completion:
        self._retries.earn()
        for attempt in range(self._config.llm_max_retries):
            try:
                return await self._ask(prompt, options)
            except Exception as error:
                failure = read_failure(error)
                pause = pause_seconds(attempt, failure.retry_after)
                in_time = asyncio.get_running_loop().time() + pause < deadline
                if not (failure.retriable and in_time and self._retries.spend()):
                    raise
            await asyncio.sleep(pause)
        return await self._ask(prompt, options)

    async def _ask(self, prompt: Prompt, options: GenerationOptions) -> Completion:
        from langsmith.run_helpers import tracing_context

        model = await self._model(options)
        turns = [{"role": turn.role, "content": turn.content} for turn in prompt.turns]
        seed: dict[str, Any] = {}
        if options.seed is not None and self._speaks_openai:
            seed["seed"] = options.seed
        # Whatever the environment says, prompts are not sent to a tracing service.
        with tracing_context(enabled=False):
            return _read_answer(await model.ainvoke(turns, **seed))

    async def _model(self, options: GenerationOptions) -> "BaseChatModel":
        """The provider's client for this temperature and length: the settings that every provider takes at birth."""
        key = (options.temperature, options.max_tokens)
        model = self._built.get(key)
        if model is None:
            if self._client is None:
                self._client = bounded_client(self._config.llm_timeout_seconds)
            model = await asyncio.to_thread(self._configured, options, self._client)
        self._built[key] = model
        self._built.move_to_end(key)
        while len(self._built) > _BUILT_MODELS:
            self._built.popitem(last=False)
        return model

    def _configured(self, options: GenerationOptions, client: httpx2.AsyncClient) -> "BaseChatModel":
        """`_build`, with every error of the provider's package as a `ConfigurationError` that does not quote it."""
        provider = self._config.llm_provider
        try:
            return self._build(options, client)
        except ImportError as error:
            package = getattr(error.__cause__, "name", None) or error.name or "its LangChain integration"
            problem = f'llm_provider "{provider}" needs a package that is not installed: {package.replace("_", "-")}.'
        except Exception as error:  # noqa: BLE001 - the packages raise anything, and may quote the key
            problem = (
                f'The chat model of llm_provider "{provider}" cannot be set up ({type(error).__name__}): check '
                "llm_provider, llm_model and llm_base_url in config/models.yaml, and the key in LLM_API_KEY."
            )
        raise ConfigurationError(problem)

    def _build(self, options: GenerationOptions, client: httpx2.AsyncClient) -> "BaseChatModel":
        from langchain.chat_models import init_chat_model

        config = self._config
        settings: dict[str, Any] = {
            "model": config.llm_model,
            "model_provider": config.llm_provider,
            "temperature": options.temperature,
            "timeout": config.llm_timeout_seconds,
            "max_retries": 0,
            "disable_streaming": True,
            "cache": False,
        }
        if config.llm_base_url:
            settings["base_url"] = config.llm_base_url
        if self._api_key is not None:
            settings["api_key"] = self._api_key
        elif config.llm_base_url:
            # Servers of one's own rarely check the key, and the one in OPENAI_API_KEY is not meant for them.
            settings["api_key"] = SecretStr("not-needed")
        if self._speaks_openai:
            settings |= {"http_async_client": client, "use_responses_api": False}
        if self._is_compatible_server:
            # The name of this limit that servers other than OpenAI's own understand.
            settings["extra_body"] = {"max_tokens": options.max_tokens}
        else:
            settings["max_tokens"] = options.max_tokens
        model: BaseChatModel = init_chat_model(**settings)
        return model

    @property
    def _speaks_openai(self) -> bool:
        return self._config.llm_provider == "openai"

    @property
    def _is_compatible_server(self) -> bool:
        host = urlsplit(self._config.llm_base_url or "").hostname or "api.openai.com"
        return self._speaks_openai and not host.endswith((".openai.com", ".openai.azure.com"))


def _read_answer(answer: "AIMessage") -> Completion:
    """Raises `UnusableAnswer` if there is no text, or more of it than any message needs."""
    stopped = str(answer.response_metadata.get("finish_reason") or answer.response_metadata.get("stop_reason") or "")
    text = str(answer.text).strip()
    if not text:
        raise UnusableAnswer("no text", by_policy=stopped in ("content_filter", "refusal", "SAFETY"))
    if len(text) > MAX_ANSWER_CHARS:
        raise UnusableAnswer("too much text")
    usage = answer.usage_metadata
    return Completion(
        text=text,
        prompt_tokens=usage["input_tokens"] if usage else None,
        completion_tokens=usage["output_tokens"] if usage else None,
        truncated=stopped in ("length", "max_tokens", "MAX_TOKENS"),
    )
