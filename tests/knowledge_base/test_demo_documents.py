"""The demo company's documents: real formats, the promised facts, and no two documents that disagree."""

import csv
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import docx
import pdfplumber
import pytest
from openpyxl import load_workbook
from pdfplumber.page import Page
from python_calamine import CalamineWorkbook
from selectolax.lexbor import LexborHTMLParser

from app.followups.types import EdgeCase, LeadContext
from app.language.sentences import split_sentences
from app.settings import load_settings

ROOT = Path(__file__).resolve().parents[2]
KNOWLEDGE_BASE = ROOT / "knowledge_base"
DOCUMENTS = sorted(path for path in KNOWLEDGE_BASE.rglob("*") if path.is_file())
SUPERSEDED = "pricing_2023.pdf"
SIGNATURES = {".pdf": b"%PDF-", ".docx": b"PK\x03\x04", ".xlsx": b"PK\x03\x04"}

# What the documents say about a thing must be the same wherever they say it.
FACTS = {
    r"Starter plan costs (\S+) per month": "$99",
    r"Professional plan costs (\S+) per month": "$299",
    r"Enterprise plan costs (\S+) per month": "$899",
    r"(\S+) per month on the Starter plan": "$99",
    r"(\S+) per month on the Professional plan": "$299",
    r"(\S+) per month on the Enterprise plan": "$899",
    r"Professional plan costs (\S+) per year": "$3,049.80",
    r"Annual billing lowers the price of every plan by (\S+?)[. ]": "15%",
    r"Harwick Components.{0,60}? (\S+) fewer billing errors": "40%",
    r"Anderson Corp.{0,80}? billing cycles? by (\S+?)[, ]": "45%",
    r"Northline Freight.{0,50}? (\S+) fewer invoice disputes": "28%",
    r"Lakeside Medical Group.{0,60}? (\S+) fewer rejected invoices": "30%",
    r"pays for itself within (\S+) months": "3",
    r"live (?:with AI Billing Software )?within (\S+) working days": "10",
    r"typically (?:live within|need) (\d+ to \d+) weeks": "6 to 8",
    r"(?:about|of the) (\d+) hours of internal work": "80",
    r"(?:Additional i|additional i)nvoices on the Professional plan cost (\S+) each": "$0.15",
    r"On the Professional plan, additional invoices cost (\S+) each": "$0.15",
    r"free trial of AI Billing Software runs for (\S+) days": "14",
    r"REST API accepts (\S+) requests per minute": "300",
    r"NetSuite connector (?:runs|synchronizes .{0,60}?) every (\S+) minutes": "15",
    r"in (\S+) currencies": "38",
    r"QuickBooks Online connector (?:runs|.{0,90}?) every (\S+)\.": "hour",
    r"first response on the Professional plan comes within (\S+) business hours": "4",
    r"incident within (\S+) hours": "48",
    r"extended migration takes over up to (\S+) years": "7",
}


@lru_cache
def text_of(path: Path) -> str:
    """The words of a document in reading order, single-spaced."""
    return " ".join(" ".join(_read(path)).split())


def _read(path: Path) -> Iterator[str]:
    match path.suffix:
        case ".pdf":
            with pdfplumber.open(path) as pdf:
                yield from (page.extract_text() for page in pdf.pages)
        case ".docx":
            document = docx.Document(str(path))
            yield from (paragraph.text for paragraph in document.paragraphs)
            yield from (cell.text for table in document.tables for row in table.rows for cell in row.cells)
        case ".xlsx":
            workbook = CalamineWorkbook.from_path(str(path))
            for name in workbook.sheet_names:
                yield from (str(cell) for row in workbook.get_sheet_by_name(name).to_python() for cell in row)
        case ".html":
            body = LexborHTMLParser(path.read_text(encoding="utf-8")).body
            yield body.text(separator=" ") if body else ""
        case _:
            yield path.read_text(encoding="utf-8")


def document(name: str) -> Path:
    (path,) = (path for path in DOCUMENTS if path.name == name)
    return path


