"""API keys on a real database: used, revoked, and never stored."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from app.errors import NotFound, Unauthorized
from app.security.api_keys import Authenticator, NewApiKey, hash_api_key, new_api_key
from app.storage.api_keys import ApiKeyRepository
from app.storage.database import Database


@dataclass
class Timer:
    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def keys(database: Database) -> ApiKeyRepository:
    return ApiKeyRepository(database)


@pytest.fixture
def timer() -> Timer:
    return Timer()


@pytest.fixture
def authenticator(keys: ApiKeyRepository, timer: Timer) -> Authenticator:
    return Authenticator(keys, timer)


async def stored(keys: ApiKeyRepository, tenant: str) -> tuple[NewApiKey, str]:
    """A new key of the tenant and its id."""
    key = new_api_key()
    return key, (await keys.create(tenant, "crm", key.prefix, key.key_hash)).id


async def test_a_key_opens_the_door_of_its_own_tenant(keys: ApiKeyRepository, authenticator: Authenticator) -> None:
    acme, _ = await stored(keys, "acme")
    globex, _ = await stored(keys, "globex")
    for _ in range(2):
        assert await authenticator.tenant_of(acme.key) == "acme"
        assert await authenticator.tenant_of(globex.key) == "globex"


async def test_a_revoked_key_is_refused_within_five_seconds(
    keys: ApiKeyRepository, authenticator: Authenticator, timer: Timer
) -> None:
    key, key_id = await stored(keys, "acme")
    await authenticator.tenant_of(key.key)
    timer.seconds = 4.0
    await authenticator.tenant_of(key.key)
    await keys.revoke("acme", key_id)
    timer.seconds = 5.0
    with pytest.raises(Unauthorized):
        await authenticator.tenant_of(key.key)


async def test_use_does_not_prolong_what_is_remembered(
    keys: ApiKeyRepository, authenticator: Authenticator, timer: Timer
) -> None:
    key, key_id = await stored(keys, "acme")
    await authenticator.tenant_of(key.key)
    await keys.revoke("acme", key_id)
    for timer.seconds in (1.0, 2.0, 3.0, 4.0, 4.9):
        assert await authenticator.tenant_of(key.key) == "acme"
    timer.seconds = 5.1
    with pytest.raises(Unauthorized):
        await authenticator.tenant_of(key.key)


async def test_a_refusal_is_not_remembered(keys: ApiKeyRepository, authenticator: Authenticator) -> None:
    key = new_api_key()
    with pytest.raises(Unauthorized):
        await authenticator.tenant_of(key.key)
    await keys.create("acme", "crm", key.prefix, key.key_hash)
    assert await authenticator.tenant_of(key.key) == "acme"


async def test_a_tenant_cannot_revoke_the_key_of_another(keys: ApiKeyRepository, authenticator: Authenticator) -> None:
    key, key_id = await stored(keys, "acme")
    with pytest.raises(NotFound):
        await keys.revoke("globex", key_id)
    assert await authenticator.tenant_of(key.key) == "acme"


async def test_every_refusal_says_the_same_and_repeats_nothing(
    keys: ApiKeyRepository, authenticator: Authenticator
) -> None:
    revoked, key_id = await stored(keys, "acme")
    await keys.revoke("acme", key_id)
    wrong = [revoked.key, new_api_key().key, revoked.key[:-1], revoked.key.upper(), revoked.prefix, revoked.key_hash]
    sentences = set()
    for key in [*wrong, "", "lfa_", "Bearer x", "lfa_" + "x" * 300, "lfa_ключ", "lfa_\x00"]:
        with pytest.raises(Unauthorized) as caught:
            await authenticator.tenant_of(key)
        sentences.add((caught.value.message, str(caught.value.details)))
    assert len(sentences) == 1


def test_keys_are_long_random_and_known_by_their_prefix() -> None:
    made = [new_api_key() for _ in range(50)]
    assert len({key.key for key in made}) == len({key.prefix for key in made}) == 50
    for key in made:
        assert key.key.startswith(key.prefix + "_")
        assert len(key.key.removeprefix(key.prefix)) >= 43  # 256 bits in base 64
        assert key.key_hash == hash_api_key(key.key)
        assert key.key not in key.key_hash


class TestTheFile:
    @pytest.fixture
    def dialect(self) -> str:
        return "sqlite"

    @pytest.fixture
    async def written(self, database: Database, tmp_path: Path) -> tuple[NewApiKey, bytes]:
        key, _ = await stored(ApiKeyRepository(database), "acme")
        await database.close()
        return key, b"".join(path.read_bytes() for path in sorted(tmp_path.glob("followup.db*")))

    async def test_holds_the_hash_and_nothing_that_opens_a_door(self, written: tuple[NewApiKey, bytes]) -> None:
        key, content = written
        assert key.key_hash.encode() in content
        assert key.key.encode() not in content
        assert key.key.removeprefix(key.prefix).strip("_").encode() not in content
