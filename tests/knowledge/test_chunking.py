"""Chunks: exact slices, within the limit, along the headings."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.embeddings.base import Embedder, Vectors
from app.embeddings.sentence_transformer import SentenceTransformerEmbedder
from app.followups.types import BlockKind
from app.knowledge.chunking import chunk_document
from app.knowledge.types import Block, ChunkedDocument, LoadedDocument

H, P, L = BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.LIST_ITEM
ROW, CODE = BlockKind.TABLE_ROW, BlockKind.CODE


@pytest.fixture(scope="module")
def minilm() -> Embedder:
    return SentenceTransformerEmbedder("sentence-transformers/all-MiniLM-L6-v2", Path("var/models"))


class CharacterEmbedder:
    """A tokenizer at its worst: every character is a token, and longer inputs cost extra."""

    name = digest = "characters"
    dimension = 1
    max_tokens = 100

    def warm_up(self) -> None: ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [2 + len(text) + len(text) // 10 for text in texts]

    def embed(self, texts: Sequence[str]) -> Vectors:
        raise NotImplementedError


def document(*blocks: Block, title: str | None = None) -> LoadedDocument:
    return LoadedDocument(blocks=blocks, title=title)


def texts(chunked: ChunkedDocument) -> list[str]:
    return [chunk.text for chunk in chunked.chunks]


def sentences(count: int) -> str:
    return " ".join(f"Sentence number {index} says something about invoices." for index in range(count))


def test_a_short_section_is_one_chunk(minilm: Embedder) -> None:
    chunked = chunk_document(
        document(
            Block(H, "Plans", 1),
            Block(P, "Two plans."),
            Block(ROW, "Plan: Pro; Price: $20"),
            Block(ROW, "Plan: Scale; Price: $400", page=2),
            title="Fees",
        ),
        minilm,
        180,
    )
    text = "Plans\n\nTwo plans.\n\nPlan: Pro; Price: $20\nPlan: Scale; Price: $400"
    (chunk,) = chunked.chunks
    assert (chunked.text, chunk.text, chunk.heading_path) == (text, text, ("Plans",))
    assert chunk.embedding_text == f"Fees\n{text}"
    assert chunk.tokens == minilm.count_tokens([chunk.embedding_text])[0]
    assert [(span.kind, text[span.start : span.end]) for span in chunk.blocks] == [
        (H, "Plans"),
        (P, "Two plans."),
        (ROW, "Plan: Pro; Price: $20"),
        (ROW, "Plan: Scale; Price: $400"),
    ]


def test_sections_are_not_mixed(minilm: Embedder) -> None:
    blocks = [Block(H, "A", 1), Block(P, sentences(8)), Block(H, "B", 1), Block(P, sentences(9))]
    chunked = chunk_document(document(*blocks), minilm, 180)
    assert [chunk.heading_path for chunk in chunked.chunks] == [("A",), ("B",)]


def test_tiny_sisters_are_put_together_and_cousins_are_not(minilm: Embedder) -> None:
    blocks = [
        Block(H, "Benefits", 1),
        Block(H, "Keys", 2),
        Block(P, "Licences."),
        Block(H, "Files", 2),
        Block(P, "Downloads."),
        Block(H, "Legal", 1),
        Block(P, "Terms apply."),
    ]
    chunked = chunk_document(document(*blocks), minilm, 180)
    assert texts(chunked) == [
        "Benefits\n\nKeys\n\nLicences.\n\nFiles\n\nDownloads.",
        "Legal\n\nTerms apply.",
    ]
    assert [chunk.heading_path for chunk in chunked.chunks] == [("Benefits",), ("Legal",)]


def test_text_after_a_closed_component_leaves_its_title(minilm: Embedder) -> None:
    blocks = [Block(H, "Plans", 2), Block(H, "Scale", 3), Block(P, sentences(8)), Block(P, sentences(7), 2)]
    chunked = chunk_document(document(*blocks), minilm, 180)
    assert [chunk.heading_path for chunk in chunked.chunks] == [("Plans", "Scale"), ("Plans",)]


def test_long_paragraphs_are_cut_between_sentences(minilm: Embedder) -> None:
    text = sentences(60)
    chunked = chunk_document(document(Block(H, "Long", 1, 4), Block(P, text, page=5)), minilm, 100)
    assert len(chunked.chunks) > 3
    assert all(chunk.text.endswith(".") and chunk.page == 5 for chunk in chunked.chunks)
    assert " ".join(chunk.text.removeprefix("Long\n\n") for chunk in chunked.chunks) == text
    assert all(chunk.embedding_text.startswith("Long\n") for chunk in chunked.chunks)


def test_a_heading_never_stands_alone(minilm: Embedder) -> None:
    blocks = [Block(H, "Part", 1), Block(H, "Chapter", 2), Block(P, sentences(3)), Block(H, "Last", 2)]
    chunked = chunk_document(document(*blocks), minilm, 180)
    assert [chunk.text.split("\n")[0] for chunk in chunked.chunks] == ["Part"]
    assert chunked.chunks[-1].text.endswith("Last")


def test_an_overlong_title_gives_way(minilm: Embedder) -> None:
    blocks = [Block(H, sentences(20), 1), Block(H, "Inner", 2), Block(P, "Text.")]
    chunked = chunk_document(document(*blocks, title=sentences(30)), minilm, 64)
    assert chunked.chunks[-1].embedding_text.endswith("Text.")
    assert max(chunk.tokens for chunk in chunked.chunks) <= 64


def test_the_models_window_limits_chunks() -> None:
    chunked = chunk_document(document(Block(P, sentences(30))), CharacterEmbedder(), 8192)
    assert max(chunk.tokens for chunk in chunked.chunks) <= 100


def test_nothing_gives_nothing(minilm: Embedder) -> None:
    assert chunk_document(document(), minilm, 180) == ChunkedDocument("", ())


_WORDS = st.text("abc. é$9\U0001f600", min_size=1, max_size=30).map(str.strip).filter(bool)
_TEXT = st.lists(_WORDS, min_size=1, max_size=30).map(" ".join) | st.text("xy", min_size=1, max_size=400)
_BLOCK = st.builds(
    lambda kind, text, level, page: Block(kind, text, level if kind is H else 0, page),
    st.sampled_from(BlockKind),
    _TEXT,
    st.integers(1, 6),
    st.none() | st.integers(1, 9),
)


@settings(max_examples=150, deadline=None)
@given(blocks=st.lists(_BLOCK, max_size=12), title=st.none() | _TEXT, limit=st.integers(32, 200), worst=st.booleans())
def test_every_character_is_in_exactly_one_chunk(
    minilm: Embedder, blocks: list[Block], title: str | None, limit: int, worst: bool
) -> None:
    embedder: Embedder = CharacterEmbedder() if worst else minilm
    chunked = chunk_document(document(*blocks, title=title), embedder, limit)
    covered = [0] * len(chunked.text)
    for ordinal, chunk in enumerate(chunked.chunks):
        assert chunk.ordinal == ordinal
        assert chunked.text[chunk.start : chunk.end] == chunk.text
        assert chunk.tokens == embedder.count_tokens([chunk.embedding_text])[0] <= min(limit, embedder.max_tokens)
        assert chunk.embedding_text.endswith(chunk.text)
        for span in chunk.blocks:
            for offset in range(chunk.start + span.start, chunk.start + span.end):
                covered[offset] += 1
    assert [chunk.start for chunk in chunked.chunks] == sorted(chunk.start for chunk in chunked.chunks)
    spaces = [count for count, char in zip(covered, chunked.text, strict=True) if char.isspace()]
    others = [count for count, char in zip(covered, chunked.text, strict=True) if not char.isspace()]
    assert set(others) <= {1}
    assert set(spaces) <= {0, 1}
    assert [word for block in blocks for word in block.text.split()] == chunked.text.split()
