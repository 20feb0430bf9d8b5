"""A document has one name however it is given: alone, with its subfolder, or with the company's whole folder."""

from collections.abc import Mapping
from pathlib import Path

from app.storage.records import KnownDocument


def company_folder(source: Path, known: Mapping[str, KnownDocument]) -> Path | None:
    """The folder from which documents were ingested before and in which `source` lies, outermost first; else None.

    `source` is an absolute path without links. The folder that knows this very document comes before the others.
    """
    folders = {Path(document.folder) for document in known.values() if document.folder}
    above = sorted((folder for folder in folders if source.is_relative_to(folder)), key=lambda path: len(path.parts))
    named = [folder for folder in above if _is_known(source, folder, known)]
    return next(iter([*named, *above]), None)


def _is_known(source: Path, folder: Path, known: Mapping[str, KnownDocument]) -> bool:
    document = known.get(source.relative_to(folder).as_posix())
    return document is not None and document.folder == str(folder)
