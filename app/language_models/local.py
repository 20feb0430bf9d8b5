"""The engine of local models: one thread owns the weights, everybody else asks it."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from app.config_files import LocalModels
from app.errors import AppError, ModelUnavailable
from app.followups.types import Prompt
from app.language_models.adapters import Adapter, read_adapter
from app.language_models.base import Completion
from app.language_models.decoder import Decoder
from app.language_models.decoding import Vocabulary
from app.language_models.jobs import Job, JobQueue, PromptRow
from app.language_models.model_files import ModelFiles, check_model_files, read_model_files
from app.language_models.prompt_encoding import PromptEncoder
from app.language_models.row_adapters import BASE
from app.language_models.token_texts import read_token_texts
from app.language_models.weights import Weights
from app.observability import get_logger

T = TypeVar("T")
_WARM_UP_TOKENS = 4
_LOADING = "loading"

_log = get_logger("local_model")


class EngineState(StrEnum):
    LOADING = "loading"
    READY = "ready"
    FAILED = "failed"
    CLOSED = "closed"


class LocalEngine:
    """A base model, its adapters and the batch of texts in progress, in a thread of their own.

    `start` returns at once; `state` tells when the model is loaded and warm. One engine serves any number of
    `LocalModel` and `LocalFusion`.
    """

    def __init__(self, directory: Path, config: LocalModels) -> None:
        self._directory = directory
        self._config = config
        self._queue = JobQueue(config.queue)
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()
        self._state = EngineState.LOADING
        self._files: ModelFiles | None = None
        self._encoder: PromptEncoder | None = None
        self._weights: Weights | None = None
        self._decoder: Decoder | None = None
        self._window = 0

    @property
    def state(self) -> EngineState:
        return self._state

    @property
    def name(self) -> str:
        return self._directory.name

    @property
    def digest(self) -> str:
        """Content digest of the base model, known once it is loaded."""
        return self._files.digest if self._files else _LOADING

    @property
    def window(self) -> int:
        """Tokens that prompt and answer may have together; 0 while loading."""
        return self._window

    def start(self) -> None:
        """Check the files and begin to load. Raises `ConfigurationError` for a directory that is no usable model."""
        check_model_files(self._directory)
        self._thread = threading.Thread(target=self._run, name="local-model", daemon=True)
        self._thread.start()

    async def ready(self) -> EngineState:
        """Wait until the model is loaded and warm, or failed."""
        await asyncio.to_thread(self._ready.wait)
        return self._state

    async def close(self) -> None:
        """Give up what is in progress and let the weights go."""
        self._queue.close()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)
        self._state = EngineState.CLOSED
        self._weights = self._decoder = None

    async def load_adapter(self, directory: Path) -> Adapter:
        """Check an adapter and put it beside the others while texts are written. Loading it again changes nothing.

        Raises `AdapterUnavailable` naming what is wrong with it, `ModelUnavailable` without a model.
        """
        return await self._in_thread(lambda: self._add_adapter(directory))

    def encode(self, prompt: Prompt) -> tuple[int, ...]:
        return self._loaded(self._encoder).encode(prompt)

    async def write(self, job: Job, timeout_seconds: float) -> Completion:
        """The text of `job`. Raises `ModelUnavailable` when there is no room, no time or no model.

        Out of time or cancelled, it cancels `job.done` too, which stops the text at its next token.
        """
        self._loaded(self._decoder)
        room = self._window - job.width
        if room < job.max_tokens:
            raise ModelUnavailable(
                f"The prompt has {job.width} tokens, which leaves no room for {job.max_tokens} more in the local "
                f"model's window of {self._window}.",
                [{"reason": "prompt_too_long"}],
            )
        self._queue.put(job)
        try:
            async with asyncio.timeout(timeout_seconds):
                return await asyncio.wrap_future(job.done)
        except TimeoutError:
            raise ModelUnavailable("The local model did not answer in time.", [{"reason": "timeout"}]) from None

    def _loaded(self, part: T | None) -> T:
        if part is None or self._state is not EngineState.READY:
            raise ModelUnavailable(f"The local model is {self._state.value}.", [{"reason": self._state.value}])
        return part

    async def _in_thread(self, task: Callable[[], T]) -> T:
        """Run `task` between two tokens of the texts in progress."""
        self._loaded(self._decoder)
        done: Future[T] = Future()

        def run() -> None:
            if not done.set_running_or_notify_cancel():
                return
            try:
                done.set_result(task())
            except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to who asked
                done.set_exception(error)

        self._queue.put_task(run)
        return await asyncio.wrap_future(done)

    def _add_adapter(self, directory: Path) -> Adapter:
        weights, files = self._loaded(self._weights), self._loaded(self._files)
        adapter = read_adapter(directory, files.digest, weights.linear_shapes())
        if not weights.has_adapter(adapter.key):
            weights.add_adapter(adapter.key, adapter.config, adapter.tensors)
        return adapter

    def _run(self) -> None:
        try:
            decoder = self._load()
        except Exception as error:  # noqa: BLE001 - libraries and devices fail in any way; the service goes on without
            reason = error.message if isinstance(error, AppError) else "the base model could not be loaded"
            _log.error("local_model_unusable", error_type=type(error).__name__, reason=reason, exc_info=error)
            self._state = EngineState.FAILED
            self._ready.set()
            return
        self._decoder, self._state = decoder, EngineState.READY
        self._ready.set()
        self._serve(decoder)

    def _load(self) -> Decoder:
        self._files = read_model_files(self._directory)
        self._encoder = PromptEncoder.load(self._directory)
        weights = self._weights = Weights.load(self._directory, self._config)
        self._window = min(self._config.context_tokens or weights.window, weights.window)
        tokenizer = self._encoder.tokenizer
        ends = weights.end_tokens | ({int(tokenizer.eos_token_id)} if tokenizer.eos_token_id is not None else set())
        texts = read_token_texts(tokenizer, weights.vocabulary_size, ends)
        decoder = Decoder(weights, Vocabulary(texts, weights.device), self._config)
        _warm_up(decoder, min(ends, default=0))
        return decoder

    def _serve(self, decoder: Decoder) -> None:
        try:
            while not self._queue.closed:
                self._turn(decoder)
        finally:
            if not self._queue.closed:
                self._state = EngineState.FAILED
                self._queue.close()
            decoder.fail_all()
            for task in self._queue.tasks():
                task()

    def _turn(self, decoder: Decoder) -> None:
        """Take what waits and write one token. Whatever goes wrong costs the texts in progress, never the thread."""
        for task in self._queue.tasks():
            task()
        jobs = self._queue.take(decoder.free_rows, not decoder.busy, self._config.batch_window_ms / 1000)
        try:
            if jobs:
                decoder.admit(jobs)
            if decoder.busy:
                decoder.step()
        except Exception as error:  # noqa: BLE001 - libraries fail in any way
            decoder.reset(error, jobs)


def _warm_up(decoder: Decoder, token: int) -> None:
    """Write a few tokens, alone and in a batch, so that the first caller waits for nothing that is set up lazily."""
    jobs = [Job((PromptRow((token,) * length, BASE),), 0.0, _WARM_UP_TOKENS, 0) for length in (8, 16, 8)]
    for batch in (jobs[:1], jobs[1:]):
        decoder.admit(batch)
        while decoder.busy:
            decoder.step()
    for job in jobs:
        job.done.result()
