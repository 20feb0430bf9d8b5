"""`python -m app`: serve on API_HOST:API_PORT until interrupted."""

import contextlib
import socket
import sys

import uvicorn

from app.errors import AppError, ConfigurationError
from app.main import create_app
from app.settings import Settings, load_settings

GRACE_SECONDS = 20
_UNKNOWN = "The service could not start; the log says why."


def main() -> int:
    """Exit code 2 and one sentence if the service cannot start."""
    try:
        settings = load_settings()
        listener = _listen(settings)
        app = create_app(settings)
    except AppError as error:
        print(error.message, file=sys.stderr)  # noqa: T201 - the process has no logger yet
        return 2
    config = uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=GRACE_SECONDS
    )
    server = uvicorn.Server(config)
    # The server leaves by itself when the application cannot start.
    with listener, contextlib.suppress(SystemExit):
        server.run(sockets=[listener])
    if server.started:
        return 0
    print(getattr(app.state, "cannot_start", _UNKNOWN), file=sys.stderr)  # noqa: T201 - the last word is for a person
    return 2


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.api_host else socket.AF_INET
    try:
        return socket.create_server((settings.api_host, settings.api_port), family=family, backlog=2048)
    except OSError as error:
        raise ConfigurationError(
            f"API_PORT: {settings.api_host}:{settings.api_port} cannot be opened ({error.strerror}); stop the process "
            "that uses it, or choose another port."
        ) from error


if __name__ == "__main__":
    sys.exit(main())
