"""A request that arrived before, byte for byte, is answered from the cache before anything parses it."""

from collections.abc import Callable, Coroutine
from typing import Any

import orjson
from fastapi import Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from app.api.deps import get_caller
from app.followups.pipeline import Answer


class RecallingRoute(APIRoute):
    """A route whose repeated requests skip parsing and validation: both succeeded when they were first sent."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer_in_full = super().get_route_handler()

        async def answer(request: Request) -> Response:
            caller = await get_caller(request)
            recalled = await caller.container.pipeline.recall(caller.tenant, caller.sent, caller.deadline)
            return respond(recalled) if recalled is not None else await answer_in_full(request)

        return answer


def respond(answer: Answer) -> Response:
    """The response body: the shared part, then what belongs to this request alone."""
    own = {"cached": answer.cached, "degraded": answer.degraded, "timings_ms": answer.timings_ms}
    return Response(orjson.dumps(answer.body | own), media_type="application/json")
