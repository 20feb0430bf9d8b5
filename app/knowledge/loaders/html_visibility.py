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
    r"(?:js-|site-|page-)?(?:consent-banner|breadcrumbs?|skip-?link|skip-to-content|sr-only|screen-reader-text|"
    r"visually-?hidden|navbar|sidebar|site-header|site-footer|footer|social-share|share-buttons|pagination|"
    r"mw-editsection|d-none|is-hidden|hidden|invisible|printonly|line-through|newsletter(?:-signup)?|related-posts|advert(?:isement)?)"
)
_CONSENT_TOOLS = ("onetrust-", "cybotcookiebot", "cc-window", "cc-banner", "cookielaw", "cookieyes", "usercentrics")
_BANNERS = ("banner", "consent", "notice", "bar", "popup", "pop-up", "dialog", "modal", "overlay", "message", "alert")
_MENUS = frozenset({"nav", "navigation", "menu", "main-menu", "main-nav", "site-nav", "top-nav", "topbar"})
_PAGES = frozenset({"html", "body", "main", "article"})  # what they are named says nothing about all they hold
# `hidden md:block`, `d-none d-lg-flex`: hidden on small screens only.
_SHOWN_WIDER = re.compile(
    r"(?:(?:sm|md|lg|xl|2xl):|d-(?:sm|md|lg|xl|xxl)-)(?:block|flex|grid|inline[\w-]*|table[\w-]*|contents|visible)"
)
# Decoration is kept from screen readers; but some pages spell a price out for them and hide the figure.
_PRICE = re.compile(r"[$€£¥]\s?\d|\d\s?[€£¥$]")
_LONGEST_PRICE = 40  # characters
_STYLE = re.compile(
    r"display:none|visibility:(?:hidden|collapse)|(?:^|;)opacity:(?:0|0?\.0(?:[0-4]\d*)?|[0-4](?:\.\d+)?%)(?:;|!|$)|font-size:0(?:\.0+)?(?:px|pt|em|rem|%)?(?:;|!|$)"
    r"|(?:text-indent|(?:margin-)?left|top):-\d{3,}|clip:rect\((?:0(?:px)?,?){4}\)|(?:^|;)(?:width|height):[01](?:px)?;.*overflow:hidden"
    r"|max-height:0(?:\.0+)?(?:px|em|rem|%)?(?:;|!|$)|scale(?:3d|x|y)?\(0(?:\.0+)?[,)]|(?:^|;)scale:0(?:;|!|$)|(?:^|;)color:transparent|text-decoration(?:-line)?:[^;]{0,40}line-through",
)
_COLOUR = re.compile(r"(?:^|;)(color|background(?:-color)?):([^;!]+)")


def is_hidden(node: LexborNode) -> bool:
    """Whether the element and all it holds are to be left out."""
    if node.tag in _DROPPED:
        # A page header inside an article holds its headline and introduction.
        return not (node.tag == "header" and _inside_article(node))
    attributes = node.attributes
    if "hidden" in attributes or "inert" in attributes or attributes.get("role") in _ROLES:
        return True
    if attributes.get("aria-hidden") == "true" and not _is_price(node.text(strip=True)):
        return True
    names = f"{attributes.get('class') or ''} {attributes.get('id') or ''}".lower().split()
    if names and node.tag not in _PAGES and any(_is_furniture(name[:80], node) for name in names[:50]):
        return not any(_SHOWN_WIDER.fullmatch(name) for name in names)
    style = attributes.get("style")
    return bool(style) and _hides(re.sub(r"\s+", "", style or "").lower())


def _is_price(text: str) -> bool:
    return len(text) <= _LONGEST_PRICE and _PRICE.search(text) is not None


def _is_furniture(name: str, node: LexborNode) -> bool:
    if _FURNITURE.fullmatch(name) or name.startswith(_CONSENT_TOOLS):
        return True
    if ("cookie" in name or "gdpr" in name) and any(word in name for word in _BANNERS):
        return True
    return name in _MENUS and _is_mostly_links(node)


def _is_mostly_links(node: LexborNode) -> bool:
    linked = sum(len(link.text(strip=True)) for link in node.css("a"))
    return linked > 0.6 * len(node.text(strip=True))


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
