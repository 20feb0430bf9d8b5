"""Fetch an embedding model from the hub for use without a network: fixed revision, safetensors, digest recorded."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import typer

from app.downloads import Hub, fetch
from app.embeddings.resolve import read_model_files
from app.settings import load_settings
from scripts.terminal import errors_as_sentences, say


def main(
    model: str = typer.Option("sentence-transformers/all-MiniLM-L6-v2", help="Hub id of such a model."),
    revision: str | None = typer.Option(None, help="Commit, tag or branch; default: as recorded, else the newest."),
    output_dir: Path | None = typer.Option(None, "--output_dir", "--output-dir", help="Default: MODEL_CACHE_DIR."),
) -> None:
    """Prints the line to put into the environment."""
    with errors_as_sentences():
        settings = load_settings()
        token = settings.hf_token.get_secret_value() if settings.hf_token else None
        folder = output_dir or settings.model_cache_dir
        done = fetch(model, revision, folder, lambda directory: read_model_files(model, directory).digest, Hub(token))
    say(f"{done.model} at {done.revision}, digest {done.digest[:16]}, recorded in {folder / 'downloads.json'}.")
    say(f"EMBEDDING_MODEL={folder / done.directory}")


if __name__ == "__main__":
    typer.run(main)
