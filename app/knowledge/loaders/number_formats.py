"""Numbers of a sheet as a reader sees them: `0.15` formatted `0%` is 15%."""

import re
from types import MappingProxyType

BUILT_IN = MappingProxyType({
    "3": "#,##0",
    "4": "#,##0.00",
    "5": '"$"#,##0',
    "6": '"$"#,##0',
    "7": '"$"#,##0.00',
    "8": '"$"#,##0.00',
    "9": "0%",
    "10": "0.00%",
    "37": "#,##0",
    "38": "#,##0",
    "39": "#,##0.00",
    "40": "#,##0.00",
    "42": '"$"#,##0',
    "44": '"$"#,##0.00',
})

# Literal text, an escaped character, a currency in brackets, a colour or condition, a filler, or digits.
_TOKEN = re.compile(
    r"\"(?P<text>[^\"]*)\"|\\(?P<escaped>.)|\[\$(?P<currency>[^\]-]*)(?:-[^\]]*)?\]|\[[^\]]*\]|[_*]."
    r"|(?P<digits>[0#?][0#?,.]*)|(?P<literal>[$€£¥%+\-()/ ])|(?P<other>.)"
)
_DATE_CODE = re.compile(r"[dmyhs]", re.IGNORECASE)


def is_plain(code: str) -> bool:
    """Whether the code adds nothing to the number itself; date codes are dealt with by the reader of the file."""
    return code in {"", "General", "@", "0"} or bool(_DATE_CODE.search(re.sub(r"\"[^\"]*\"|\[[^\]]*\]|\\.", "", code)))


def shown_number(value: float, code: str = "") -> str:
    """`value` by an Excel format code: sign, currency, thousands, percent and unit; zero cents are left out."""
    sections = _sections(code)
    if not sections or not any(char in "0#?" for char in sections[0]):
        return _plain(value)
    section = sections[1] if value < 0 and len(sections) > 1 and sections[1].strip() else sections[0]
    before, digits, after = _parts(section)
    percent = "%" in before + after
    number = _digits(abs(value) * (100 if percent else 1), digits)
    negative = value < 0 and "(" not in before and "-" not in before
    before, after = before.replace("(", "-").lstrip(), after.replace(")", "").rstrip()
    return f"{'-' if negative else ''}{before}{number}{after}".strip()


def _plain(value: float) -> str:
    if float(value).is_integer() and abs(value) < 1e15:
        return str(int(value))
    return f"{value:.10g}"


def _digits(value: float, pattern: str) -> str:
    scale = len(pattern) - len(pattern.rstrip(","))
    pattern = pattern.rstrip(",")
    decimals = len(pattern.partition(".")[2].replace(",", ""))
    text = f"{value / 1000**scale:{',' if ',' in pattern else ''}.{decimals}f}"
    whole, _, fraction = text.partition(".")
    optional = pattern.partition(".")[2].endswith("#")
    fraction = fraction.rstrip("0") if optional or not fraction.strip("0") else fraction
    return f"{whole}.{fraction}" if fraction else whole


def _sections(code: str) -> list[str]:
    """Positive, negative, zero and text section; semicolons in literals do not separate."""
    return re.findall(r"(?:\"[^\"]*\"|\\.|\[[^\]]*\]|[^;])+", code)


def _parts(section: str) -> tuple[str, str, str]:
    """`(text before, digits, text after)`."""
    before, digits, after = "", "", ""
    for token in _TOKEN.finditer(section):
        if token["digits"] and not digits:
            digits = token["digits"]
            continue
        text = next((token[name] for name in ("text", "escaped", "currency", "literal") if token[name]), "")
        if digits:
            after += text
        else:
            before += text
    return before, digits, after
