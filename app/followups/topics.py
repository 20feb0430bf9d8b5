"""The closed list of topics: how to recognise one in a text, and what to search for."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from app.followups.types import Topic

_FILE = Path(__file__).with_name("topics.yaml")


@dataclass(frozen=True, slots=True)
class TopicRule:
    """`words` matches what shows the topic; `query` finds its documents; `sources` are source types, best first."""

    topic: Topic
    words: re.Pattern[str]
    query: str
    sources: tuple[str, ...]
    proof: bool


def topic_of(text: str) -> Topic | None:
    """The topic that most words of `text` point to, None if none does; of equals the more special one."""
    counted = [(len(rule.words.findall(text)), rule.topic) for rule in topic_rules().values()]
    best = max(count for count, _ in counted)
    return next((topic for count, topic in counted if count == best), None) if best else None


def first_topic(texts: Iterable[str]) -> Topic | None:
    """The topic of the first text that has one."""
    return next((topic for topic in map(topic_of, texts) if topic is not None), None)


@cache
def topic_rules() -> dict[Topic, TopicRule]:
    """All rules in order of precedence, from `topics.yaml`; `OTHER` has none."""
    data: dict[str, dict[str, Any]] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return {Topic(name): _rule(Topic(name), entry) for name, entry in data.items()}


def _rule(topic: Topic, entry: dict[str, Any]) -> TopicRule:
    alternatives = "|".join(_pattern(str(word)) for word in entry["words"])
    words = re.compile(rf"(?<![\w-])(?:{alternatives})(?!\w)", re.IGNORECASE)
    return TopicRule(topic, words, str(entry["query"]), tuple(entry["sources"]), bool(entry["proof"]))


def _pattern(word: str) -> str:
    return re.escape(word).replace(r"\*", r"\w*").replace(r"\ ", r"\s+")
