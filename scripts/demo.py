"""Send the original request to a running service and show message, claims and sources."""

import os
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import httpx2 as httpx
from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from app.api.examples import RAG_REQUEST


def main() -> int:
    console = Console()
    address = f"http://{os.environ.get('API_HOST', '127.0.0.1')}:{os.environ.get('API_PORT', '8000')}"
    headers = {"X-API-Key": os.environ["API_KEY"]} if "API_KEY" in os.environ else {}
    url = f"{address}/rag/api/v1/rag/generate-followup"
    try:
        response = httpx.post(url, json=RAG_REQUEST["complete"]["value"], headers=headers, timeout=60)
    except httpx.TransportError:
        console.print(f"No service answers at {address}; start it with [bold]make run[/bold].")
        return 2
    body: dict[str, Any] = response.json()
    if response.status_code != 200:
        console.print(f"{response.status_code} {body['code']}: {body['message']}")
        return 1
    show(console, body)
    return 0


def show(console: Console, body: dict[str, Any]) -> None:
    console.print(Panel(body["message"], title=body["subject"]))
    table = Table("Sentence", "Verdict", "Quote", "Source", show_lines=True)
    for claim in body["claims"]:
        quote = claim["quote"] or {}
        page = f" p.{quote['page']}" if quote.get("page") else ""
        table.add_row(claim["text"], claim["verdict"], quote.get("text", ""), f"{quote.get('source', '')}{page}")
    console.print(table)
    for name in ("retrieval_sources", "grounding_verified", "generator_used", "fallback", "cached", "degraded"):
        console.print(f"{name}: {body[name]}")
    console.print(f"timings_ms: {body['timings_ms']}")


if __name__ == "__main__":
    sys.exit(main())
