"""The error tree. Everything the product raises on purpose descends from `AppError`.

AppError                     status  code                   retriable
 +- InvalidInput               422   invalid_input          no
 |   +- LeadOptedOut           422   lead_opted_out         no
 |   +- LanguageUnsupported    422   language_unsupported   no
 |   +- KeyReused              422   idempotency_key_reused no
 +- Unauthorized               401   unauthorized           no
 +- NotFound                   404   not_found              no
 +- MethodNotAllowed           405   method_not_allowed     no
 +- Conflict                   409   conflict               later
 +- PayloadTooLarge            413   payload_too_large      no
 +- UnsupportedMediaType       415   unsupported_media_type no
 +- TooManyRequests            429   too_many_requests      yes
 +- Unavailable                503   unavailable            yes
 |   +- StorageUnavailable     503   storage_unavailable    yes
 |   +- IndexUnavailable       503   index_unavailable      yes
 |   +- ModelUnavailable       503   model_unavailable      yes
 |   +- AdapterUnavailable     503   adapter_unavailable    yes
 |   +- DeadlineExceeded       503   deadline_exceeded      yes
 +- InternalError              500   internal_error         no
 +- ConfigurationError         (raised at start, never served)
 +- DocumentRefused            (one document, reported by ingestion)
 +- TrainingFailed             (no adapter was made; shown by the training scripts)
 +- IndexLocked                (another process owns the index)

Adapters translate third-party errors into this tree in one place each; the HTTP edge renders it in one place.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal


class AppError(Exception):
    """Base of the tree.

    `message` is one sentence for a person: what is wrong and what to do. `details` is a list of small mappings
    (for example `{"field": ..., "problem": ..., "fix": ...}`); neither may hold text of a lead or a secret.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    retry_after_seconds: ClassVar[int | None] = None

    def __init__(self, message: str, details: Sequence[Mapping[str, Any]] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.details = [dict(item) for item in details]


class InvalidInput(AppError):
    status = 422
    code = "invalid_input"


class LeadOptedOut(InvalidInput):
    """The record holds an unsubscribe request or a legal threat: nothing may be written to this lead."""

    code = "lead_opted_out"


class LanguageUnsupported(InvalidInput):
    code = "language_unsupported"


class KeyReused(InvalidInput):
    """An `Idempotency-Key` came again with another request."""

    code = "idempotency_key_reused"


class Unauthorized(AppError):
    status = 401
    code = "unauthorized"


class NotFound(AppError):
    status = 404
    code = "not_found"


class MethodNotAllowed(AppError):
    status = 405
    code = "method_not_allowed"


class Conflict(AppError):
    """Something under way has to end first."""

    status = 409
    code = "conflict"


class PayloadTooLarge(AppError):
    status = 413
    code = "payload_too_large"


class UnsupportedMediaType(AppError):
    status = 415
    code = "unsupported_media_type"


class TooManyRequests(AppError):
    """A queue is full; the same request succeeds once it has moved on."""

    status = 429
    code = "too_many_requests"
    retry_after_seconds = 10


class Unavailable(AppError):
    """Something this request needs is down; the same request may succeed later."""

    status = 503
    code = "unavailable"
    retry_after_seconds = 5


class StorageUnavailable(Unavailable):
    code = "storage_unavailable"


class IndexUnavailable(Unavailable):
    code = "index_unavailable"


class ModelUnavailable(Unavailable):
    """The chat model is down, slow, refused by its circuit breaker, or answered nothing usable."""

    code = "model_unavailable"


class AdapterUnavailable(Unavailable):
    code = "adapter_unavailable"
    retry_after_seconds = 60


class DeadlineExceeded(Unavailable):
    code = "deadline_exceeded"
    retry_after_seconds = 1


class InternalError(AppError):
    """What the caller sees of an error nobody foresaw."""


class ConfigurationError(AppError):
    """A setting is missing, unknown or contradictory. Stops the process at start with a sentence that names it."""


RefusalReason = Literal["empty", "encrypted", "unsupported", "malformed", "too_large", "hostile"]


class DocumentRefused(AppError):
    """One document cannot be ingested.

    `reason`: `empty` (no text, perhaps a scan), `encrypted` (a password is needed), `unsupported` (a format that is not
    read), `malformed` (damaged, or not what its name says), `too_large` (beyond a limit of size, memory or time),
    `hostile` (built in a way that no ordinary program builds it).
    """

    def __init__(self, reason: RefusalReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class IndexLocked(AppError):
    """Another process owns the vector index directory."""

    code = "index_locked"


class TrainingFailed(AppError):
    """Training ended without an adapter. The message says what to change."""
