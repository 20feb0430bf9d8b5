import json
import re
from datetime import date
from pathlib import Path

import pytest

from app.errors import InvalidInput
from app.settings import load_settings
from app.training.conversations import Conversation
from app.training.dataset import Prepared, PrepareOptions, TooFewExamples, is_held_out, prepare, write_prepared
from app.training.examples import Example, digest_of, read_examples
from app.training.targets import Dropped, Target, TargetJudge
from tests.training.csv_files import demo_rows, row, write_csv

SETTINGS = load_settings()
OPTIONS = PrepareOptions(as_of=date(2026, 1, 15))


def prepared(path: Path, options: PrepareOptions = OPTIONS) -> Prepared:
    return prepare(path, SETTINGS.scoring, SETTINGS.validation, options)


def judged(response: str, history: str = "Asked about pricing.", name: str = "Ana Weber") -> Target | Dropped:
    judge = TargetJudge(SETTINGS.scoring, SETTINGS.validation, OPTIONS.as_of)
    return judge.judge(Conversation(7, name, "RouteDesk", "logistics", 55.0, history, response))


class TestTargets:
    def test_a_voice_without_facts_stays_as_it_is(self) -> None:
        target = judged("Hi Ana, you asked about pricing. No rush at all. Which part of it matters most to you?")
        assert isinstance(target, Target)
        assert target.example.response.startswith("Hi [LEAD_NAME], you asked about pricing. No rush")
        assert target.removed == 0

    def test_facts_that_the_record_does_not_hold_are_removed_and_counted(self) -> None:
        target = judged(
            "Hi Ana, you asked about pricing. The Team plan costs $49 per month. Which part of it matters most to you?"
        )
        assert isinstance(target, Target)
        assert "49" not in target.example.response
        assert target.example.response.endswith("Which part of it matters most to you?")
        assert target.removed == 1

    def test_a_message_of_facts_alone_is_dropped(self) -> None:
        target = judged("Hi Ana, the Team plan costs $49 per month. Shall I call you?")
        assert isinstance(target, Dropped)
        assert (target.reason, target.problem.line) == ("only_facts", 7)

    def test_a_message_that_breaks_a_rule_is_dropped_by_its_name(self) -> None:
        target = judged("Hi Ana, you asked about pricing. Just checking in. Which part of it matters most to you?")
        assert isinstance(target, Dropped)
        assert target.reason == "rule: banned_phrase"

    def test_what_is_broken_by_removing_facts_is_said(self) -> None:
        target = judged("Hi Ana, you asked about pricing. The Team plan costs $49 per month, is that fine?")
        assert isinstance(target, Dropped)
        assert "once 1 unsupported sentences are gone" in target.problem.sentence

    def test_a_signature_is_cut_off_first(self) -> None:
        target = judged("Hi Ana, you asked about pricing. Which part of it matters most to you?\n\nBest regards,\nMira")
        assert isinstance(target, Target)
        assert target.example.response.endswith("to you?")

    def test_nothing_is_learned_from_messages_to_people_who_opted_out(self) -> None:
        target = judged(
            "Hi Ana, you asked about pricing. Shall I call?", history="Please unsubscribe me, stop writing."
        )
        assert isinstance(target, Dropped)
        assert target.reason == "opted_out"

    def test_personal_data_is_masked_on_both_sides_and_the_record_comes_back_with_stand_ins(self) -> None:
        target = judged(
            "Hello Dr. Okafor, you asked about pricing. Which part of it matters most to you?",
            history="Dr. Okafor asked about pricing. Call +44 20 7946 0958 or write to n.okafor@clinic.example.",
            name="Dr. Ngozi Okafor",
        )
        assert isinstance(target, Target)
        stored = json.dumps([dict(target.example.fields), target.example.response])
        for secret in ("Okafor", "okafor", "Ngozi", "7946"):
            assert secret not in stored
        lead = target.example.context()
        assert lead.lead_name == "Quillon Zabriskie"
        assert "person1@example.com" in lead.interaction_history
        assert "[" not in lead.interaction_history


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    rows = demo_rows(120)
    bad = [row(""), row("Hi Ana, hello there.", score="140"), row("Hi"), rows[0]]
    return prepared(write_csv(tmp_path_factory.mktemp("csv") / "demo.csv", [*rows, *bad]))


