"""Which folders hold outdated versions of a manual."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.manual_versions import is_outdated, outdated_folders

MANUAL = [
    *(f"docs/server/{version}/install.md" for version in ("0.9.0", "0.10.0", "latest")),
    "docs/server/0.9.0/database.md",
    "docs/server/0.10.0/database.md",
    "docs/start.md",
]


def test_all_but_the_newest_are_outdated() -> None:
    assert outdated_folders(MANUAL) == {"docs/server/0.9.0/": "0.9.0", "docs/server/0.10.0/": "0.10.0"}
    assert outdated_folders(reversed(MANUAL)) == outdated_folders(MANUAL)


def test_without_latest_the_highest_number_is_the_newest() -> None:
    assert set(outdated_folders(source for source in MANUAL if "latest" not in source)) == {"docs/server/0.9.0/"}


@pytest.mark.parametrize(
    "sources",
    [
        ["docs/0.3.0/install.md"],
        ["docs/v1/orders.md", "docs/v2/webhooks.md"],
        ["news/2019-02-15/index.md", "news/2019-04-05/index.md"],
        ["reports/2023/index.md", "reports/2024/index.md"],
        ["changelog/0.3.0.md", "changelog/0.4.0.md"],
        ["a/v1/index.md", "b/v2/index.md"],
        ["plans/basic/index.md", "plans/pro/index.md"],
    ],
    ids=["alone", "no page in common", "dates", "years", "files", "other parents", "names"],
)
def test_what_is_no_older_version(sources: list[str]) -> None:
    assert outdated_folders(sources) == {}


def test_a_page_that_the_newest_dropped_is_outdated_too() -> None:
    assert is_outdated("docs/server/0.9.0/database.md", "which database", outdated_folders(MANUAL))
    assert not is_outdated("docs/server/latest/install.md", "which database", outdated_folders(MANUAL))
    assert not is_outdated("docs/start.md", "which database", outdated_folders(MANUAL))


@pytest.mark.parametrize(
    ("query", "hidden"),
    [
        ("install 0.9.0", False),
        ("install v0.9.0?", False),
        ("How do I install 0.9.0.", False),
        ("install 0.9", True),
        ("install 10.9.0", True),
        ("install 0.9.0.1", True),
        ("install", True),
    ],
)
def test_a_query_may_name_a_version(query: str, hidden: bool) -> None:
    assert is_outdated("docs/server/0.9.0/install.md", query, outdated_folders(MANUAL)) is hidden


@given(st.lists(st.sampled_from([*MANUAL, "docs/v2/a.md", "docs/v3/a.md", "", "/", "a//v1/x", "v1/v2/x"])))
def test_the_newest_version_of_a_page_is_never_outdated(sources: list[str]) -> None:
    outdated = outdated_folders(sources)
    for parent in {folder[: -len(version) - 1] for folder, version in outdated.items()}:
        below = [source for source in sources if source.startswith(parent)]
        assert any(not is_outdated(source, "", outdated) for source in below)
