"""A process that deletes what was superseded, in many small steps, and can be killed."""

import asyncio
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from app.config_files import RetentionConfig
from app.knowledge import retention
from app.observability import configure_logging
from app.storage.database import Database
from app.storage.retention import RetentionRepository

KEPT = 3


class Asking(RetentionRepository):
    """Asks before each deletion."""

    async def drop_chunks(self, version_ids: Sequence[str], limit: int) -> int:
        _await_leave()
        return await super().drop_chunks(version_ids, limit)

    async def drop_texts(
        self, keep: int, audited_since: datetime, superseded_before: datetime, after: str, limit: int
    ) -> str | None:
        _await_leave()
        return await super().drop_texts(keep, audited_since, superseded_before, after, limit)


def _await_leave() -> None:
    sys.stdout.write("next\n")
    sys.stdout.flush()
    sys.stdin.readline()


def in_two_hours() -> datetime:
    """When nothing is too recent to be deleted."""
    return datetime.now(UTC) + timedelta(hours=2)


async def delete(url: str, applied_seq: int) -> None:
    """The work of the process that is going to be killed, in many small steps."""
    retention._CHUNKS, retention._VERSIONS = 3, 2
    configure_logging("ERROR")
    database = Database(url)
    await database.connect()
    config = RetentionConfig(superseded_versions=KEPT)
    await retention.Retention(Asking(database), lambda: applied_seq, config, in_two_hours).run()
    await database.close()


if __name__ == "__main__":
    asyncio.run(delete(sys.argv[1], int(sys.argv[2])))
