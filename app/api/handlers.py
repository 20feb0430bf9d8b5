"""Every error becomes one JSON envelope here: `{code, message, details, request_id}`."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from app.api.knowledge_schemas import SEARCH_PATH, SearchRequest
from app.api.schemas import (
    AnyFollowupRequest,
    GenerationConfigBody,
    LeadBody,
    RagConfigBody,
    SenderBody,
    TaskBody,
    ThreadMessageBody,
)
from app.errors import AppError, InternalError, InvalidInput, MethodNotAllowed, NotFound, UnsupportedMediaType
from app.observability import Metrics, get_logger

_FIXES: dict[str, str] = {
    "missing": "add the field",
    "string_too_long": "shorten the text",
    "string_too_short": "give a value that is not empty",
    "greater_than_equal": "use a value in range",
    "less_than_equal": "use a value in range",
    "too_long": "send fewer entries",
    "json_invalid": "send valid JSON",
}
_PARTS: dict[str, type[BaseModel]] = {
    "lead_context": LeadBody,
    "lead_profile": LeadBody,
    "rag_config": RagConfigBody,
    "generation_config": GenerationConfigBody,
    "sender": SenderBody,
    "tasks": TaskBody,
    "thread": ThreadMessageBody,
}


def error_response(error: AppError, request_id: str) -> Response:
    headers = {} if error.retry_after_seconds is None else {"Retry-After": str(error.retry_after_seconds)}
    body = {"code": error.code, "message": error.message, "details": error.details, "request_id": request_id}
    return JSONResponse(body, status_code=error.status, headers=headers)


def install_handlers(app: FastAPI, metrics: Metrics) -> None:
    log = get_logger("http")

    def answer(request: Request, error: AppError) -> Response:
        metrics.errors.labels(code=error.code).inc()
        return error_response(error, request.state.request_id)

    @app.exception_handler(AppError)
    async def app_error(request: Request, error: AppError) -> Response:
        if error.status >= 500:
            log.error("request_failed", code=error.code, exc_info=error)
        return answer(request, error)

    @app.exception_handler(RequestValidationError)
    async def invalid_request(request: Request, error: RequestValidationError) -> Response:
        of_body = any(item["loc"][:1] == ("body",) for item in error.errors())
        if of_body and not _is_json(request):
            return answer(request, UnsupportedMediaType("Send the body with Content-Type: application/json."))
        root = SearchRequest if request.url.path == SEARCH_PATH else AnyFollowupRequest
        return answer(request, invalid_input(error.errors(), root))

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> Response:
        return answer(request, _from_http(error))


def _is_json(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


def invalid_input(errors: Sequence[Mapping[str, Any]], root: type[BaseModel] = AnyFollowupRequest) -> InvalidInput:
    """Name each field, its problem and the fix. Values are never repeated: they are a lead's data.

    `root` is the model of the whole body, whose fields are suggested for unknown ones.
    """
    details = [_detail(item, root) for item in errors]
    first = details[0]
    more = f" ({len(details) - 1} more in details)" if len(details) > 1 else ""
    return InvalidInput(f"{first['field']}: {first['problem']}; {first['fix']}{more}.", details)


def _detail(item: Mapping[str, Any], root: type[BaseModel]) -> dict[str, str]:
    place = [str(part) for part in item["loc"]]
    path = place[1:] if place[:1] in (["body"], ["query"]) and len(place) > 1 else place
    kind = str(item["type"])
    if kind == "json_invalid":
        return {"field": "body", "problem": "not valid JSON", "fix": _FIXES[kind]}
    field = ".".join(path) or "body"
    if kind == "extra_forbidden":
        return {"field": field, "problem": "unknown field", "fix": _known_fields(path, root)}
    problem = str(item["msg"]).removeprefix("Value error, ")
    return {"field": field, "problem": problem, "fix": _FIXES.get(kind, "correct the value")}


def _known_fields(path: Sequence[str], root: type[BaseModel]) -> str:
    parents = [part for part in path[:-1] if part in _PARTS]
    model = _PARTS[parents[-1]] if parents else root
    close = difflib.get_close_matches(path[-1], model.model_fields, n=1)
    if close:
        return f'did you mean "{close[0]}"?'
    return "remove it" if "custom" not in model.model_fields else 'remove it, or put it into "custom"'


def _from_http(error: HTTPException) -> AppError:
    if error.status_code == 404:
        return NotFound("There is nothing at this path.")
    if error.status_code == 405:
        return MethodNotAllowed("This path does not answer this method.")
    if error.status_code == 415:
        return UnsupportedMediaType("Send the body as application/json.")
    if error.status_code < 500:
        return InvalidInput("The request could not be read; send a JSON object as application/json.")
    return InternalError("Something went wrong here; the request id finds it in the logs.")
