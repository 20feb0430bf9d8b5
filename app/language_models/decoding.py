"""Grounded decoding: the rules of one text applied to the scores of its next token."""

from collections import OrderedDict
from dataclasses import dataclass

import torch
from torch import Tensor

from app.language_models.base import DecodingRules
from app.language_models.numerals import START, Choice, NumeralRule, NumeralVocabulary, allowed_numerals
from app.language_models.phrases import NameRule, PhraseRule
from app.language_models.token_texts import TokenTexts

_REMEMBERED_INDICES = 4096


class Vocabulary:
    """What all texts of one tokenizer share. Belongs to the thread that decodes."""

    def __init__(self, texts: TokenTexts, device: torch.device) -> None:
        self.texts = texts
        self.numerals = NumeralVocabulary(texts)
        self.forbidden = torch.tensor(sorted(texts.forbidden), dtype=torch.long, device=device)
        self.ends = torch.tensor(sorted(texts.ends), dtype=torch.long, device=device)
        self._device = device
        self._phrases: dict[tuple[str, ...], PhraseRule] = {}
        self._indices: OrderedDict[tuple[int, ...] | frozenset[int], Tensor] = OrderedDict()

    def index(self, ids: tuple[int, ...] | frozenset[int]) -> Tensor:
        found = self._indices.get(ids)
        if found is None:
            found = self._indices[ids] = torch.tensor(sorted(ids), dtype=torch.long, device=self._device)
            while len(self._indices) > _REMEMBERED_INDICES:
                self._indices.popitem(last=False)
        return found

    def phrases(self, phrases: tuple[str, ...]) -> PhraseRule:
        if phrases not in self._phrases:
            self._phrases = {phrases: PhraseRule(self.texts, phrases)}
        return self._phrases[phrases]


@dataclass(slots=True)
class _States:
    numerals: tuple[str, bytes]
    phrase: str
    name: str


class Guard:
    """Watches one text: `limit` before each token, `add` after it, `text` at the end."""

    def __init__(self, vocabulary: Vocabulary, rules: DecodingRules | None) -> None:
        self._vocabulary = vocabulary
        self._tokens: list[int] = []
        self._numerals: NumeralRule | None = None
        if rules is not None:
            self._numerals = NumeralRule(vocabulary.numerals, allowed_numerals(rules.sources, rules.numerals))
        self._phrases = vocabulary.phrases(rules.phrases) if rules and rules.phrases else None
        self._names = NameRule(vocabulary.texts, rules.names, rules.sources) if rules and rules.names else None
        self._states = _States(START, " ", "")

    def limit(self, scores: Tensor) -> Tensor:
        """A copy of `scores`, shape [vocabulary], with -inf for every token that may not follow.

        At least the end of the text always may: where the rules leave no token, the text is over.
        """
        limited = scores.clone()
        limited[self._vocabulary.forbidden] = -torch.inf
        if self._phrases is not None:
            limited[self._vocabulary.index(self._phrases.forbidden(self._states.phrase))] = -torch.inf
        if self._numerals is not None:
            limited = self._apply(self._numerals.choice(self._states.numerals), limited)
        named = self._names.only(self._states.name) if self._names else None
        if named is not None:
            finished = self._apply(Choice(True, tuple(sorted(named))), limited)
            # A name that cannot be finished within the other rules gives way to them.
            limited = finished if _any_left(finished) else limited
        if not _any_left(limited):
            limited[self._vocabulary.ends] = 0
        return limited

    def _apply(self, choice: Choice, scores: Tensor) -> Tensor:
        index = self._vocabulary.index(choice.ids)
        if choice.only:
            kept = torch.full_like(scores, -torch.inf)
            kept[index] = scores[index]
            return kept
        scores[index] = -torch.inf
        return scores

    def add(self, token: int) -> None:
        self._tokens.append(token)
        states = self._states
        if self._numerals is not None:
            after = self._numerals.after(states.numerals, token)
            states.numerals = START if after is None else after
        if self._phrases is not None:
            states.phrase = self._phrases.after(states.phrase, token)
        if self._names is not None:
            states.name = self._names.after(states.name, token)

    def text(self) -> str:
        """What was written; a numeral that was cut off in the middle is left out."""
        text = self._vocabulary.texts.text(self._tokens)
        return self._numerals.without_part(text, self._states.numerals) if self._numerals else text


def _any_left(scores: Tensor) -> bool:
    return bool(torch.isfinite(scores.max()))
