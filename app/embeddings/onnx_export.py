"""Exports a sentence-transformers model of BERT shape to int8 ONNX, once, into the model cache directory.

`python -m app.embeddings.onnx_export MODEL DIRECTORY CACHE_DIR` does the work: a process of its own, because comparing
with the original needs torch, which the service itself then never loads.
"""

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app.embeddings.resolve import ModelFiles, read_model_files
from app.errors import ConfigurationError

LEAST_COSINE = 0.985
# Raise it when the graph changes: every model is then exported again, under another digest.
_RECIPE = 2
_GRAPH = "model.onnx"
_RECORD = "export.json"
_TIME_LIMIT_SECONDS = 600

# Compared with the original at every export: short and long, questions, figures, other scripts, and nothing.
_SAMPLE = (
    "",
    "What does the Team plan cost per month?",
    "Annual contracts are billed once a year and save two months.",
    "How long does it take to connect our warehouse scanners?",
    "The warranty covers parts and labour for 24 months after delivery.",
    "Customers in the food industry cut their invoice errors from 4.2% to 0.9% within 90 days.",
    "Is our data encrypted, and in which country is it stored?",
    "Error 502 appears when the gateway cannot reach the upstream service.",
    "We decided for another supplier, thank you for your patience.",
    "Wie viel kostet die Einrichtung für zwölf Standorte?",
    "価格表を送ってください。",
    "SELECT total FROM invoices WHERE overdue = TRUE;",
    "Plan: Starter; Price: $49 per month; Users: 3; Support: e-mail",
    "Growth plan, $199 monthly, unlimited invoices, priority support, single sign-on, audit log.",
    "A shipment that arrives after noon is booked on the next working day, unless the branch has a night shift. " * 3,
    "Returns are accepted within thirty days if the seal is unbroken; custom orders are excluded. " * 6,
    "The committee met on Tuesday to discuss rainfall, bridges and the price of apples. " * 20,
)


@dataclass(frozen=True, slots=True)
class Export:
    """What came of an export. `sha256` is the graph's; `refusal` says why there is none."""

    recipe: int
    sha256: str = ""
    cosine: float = 0.0
    refusal: str = ""


def export_folder(files: ModelFiles, cache_dir: Path) -> Path:
    return cache_dir / "onnx" / f"{files.digest[:32]}-{_RECIPE}"


def exported_graph(model: str, files: ModelFiles, cache_dir: Path) -> tuple[Path, Export]:
    """The int8 graph of a model, exported now if it is not yet there (about ten seconds).

    Raises `ConfigurationError` naming EMBEDDING_BACKEND if the model has no such graph, or a worse one than allowed.
    """
    folder = export_folder(files, cache_dir)
    export = _read(folder)
    if export is None:
        _run_export(model, files, cache_dir)
        export = _read(folder)
    if export is None:
        raise ConfigurationError(f"EMBEDDING_BACKEND: the export of {model} to ONNX left nothing in {folder}.")
    if export.refusal:
        raise ConfigurationError(f"EMBEDDING_BACKEND: {model} cannot run on ONNX: {export.refusal}")
    return folder / _GRAPH, export


def _read(folder: Path) -> Export | None:
    """The finished export in `folder`; None if there is none, or its graph is damaged."""
    try:
        export = Export(**json.loads((folder / _RECORD).read_text(encoding="utf-8")))
        if not export.refusal:
            with (folder / _GRAPH).open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != export.sha256:
                    return None
    except (OSError, ValueError, TypeError):
        return None
    return export


def _run_export(model: str, files: ModelFiles, cache_dir: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "app.embeddings.onnx_export",
        model,
        str(files.directory),
        str(cache_dir.resolve()),
    ]
    root = str(Path(__file__).resolve().parents[2])
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))}
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=_TIME_LIMIT_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ConfigurationError(f"EMBEDDING_BACKEND: the export of {model} to ONNX did not finish: {error}") from error
    if done.returncode:
        reason = done.stderr.strip().rsplit("\n", 1)[-1]
        raise ConfigurationError(f"EMBEDDING_BACKEND: the export of {model} to ONNX failed: {reason}")


