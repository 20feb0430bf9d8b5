"""The version of everything that decides texts besides models and documents: configuration and code."""

import hashlib
from pathlib import Path

from app import __version__
from app.settings import Settings

_APP = Path(__file__).resolve().parent
_DECIDING_CODE = tuple(
    _APP / name for name in ("followups", "grounding", "knowledge", "language", "language_models", "reading")
)


def rules_version(settings: Settings, embedder_digest: str) -> str:
    """Twelve hex digits, part of the cache key and of each response."""
    models = settings.models
    sections = (
        *(settings.scoring, settings.retrieval, settings.validation),
        *(models.rag.retrieval, models.finetuned, models.hybrid, models.local),
    )
    digest = hashlib.sha256("\n".join((__version__, embedder_digest)).encode())
    for section in sections:
        digest.update(section.model_dump_json().encode())
    for folder in _DECIDING_CODE:
        for file in sorted(path for path in folder.rglob("*") if path.suffix in (".py", ".yaml", ".j2")):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
