"""Four public retrieval sets, read from the shared development data; nothing of them is kept here."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "retrieval"


@dataclass(frozen=True, slots=True)
class Entry:
    """One document of a corpus. Only documents of the scopes that a question names may answer it."""

    id: str
    scope: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """`earlier` are the asker's earlier turns, oldest first. `answerable` is None where the set does not say."""

    id: str
    text: str
    relevant: frozenset[str]
    scopes: tuple[str, ...]
    earlier: tuple[str, ...] = ()
    answerable: bool | None = None


@dataclass(frozen=True, slots=True)
class RetrievalSet:
    """`floor` is the nDCG@10 of a plain BM25 on the same rows, `target` what the product aims at."""

    name: str
    entries: tuple[Entry, ...]
    questions: tuple[Question, ...]
    floor: float
    target: float


def scifact(folder: Path = DATA) -> RetrievalSet:
    """Claims against scientific abstracts."""
    corpus = _rows(folder / "scifact" / "corpus.jsonl.gz")
    claims = _rows(folder / "scifact" / "claims_train.jsonl.gz")
    return RetrievalSet(
        "scifact",
        tuple(Entry(row["_id"], "all", row["title"], row["text"]) for row in corpus),
        tuple(Question(row["_id"], row["claim"], frozenset(row["cited_doc_ids"]), ("all",)) for row in claims),
        0.695,
        0.725,
    )


def cranfield(folder: Path = DATA) -> RetrievalSet:
    """Engineers' questions against aerodynamics abstracts. A text there begins with its title."""
    corpus = _rows(folder / "cranfield" / "corpus.jsonl.gz")
    queries = _rows(folder / "cranfield" / "queries.jsonl.gz")
    return RetrievalSet(
        "cranfield",
        tuple(Entry(row["_id"], "all", row["title"], row["text"].removeprefix(row["title"])) for row in corpus),
        tuple(Question(row["_id"], row["text"], frozenset(row["relevant"]), ("all",)) for row in queries),
        0.309,
        0.35,
    )


def dstc11(folder: Path = DATA) -> RetrievalSet:
    """Questions about one hotel or restaurant against its reviews and FAQ: each is a scope of its own."""
    corpus = _rows(folder / "dstc11" / "corpus.jsonl.gz")
    queries = _rows(folder / "dstc11" / "queries.jsonl.gz")
    return RetrievalSet(
        "dstc11",
        tuple(Entry(row["_id"], _entity(f"{row['domain']}|{row['entity_id']}"), "", row["text"]) for row in corpus),
        tuple(
            Question(row["_id"], row["last_turn"], frozenset(row["relevant"]), tuple(map(_entity, row["entities"])))
            for row in queries
        ),
        0.492,
        0.56,
    )


def mtragun(folder: Path = DATA) -> RetrievalSet:
    """Last turns of conversations against passages of four collections, some without an answer there."""
    corpus = _rows(folder / "mtragun" / "passages.jsonl.gz")
    tasks = _rows(folder / "mtragun" / "tasks.jsonl.gz")
    answerable = {"ANSWERABLE": True, "UNANSWERABLE": False}
    return RetrievalSet(
        "mtragun",
        tuple(Entry(row["_id"], "all", row["title"], row["text"]) for row in corpus),
        tuple(
            Question(
                row["_id"],
                row["last_turn"],
                frozenset(row["relevant"]),
                ("all",),
                tuple(turn["text"] for turn in row["conversation"] if turn["speaker"] == "user")[:-1],
                answerable.get(row["answerability"]),
            )
            for row in tasks
        ),
        0.747,
        0.79,
    )


SETS = {"scifact": scifact, "cranfield": cranfield, "dstc11": dstc11, "mtragun": mtragun}


def _entity(key: str) -> str:
    """A name that may be a tenant's."""
    return key.replace("|", "-")


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    # Split on "\n" only: other line separators occur inside texts.
    with gzip.open(path, "rt", encoding="utf-8", newline="\n") as file:
        for line in file:
            if line.strip():
                yield json.loads(line)
