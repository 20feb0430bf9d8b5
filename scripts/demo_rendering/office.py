"""What Word and Excel files share: packages whose bytes depend on their content only."""

import re
from datetime import date
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo, is_zipfile

_FIXED_TIME = (1980, 1, 1, 0, 0, 0)
_SAVED_AT = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")


def stable_package(package: bytes, saved_on: date) -> bytes:
    """`package` with fixed times inside and `saved_on` as its date."""
    stamp = rb"\g<1>" + f"{saved_on.isoformat()}T09:00:00Z".encode()
    buffer = BytesIO()
    with ZipFile(BytesIO(package)) as original, ZipFile(buffer, "w") as copy:
        for name in original.namelist():
            entry = ZipInfo(name, _FIXED_TIME)
            entry.create_system = 0
            data = original.read(name)
            data = _SAVED_AT.sub(stamp, data) if name == "docProps/core.xml" else data
            copy.writestr(entry, data, compress_type=ZIP_DEFLATED)
    return buffer.getvalue()


def same_content(left: bytes, right: bytes) -> bool:
    """Equal bytes, or packages with equal parts: two builds of zlib may pack the same part differently."""
    if left == right:
        return True
    if not (is_zipfile(BytesIO(left)) and is_zipfile(BytesIO(right))):
        return False
    return _parts(left) == _parts(right)


def _parts(package: bytes) -> dict[str, bytes]:
    with ZipFile(BytesIO(package)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
