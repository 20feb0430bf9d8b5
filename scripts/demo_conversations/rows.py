"""Draws conversations until enough of them pass every check of the service."""

import csv
import io
import random
from collections.abc import Iterator
from datetime import date

from app.settings import load_settings
from app.training.conversations import COLUMNS, Conversation
from app.training.duplicates import without_near_duplicates
from app.training.targets import Target, TargetJudge
from scripts.demo_conversations.records import SITUATIONS, Record, RecordWriter
from scripts.demo_conversations.voice import Voice

_AS_OF = date(2026, 1, 15)
_SIMILARITY = 0.8


def conversations(voice_name: str, count: int, seed: int) -> list[Conversation]:
    """`count` rows that pass every check of the service, no two nearly the same."""
    chance = random.Random(seed)
    settings = load_settings()
    judge = TargetJudge(settings.scoring, settings.validation, _AS_OF)
    drawn = _drawn(chance, voice_name, judge)
    rows: list[tuple[Conversation, Target]] = []
    while len(rows) < count:
        rows += [next(drawn) for _ in range(count - len(rows))]
        rows = [rows[i] for i in without_near_duplicates([target.example.response for _, target in rows], _SIMILARITY)]
    return [row for row, _ in rows]


def _drawn(chance: random.Random, voice_name: str, judge: TargetJudge) -> Iterator[tuple[Conversation, Target]]:
    writer, voice = RecordWriter(chance), Voice(voice_name, chance)
    while True:
        [situation] = chance.choices(list(SITUATIONS), weights=list(SITUATIONS.values()))
        record = writer.write(situation)
        row = _row(record, voice.answer(record, _band(record.lead_score)))
        judged = judge.judge(row)
        if isinstance(judged, Target) and not judged.removed:
            yield row, judged


def _row(record: Record, response: str) -> Conversation:
    score = None if record.lead_score is None else float(record.lead_score)
    return Conversation(0, record.lead_name, record.product, record.industry, score, record.history, response)


def _band(score: int | None) -> str:
    return "low_intent" if score is None or score < 40 else "medium_intent" if score < 70 else "high_intent"


def as_csv(rows: list[Conversation]) -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        score = "" if row.lead_score is None else int(row.lead_score)
        writer.writerow([row.lead_name, row.product, row.industry, score, row.interaction_history, row.response])
    return file.getvalue()
