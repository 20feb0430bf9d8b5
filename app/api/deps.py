"""What endpoints need, as annotated dependencies."""

from typing import Annotated

from fastapi import Depends, Header, Request

from app.container import Container
from app.errors import InvalidInput, Unauthorized

DEFAULT_TENANT = "default"


def get_container(request: Request) -> Container:
    container: Container = request.app.state.container
    return container


ContainerDep = Annotated[Container, Depends(get_container)]


async def get_tenant(
    container: ContainerDep,
    authorization: Annotated[str | None, Header(description="Bearer API key.")] = None,
    x_api_key: Annotated[str | None, Header(description="API key, instead of Authorization.")] = None,
) -> str:
    """The tenant of the API key; `default` on a server that needs no key and got none."""
    key = x_api_key
    if key is None and authorization is not None:
        scheme, _, key = authorization.partition(" ")
        if scheme.lower() != "bearer" or not key:
            raise Unauthorized("Send the API key as 'Authorization: Bearer <key>' or as 'X-API-Key'.")
    if key is not None:
        return await container.authenticator.tenant_of(key)
    if container.settings.require_api_key:
        raise Unauthorized("An API key is needed; send it as 'Authorization: Bearer <key>' or as 'X-API-Key'.")
    return DEFAULT_TENANT


TenantDep = Annotated[str, Depends(get_tenant)]


def get_deadline(
    container: ContainerDep,
    x_deadline_ms: Annotated[str | None, Header(description="Milliseconds this request may take.")] = None,
) -> float:
    """Seconds this request may take: the caller's wish, capped by `max_deadline_ms`, else `deadline_ms`."""
    if x_deadline_ms is None:
        return container.settings.deadline_ms / 1000
    if not x_deadline_ms.isascii() or not x_deadline_ms.isdigit() or int(x_deadline_ms[:9]) == 0:
        raise InvalidInput(
            "X-Deadline-Ms: not a positive whole number; send milliseconds, for example 2000.",
            [{"field": "X-Deadline-Ms", "problem": "not a positive whole number", "fix": "send milliseconds"}],
        )
    return min(int(x_deadline_ms[:9]), container.settings.max_deadline_ms) / 1000


DeadlineDep = Annotated[float, Depends(get_deadline)]