def _export(files: ModelFiles, cache_dir: Path) -> None:
    """Build the graph, compare it with the original, and write both graph and record, the record last."""
    from safetensors.numpy import load_file

    from app.embeddings.bert_graph import BertShape, bert_graph

    folder = export_folder(files, cache_dir)
    folder.mkdir(parents=True, exist_ok=True)
    config = json.loads((files.directory / "config.json").read_text(encoding="utf-8"))
    refusal = _refusal(files.directory, config)
    if refusal:
        export = Export(_RECIPE, refusal=refusal)
    else:
        weights = load_file(files.directory / "model.safetensors")
        weights = {name.removeprefix("bert."): value.astype("float32") for name, value in weights.items()}
        shape = BertShape(config["num_hidden_layers"], config["num_attention_heads"], config["layer_norm_eps"])
        graph = bert_graph(weights, shape)
        _replace(folder / _GRAPH, graph)
        export = Export(_RECIPE, hashlib.sha256(graph).hexdigest(), _least_cosine(files, folder / _GRAPH))
        if export.cosine < LEAST_COSINE:
            reason = f"its vectors are only {export.cosine:.4f} (cosine) like the original's; {LEAST_COSINE} is needed."
            export = Export(_RECIPE, cosine=export.cosine, refusal=reason)
    _replace(folder / _RECORD, json.dumps(asdict(export)).encode())


def _refusal(directory: Path, config: dict[str, Any]) -> str:
    """Why the graph that is written here is not this model's; empty if it is."""
    kinds = [module["type"].rsplit(".", 1)[-1] for module in _modules(directory)]
    if config.get("model_type") != "bert" or config.get("position_embedding_type", "absolute") != "absolute":
        return f"its architecture is {config.get('model_type')}, not bert with absolute positions."
    if config.get("hidden_act") != "gelu":
        return f"its activation is {config.get('hidden_act')}, not gelu."
    if not kinds or kinds[0] != "Transformer" or set(kinds[1:]) - {"Pooling", "Normalize"}:
        return f"its modules are {', '.join(kinds) or 'unknown'}, not Transformer, Pooling and Normalize."
    if not (directory / "model.safetensors").is_file():
        return "its weights are not in one file, model.safetensors."
    return "" if pooling_of(directory) else "its pooling is neither the mean nor the first token."


def pooling_of(directory: Path) -> str:
    """`mean` or `cls`; empty for anything else."""
    path = directory / "1_Pooling" / "config.json"
    if not path.is_file():
        return ""
    config = json.loads(path.read_text(encoding="utf-8"))
    chosen = [name for name, value in config.items() if name.startswith("pooling_mode") and value is True]
    if isinstance(config.get("pooling_mode"), str):
        chosen = [f"pooling_mode_{config['pooling_mode']}"]
    known = {"pooling_mode_mean_tokens": "mean", "pooling_mode_mean": "mean"}
    known |= {"pooling_mode_cls_token": "cls", "pooling_mode_cls": "cls"}
    return known.get(chosen[0], "") if len(chosen) == 1 else ""


def _modules(directory: Path) -> list[dict[str, str]]:
    path = directory / "modules.json"
    modules: list[dict[str, str]] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    return modules


def _least_cosine(files: ModelFiles, graph: Path) -> float:
    from app.embeddings.onnx import OnnxSession
    from app.embeddings.sentence_transformer import SentenceTransformerEmbedder

    exported = OnnxSession(graph, files, pooling_of(files.directory)).embed(_SAMPLE)
    original = SentenceTransformerEmbedder(str(files.directory), files.directory).embed(_SAMPLE)
    return float((exported * original).sum(axis=1).min())


def _replace(path: Path, content: bytes) -> None:
    """Write all of it or nothing, whoever else does the same."""
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


if __name__ == "__main__":
    _name, _directory, _cache = sys.argv[1:]
    _export(read_model_files(_name, Path(_directory)), Path(_cache))
