"""Every metric and every log field of the product, declared once.

Labels are closed sets. No text of a lead, no tenant name and no free text may enter a label or a log line: the log
processor drops every field that is not declared here.
"""

import logging
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from time import perf_counter
from typing import Any

import orjson
import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

LOG_FIELDS = frozenset(
    {
        "event", "level", "timestamp", "request_id", "method", "route", "status", "duration_ms", "code", "cached",
        "generator", "fallback", "degraded", "error_type", "component", "count", "host", "port", "seconds", "version",
        "documents", "chunks", "missing", "orphaned", "seq", "exc_type", "exc_location", "reason", "state",
    }
)  # fmt: skip

_LATENCY_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_SHARE_BUCKETS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


class Metrics:
    """All metrics, on a registry of their own so that several apps can live in one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        r = self.registry
        self.requests = Counter("followup_http_requests_total", "HTTP requests", ["route", "status"], registry=r)
        self.request_seconds = Histogram(
            "followup_http_request_seconds", "Time to answer", ["route"], buckets=_LATENCY_BUCKETS, registry=r
        )
        self.errors = Counter("followup_errors_total", "Errors by code", ["code"], registry=r)
        self.in_flight = Gauge("followup_http_in_flight", "Requests being answered", registry=r)
        self.stage_seconds = Histogram(
            "followup_stage_seconds", "Time in a stage", ["stage"], buckets=_LATENCY_BUCKETS, registry=r
        )
        self.generations = Counter(
            "followup_generations_total", "Messages written", ["generator", "fallback"], registry=r
        )
        self.tokens = Counter("followup_tokens_total", "Tokens of chat models", ["direction"], registry=r)
        self.inference_seconds = Histogram(
            "followup_inference_seconds", "Time a generator took", ["generator"], buckets=_LATENCY_BUCKETS, registry=r
        )
        self.cache = Counter("followup_cache_total", "Cache look-ups", ["tier", "outcome"], registry=r)
        self.retrieval_cache = Counter(
            "followup_retrieval_cache_total", "Searches looked up in the retrieval cache", ["outcome"], registry=r
        )
        self.retrieved = Histogram(
            "followup_retrieved_passages", "Passages found", buckets=(0, 1, 2, 3, 5, 8, 13, 20), registry=r
        )
        self.relevance = Histogram(
            "followup_retrieval_relevance", "Relevance of the best passage", buckets=_SHARE_BUCKETS, registry=r
        )
        self.claims = Counter("followup_claims_total", "Claims of final messages and drafts", ["verdict"], registry=r)
        self.violations = Counter("followup_violations_total", "Broken message rules", ["rule"], registry=r)
        self.repairs = Counter("followup_repairs_total", "Repair rounds", ["outcome"], registry=r)
        self.strategies = Counter("followup_strategies_total", "Strategies", ["band", "edge_case"], registry=r)
        self.personalization = Histogram(
            "followup_personalization", "Personalization score", buckets=_SHARE_BUCKETS, registry=r
        )
        self.lead_scores = Histogram(
            "followup_lead_scores", "Lead scores", buckets=tuple(range(10, 101, 10)), registry=r
        )
        self.degraded = Counter("followup_degraded_total", "Degraded answers", ["component"], registry=r)


class Stopwatch:
    """Times the stages of one request: milliseconds for the response, seconds for the metrics."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._started = perf_counter()
        self.timings_ms: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        started = perf_counter()
        try:
            yield
        finally:
            seconds = perf_counter() - started
            self._metrics.stage_seconds.labels(stage=name).observe(seconds)
            self.timings_ms[name] = round(self.timings_ms.get(name, 0.0) + seconds * 1000, 3)

    @property
    def elapsed_seconds(self) -> float:
        return perf_counter() - self._started

    def total_ms(self) -> float:
        return round(self.elapsed_seconds * 1000, 3)


def configure_logging(level: str) -> None:
    """JSON lines on standard error: ours through structlog, those of libraries reduced to logger name and level."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _describe_exception,
            _declared_fields_only,
            structlog.processors.JSONRenderer(serializer=orjson.dumps),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )
    root = logging.getLogger()
    root.handlers = [_LibraryHandler()]
    root.setLevel(logging.WARNING)


def get_logger(component: str) -> Any:  # noqa: ANN401 - structlog's lazy proxy has no narrower public type
    return structlog.get_logger(component=component)


def _describe_exception(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Keep an exception's type and place, never its text: messages of libraries may quote their input."""
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        event["exc_type"] = type(error).__name__
        frame = error.__traceback__
        while frame is not None and frame.tb_next is not None:
            frame = frame.tb_next
        if frame is not None:
            event["exc_location"] = f"{frame.tb_frame.f_globals.get('__name__', '?')}:{frame.tb_lineno}"
    return event


def _declared_fields_only(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: value for key, value in event.items() if key in LOG_FIELDS}


class _LibraryHandler(logging.Handler):
    """Says that a library warned and where; its text may hold input, so it stays out of the log."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        get_logger(record.name.split(".")[0]).warning(
            "library_message", state=record.levelname, reason=f"{record.module}:{record.lineno}", exc_info=error
        )
