"""Create an API key for a tenant; the key is shown once and stored only as a hash."""

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import typer

from app.errors import AppError
from app.security.api_keys import NewApiKey, new_api_key
from app.settings import load_settings
from app.storage.api_keys import ApiKeyRepository
from app.storage.database import Database
from app.storage.documents import DocumentRepository


async def create(tenant: str, name: str, url: str) -> NewApiKey:
    database = Database(url)
    await database.connect()
    try:
        await DocumentRepository(database).ensure_tenant(tenant)
        key = new_api_key()
        await ApiKeyRepository(database).create(tenant, name, key.prefix, key.key_hash)
        return key
    finally:
        await database.close()


def main(
    name: str = typer.Option(..., help="What the key is for, for example the CRM's name."),
    tenant: str = typer.Option("default", help="The company whose documents the key may use."),
) -> None:
    try:
        key = asyncio.run(create(tenant, name, load_settings().database_url))
    except AppError as error:
        typer.echo(error.message, err=True)
        raise typer.Exit(2) from None
    typer.echo(f"API key {key.prefix} for tenant {tenant}. It is shown only now:\n{key.key}")


if __name__ == "__main__":
    typer.run(main)
