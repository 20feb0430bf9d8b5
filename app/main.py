"""Builds the web application; nothing is built or connected at import."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app import __version__
from app.api import conflicts, followups, health, knowledge
from app.api.handlers import install_handlers
from app.api.knowledge_schemas import DOCUMENTS_PATH
from app.api.middleware import BodyLimitMiddleware, LocalHostMiddleware, RequestContextMiddleware
from app.container import Container
from app.errors import AppError
from app.observability import configure_logging, get_logger
from app.settings import Settings, load_settings


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application. Its lifespan opens the container's parts and closes them.

    Raises `ConfigurationError` for settings that cannot work.
    """
    settings = settings or load_settings()
    configure_logging(settings.log_level)
    container = Container(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        try:
            await container.open()
        except AppError as error:
            get_logger("start").error("cannot_start", code=error.code, reason=error.message)
            app.state.cannot_start = error.message
            raise
        try:
            yield
        finally:
            await asyncio.shield(container.close())

    app = FastAPI(
        title="Lead Follow-Up Assistant",
        version=__version__,
        description="Short, personal follow-up messages whose every fact is traced to a document or the lead's record.",
        lifespan=lifespan,
        redirect_slashes=False,
    )
    app.state.container = container
    app.include_router(followups.router)
    app.include_router(conflicts.router)
    app.include_router(knowledge.router)
    app.include_router(health.router)
    install_handlers(app, container.metrics)
    app.add_middleware(
        BodyLimitMiddleware,
        max_bytes=settings.max_body_bytes,
        metrics=container.metrics,
        streamed={DOCUMENTS_PATH: settings.max_upload_bytes},
    )
    if not settings.require_api_key:
        app.add_middleware(LocalHostMiddleware, metrics=container.metrics)
    app.add_middleware(RequestContextMiddleware, metrics=container.metrics)
    return app
