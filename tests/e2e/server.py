"""A real service on a free port, in a thread of the test process."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn

from app.main import create_app
from app.settings import Settings, load_settings
from tests.embeddings.models import MODELS

ROOT = Path(__file__).resolve().parent.parent.parent


def free_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])


def settings_for(folder: Path, database_url: str, **overrides: Any) -> Settings:  # noqa: ANN401 - any setting
    """Settings of a service that keeps everything in `folder` and reads no `.env`."""
    given: dict[str, Any] = {
        "_env_file": None,
        "database_url": database_url,
        "chroma_persist_dir": str(folder / "chroma"),
        "model_cache_dir": MODELS,
        "upload_dir": folder / "uploads",
        "enable_metrics": False,
        "log_level": "ERROR",
        **overrides,
    }
    return load_settings(**given)


@contextmanager
def running(settings: Settings, seconds: float = 60) -> Iterator[str]:
    """The base URL of a service that has finished starting; stopped at the end."""
    port = free_port()
    config = uvicorn.Config(create_app(settings), port=port, log_config=None, access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="service")
    thread.start()
    deadline = time.monotonic() + seconds
    try:
        while not server.started:
            if not thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("the service did not start")
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=30)
