"""A service with a local model of its own. The model is tiny and random: the checks let none of its text through, and
what answers instead, and what is said about it, is what counts here."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from app.settings import Settings, load_settings
from tests.e2e.server import running

LEAD = {
    "lead_name": "Ramesh",
    "product_name": "AI Billing Software",
    "interaction_history": "Asked about pricing, stopped responding",
    "company_name": "TechCorp",
}
PATHS = {name: f"/{name}/api/v1/{name}/generate-followup" for name in ("rag", "finetuned", "hybrid")}


@contextmanager
def service(demo: Settings, folder: Path, base: Path, adapter: Path) -> Iterator[httpx2.Client]:
    """A ready service with these models, and answers of at most 16 tokens."""
    finetuned = {"base_model": str(base), "adapter_path": str(adapter), "max_new_tokens": 16}
    models = demo.models.model_dump() | {
        "finetuned": finetuned,
        "local": {"device": "cpu", "context_tokens": 4096},
    }
    fields = {**demo.model_dump(exclude_unset=True), "chroma_persist_dir": str(folder / "chroma"), "models": models}
    with running(load_settings(_env_file=None, **fields)) as url, httpx2.Client(base_url=url, timeout=60) as client:
        until = time.monotonic() + 60
        while client.get("/readyz").status_code != 200:
            assert time.monotonic() < until, client.get("/readyz").text
            time.sleep(0.05)
        yield client


def ask(client: httpx2.Client, name: str) -> httpx2.Response:
    return client.post(PATHS[name], json={"lead_context": LEAD})


def test_all_three_generators_answer(demo_settings: Settings, tmp_path: Path, base_model: Path, adapter: Path) -> None:
    with service(demo_settings, tmp_path, base_model, adapter) as client:
        for name in PATHS:
            response = ask(client, name)
            assert response.status_code == 200, response.text
            body = response.json()
            assert body["grounding_verified"] is True
            assert body["fallback"] in {None, "template"}
        assert client.get("/health").json()["models"] == dict.fromkeys(PATHS, "active")


def test_a_missing_adapter_is_named_and_hybrid_goes_on(
    demo_settings: Settings, tmp_path: Path, base_model: Path
) -> None:
    with service(demo_settings, tmp_path, base_model, tmp_path / "no_such_voice") as client:
        refused = ask(client, "finetuned")
        assert (refused.status_code, refused.json()["code"]) == (503, "adapter_unavailable")
        assert "no_such_voice is not there" in refused.json()["message"]
        assert ask(client, "hybrid").status_code == 200
        assert client.get("/health").json()["models"]["finetuned"] == "unavailable"


def test_torch_is_not_imported_without_a_local_model() -> None:
    code = (
        "import sys\nfrom app.settings import load_settings\nfrom app.main import create_app\n"
        "create_app(load_settings(_env_file=None, enable_metrics=False,"
        " models={'finetuned': {'base_model': './no/such/model'}}))\n"
        "print([name for name in ('torch', 'transformers', 'peft') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip().splitlines()[-1] == "[]"
