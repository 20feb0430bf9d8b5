"""Sentences of company documents that can be quoted, word for word, in a message."""

from app.followups.generators.quotable.choice import candidates, choose, has_special_words
from app.followups.generators.quotable.sentences import QuotableSentence, quotable_sentences
from app.followups.generators.quotable.wishes import Candidate, Wish

__all__ = ["Candidate", "QuotableSentence", "Wish", "candidates", "choose", "has_special_words", "quotable_sentences"]
