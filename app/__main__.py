"""`python -m app`: serve on API_HOST:API_PORT until interrupted."""

import sys

import uvicorn

from app.errors import AppError
from app.main import create_app
from app.settings import load_settings

GRACE_SECONDS = 20


def main() -> int:
    try:
        settings = load_settings()
        app = create_app(settings)
    except AppError as error:
        print(error.message, file=sys.stderr)  # noqa: T201 - the process has no logger yet
        return 2
    uvicorn.run(
        app,
        host=settings.api_host,
        port=settings.api_port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
