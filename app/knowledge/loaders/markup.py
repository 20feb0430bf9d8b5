"""Turn Markdown with embedded HTML, JSX, shortcodes and directives into Markdown proper.

What a reader of the published page would see stays; scripts, comments, imports and layout go. A component with a
title becomes a heading over its content, one level below the heading it stands under; a `SECTION_END` line tells
where it closes.
"""

import re
from collections.abc import Callable

from app.knowledge.loaders.markup_output import LOST, MarkupOutput
from app.knowledge.loaders.markup_syntax import (
    BLOCK,
    HEADING_TAG,
    INLINE,
    INLINE_COMPONENTS,
    MARKUP,
    SILENT,
    TEXTS,
    TITLES,
)
from app.knowledge.loaders.tags import Tag, end_of_braces, read_tag, string_literal
from app.knowledge.loaders.text import raised

_VALUE = re.compile(r"\{\{(?![<%#/!])")
_MOST_TORN = 50  # braces that never close; a text with more of them is no MDX, and looking for their ends takes minutes


class MarkupReducer:
    """One pass over one text; `reduce` is the only entry."""

    def __init__(self, text: str, *, mdx: bool) -> None:
        self._text = text
        self._mdx = mdx
        self._closing_names = {name.lower() for name in re.findall(r"</([A-Za-z][\w.-]*)", text)}
        self._out = MarkupOutput()
        self._torn = 0
        self._unclosed: set[str] = set()

    def reduce(self) -> str:
        text, position = self._text, 0
        while match := MARKUP.search(text, position):
            self._out.add(text[position : match.start()])
            end = _HANDLERS[match.lastgroup or ""](self, match)
            # A handler that declines leaves the character as it is.
            if end is None:
                self._out.add(match[0])
                end = match.end()
            position = end
        self._out.add(text[position:])
        return self._out.text()

    # Handlers return the offset after what they dealt with, None to keep the match as it is.

    def _keep(self, match: re.Match[str]) -> None:
        del match

    def _drop(self, match: re.Match[str]) -> int:
        return match.end()

    def _template(self, match: re.Match[str]) -> int:
        """`{{ price }}` is a value that only the published page holds; other tags of templates stand for no words."""
        if _VALUE.match(match[0]):
            self._out.add(LOST)
        return match.end()

    def _heading(self, match: re.Match[str]) -> int:
        self._out.heading(len(match[0].strip()))
        self._out.add(f"{match[0]} ")
        return match.end()

    def _esm(self, match: re.Match[str]) -> int | None:
        if not self._mdx:
            return None
        position = match.start()
        while position < len(self._text):
            newline = self._text.find("\n", position)
            line_end = len(self._text) if newline < 0 else newline
            brace = self._text.find("{", position, line_end)
            if brace < 0:
                return line_end
            end = self._brace_end(brace)
            if end < 0:
                return line_end
            position = end
        return position

    def _directive(self, match: re.Match[str]) -> int:
        label = match["label"].strip().strip("[]{}")
        self._out.add(f"\n\n{label}\n\n" if label and "=" not in label else "\n\n")
        return match.end()

    def _admonition(self, match: re.Match[str]) -> int:
        indent = len(match["indent"].expandtabs(4))
        self._out.add(f"\n\n{match['name'] or ''}\n\n")
        body = re.compile(rf"(?:\n(?:[ ]{{{indent + 4},}}|\t)[^\n]*|\n[ \t]*(?=\n))+").match(self._text, match.end())
        if body is None:
            return match.end()
        inner = re.sub(rf"^(?:[ ]{{{indent + 4}}}|\t)", "", body[0], flags=re.MULTILINE)
        self._out.add(MarkupReducer(inner, mdx=self._mdx).reduce() + "\n\n")
        return body.end()

    def _shown(self, match: re.Match[str]) -> int:
        self._out.add(match["shown"] or match["lit"])
        return match.end()

    def _brace(self, match: re.Match[str]) -> int | None:
        if not self._mdx:
            return None
        end = self._brace_end(match.start())
        if end < 0:
            return None
        self._out.add(string_literal(self._text[match.start() : end]) or "")
        return end

    def _brace_end(self, start: int) -> int:
        end = end_of_braces(self._text, start) if self._torn < _MOST_TORN else -1
        self._torn += end < 0
        return end

    def _comment(self, match: re.Match[str]) -> int:
        """An unclosed comment loses its opening mark only, not the rest of the document."""
        mark = "-->" if match[0] == "<!--" else "*/}"
        end = self._text.find(mark, match.end()) if mark not in self._unclosed else -1
        if end < 0:
            self._unclosed.add(mark)
        return match.end() if end < 0 else end + len(mark)

    def _tag(self, match: re.Match[str]) -> int | None:
        tag = read_tag(self._text, match.start())
        if tag is None:
            return None
        name = tag.name.lower()
        if tag.closing:
            if not self._out.close(tag.name) and name in BLOCK:
                self._out.add("\n\n")
        elif name in SILENT and tag.name == name and not tag.empty:
            return self._inner_end(tag)[1]
        elif name == "table" and not tag.empty:
            return self._table(tag)
        elif name == "pre" and not tag.empty:
            return self._preformatted(tag)
        elif name == "sup" and not tag.empty:
            return self._raised(tag)
        elif HEADING_TAG.fullmatch(tag.name):
            return self._html_heading(tag)
        else:
            self._element(tag)
        return tag.end

    def _inner_end(self, tag: Tag) -> tuple[int, int]:
        """Where the content of `tag` ends and where its closing tag ends; an unclosed tag has no content."""
        closing = re.compile(rf"</{re.escape(tag.name)}\s*>", re.IGNORECASE).search(self._text, tag.end)
        return (closing.start(), closing.end()) if closing else (tag.end, tag.end)

    def _table(self, tag: Tag) -> int:
        inner, end = self._inner_end(tag)
        if inner > tag.end:
            rows = re.sub(r"\s*\n\s*", "\n", self._text[tag.start : end])
            self._out.add(f"\n\n{rows}\n\n")
        return end

    def _preformatted(self, tag: Tag) -> int:
        inner, end = self._inner_end(tag)
        body = re.sub(r"</?[A-Za-z][^>\n]*>", "", self._text[tag.end : inner])
        if body.strip():
            self._out.add(f"\n\n~~~~~~\n{body.strip(chr(10))}\n~~~~~~\n\n")
        return end

    def _raised(self, tag: Tag) -> int:
        inner, end = self._inner_end(tag)
        self._out.add(raised(self._out.tail(), re.sub(r"<[^>]*>", "", self._text[tag.end : inner])))
        return end

    def _html_heading(self, tag: Tag) -> int:
        inner, end = self._inner_end(tag)
        title = MarkupReducer(self._text[tag.end : inner], mdx=self._mdx).reduce()
        if tag.name.lower() == "summary":
            self._out.title(title)
        elif title.strip():
            self._out.heading(int(tag.name[1]))
            self._out.add(f"\n\n{'#' * int(tag.name[1])} {' '.join(title.split())}\n\n")
        return end

    def _element(self, tag: Tag) -> None:
        name = tag.name.lower()
        known = name in BLOCK or name in INLINE or name == "br"
        component = tag.name[:1].isupper() and not (tag.name.isupper() and known)
        if not component and name not in BLOCK and name not in INLINE and self._is_placeholder(tag):
            self._out.add(tag.name)
            return
        block = name in BLOCK and not component or (component and self._starts_line(tag))
        block = block and tag.name not in INLINE_COMPONENTS
        if name == "br":
            self._out.add(self._line_break(tag))
        elif component and self._is_placeholder(tag):
            self._out.add(tag.name)
        elif block:
            self._open_block(tag, component)
        elif not tag.empty and name not in INLINE:
            self._out.open(tag.name, block=False)

    def _is_placeholder(self, tag: Tag) -> bool:
        """`<your-domain>` or `<TOKEN>` in running text is a word, not markup."""
        unclosed = tag.name.lower() not in self._closing_names
        return bool(tag.name) and unclosed and not tag.empty and not tag.attributes

    def _starts_line(self, tag: Tag) -> bool:
        line_start = self._text.rfind("\n", 0, tag.start) + 1
        before = self._text[line_start : tag.start].lstrip(" \t>-*")
        return not before or before.endswith(">")

    def _line_break(self, tag: Tag) -> str:
        line_start = self._text.rfind("\n", 0, tag.start) + 1
        if not self._text[line_start : tag.start].lstrip().startswith("|"):
            return " "
        return ", " if self._text[tag.start - 1 : tag.start] not in {"|", " ", ",", ":", ";"} else " "

    def _open_block(self, tag: Tag, component: bool) -> None:
        title = next((tag.attributes[key] for key in TITLES if tag.attributes.get(key)), "") if component else ""
        text = next((tag.attributes[key] for key in TEXTS if tag.attributes.get(key)), "") if component else ""
        if tag.empty:
            shown = f"- {title}" if title and not text else title and self._out.heading_line(title)
            self._out.add(f"\n\n{shown}\n\n{text}\n\n" if shown or text else "\n\n")
            return
        self._out.open(tag.name, block=True)
        if title:
            self._out.title(title)
        if text:
            self._out.add(f"{text}\n\n")


_HANDLERS: dict[str, Callable[[MarkupReducer, re.Match[str]], int | None]] = {
    "fence": MarkupReducer._keep,
    "code": MarkupReducer._keep,
    "escape": MarkupReducer._keep,
    "comment": MarkupReducer._comment,
    "footnote": MarkupReducer._drop,
    "template": MarkupReducer._template,
    "emoji": MarkupReducer._drop,
    "attrs": MarkupReducer._drop,
    "alert": MarkupReducer._drop,
    "heading": MarkupReducer._heading,
    "esm": MarkupReducer._esm,
    "directive": MarkupReducer._directive,
    "admonition": MarkupReducer._admonition,
    "wiki": MarkupReducer._shown,
    "marked": MarkupReducer._shown,
    "tag": MarkupReducer._tag,
    "brace": MarkupReducer._brace,
}
