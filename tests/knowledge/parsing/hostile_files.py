"""Files made to harm, generated when a test needs them."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

WORD = '<w:document xmlns:w="urn:w"><w:body><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:body></w:document>'
LAUGHS = "<!ENTITY a0 'ha'>" + "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 12))


def archive(parts: dict[str, bytes], level: int = 9) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as file:
        for name, data in parts.items():
            file.writestr(name, data)
    return buffer.getvalue()


def zip_bomb() -> bytes:
    """40 KB that unpack to 40 MB of one part."""
    return archive({"word/document.xml": b"<w>" + b" " * (40 << 20)})


def many_small_bombs() -> bytes:
    """Parts of just under a megabyte, 700 MB together."""
    return archive({f"word/{n}.xml": b" " * ((1 << 20) - 1) for n in range(700)} | {"word/document.xml": b"<w/>"}, 1)


def nested_bomb() -> bytes:
    inner = archive({"word/document.xml": b" " * (30 << 20)})
    return archive({"word/document.xml": WORD.format("Fine.").encode(), "word/embeddings/inner.docx": inner})


def entity_bomb() -> bytes:
    body = f"<!DOCTYPE w:document [{LAUGHS}]>" + WORD.format("&a11;")
    return archive({"word/document.xml": body.encode()})


def external_entity(port: int) -> bytes:
    address = f"http://127.0.0.1:{port}/x"
    kinds = (
        f'<!DOCTYPE w:document SYSTEM "{address}" [<!ENTITY x SYSTEM "{address}"><!ENTITY % y SYSTEM "{address}">%y;]>'
    )
    return archive({"word/document.xml": (kinds + WORD.format("&x;")).encode()})


def external_page(port: int) -> bytes:
    address = f"http://127.0.0.1:{port}/x"
    return (
        f"<html><link rel=stylesheet href={address}><img src={address}><script src={address}></script>"
        f"<iframe src={address}></iframe><p>Harmless.</p></html>"
    ).encode()


def leading_out(name: str) -> bytes:
    return archive({"word/document.xml": WORD.format("Fine.").encode(), name: b"escaped"})


def overlapping_parts() -> bytes:
    """Many directory entries that share the same packed bytes."""
    data = archive({"word/document.xml": WORD.format("x" * 1000).encode()})
    end = data.rindex(b"PK\x05\x06")
    start = data.index(b"PK\x01\x02")
    entry = data[start:end]
    directory = entry * 500
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 500, 500, len(directory), start, 0)
    return data[:start] + directory + tail


def lying_sizes() -> bytes:
    """The directory says 100 bytes; 60 MB come out."""
    data = bytearray(archive({"word/document.xml": b" " * (60 << 20)}))
    for mark, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        place = data.index(mark) + offset
        data[place : place + 4] = struct.pack("<L", 100)
    return bytes(data)


def endless_pages(count: int) -> bytes:
    """A PDF whose page tree names one page `count` times."""
    kids = b"3 0 R " * count
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count %d/Kids[%s]>>" % (count, kids),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        b"<</Length 36>>stream\nBT /F 12 Tf 20 100 Td (Hello) Tj ET  \nendstream",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    return pdf(objects)


def looping_pages() -> bytes:
    """A page tree that holds itself."""
    return pdf([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 9/Kids[2 0 R 2 0 R]/Parent 2 0 R>>"])


def swollen_stream() -> bytes:
    """A page whose content unpacks to 300 MB of operators."""
    packer = zlib.compressobj(9)
    block = b"1 0 0 RG 10 10 m 20 20 l S\n" * 40_000
    packed = b"".join(packer.compress(block) for _ in range(280)) + packer.flush()
    stream = b"<</Length %d/Filter/FlateDecode>>stream\n" % len(packed) + packed + b"\nendstream"
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R>>"
    return pdf([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 1/Kids[3 0 R]>>", page, stream])


def pdf(objects: list[bytes]) -> bytes:
    body = b"%PDF-1.4\n"
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj%s endobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    head = b"xref\n0 %d\n0000000000 65535 f \n" % size
    return body + head + table + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (size, len(body))


def wide_sheet() -> bytes:
    """A workbook whose only cell stands in the last corner of the sheet."""
    parts = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": _relation("officeDocument", "xl/workbook.xml"),
        "xl/workbook.xml": '<workbook xmlns:r="r"><sheets><sheet name="S" sheetId="1" r:id="a"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relation("worksheet", "worksheets/s.xml"),
        "xl/worksheets/s.xml": '<worksheet><sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>',
    }
    return archive({name: text.encode() for name, text in parts.items()})


def _relation(kind: str, target: str) -> str:
    return f'<Relationships><Relationship Id="a" Type="x/{kind}" Target="{target}"/></Relationships>'


def deep_page() -> bytes:
    return b"<div>" * 200_000 + b"deep"


def deep_json() -> bytes:
    return b"[" * 200_000


def deep_mail() -> bytes:
    parts = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(3000))
    return ("Subject: x\n" + parts + "Content-Type: text/plain\n\nDeep.").encode()


def many_parameters() -> bytes:
    parameters = "".join(f"; p{n}*0=x" for n in range(20_000))
    return f"Subject: x\nContent-Type: text/plain{parameters}\n\nText.".encode()


def spanning_table() -> bytes:
    cells = b"<td colspan=99999999 rowspan=99999999>x</td>" * 300
    return b"<table>" + (b"<tr>" + cells + b"</tr>") * 300 + b"</table>"


# Name, maker, and the reasons that are right; None means that it may also be read.
FILES: tuple[tuple[str, Callable[[], bytes], frozenset[str | None]], ...] = (
    ("bomb.docx", zip_bomb, frozenset({"hostile"})),
    ("small_bombs.docx", many_small_bombs, frozenset({"too_large"})),
    ("nested.docx", nested_bomb, frozenset({None})),
    ("entities.docx", entity_bomb, frozenset({"hostile"})),
    ("overlap.docx", overlapping_parts, frozenset({"hostile"})),
    ("lying.docx", lying_sizes, frozenset({"malformed", "hostile"})),
    ("traversal.docx", lambda: leading_out("../../escaped.txt"), frozenset({"hostile"})),
    ("absolute.xlsx", lambda: leading_out("/../tmp/escaped"), frozenset({"hostile"})),
    ("windows.pptx", lambda: leading_out("..\\escaped.txt"), frozenset({"hostile"})),
    ("pages.pdf", lambda: endless_pages(100_000), frozenset({"too_large"})),
    ("loop.pdf", looping_pages, frozenset({"malformed", "empty"})),
    ("stream.pdf", swollen_stream, frozenset({"too_large", "malformed", "empty"})),
    ("corner.xlsx", wide_sheet, frozenset({"too_large"})),
    ("deep.html", deep_page, frozenset({"malformed"})),
    ("deep.json", deep_json, frozenset({"malformed"})),
    ("deep.eml", deep_mail, frozenset({None, "malformed", "empty"})),
    ("parameters.eml", many_parameters, frozenset({None})),
    ("spans.html", spanning_table, frozenset({None, "too_large"})),
)


def write(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path
