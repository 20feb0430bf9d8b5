"""What a workbook's XML says beyond cell values: number formats, hidden rows and columns, extent."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from app.knowledge.loaders.archives import damaged, too_large
from app.knowledge.loaders.number_formats import BUILT_IN, is_plain
from app.knowledge.loaders.ooxml import Package
from app.knowledge.loaders.xml_tree import attribute, child, children, local_name, refuse_document_type

_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_MAX_CELLS = 5_000_000  # of the rectangle that a sheet spans


@dataclass(slots=True)
class SheetLayout:
    """`formats` holds the code of every cell whose number is not shown plainly. Rows and columns count from 0."""

    formats: dict[tuple[int, int], str] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)


def sheet_layouts(package: Package) -> dict[str, SheetLayout]:
    """Layouts by sheet name. Raises `DocumentRefused` if a part is damaged or a sheet spans too many cells."""
    main = next(iter(package.related("", "officeDocument").values()), "xl/workbook.xml")
    parts = package.related(main, "worksheet")
    codes = _codes(package, main)
    layouts = {}
    for sheet in children(child(package.xml(main), "sheets"), "sheet"):
        part = parts.get(attribute(sheet, "id") or "")
        if part and package.has(part):
            layouts[sheet.get("name", "")] = _layout(package.part(part), codes)
    return layouts


def _codes(package: Package, main: str) -> list[str]:
    """The number format code of every cell style."""
    part = next(iter(package.related(main, "styles").values()), "xl/styles.xml")
    if not package.has(part):
        return []
    root = package.xml(part)
    own = {item.get("numFmtId"): item.get("formatCode", "") for item in children(child(root, "numFmts"), "numFmt")}
    ids = [item.get("numFmtId", "0") for item in children(child(root, "cellXfs"), "xf")]
    return [own.get(number) or BUILT_IN.get(number, "") for number in ids]


def _layout(data: bytes, codes: list[str]) -> SheetLayout:
    layout = SheetLayout()
    extent = [0, 0]
    try:
        for element in _elements(data):
            _take(element, layout, codes, extent)
    except etree.XMLSyntaxError as error:
        raise damaged() from error
    if extent[0] * extent[1] > _MAX_CELLS:
        raise too_large()
    return layout


def _elements(data: bytes) -> Iterator[etree._Element]:
    refuse_document_type(data)
    events = etree.iterparse(
        io.BytesIO(data), tag=("{*}c", "{*}row", "{*}col"), resolve_entities=False, no_network=True, huge_tree=False
    )
    for _, element in events:
        yield element
        if local_name(element) == "row":
            element.clear()


def _take(element: etree._Element, layout: SheetLayout, codes: list[str], extent: list[int]) -> None:
    name = local_name(element)
    if name == "col":
        if element.get("hidden") in {"1", "true"}:
            first, last = int(element.get("min", "1")), int(element.get("max", "1"))
            layout.hidden_columns.update(range(first - 1, min(last, 16_384)))
    elif name == "row":
        number = element.get("r", "")
        if element.get("hidden") in {"1", "true"} and number.isdecimal():
            layout.hidden_rows.add(int(number) - 1)
    elif match := _REFERENCE.fullmatch(element.get("r", "")):
        row, column = int(match[2]) - 1, _column(match[1])
        extent[:] = max(extent[0], row + 1), max(extent[1], column + 1)
        style = element.get("s", "")
        code = codes[int(style)] if style.isdecimal() and int(style) < len(codes) else ""
        if not is_plain(code):
            layout.formats[row, column] = code


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
