"""Real PostgreSQL and Redis for the tests: a server that is given or already there, else a private one.

`TEST_POSTGRES_URL` and `TEST_REDIS_URL` name servers to use. Where nothing can be found the tests that need it are
skipped with the reason, or fail if `REQUIRE_SERVICES=1`.
"""

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import psycopg
import pytest
import redis
from psycopg import sql
from sqlalchemy.engine import make_url

from app.storage.search_rows import SEARCH_TABLE
from app.storage.tables import Base

_START_SECONDS = 20.0


def unavailable(service: str, reason: str) -> NoReturn:
    message = f"{service} is not available: {reason}"
    if os.environ.get("REQUIRE_SERVICES") == "1":
        pytest.fail(message)
    pytest.skip(message)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# --------------------------------------------------------------------------- PostgreSQL


@contextlib.contextmanager
def postgres_server() -> Iterator[str]:
    """The URL (libpq style) of a database from which others can be created."""
    given = os.environ.get("TEST_POSTGRES_URL")
    if given:
        yield make_url(given).set(drivername="postgresql").render_as_string(hide_password=False)
        return
    for user in ("root", "postgres"):
        url = f"postgresql://{user}@127.0.0.1:5432/postgres"
        if _can_create_databases(url):
            yield url
            return
    with _private_postgres() as url:
        yield url


@contextlib.contextmanager
def postgres_database(server_url: str, template: str | None = None) -> Iterator[str]:
    """A database of its own, dropped afterwards; the URL in the form that the product takes."""
    name = f"followup_test_{os.getpid()}_{secrets.token_hex(4)}"
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
        sql.Identifier(name), sql.Identifier(template or "template0")
    )
    with psycopg.connect(server_url, autocommit=True) as server:
        server.execute(create)
    try:
        yield make_url(server_url).set(drivername="postgresql+psycopg", database=name).render_as_string(False)
    finally:
        with psycopg.connect(server_url, autocommit=True) as server:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def empty_postgres(url: str) -> None:
    """Delete every row, and end the sessions that a test has left behind."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        sequences = connection.execute("SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'").fetchall()
        # Deleting few rows is ten times faster than TRUNCATE.
        connection.execute("SET synchronous_commit = off")
        for name in (SEARCH_TABLE, *(table.name for table in reversed(Base.metadata.sorted_tables))):
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
        for (name,) in sequences:
            connection.execute(sql.SQL("ALTER SEQUENCE {} RESTART").format(sql.Identifier(name)))


def _can_create_databases(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=2) as connection:
            row = connection.execute("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user")
            return bool((row.fetchone() or (False,))[0])
    except psycopg.OperationalError:
        return False


@contextlib.contextmanager
def _private_postgres() -> Iterator[str]:
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    initdb = shutil.which("initdb", path=os.pathsep.join([*map(str, programs), os.environ.get("PATH", "")]))
    if initdb is None:
        unavailable("PostgreSQL", "no server on 127.0.0.1:5432 and none installed")
    with tempfile.TemporaryDirectory(prefix="followup-pg-") as folder:
        # A server refuses to run as root.
        prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if prefix:
            shutil.chown(folder, "postgres")
        data, port = str(Path(folder) / "data"), free_port()
        _run([*prefix, initdb, "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync"])
        pg_ctl = str(Path(initdb).with_name("pg_ctl"))
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        _run([*prefix, pg_ctl, "-D", data, "-w", "-l", f"{folder}/log", "-o", options, "start"])
        try:
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
        finally:
            _run([*prefix, pg_ctl, "-D", data, "-m", "immediate", "stop"])


def _run(command: list[str]) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd="/")
    if done.returncode != 0:
        unavailable("PostgreSQL", f"{command[-1]}: {done.stderr.strip()[-300:]}")


# --------------------------------------------------------------------------- Redis


@contextlib.contextmanager
def redis_server() -> Iterator[str]:
    """The URL of a Redis database that belongs to the tests alone."""
    given = os.environ.get("TEST_REDIS_URL")
    if given:
        yield given
    elif shutil.which("redis-server"):
        with private_redis() as url:
            yield url
    else:
        yield _unused_local_redis()


@contextlib.contextmanager
def private_redis(port: int | None = None) -> Iterator[str]:
    """A Redis server of its own, for tests that stop it or start it again on the same port."""
    program = shutil.which("redis-server")
    if program is None:
        unavailable("Redis", "redis-server is not installed")
    port = port or free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with subprocess.Popen([*command, "--dir", tempfile.gettempdir()], stdout=subprocess.DEVNULL) as process:
        try:
            url = f"redis://127.0.0.1:{port}/0"
            _wait_for_redis(url)
            yield url
        finally:
            process.kill()


def empty_redis(url: str) -> None:
    with redis.Redis.from_url(url) as client:
        client.flushdb()


def _wait_for_redis(url: str) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(redis.ConnectionError), redis.Redis.from_url(url) as client:
            client.ping()
            return
        time.sleep(0.02)
    unavailable("Redis", f"the server did not start within {_START_SECONDS:.0f} s")


def _unused_local_redis() -> str:
    """An empty database of the server on this machine; never one that holds somebody's keys."""
    try:
        for number in range(15, 0, -1):
            url = f"redis://127.0.0.1:6379/{number}"
            with redis.Redis.from_url(url, socket_connect_timeout=1) as client:
                if client.dbsize() == 0:
                    return url
    except redis.RedisError as error:
        unavailable("Redis", f"no server on 127.0.0.1:6379 and none installed ({type(error).__name__})")
    unavailable("Redis", "every database of the server on 127.0.0.1:6379 is in use")
