"""Opaque API keys: 256 random bits behind a prefix, shown once, stored only as a hash.

A fast hash is enough for keys that cannot be guessed, so checking one costs microseconds.
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from cachetools import TTLCache

from app.errors import Unauthorized
from app.storage.api_keys import ApiKeyRepository

_PREFIX = "lfa"
_CACHE_SECONDS = 5.0
_REFUSED = "The API key is unknown or revoked."


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """A key to show once. `prefix` is its public part, for lists and logs."""

    key: str
    prefix: str
    key_hash: str


def new_api_key() -> NewApiKey:
    identifier = secrets.token_hex(4)
    key = f"{_PREFIX}_{identifier}_{secrets.token_urlsafe(32)}"
    return NewApiKey(key, f"{_PREFIX}_{identifier}", hash_api_key(key))


def hash_api_key(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


class Authenticator:
    """Finds the tenant of a key. A revoked key is refused within five seconds."""

    def __init__(self, keys: ApiKeyRepository, timer: Callable[[], float] = monotonic) -> None:
        self._keys = keys
        self._known: TTLCache[str, str] = TTLCache(10_000, _CACHE_SECONDS, timer)

    async def tenant_of(self, key: str) -> str:
        """Raises `Unauthorized` for a key that is malformed, unknown or revoked, without saying which."""
        if not key.startswith(f"{_PREFIX}_") or len(key) > 200:
            raise Unauthorized(_REFUSED)
        key_hash = hash_api_key(key)
        tenant = self._known.get(key_hash)
        if tenant is None:
            row = await self._keys.find(key_hash)
            if row is None or row.revoked_at is not None:
                raise Unauthorized(_REFUSED)
            tenant = self._known[key_hash] = row.tenant_id
        return tenant
