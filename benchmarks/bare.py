"""A FastAPI route that does nothing but parse the request and return a fixed answer: the yardstick."""

import sys
from typing import Any

import orjson
import uvicorn
from fastapi import FastAPI
from starlette.responses import Response

from app.api.schemas import FollowupRequest


def build(answer: bytes) -> FastAPI:
    app = FastAPI()
    body: dict[str, Any] = orjson.loads(answer)

    @app.post("/")
    async def bare(request: FollowupRequest) -> Response:
        del request
        return Response(orjson.dumps(body), media_type="application/json")

    return app


if __name__ == "__main__":
    uvicorn.run(build(sys.stdin.buffer.read()), port=int(sys.argv[1]), log_config=None, access_log=False)
