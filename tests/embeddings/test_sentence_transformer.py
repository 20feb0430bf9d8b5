"""The real packaged model."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from app.embeddings.resolve import locate_model
from app.embeddings.sentence_transformer import SentenceTransformerEmbedder
from app.errors import ConfigurationError

MODEL = "sentence-transformers/all-MiniLM-L6-v2"
TEXTS = [
    "AI Billing Software pricing plans and cost",
    "Überweisung 東京 😀",
    "",
    "invoice " * 400,
    "Anderson Corp shortened its billing cycles by 45%.",
    *[f"{'line item ' * (n % 40)} number {n}" for n in range(70)],
]


@pytest.fixture(scope="module")
def embedder(tmp_path_factory: pytest.TempPathFactory) -> SentenceTransformerEmbedder:
    return SentenceTransformerEmbedder(MODEL, tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def packaged() -> Path:
    return locate_model(MODEL, Path("unused"))


@pytest.fixture
def copied(packaged: Path, tmp_path: Path) -> Path:
    """A copy of the model's directory that a test may damage; the weights are linked, not copied."""

    def link(source: str, target: str) -> None:
        Path(target).symlink_to(source) if source.endswith(".safetensors") else shutil.copyfile(source, target)

    return Path(shutil.copytree(packaged, tmp_path / "model", copy_function=link))


def test_says_what_it_is(embedder: SentenceTransformerEmbedder) -> None:
    assert (embedder.name, embedder.dimension, embedder.max_tokens) == (MODEL, 384, 256)
    assert len(embedder.digest) == 64


def test_gives_the_same_vectors_as_encode(embedder: SentenceTransformerEmbedder, packaged: Path) -> None:
    reference = SentenceTransformer(str(packaged), device="cpu").encode(TEXTS, normalize_embeddings=True)
    vectors = embedder.embed(TEXTS)
    assert vectors.shape == (len(TEXTS), 384)
    assert vectors.dtype == np.float32
    assert np.allclose(vectors, reference, atol=1e-6)


def test_vectors_have_length_one_and_do_not_depend_on_their_company(embedder: SentenceTransformerEmbedder) -> None:
    together = embedder.embed(TEXTS)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    for row in (0, 1, 3, 40):
        assert np.allclose(together[row], embedder.embed([TEXTS[row]])[0], atol=1e-5)


def test_no_texts_give_no_rows(embedder: SentenceTransformerEmbedder) -> None:
    assert embedder.embed([]).shape == (0, 384)
    assert embedder.count_tokens([]) == []


def test_related_texts_are_nearer_than_unrelated_ones(embedder: SentenceTransformerEmbedder) -> None:
    query, near, far = embedder.embed(["monthly price", "It costs $299 per month.", "A recipe for vegan lasagne."])
    assert query @ near > query @ far + 0.2


def test_counts_tokens_as_the_model_does_and_beyond_its_window(
    embedder: SentenceTransformerEmbedder, packaged: Path
) -> None:
    tokenizer = SentenceTransformer(str(packaged), device="cpu").tokenizer
    expected = [len(tokenizer(text, truncation=False)["input_ids"]) for text in TEXTS]
    assert embedder.count_tokens(TEXTS) == expected
    assert max(expected) > embedder.max_tokens


def test_is_thread_safe(embedder: SentenceTransformerEmbedder) -> None:
    expected = embedder.embed(TEXTS[:20])
    counts = embedder.count_tokens(TEXTS)
    with ThreadPoolExecutor(8) as threads:
        embedded = [threads.submit(embedder.embed, [text]) for text in TEXTS[:20]]
        counted = [threads.submit(embedder.count_tokens, TEXTS) for _ in range(20)]
    assert np.allclose(np.vstack([future.result() for future in embedded]), expected, atol=1e-5)
    assert all(future.result() == counts for future in counted)


def test_counting_and_digest_need_no_torch(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from app.embeddings.sentence_transformer import SentenceTransformerEmbedder as E\n"
        f"e = E({MODEL!r}, Path({str(tmp_path)!r})); e.count_tokens(['a b']); e.digest; e.dimension\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_local_directory_is_the_same_model(copied: Path, embedder: SentenceTransformerEmbedder) -> None:
    local = SentenceTransformerEmbedder(str(copied), copied)
    assert local.digest == embedder.digest
    assert np.allclose(local.embed(TEXTS[:3]), embedder.embed(TEXTS[:3]), atol=1e-6)


@pytest.mark.parametrize("name", ["tokenizer.json", "sentence_bert_config.json", "1_Pooling/config.json"])
def test_the_digest_covers_what_decides_the_vectors(
    copied: Path, embedder: SentenceTransformerEmbedder, name: str
) -> None:
    (copied / name).write_text((copied / name).read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert SentenceTransformerEmbedder(str(copied), copied).digest != embedder.digest


def test_the_digest_ignores_documentation(copied: Path, embedder: SentenceTransformerEmbedder) -> None:
    (copied / "README.md").write_text("something else", encoding="utf-8")
    assert SentenceTransformerEmbedder(str(copied), copied).digest == embedder.digest


def _no_tokenizer(model: Path) -> None:
    (model / "tokenizer.json").unlink()


def _no_weights(model: Path) -> None:
    (model / "model.safetensors").unlink()


def _pickled_weights(model: Path) -> None:
    (model / "model.safetensors").rename(model / "pytorch_model.bin")


def _pickled_layer(model: Path) -> None:
    (model / "2_Dense").mkdir()
    (model / "2_Dense" / "config.json").write_text('{"out_features": 8}', encoding="utf-8")
    (model / "2_Dense" / "pytorch_model.bin").write_bytes(b"x")


def _broken_config(model: Path) -> None:
    (model / "config.json").write_text("{", encoding="utf-8")


def _broken_weights(model: Path) -> None:
    (model / "model.safetensors").unlink()
    (model / "model.safetensors").write_bytes(b"not weights")


def _foreign_code(model: Path) -> None:
    modules = json.loads((model / "modules.json").read_text(encoding="utf-8"))
    modules[0]["type"] = "modeling_evil.Evil"
    (model / "modules.json").write_text(json.dumps(modules), encoding="utf-8")
    (model / "modeling_evil.py").write_text(f"open({str(model / 'ran')!r}, 'w').close()", encoding="utf-8")


@pytest.mark.parametrize(
    "damage", [_no_tokenizer, _no_weights, _pickled_weights, _pickled_layer, _broken_config, _broken_weights]
)
def test_an_unusable_model_is_refused_by_name(copied: Path, damage: Callable[[Path], None]) -> None:
    damage(copied)
    with pytest.raises(ConfigurationError, match="EMBEDDING_MODEL"):
        SentenceTransformerEmbedder(str(copied), copied).warm_up()


def test_code_beside_a_model_is_never_run(copied: Path) -> None:
    _foreign_code(copied)
    with pytest.raises(ConfigurationError, match="EMBEDDING_MODEL"):
        SentenceTransformerEmbedder(str(copied), copied).warm_up()
    assert not (copied / "ran").exists()


@pytest.mark.parametrize("model", ["./no/such/folder", "no-such-owner/no-such-model", "not a name at all!"])
def test_an_unknown_model_is_a_sentence(model: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"EMBEDDING_MODEL: .*no"):
        SentenceTransformerEmbedder(model, tmp_path).warm_up()
