"""Folders that hold one manual in several versions (`docs/0.3.0`, `docs/latest`): which of them are outdated."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

# Dates are no versions: what lies under 2024-05-01 is news of that day, and stays true beside that of another day.
_VERSION = re.compile(r"v?\d{1,4}(?:\.\d{1,6}){1,3}|v\d{1,4}|latest|current|stable")
_NEWEST = ("latest", "current", "stable")
_NUMBER = re.compile(r"\d+")

Outdated = Mapping[str, str]


def outdated_folders(sources: Iterable[str]) -> Outdated:
    """The folders of older versions, as `{folder with / at the end: version}`.

    Folders side by side are versions of one manual if their names are versions and they have a page in common (the
    same path below them). `latest`, `current` and `stable` are newer than any number.
    """
    manuals: defaultdict[str, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for source in sources:
        for parent, version, page in _version_folders(source):
            manuals[parent][version].add(page)
    outdated = {}
    for parent, versions in manuals.items():
        newest = max(versions, key=_age)
        for version, pages in versions.items():
            if version != newest and any(pages & versions[newer] for newer in versions if _age(newer) > _age(version)):
                outdated[f"{parent}{version}/"] = version
    return outdated


def is_outdated(source: str, query: str, outdated: Outdated) -> bool:
    """Whether `source` lies in an older version that the query does not name ("in 0.3.0")."""
    if not outdated:
        return False
    folders = (f"{parent}{version}/" for parent, version, _ in _version_folders(source))
    return any(folder in outdated and not _names(query, outdated[folder]) for folder in folders)


def of_one_page(one: str, other: str) -> bool:
    """Whether two paths are one page of a manual in two versions."""
    pages = {(parent, page) for parent, _, page in _version_folders(one)}
    return any((parent, page) in pages for parent, _, page in _version_folders(other))


def _version_folders(source: str) -> Iterator[tuple[str, str, str]]:
    """Each folder of a path that is named like a version: what is above it (with /), its name, what is below it."""
    *folders, _ = source.split("/")
    for depth, folder in enumerate(folders):
        if _VERSION.fullmatch(folder.lower()):
            above = "".join(f"{name}/" for name in folders[:depth])
            yield above, folder, source[len(above) + len(folder) + 1 :]


def _age(version: str) -> tuple[bool, tuple[int, ...]]:
    return version.lower() in _NEWEST, tuple(int(number) for number in _NUMBER.findall(version))


def _names(query: str, version: str) -> bool:
    bare = re.escape(version.lower().removeprefix("v"))
    return re.search(rf"(?<![\d.])v?{bare}(?![\d]|\.\d)", query.lower()) is not None
