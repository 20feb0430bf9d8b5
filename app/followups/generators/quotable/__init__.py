"""Sentences of company documents that can be quoted, word for word, in a message."""

from app.followups.generators.quotable.sentences import QuotableSentence, quotable_sentences

__all__ = ["QuotableSentence", "quotable_sentences"]
