from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.training.duplicates import without_near_duplicates

TEXT = "you asked about the price of the plan, and a breakdown can be put together for your team this week"


def test_of_nearly_the_same_texts_the_first_stays() -> None:
    assert without_near_duplicates([TEXT, "something else", TEXT.replace("week", "month")], 0.8) == [0, 1]


def test_texts_that_share_some_words_stay() -> None:
    assert without_near_duplicates([TEXT, TEXT[: len(TEXT) // 2] + " or maybe quite another ending of it"], 0.8) == [
        0,
        1,
    ]


def shingles(text: str) -> set[tuple[str, ...]]:
    words = text.split()
    return {tuple(words[i : i + 3]) for i in range(max(1, len(words) - 2))}


@given(
    st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=9).map(" ".join), max_size=12),
    st.floats(0.1, 1.0),
)
def test_the_index_finds_what_comparing_every_pair_finds(texts: list[str], similarity: float) -> None:
    kept: list[int] = []
    for index, text in enumerate(texts):
        mine = shingles(text)
        near = (len(mine & shingles(texts[k])) / len(mine | shingles(texts[k])) for k in kept)
        if not any(value >= similarity for value in near):
            kept.append(index)
    assert without_near_duplicates(texts, similarity) == kept
    assert all(left < right for left, right in pairwise(kept))
