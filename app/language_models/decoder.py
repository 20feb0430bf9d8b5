"""Decodes many texts at once: jobs join and leave the batch between two tokens."""

import math
from collections.abc import Sequence
from concurrent.futures import InvalidStateError

import torch
from torch import Tensor

from app.config_files import LocalModels
from app.errors import AppError, ModelUnavailable
from app.language_models.base import Completion
from app.language_models.decoding import Guard, Vocabulary
from app.language_models.fusion import mix
from app.language_models.jobs import Job
from app.language_models.kv_batch import KvBatch
from app.language_models.sampling import Sampler
from app.language_models.weights import Weights
from app.observability import get_logger

_log = get_logger("local_model")


class _Text:
    """One job in progress."""

    def __init__(self, job: Job, vocabulary: Vocabulary, config: LocalModels) -> None:
        self.job = job
        self._mixing = config.fusion
        self._guard = Guard(vocabulary, job.rules)
        self._sampler = Sampler(job.temperature, config.top_p, config.top_k, job.seed)
        self._ends = vocabulary.texts.ends
        self._written = 0
        self.next_token = 0

    def choose(self, logits: Tensor) -> bool:
        """Pick the next token from [rows, vocabulary]; False once the text is complete.

        Raises `ModelUnavailable` for scores that are no numbers.
        """
        scores = logits[0] if len(logits) == 1 else mix(logits[0], logits[1], self.job.weight, self._mixing)
        if not math.isfinite(float(scores.max())):
            raise ModelUnavailable(
                "The local model computed scores that are no numbers; its weights or its adapter are unusable.",
                [{"reason": "server_error"}],
            )
        token = self._sampler.pick(self._guard.limit(scores))
        if token in self._ends:
            self._finish(truncated=False)
            return False
        self.next_token = token
        self._guard.add(token)
        self._written += 1
        if self._written >= self.job.max_tokens:
            self._finish(truncated=True)
            return False
        return True

    def _finish(self, *, truncated: bool) -> None:
        completion = Completion(
            text=self._guard.text().strip(),
            prompt_tokens=sum(len(row.tokens) for row in self.job.rows),
            completion_tokens=self._written,
            truncated=truncated,
        )
        try:
            self.job.done.set_result(completion)
        except InvalidStateError:
            # Cancelled while the last token was chosen: nobody waits for it.
            return


class Decoder:
    """The batch in progress. Belongs to one thread."""

    def __init__(self, weights: Weights, vocabulary: Vocabulary, config: LocalModels) -> None:
        self._weights = weights
        self._vocabulary = vocabulary
        self._config = config
        self._batch = KvBatch(weights)
        self._texts: list[_Text] = []
        self._limit = config.batch_rows

    @property
    def free_rows(self) -> int:
        return self._limit - len(self._batch)

    @property
    def busy(self) -> bool:
        return bool(self._texts)

    def admit(self, jobs: Sequence[Job]) -> None:
        """Read the prompts of `jobs` and choose their first tokens."""
        texts = [text for job in jobs if (text := self._begun(job)) is not None]
        rows = [row for text in texts for row in text.job.rows]
        if not rows:
            return
        try:
            logits = self._batch.admit([row.tokens for row in rows], [row.adapter for row in rows])
        except Exception as error:  # noqa: BLE001 - a device may fail in any way; these jobs learn of it
            self._fail([text.job for text in texts], error)
            return
        self._choose(texts, logits)
        self._texts.extend(texts)
        self._drop_finished()

    def _begun(self, job: Job) -> _Text | None:
        try:
            return _Text(job, self._vocabulary, self._config)
        except Exception as error:  # noqa: BLE001 - what fails in one text's rules is its own
            self._fail([job], error)
            return None

    def step(self) -> None:
        """Write one token of every text."""
        tokens = [text.next_token for text in self._texts for _ in text.job.rows]
        try:
            logits = self._batch.step(tokens)
        except Exception as error:  # noqa: BLE001 - as above, for all texts in progress
            self.reset(error, ())
            return
        self._choose(self._texts, logits)
        self._drop_finished()

    def fail_all(self) -> None:
        """Give up every text in progress, because the model is shut down."""
        for text in self._texts:
            _set_exception(text.job, ModelUnavailable("The local model was shut down.", [{"reason": "closed"}]))
        self._texts, self._batch = [], KvBatch(self._weights)

    def reset(self, error: Exception, jobs: Sequence[Job]) -> None:
        """Give up `jobs` and every text in progress because of `error`, and start with an empty batch."""
        failed = [*jobs, *(text.job for text in self._texts)]
        self._texts, self._batch = [], KvBatch(self._weights)
        self._fail(failed, error)

    @torch.inference_mode()
    def _choose(self, texts: Sequence[_Text], logits: Tensor) -> None:
        """`logits` [rows, vocabulary] belong to the rows of `texts` in order."""
        row = 0
        for text in texts:
            count = len(text.job.rows)
            if not text.job.done.cancelled():
                try:
                    text.choose(logits[row : row + count])
                except Exception as error:  # noqa: BLE001 - what fails in one text's rules or scores is its own
                    self._fail([text.job], error)
            row += count

    def _drop_finished(self) -> None:
        kept: list[int] = []
        row = 0
        for text in self._texts:
            count = len(text.job.rows)
            if not text.job.done.done():
                kept.extend(range(row, row + count))
            row += count
        self._texts = [text for text in self._texts if not text.job.done.done()]
        self._batch.keep(kept)

    def _fail(self, jobs: Sequence[Job], error: Exception) -> None:
        """Tell `jobs`; when memory ran out, try less at once from here on."""
        out_of_memory = isinstance(error, torch.OutOfMemoryError | MemoryError)
        if out_of_memory:
            self._limit = max(2, self._limit // 2)
        for job in jobs:
            _set_exception(job, error if isinstance(error, AppError) else _failure(out_of_memory))
        _log.error("local_model_failed", error_type=type(error).__name__, count=len(jobs), exc_info=error)


def _failure(out_of_memory: bool) -> ModelUnavailable:
    if out_of_memory:
        return ModelUnavailable(
            "The local model ran out of memory; it goes on with smaller batches. If this repeats, lower "
            "local.batch_rows in config/models.yaml.",
            [{"reason": "out_of_memory"}],
        )
    return ModelUnavailable("The local model failed while writing.", [{"reason": "server_error"}])


def _set_exception(job: Job, error: Exception) -> None:
    try:
        job.done.set_exception(error)
    except InvalidStateError:
        return
