"""The int8 export of the packaged model, against the original."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from onnxruntime import InferenceSession

from app.config_files import RagModels
from app.embeddings.backends import build_embedder
from app.embeddings.bert_graph import BertShape, bert_graph
from app.embeddings.onnx import OnnxEmbedder
from app.embeddings.onnx_export import LEAST_COSINE, export_folder
from app.embeddings.resolve import ModelFiles, locate_model, read_model_files
from app.embeddings.sentence_transformer import SentenceTransformerEmbedder
from app.errors import ConfigurationError
from tests.embeddings.models import MODELS

MODEL = "all-MiniLM-L6-v2"
TEXTS = [
    "AI Billing Software pricing plans and cost",
    "Überweisung 東京 😀",
    "invoice " * 400,
    "Anderson Corp shortened its billing cycles by 45%.",
    *[f"{'line item ' * (n % 40)} number {n}" for n in range(40)],
]


@pytest.fixture(scope="module")
def files() -> ModelFiles:
    return read_model_files(MODEL, locate_model(MODEL, MODELS))


@pytest.fixture(scope="module")
def embedder(files: ModelFiles) -> OnnxEmbedder:
    return OnnxEmbedder(MODEL, files, MODELS)


@pytest.fixture(scope="module")
def original() -> SentenceTransformerEmbedder:
    return SentenceTransformerEmbedder(MODEL, MODELS)


@pytest.fixture
def cache(files: ModelFiles, embedder: OnnxEmbedder, tmp_path: Path) -> Path:
    """A cache directory with a copy of the export, which a test may damage."""
    shutil.copytree(export_folder(files, MODELS), export_folder(files, tmp_path))
    return tmp_path


@pytest.fixture
def copied(files: ModelFiles, tmp_path: Path) -> Path:
    """A copy of the model's directory, weights linked, that a test may change."""

    def link(source: str, target: str) -> None:
        Path(target).symlink_to(source) if source.endswith(".safetensors") else shutil.copyfile(source, target)

    return Path(shutil.copytree(files.directory, tmp_path / "model", copy_function=link))


def test_vectors_are_those_of_the_original_but_for_rounding(
    embedder: OnnxEmbedder, original: SentenceTransformerEmbedder
) -> None:
    cosines = (embedder.embed(TEXTS) * original.embed(TEXTS)).sum(axis=1)
    assert cosines.min() >= LEAST_COSINE
    assert cosines.mean() >= 0.995


def test_says_what_it_is(embedder: OnnxEmbedder, original: SentenceTransformerEmbedder) -> None:
    assert (embedder.name, embedder.dimension, embedder.max_tokens) == (MODEL, 384, 256)
    assert len(embedder.digest) == 64
    assert embedder.digest != original.digest


def test_counts_tokens_as_the_original_does(embedder: OnnxEmbedder, original: SentenceTransformerEmbedder) -> None:
    texts = [*TEXTS, "", "a\nb\tc  d", "naïve café"]
    assert embedder.count_tokens(texts) == original.count_tokens(texts)
    assert max(embedder.count_tokens(texts)) > embedder.max_tokens


def test_a_vector_does_not_depend_on_its_company(embedder: OnnxEmbedder) -> None:
    together = embedder.embed(TEXTS)
    assert together.dtype == np.float32
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    for row in (0, 1, 2, 30):
        assert np.allclose(together[row], embedder.embed([TEXTS[row]])[0], atol=1e-5)


def test_no_texts_and_no_words(embedder: OnnxEmbedder) -> None:
    assert embedder.embed([]).shape == (0, 384)
    assert embedder.count_tokens([]) == []
    assert np.isfinite(embedder.embed([""])).all()


def test_one_thread_and_several_give_the_same_vectors(files: ModelFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    alone = OnnxEmbedder(MODEL, files, MODELS).embed(TEXTS)
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    several = OnnxEmbedder(MODEL, files, MODELS).embed(TEXTS)
    assert np.array_equal(alone, several)


def test_threads_share_it(embedder: OnnxEmbedder) -> None:
    expected = embedder.embed(TEXTS[:12])
    with ThreadPoolExecutor(6) as threads:
        found = list(threads.map(lambda text: embedder.embed([text])[0], TEXTS[:12]))
    assert np.allclose(found, expected, atol=1e-5)


def test_needs_no_torch_once_exported(embedder: OnnxEmbedder) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from app.config_files import RagModels; from app.embeddings.backends import build_embedder\n"
        f"e = build_embedder(RagModels(), Path({str(MODELS)!r})); e.warm_up()\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'onnx'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")


