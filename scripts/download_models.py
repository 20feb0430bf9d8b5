"""Fetch a causal language model from the hub, for use without a network: fixed revision, safetensors, digest."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import typer

from app.downloads import Hub, fetch
from app.settings import load_settings
from scripts.terminal import errors_as_sentences, say


def checked(directory: Path) -> str:
    from app.language_models.model_files import check_model_files, content_digest

    check_model_files(directory)
    return content_digest(directory)


def main(
    model: str = typer.Option(..., help="Hub id, such as Qwen/Qwen2.5-0.5B-Instruct."),
    revision: str | None = typer.Option(None, help="Commit, tag or branch; default: as recorded, else the newest."),
    output_dir: Path | None = typer.Option(None, "--output_dir", "--output-dir", help="Default: MODEL_CACHE_DIR."),
) -> None:
    """Prints the line to put into config/models.yaml."""
    with errors_as_sentences():
        settings = load_settings()
        token = settings.hf_token.get_secret_value() if settings.hf_token else None
        folder = output_dir or settings.model_cache_dir
        done = fetch(model, revision, folder, checked, Hub(token))
    say(f"{done.model} at {done.revision}, digest {done.digest[:16]}, recorded in {folder / 'downloads.json'}.")
    say(f'config/models.yaml, under finetuned:\n  base_model: "{folder / done.directory}"')


if __name__ == "__main__":
    typer.run(main)
