"""Liveness, readiness, and the original health report with true values."""

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from app.api.deps import ContainerDep
from app.api.schemas import HealthResponse

router = APIRouter(tags=["health"])


@router.get("/livez", operation_id="livez")
async def livez() -> dict[str, str]:
    """Answers as long as the process does; depends on nothing."""
    return {"status": "alive"}


@router.get("/readyz", operation_id="readyz", responses={503: {"description": "Not ready"}})
async def readyz(container: ContainerDep) -> Response:
    """200 when a follow-up can be written: the database answers and the models are loaded."""
    failed = await container.readiness.missing()
    status = 503 if failed else 200
    headers = {"Retry-After": "1"} if failed else {}
    return JSONResponse({"ready": not failed, "missing": failed}, status_code=status, headers=headers)


@router.get("/health", operation_id="health", response_model=HealthResponse)
async def health(container: ContainerDep) -> HealthResponse:
    """What works right now. The status code is 200 whatever the report says; `/readyz` is for load balancers."""
    report = await container.readiness.report()
    return HealthResponse.model_validate(report)
