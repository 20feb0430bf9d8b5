"""How the upload is described in the OpenAPI document: its body is read piece by piece, so FastAPI does not know it."""

from typing import Any

from app.api.deps import CALLER_HEADERS

_FIELDS: dict[str, Any] = {
    "file": {
        "type": "array",
        "items": {"type": "string", "format": "binary"},
        "description": "One or several files. The file name is the document's name; it may name folders.",
    },
    "title": {"type": "string", "maxLength": 300, "description": "Only with one file."},
    "source_type": {"type": "string", "description": "A kind of document of config/retrieval.yaml."},
    "internal": {"type": "boolean", "description": "Searchable by the company, never quoted to a lead."},
    "effective_date": {"type": "string", "format": "date"},
    "expiry_date": {"type": "string", "format": "date"},
}
_KEY: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": 255},
    "description": "The same key and files again return the same job; other files are refused.",
}

UPLOAD_OPENAPI: dict[str, Any] = {
    "parameters": [*CALLER_HEADERS["parameters"], _KEY],
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {"type": "object", "required": ["file"], "properties": _FIELDS},
                "example": {"file": ["prices.pdf"], "source_type": "pricing", "effective_date": "2026-05-20"},
            }
        },
    },
}
