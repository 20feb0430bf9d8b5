import pytest

from app.language_models.phrases import NameRule, PhraseRule
from app.language_models.token_texts import TokenTexts

TOKENS = ["touch", "ing", " base", "Touching", " ", "-", "base", "basement", " leverage", "Leverage", "x", " our", "ta"]
TEXTS = TokenTexts(tuple(token.encode() for token in TOKENS), frozenset(), frozenset())


def after_words(rule: PhraseRule, *tokens: str) -> set[str]:
    tail = rule.start()
    for token in tokens:
        tail = rule.after(tail, TOKENS.index(token))
    return {TOKENS[token] for token in rule.forbidden(tail)}


@pytest.mark.parametrize(
    ("written", "forbidden"),
    [
        ([], {" leverage", "Leverage"}),
        (["x"], {" leverage"}),
        (["touch", "ing"], {" leverage", " base"}),
        (["Touching", "-"], {" leverage", "Leverage", " base", "base", "basement"}),
        (["Touching", " our"], {" leverage"}),
        (["x", "touch", "ing"], {" leverage"}),
    ],
)
def test_the_token_that_would_complete_a_phrase_is_forbidden(written: list[str], forbidden: set[str]) -> None:
    assert after_words(PhraseRule(TEXTS, ["touching base", "leverage"]), *written) == forbidden


NAMES = ["Pro", "fess", "ional", "or", " plan", "Professional", "Enter", "prise", "tain", "e", "ional Plus", "Acme "]
NAME_TEXTS = TokenTexts(tuple(token.encode() for token in NAMES), frozenset(), frozenset())


def following(rule: NameRule, *tokens: str) -> set[str] | None:
    tail = rule.start()
    for token in tokens:
        tail = rule.after(tail, NAMES.index(token))
    only = rule.only(tail)
    return None if only is None else {NAMES[token] for token in only}


def test_a_name_that_was_begun_is_finished() -> None:
    rule = NameRule(NAME_TEXTS, ["Professional"], ["The Professional plan costs $299"])
    assert following(rule, "Pro") is None
    assert following(rule, "Pro", "fess") == {"ional", "ional Plus"}
    assert following(rule, "Professional") is None
    assert following(rule, "Acme ", "Pro", "fess") == {"ional", "ional Plus"}


def test_words_that_the_sources_begin_alike_are_left_alone() -> None:
    rule = NameRule(NAME_TEXTS, ["Enterprise"], ["We entertain", "Enterprise plan", "Entertainment"])
    assert following(rule, "Enter") is None
    assert following(NameRule(NAME_TEXTS, ["Enterprise"], ["We entertain"]), "Enter") == {"prise"}