def lines_of(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (ROOT / "data" / name).read_text(encoding="utf-8").splitlines()]


def cells_of(page: Page) -> list[list[list[str]]]:
    """Tables, rows and cells of a page."""
    return [[[(cell or "").replace("\n", " ") for cell in row] for row in table] for table in page.extract_tables()]


def test_there_are_enough_documents_and_formats() -> None:
    assert len(DOCUMENTS) >= 16
    assert {path.suffix for path in DOCUMENTS} == {".pdf", ".docx", ".xlsx", ".csv", ".html", ".md", ".txt"}


def test_file_names_are_unique() -> None:
    assert len({path.name for path in DOCUMENTS}) == len(DOCUMENTS)


def test_every_folder_is_a_source_type() -> None:
    assert {path.parent.name for path in DOCUMENTS} <= set(load_settings().retrieval.source_types)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_document_is_what_its_name_says(path: Path) -> None:
    assert path.read_bytes().startswith(SIGNATURES.get(path.suffix, b""))
    words = len(text_of(path).split())
    assert words <= 950
    assert words >= (150 if path.suffix in (".csv", ".xlsx") else 250)


@pytest.mark.parametrize("path", [p for p in DOCUMENTS if p.suffix == ".csv"], ids=lambda path: path.name)
def test_csv_rows_have_a_cell_for_every_header(path: Path) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert rows
    assert all(len(row) == len(header) for row in rows)
    assert all(all(row) for row in rows)


def test_price_list_says_what_the_mid_tier_plan_costs_and_includes() -> None:
    text = text_of(document("pricing_2024.pdf"))
    assert "Our mid-tier plan is the Professional plan." in text
    assert (
        "The Professional plan costs $299 per month and includes automated invoice processing and real-time analytics."
        in text
    )
    assert "Effective January 1, 2024." in text


def test_price_list_holds_the_plans_in_a_ruled_table() -> None:
    with pdfplumber.open(document("pricing_2024.pdf")) as pdf:
        header, *rows = cells_of(pdf.pages[0])[0]
    assert header[:2] == ["Plan", "Price per month"]
    assert [row[:2] for row in rows] == [["Starter", "$99"], ["Professional", "$299"], ["Enterprise", "$899"]]


def test_superseded_price_list_names_its_period_early() -> None:
    opening = text_of(document(SUPERSEDED))[:1500]
    assert "Valid from January 1, 2023 until December 31, 2023." in opening
    assert "valid until 2023-12-31" in opening


def test_only_the_superseded_price_list_expires() -> None:
    current = [path for path in DOCUMENTS if path.name != SUPERSEDED]
    assert [path.name for path in current if re.search(r"valid (until|through)", text_of(path), re.IGNORECASE)] == []


def test_superseded_prices_occur_nowhere_else() -> None:
    old = re.compile(r"\$(89|249|749|961\.20|2,689\.20|8,089\.20)\b(?! per month beyond)")
    current = [path for path in DOCUMENTS if path.name != SUPERSEDED]
    found = {(path.name, match[0]) for path in current for match in old.finditer(text_of(path))}
    assert found == {("add_ons.csv", "$89"), ("support_response_times.txt", "$89")}, "only priority support costs $89"


@pytest.mark.parametrize(("pattern", "value"), FACTS.items(), ids=FACTS)
def test_documents_agree(pattern: str, value: str) -> None:
    current = [path for path in DOCUMENTS if path.name != SUPERSEDED]
    found = {match[1] for path in current for match in re.finditer(pattern, text_of(path))}
    assert found == {value}


def test_annual_prices_follow_from_monthly_prices_and_discount() -> None:
    with pdfplumber.open(document("pricing_2024.pdf")) as pdf:
        monthly, yearly = (table[1:] for page in pdf.pages for table in cells_of(page))
    for (plan, price, *_), (same_plan, full, reduced, per_month) in zip(monthly, yearly, strict=True):
        assert plan == same_plan
        assert _dollars(full) == 12 * _dollars(price)
        assert _dollars(reduced) == pytest.approx(0.85 * _dollars(full))
        assert _dollars(per_month) == pytest.approx(_dollars(reduced) / 12)