class TestPrepare:
    def test_every_row_is_accounted_for(self, demo: Prepared) -> None:
        report = demo.report
        assert report.rows == 124
        assert report.train + report.held_out + sum(report.dropped.values()) == report.rows
        assert report.dropped["unreadable"] == 2
        assert report.dropped["duplicate"] >= 1
        assert {122, 123, 124, 125} <= {problem.line for problem in report.problems}

    def test_no_lead_is_on_both_sides(self, demo: Prepared) -> None:
        assert demo.held_out
        assert not {e.lead for e in demo.train} & {e.lead for e in demo.held_out}
        assert len({e.lead for e in (*demo.train, *demo.held_out)}) == demo.report.leads

    def test_leads_are_numbered_so_that_no_name_can_be_guessed(self, demo: Prepared) -> None:
        numbers = {e.lead for e in (*demo.train, *demo.held_out)}
        assert numbers == {f"lead-{number}" for number in range(1, demo.report.leads + 1)}

    def test_the_balance_counts_what_is_kept(self, demo: Prepared) -> None:
        kept = demo.report.train + demo.report.held_out
        assert {sum(counts.values()) for counts in demo.report.balance.values()} == {kept}
        assert set(demo.report.balance["band"]) == {"high_intent", "medium_intent", "low_intent"}

    def test_a_small_set_is_warned_about(self, demo: Prepared) -> None:
        assert any("1000" in warning for warning in demo.report.warnings)

    def test_what_is_written_comes_back(self, demo: Prepared, tmp_path: Path) -> None:
        write_prepared(demo, tmp_path / "out")
        train = read_examples(tmp_path / "out" / "train.jsonl")
        manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
        assert train == demo.train
        assert manifest["train"] == {"examples": len(train), "digest": digest_of(train)}
        assert manifest["as_of"] == "2026-01-15"

    def test_too_few_rows_are_refused_with_the_reasons(self, tmp_path: Path) -> None:
        path = write_csv(tmp_path / "few.csv", [*demo_rows(49), row("")])
        with pytest.raises(TooFewExamples, match="at least 50") as error:
            prepared(path)
        assert error.value.report.dropped == {"unreadable": 1}

    def test_rows_of_one_lead_cannot_be_split(self, tmp_path: Path) -> None:
        rows = [
            ["Ana", *cells[1:5], re.sub(r"^(Hello|Good \w+) [\w-]+,", r"\1 Ana,", cells[5])] for cells in demo_rows(70)
        ]
        with pytest.raises(TooFewExamples, match="1 leads are too few"):
            prepared(write_csv(tmp_path / "one.csv", rows))


def test_about_the_stated_share_of_leads_is_held_out_and_growing_data_moves_none() -> None:
    leads = [f"{number:016x}" for number in range(4000)]
    small = {lead for lead in leads if is_held_out(lead, 0.1)}
    assert 300 < len(small) < 500
    assert small <= {lead for lead in leads if is_held_out(lead, 0.2)}


def test_a_digest_depends_on_content_and_order() -> None:
    one, two = Example("a", {"lead_score": 1}, "x"), Example("a", {"lead_score": 2}, "x")
    assert len({digest_of([one, two]), digest_of([two, one]), digest_of([one])}) == 3


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("Ana,RouteDesk", "not a CSV file"),
        ("{}", "exactly the keys"),
        ('{"lead":"a","fields":{},"response":""}', "no response"),
    ],
)
def test_a_line_that_is_no_example_is_named(tmp_path: Path, line: str, says: str) -> None:
    path = tmp_path / "train.jsonl"
    path.write_text('{"lead":"a","fields":{},"response":"x"}\n' + line + "\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match=f"line 2.*{says}"):
        read_examples(path)