def test_equal_weights_give_equal_bytes() -> None:
    random = np.random.default_rng(1)
    width = 8
    names: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (11, width),
        "embeddings.position_embeddings.weight": (6, width),
        "embeddings.token_type_embeddings.weight": (2, width),
    }
    layer = "encoder.layer.0."
    for part in ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"):
        names |= {f"{layer}{part}.weight": (width, width), f"{layer}{part}.bias": (width,)}
    names |= {f"{layer}intermediate.dense.weight": (16, width), f"{layer}intermediate.dense.bias": (16,)}
    names |= {f"{layer}output.dense.weight": (width, 16), f"{layer}output.dense.bias": (width,)}
    for norm in ("embeddings.LayerNorm", f"{layer}attention.output.LayerNorm", f"{layer}output.LayerNorm"):
        names |= {f"{norm}.weight": (width,), f"{norm}.bias": (width,)}
    weights = {name: random.normal(size=shape).astype(np.float32) for name, shape in names.items()}
    graph = bert_graph(weights, BertShape(1, 2, 1e-12))
    assert graph == bert_graph(dict(weights), BertShape(1, 2, 1e-12))
    weights["embeddings.LayerNorm.bias"] += 1
    assert graph != bert_graph(weights, BertShape(1, 2, 1e-12))


def test_widths_that_fill_no_block() -> None:
    import torch
    from transformers import BertConfig, BertModel

    torch.manual_seed(1)
    # Weights large enough that the layers outweigh the embeddings.
    config = BertConfig(
        vocab_size=50,
        hidden_size=72,
        num_hidden_layers=2,
        num_attention_heads=3,
        intermediate_size=100,
        initializer_range=0.2,
    )
    original = BertModel(config).eval()  # type: ignore[no-untyped-call]
    weights = {name: value.numpy() for name, value in original.state_dict().items()}
    graph = bert_graph(weights, BertShape(2, 3, config.layer_norm_eps))
    ids = np.array([[7, 8, 9, 10, 11], [12, 13, 14, 0, 0]])
    mask = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])
    [found] = InferenceSession(graph).run(None, {"input_ids": ids, "attention_mask": mask})
    with torch.inference_mode():
        expected = original(torch.tensor(ids), torch.tensor(mask)).last_hidden_state.numpy()
    norms = np.linalg.norm(found, axis=2) * np.linalg.norm(expected, axis=2)
    cosines = (found * expected).sum(axis=2) / norms
    assert cosines[mask == 1].min() > 0.999


def test_a_damaged_export_is_made_again(cache: Path, files: ModelFiles, embedder: OnnxEmbedder) -> None:
    graph = export_folder(files, cache) / "model.onnx"
    graph.write_bytes(graph.read_bytes()[:-100])
    again = OnnxEmbedder(MODEL, files, cache)
    assert again.digest == embedder.digest
    assert np.array_equal(again.embed(TEXTS[:3]), embedder.embed(TEXTS[:3]))


def _another_architecture(model: Path) -> None:
    _change(model / "config.json", model_type="mpnet")


def _another_activation(model: Path) -> None:
    _change(model / "config.json", hidden_act="relu")


def _another_pooling(model: Path) -> None:
    _change(model / "1_Pooling" / "config.json", pooling_mode_mean_tokens=False, pooling_mode_max_tokens=True)


def _change(path: Path, **values: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | values), encoding="utf-8")


@pytest.mark.parametrize("change", [_another_architecture, _another_activation, _another_pooling])
def test_a_model_that_the_graph_does_not_fit_is_refused_once(
    copied: Path, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    change(copied)
    models = RagModels(embedding_model=str(copied), embedding_backend="onnx")
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="EMBEDDING_BACKEND: .* cannot run on ONNX: its"):
            build_embedder(models, tmp_path / "cache")


def test_an_export_unlike_the_original_is_refused(cache: Path, files: ModelFiles) -> None:
    record = export_folder(files, cache) / "export.json"
    _change(record, refusal="its vectors are only 0.5 (cosine) like the original's.")
    with pytest.raises(ConfigurationError, match="only 0.5"):
        OnnxEmbedder(MODEL, files, cache)
    assert isinstance(build_embedder(RagModels(), cache), SentenceTransformerEmbedder)


def test_the_backend_is_configured(embedder: OnnxEmbedder) -> None:
    assert isinstance(build_embedder(RagModels(embedding_backend="torch"), MODELS), SentenceTransformerEmbedder)
    for backend in ("auto", "onnx"):
        models = RagModels.model_validate({"embedding_backend": backend})
        assert build_embedder(models, MODELS).digest == embedder.digest