def test_worked_example_adds_up() -> None:
    rows = load_workbook(document("roi_worked_example.xlsx"))["Month by month"].iter_rows(min_row=2, values_only=True)
    total = 0
    for month, hours, savings, cost, net, running in rows:
        total += net
        assert running == total, month
        assert month == "Setup" or (savings == hours * 32 and net == savings - cost)
    text = text_of(document("roi_calculator.pdf"))
    assert f"the net benefit in the worked example is ${total:,}." in text


def _dollars(cell: str) -> float:
    return float(cell.lstrip("$").replace(",", ""))


@pytest.mark.parametrize("path", [p for p in DOCUMENTS if p.suffix != ".csv"], ids=lambda path: path.name)
def test_most_sentences_are_short_enough_to_quote(path: Path) -> None:
    text = text_of(path)
    sentences = [text[start:end] for start, end in split_sentences(text)]
    complete = [sentence for sentence in sentences if re.match(r"[A-Z].*[a-z]\.$", sentence)]
    short = [sentence for sentence in complete if len(sentence.split()) <= 26]
    assert len(complete) >= 5
    assert len(short) >= 0.75 * len(complete)


@pytest.mark.parametrize("phrase", load_settings().validation.banned_phrases)
def test_no_document_uses_a_phrase_that_messages_may_not_use(phrase: str) -> None:
    assert [path.name for path in DOCUMENTS if re.search(rf"\b{phrase}\b", text_of(path), re.IGNORECASE)] == []


def render(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "scripts" / "render_demo_documents.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_committed_files_match_their_sources() -> None:
    result = render("--check")
    assert (result.returncode, result.stdout) == (0, "")


def test_rendering_twice_gives_the_same_bytes_and_check_sees_a_change(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    assert render("--target", str(first)).returncode == 0
    assert render("--target", str(second)).returncode == 0
    rendered = sorted(path.relative_to(first) for path in first.rglob("*.*"))
    assert {path.suffix for path in rendered} == {".pdf", ".docx", ".xlsx"}
    assert all((first / path).read_bytes() == (second / path).read_bytes() for path in rendered)

    with ZipFile(second / "roi/roi_worked_example.xlsx", "a") as package:
        package.writestr("extra.txt", "changed")
    (second / "pricing/pricing_2024.pdf").unlink()
    result = render("--target", str(second), "--check")
    assert result.returncode == 1
    assert "roi/roi_worked_example.xlsx" in result.stdout
    assert "pricing/pricing_2024.pdf" in result.stdout


def test_judgements_name_existing_documents_in_force() -> None:
    names = {path.name for path in DOCUMENTS}
    judgements = lines_of("relevance_judgements.jsonl")
    assert {key for judgement in judgements for key in judgement} == {"query", "relevant"}
    named = {name for judgement in judgements for name in judgement["relevant"]}
    assert named == names - {SUPERSEDED}
    assert all(len(set(judgement["relevant"])) == len(judgement["relevant"]) for judgement in judgements)


def test_judgements_are_distinct_and_include_unanswerable_queries() -> None:
    judgements = lines_of("relevance_judgements.jsonl")
    assert len({judgement["query"].lower() for judgement in judgements}) == len(judgements) >= 120
    assert sum(not judgement["relevant"] for judgement in judgements) >= 35


def test_leads_have_known_fields_and_cover_every_situation() -> None:
    leads = lines_of("demo_leads.jsonl")
    known = {field.name for field in fields(LeadContext)} - {"tenant", "warnings"}
    assert len(leads) == 25
    assert {lead["situation"] for lead in leads} == set(EdgeCase)
    for lead in leads:
        assert {"lead_name", "product_name", "interaction_history"} <= set(lead["lead_context"]) <= known
