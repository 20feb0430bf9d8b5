"""What a document is, by its front matter, manifests, names and text."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType

import pytest

from app.config_files import RetrievalConfig
from app.errors import ConfigurationError, DocumentRefused
from app.followups.types import BlockKind
from app.knowledge.profile import profile_document, readable
from app.knowledge.types import Block, DocumentProfile, LoadedDocument
from app.settings import ROOT, load_settings


@pytest.fixture(scope="module")
def config() -> RetrievalConfig:
    return load_settings(config_dir=ROOT / "config").retrieval


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "company"
    folder.mkdir()
    return folder


def profile(
    root: Path,
    source: str,
    config: RetrievalConfig,
    *blocks: Block,
    title: str | None = None,
    metadata: Mapping[str, str] = MappingProxyType({}),
) -> DocumentProfile:
    path = root / source
    path.parent.mkdir(parents=True, exist_ok=True)
    document = LoadedDocument(blocks=blocks, title=title, metadata=tuple(metadata.items()))
    return profile_document(path, root, document, config)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("docs/features/billing/fees.mdx", "pricing"),
        ("website/customers/acme.mdx", "case_studies"),
        ("Case Studies/acme.pdf", "case_studies"),
        ("case-study_manufacturing.pdf", "case_studies"),
        ("customer-portal.mdx", "general"),
        ("features/customer-portal.mdx", "features"),
        ("features/navigate-customers.mdx", "features"),
        ("docs/references/ports.md", "documentation"),
        ("TechCorpPricing2024.pdf", "pricing"),
        ("product-pricing.md", "pricing"),
        ("roi_calculator.xlsx", "roi"),
        ("ROI.md", "roi"),
        ("security-and-compliance.docx", "security"),
        ("privacy_policy.md", "legal"),
        ("blog/our-new-plans.md", "blog"),
        ("01-pricing/overview.md", "pricing"),
        ("docs/FAQs.md", "faq"),
        ("support_terms.txt", "support"),
        ("about.md", "general"),
    ],
)
def test_source_type_by_name(root: Path, config: RetrievalConfig, source: str, expected: str) -> None:
    assert profile(root, source, config).source_type == expected


def test_front_matter_wins_over_manifest_and_manifest_over_names(root: Path, config: RetrievalConfig) -> None:
    (root / "manifest.yaml").write_text("'*.md': {source_type: roi, title: From manifest}\n", encoding="utf-8")
    assert profile(root, "pricing/a.md", config).source_type == "roi"
    assert profile(root, "pricing/a.md", config, metadata={"source_type": "Case Study"}).source_type == "case_studies"
    assert profile(root, "pricing/a.md", config, metadata={"source_type": "nonsense"}).source_type == "roi"
    assert profile(root, "pricing/a.md", config).title == "From manifest"


def test_the_root_folder_itself_counts_least(tmp_path: Path, config: RetrievalConfig) -> None:
    assert profile(tmp_path / "pricing", "overview.md", config).source_type == "pricing"
    assert profile(tmp_path / "pricing", "faq/overview.md", config).source_type == "faq"


@pytest.mark.parametrize(
    ("source", "metadata", "expected"),
    [
        ("handbook/oncall.md", {}, True),
        ("a/Playbooks/b/c.md", {}, True),
        ("hr.md", {}, True),
        ("pricing/a.md", {"internal": "true"}, True),
        ("pricing/a.md", {"audience": "Internal"}, True),
        ("handbook/public.md", {"internal": "false"}, False),
        ("pricing/internal-links.md", {}, False),
    ],
)
def test_internal(root: Path, config: RetrievalConfig, source: str, metadata: dict[str, str], expected: bool) -> None:
    assert profile(root, source, config, metadata=metadata).internal is expected


@pytest.mark.parametrize(
    ("source", "blocks", "title", "metadata", "expected"),
    [
        ("a.md", [Block(BlockKind.HEADING, "Head", 1)], "Front", {}, "Front"),
        ("a.md", [Block(BlockKind.HEADING, "Sub", 2), Block(BlockKind.HEADING, "Head", 1)], None, {}, "Head"),
        ("a.pdf", [Block(BlockKind.PARAGRAPH, "Text")], None, {"title": "Plans 2024"}, "Plans 2024"),
        ("faq_sla.docx", [], None, {"title": "Microsoft Word - x.doc"}, "FAQ SLA"),
        ("worked_example.xlsx", [Block(BlockKind.HEADING, "Sheet A", 2)], None, {}, "Worked example"),
        ("x.csv", [Block(BlockKind.HEADING, "Prices 2024", 3)], None, {}, "Prices 2024"),
    ],
)
def test_title(
    root: Path,
    config: RetrievalConfig,
    source: str,
    blocks: list[Block],
    title: str | None,
    metadata: dict[str, str],
    expected: str,
) -> None:
    assert profile(root, source, config, *blocks, title=title, metadata=metadata).title == expected


def test_readable() -> None:
    assert readable("case_study-Acme") == "Case study Acme"


@pytest.mark.parametrize(
    ("source", "metadata", "text", "effective", "expiry"),
    [
        ("a.md", {"effective_date": "2024-05-01", "expires": "2024"}, "", date(2024, 5, 1), date(2024, 12, 31)),
        ("2026-07-22_fees.mdx", {"date": "2020-01-01"}, "", date(2026, 7, 22), None),
        ("pricing_2024.pdf", {}, "", date(2024, 1, 1), None),
        ("report_2024.pdf", {}, "", None, None),
        ("pricing/router-2000.pdf", {}, "", None, None),
        ("pricing_2023.pdf", {}, "Valid until December 31, 2023.", date(2023, 1, 1), date(2023, 12, 31)),
        ("pricing.pdf", {}, "Effective March 1, 2024", date(2024, 3, 1), None),
        ("a.md", {"updated": "every week", "expires": "never"}, "", None, None),
        ("blog/x.md", {"date": "Mon Oct 7 2019"}, "Prices as of May 2018", date(2019, 10, 7), None),
    ],
)
def test_dates(
    root: Path,
    config: RetrievalConfig,
    source: str,
    metadata: dict[str, str],
    text: str,
    effective: date | None,
    expiry: date | None,
) -> None:
    found = profile(root, source, config, Block(BlockKind.PARAGRAPH, text), metadata=metadata)
    assert (found.effective_date, found.expiry_date) == (effective, expiry)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("expires", "31.08.2026 (extended)"),
        ("expires", "2026-13-45"),
        ("valid_until", "someday"),
        ("effective_date", "03/04/2026"),
    ],
)
def test_a_date_that_cannot_be_read_is_refused_by_name(
    root: Path, config: RetrievalConfig, key: str, value: str
) -> None:
    with pytest.raises(DocumentRefused) as refused:
        profile(root, "a.md", config, metadata={"expires_on": "2026-01-01", key: value})
    assert refused.value.reason == "malformed"
    assert f"{key}: {value!r}" in refused.value.message
    assert f"write {key}: 2026-01-31" in refused.value.message


def test_manifests_deeper_and_exact_entries_win(root: Path, config: RetrievalConfig) -> None:
    (root / "manifest.yaml").write_text(
        "'pricing/*': {effective_date: 2022-01-01, internal: true}\na.pdf: {title: Outer}\n", encoding="utf-8"
    )
    (root / "pricing").mkdir()
    (root / "pricing/manifest.yml").write_text(
        "a.pdf: {effective_date: May 2023}\n'*': {effective_date: 2020-01-01, expiry_date: 2023}\n", encoding="utf-8"
    )
    assert profile(root, "pricing/a.pdf", config) == DocumentProfile(
        "Outer", "pricing", True, date(2023, 5, 1), date(2023, 12, 31), "manifest", "manifest"
    )


@pytest.mark.parametrize(
    ("source", "metadata", "text", "expected"),
    [
        (
            "2026-05-20_fees.md",
            {"effective_date": "2026-06-01", "date": "2020-01-01"},
            "",
            ("2026-06-01", "front_matter"),
        ),
        ("2026-05-20_fees.md", {"date": "2020-01-01"}, "Prices as of June 3, 2026.", ("2026-05-20", "file_name")),
        ("fees.md", {"date": "2020-01-01"}, "Prices as of June 3, 2026.", ("2026-06-03", "text")),
        ("fees_2024.md", {}, "Prices as of June 3, 2026.", ("2026-06-03", "text")),
        ("fees_2024.md", {"date": "2020-01-01"}, "", ("2024-01-01", "file_name")),
        ("fees.md", {"date": "2020-01-01"}, "", ("2020-01-01", "published")),
        ("fees.md", {}, "We were founded in 2019.", (None, None)),
        ("team_2024.md", {}, "", (None, None)),
        ("blog/offers.md", {"date": "2021-02-03"}, "Prices valid from 1 May 2030.", ("2021-02-03", "published")),
    ],
)
def test_one_source_of_a_date_decides(
    root: Path,
    config: RetrievalConfig,
    source: str,
    metadata: dict[str, str],
    text: str,
    expected: tuple[str | None, str | None],
) -> None:
    found = profile(root, source, config, Block(BlockKind.PARAGRAPH, text), metadata=metadata)
    assert (found.effective_date and found.effective_date.isoformat(), found.effective_source) == expected


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("a.md: {effective: 2024-01-01}", "a.md.effective: unknown key"),
        ("a.md: {expiry_date: soon}", "a.md.expiry_date"),
        ("[1, 2]", "must map"),
        ("a: [", "cannot be read"),
        ("a.md: {source_type: nonsense}", "source_type"),
    ],
)
def test_manifest_errors_name_file_and_key(root: Path, config: RetrievalConfig, text: str, part: str) -> None:
    (root / "manifest.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        profile(root, "a.md", config)
    assert "manifest" in caught.value.message
    assert part in caught.value.message
