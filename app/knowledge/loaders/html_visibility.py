"""Which elements of a page a visitor does not read, or not as content."""

import re

from selectolax.lexbor import LexborNode

_DROPPED = frozenset(
    """
    script style noscript template svg math canvas iframe object embed video audio picture img map head title meta link
    nav footer header aside form button select option input textarea datalist dialog menu s del strike
    """.split()  # noqa: SIM905 - a word list reads better as text
)
_ROLES = frozenset("navigation banner contentinfo complementary search dialog alertdialog menu menubar tooltip".split())  # noqa: SIM905
# Class names and ids of page furniture; compared as whole words, so that `cookie-policy` text is not lost by accident.
_FURNITURE = re.compile(
    r"(?:^|\s)(?:(?:js-|site-|page-)?(?:cookie-?(?:banner|consent|notice|bar)|consent-banner|breadcrumbs?|skip-?link|"
    r"skip-to-content|sr-only|screen-reader-text|visually-?hidden|navbar|sidebar|site-header|site-footer|"
    r"social-share|share-buttons|pagination|mw-editsection|d-none|is-hidden|printonly))(?:\s|$)",
    re.IGNORECASE,
)
_STYLE = re.compile(
    r"display:none|visibility:(?:hidden|collapse)|(?:^|;)opacity:0(?:\.0+)?(?:;|$)|font-size:0(?:\.0+)?(?:px|pt|em|rem|%)?(?:;|!|$)"
    r"|(?:text-indent|(?:margin-)?left|top):-\d{3,}|clip:rect\((?:0(?:px)?,?){4}\)|(?:^|;)(?:width|height):[01](?:px)?;.*overflow:hidden"
    r"|(?:^|;)color:transparent",
)
_COLOUR = re.compile(r"(?:^|;)(color|background(?:-color)?):([^;!]+)")


def is_hidden(node: LexborNode) -> bool:
    """Whether the element and all it holds are to be left out."""
    if node.tag in _DROPPED:
        # A page header inside an article holds its headline and introduction.
        return not (node.tag == "header" and _inside_article(node))
    attributes = node.attributes
    if "hidden" in attributes or attributes.get("aria-hidden") == "true" or attributes.get("role") in _ROLES:
        return True
    names = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"
    if names.strip() and _FURNITURE.search(names):
        return True
    style = attributes.get("style")
    return bool(style) and _hides(re.sub(r"\s+", "", style or "").lower())


def _hides(style: str) -> bool:
    if _STYLE.search(style):
        return True
    colours = {name.split("-")[0]: value for name, value in _COLOUR.findall(style)}
    return "color" in colours and colours["color"] == colours.get("background")


def _inside_article(node: LexborNode) -> bool:
    parent = node.parent
    while parent is not None:
        if parent.tag in {"article", "main"}:
            return True
        parent = parent.parent
    return False
