"""Tells a voice from neutral text by its words, whatever the text is about."""

from collections.abc import Sequence
from typing import Any

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import Pipeline


class VoiceClassifier:
    """Logistic regression on words and pairs of words.

    Trained on messages in the voice against neutral messages to the same leads, so that the subject says nothing.
    """

    def __init__(self, voice: Sequence[str], neutral: Sequence[str], seed: int = 0) -> None:
        features = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
        decision = LogisticRegression(max_iter=1000, random_state=seed)
        self._pipeline: Any = Pipeline([("features", features), ("decision", decision)])
        self._pipeline.fit([*voice, *neutral], [1] * len(voice) + [0] * len(neutral))

    def similarity(self, texts: Sequence[str]) -> list[float]:
        """For each text the probability of the voice, 0..1."""
        return [float(value) for value in self._pipeline.predict_proba(texts)[:, 1]]

    def separation(self, voice: Sequence[str], neutral: Sequence[str]) -> float:
        """Area under the ROC curve on texts it was not trained on, 0..1; 0.5 is chance."""
        labels = [1] * len(voice) + [0] * len(neutral)
        return float(roc_auc_score(labels, self.similarity([*voice, *neutral])))
