"""What endpoints need: the container, and who asks with how much time."""

import hashlib
import re
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request

from app.container import Container
from app.errors import InvalidInput, Unauthorized
from app.settings import DEFAULT_TENANT

_CALLER = "followup.caller"
_MILLISECONDS = re.compile(r"(?=[0-9]{1,20}\Z)0*[1-9][0-9]*")

# The headers are read from the request at once, which costs far less per request than one dependency each.
CALLER_HEADERS: dict[str, Any] = {
    "parameters": [
        {"name": name, "in": "header", "required": False, "schema": {"type": "string"}, "description": description}
        for name, description in (
            ("Authorization", "Bearer API key."),
            ("X-API-Key", "API key, instead of Authorization."),
            ("X-Deadline-Ms", "Milliseconds this request may take."),
            ("X-Request-ID", "Returned with the response and logged; made if it is missing."),
        )
    ]
}


async def get_container(request: Request) -> Container:
    container: Container = request.app.state.container
    return container


ContainerDep = Annotated[Container, Depends(get_container)]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: `deadline` is the time in seconds that the request may take, `sent` see `_sent`."""

    container: Container
    tenant: str
    deadline: float
    sent: bytes


async def get_caller(request: Request) -> Caller:
    """Raises `Unauthorized` and, for an unreadable deadline, `InvalidInput`."""
    known: Caller | None = request.scope.get(_CALLER)
    if known is None:
        container: Container = request.app.state.container
        tenant, deadline = await _tenant(container, request), _deadline(container, request)
        known = request.scope[_CALLER] = Caller(container, tenant, deadline, await _sent(request))
    return known


CallerDep = Annotated[Caller, Depends(get_caller)]


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks, known without reading the body."""

    container: Container
    tenant: str


async def get_visitor(request: Request) -> Visitor:
    """Raises `Unauthorized`."""
    container: Container = request.app.state.container
    return Visitor(container, await _tenant(container, request))


VisitorDep = Annotated[Visitor, Depends(get_visitor)]


async def _tenant(container: Container, request: Request) -> str:
    """The tenant of the API key; `default` on a server that needs no key and got none."""
    key = request.headers.get("x-api-key")
    authorization = request.headers.get("authorization")
    if key is None and authorization is not None:
        scheme, _, key = authorization.partition(" ")
        if scheme.lower() != "bearer" or not key:
            raise Unauthorized("Send the API key as 'Authorization: Bearer <key>' or as 'X-API-Key'.")
    if key is not None:
        return await container.authenticator.tenant_of(key.strip())
    if container.settings.require_api_key:
        raise Unauthorized("An API key is needed; send it as 'Authorization: Bearer <key>' or as 'X-API-Key'.")
    return DEFAULT_TENANT


async def _sent(request: Request) -> bytes:
    """Digest of what decides how a request is read: its path, its content type and its body."""
    head = f"{request.scope['path']}\0{request.headers.get('content-type', '')}\0"
    return hashlib.sha256(head.encode() + await request.body()).digest()


def _deadline(container: Container, request: Request) -> float:
    """The caller's wish, capped by `max_deadline_ms`, else `deadline_ms`."""
    wish = request.headers.get("x-deadline-ms")
    if wish is None:
        return container.settings.deadline_ms / 1000
    if not _MILLISECONDS.fullmatch(wish):
        raise InvalidInput(
            "X-Deadline-Ms: not a positive whole number of at most 20 digits; send milliseconds, for example 2000.",
            [{"field": "X-Deadline-Ms", "problem": "not a positive whole number", "fix": "send milliseconds"}],
        )
    return min(int(wish), container.settings.max_deadline_ms) / 1000
