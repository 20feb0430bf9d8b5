"""Turn Markdown with embedded HTML, JSX, shortcodes and directives into Markdown proper.

What a reader of the published page would see stays; scripts, comments, imports and layout go. A component with a
title becomes a heading over its content, one level below the heading it stands under; a `SECTION_END` line tells
where it closes.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

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
from app.knowledge.loaders.text import dedent, raised

_MOST_TORN = (
    50  # braces that never close; with more, the text is no MDX and the search for their ends would take minutes
)
SECTION_END = "\ue000"  # followed by the level of the heading that still applies


@dataclass(slots=True)
class _Open:
    """A component or element whose closing tag is awaited. `heading_at` is where its title stands in the output."""

    name: str
    block: bool
    level: int
    title: str = ""
    heading_at: int = -1


class MarkupReducer:
    """One pass over one text; `reduce` is the only entry."""

    def __init__(self, text: str, *, mdx: bool) -> None:
        self._text = text
        self._mdx = mdx
        self._closing_names = {name.lower() for name in re.findall(r"</([A-Za-z][\w.-]*)", text)}
        self._out: list[str] = []
        self._segment: list[str] = []
        self._open: list[_Open] = []
        self._level = 0
        self._torn = 0
        self._unclosed: set[str] = set()

    def reduce(self) -> str:
        text, position = self._text, 0
        while match := MARKUP.search(text, position):
            self._segment.append(text[position : match.start()])
            end = _HANDLERS[match.lastgroup or ""](self, match)
            # A handler that declines leaves the character as it is.
            if end is None:
                self._segment.append(match[0])
                end = match.end()
            position = end
        self._segment.append(text[position:])
        self._flush()
        return "".join(self._out)

    # Handlers return the offset after what they dealt with, None to keep the match as it is.

    def _keep(self, match: re.Match[str]) -> None:
        del match

    def _drop(self, match: re.Match[str]) -> int:
        return match.end()

    def _heading(self, match: re.Match[str]) -> int:
        self._level = len(match[0].strip())
        for item in self._open:
            item.level = min(item.level, self._level)
        self._segment.append(f"{match[0]} ")
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
        self._segment.append(f"\n\n{label}\n\n" if label and "=" not in label else "\n\n")
        return match.end()

    def _admonition(self, match: re.Match[str]) -> int:
        indent = len(match["indent"].expandtabs(4))
        self._segment.append(f"\n\n{match['name'] or ''}\n\n")
        body = re.compile(rf"(?:\n(?:[ ]{{{indent + 4},}}|\t)[^\n]*|\n[ \t]*(?=\n))+").match(self._text, match.end())
        if body is None:
            return match.end()
        inner = re.sub(rf"^(?:[ ]{{{indent + 4}}}|\t)", "", body[0], flags=re.MULTILINE)
        self._segment.append(MarkupReducer(inner, mdx=self._mdx).reduce() + "\n\n")
        return body.end()

    def _shown(self, match: re.Match[str]) -> int:
        self._segment.append(match["shown"] or match["lit"])
        return match.end()

    def _brace(self, match: re.Match[str]) -> int | None:
        if not self._mdx:
            return None
        end = self._brace_end(match.start())
        if end < 0:
            return None
        self._segment.append(string_literal(self._text[match.start() : end]) or "")
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
            self._close(tag)
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
            self._segment.append(f"\n\n{rows}\n\n")
        return end

    def _preformatted(self, tag: Tag) -> int:
        inner, end = self._inner_end(tag)
        body = re.sub(r"</?[A-Za-z][^>\n]*>", "", self._text[tag.end : inner])
        if body.strip():
            self._segment.append(f"\n\n~~~~~~\n{body.strip(chr(10))}\n~~~~~~\n\n")
        return end

    def _raised(self, tag: Tag) -> int:
        inner, end = self._inner_end(tag)
        before = "".join(self._segment[-2:])[-20:]
        self._segment.append(raised(before, re.sub(r"<[^>]*>", "", self._text[tag.end : inner])))
        return end

    def _html_heading(self, tag: Tag) -> int:
        inner, end = self._inner_end(tag)
        title = MarkupReducer(self._text[tag.end : inner], mdx=self._mdx).reduce()
        if tag.name.lower() == "summary":
            self._title(" ".join(title.split()))
        elif title.strip():
            self._level = int(tag.name[1])
            self._segment.append(f"\n\n{'#' * self._level} {' '.join(title.split())}\n\n")
        return end

    def _element(self, tag: Tag) -> None:
        name = tag.name.lower()
        known = name in BLOCK or name in INLINE or name == "br"
        component = tag.name[:1].isupper() and not (tag.name.isupper() and known)
        if not component and name not in BLOCK and name not in INLINE and self._is_placeholder(tag):
            self._segment.append(tag.name)
            return
        block = name in BLOCK and not component or (component and self._starts_line(tag))
        block = block and tag.name not in INLINE_COMPONENTS
        if name == "br":
            self._segment.append(self._line_break(tag))
        elif component and self._is_placeholder(tag):
            self._segment.append(tag.name)
        elif block:
            self._open_block(tag, component)
        elif not tag.empty and name not in INLINE:
            self._open.append(_Open(tag.name, False, self._level))

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
            shown = f"- {title}" if title and not text else title and self._heading_line(title)
            self._flush(f"\n\n{shown}\n\n{text}\n\n" if shown or text else "\n\n")
            return
        self._flush("\n- " if tag.name.lower() == "li" else "\n\n")
        item = _Open(tag.name, True, self._level)
        self._open.append(item)
        if title:
            self._title(title)
        if text:
            self._flush(f"{text}\n\n")

    def _heading_line(self, title: str) -> str:
        return f"{'#' * self._title_level()} {' '.join(title.split())}"

    def _title_level(self) -> int:
        """Level 1 is left to real headings, so that "level 1 and above" can mean "outside of every component"."""
        return min(max(self._level, 1) + 1, 6)

    def _title(self, title: str) -> None:
        """Start a section named `title` that ends with the innermost open component."""
        self._flush()
        if not title:
            return
        if self._open:
            self._open[-1].title = title
            self._open[-1].heading_at = len(self._out)
        self._out.append(f"\n\n{self._heading_line(title)}\n\n")
        self._level = self._title_level()

    def _close(self, tag: Tag) -> None:
        names = [item.name for item in self._open]
        if tag.name not in names:
            if tag.name.lower() in BLOCK:
                self._segment.append("\n\n")
            return
        while self._open:
            item = self._open.pop()
            if item.block:
                self._flush()
                self._end_section(item)
            if item.name == tag.name:
                return

    def _end_section(self, item: _Open) -> None:
        self._out.append("\n" if item.name == "li" else "\n\n")
        if item.heading_at < 0:
            return
        if not "".join(self._out[item.heading_at + 1 :]).strip():
            self._out[item.heading_at :] = [f"\n\n- {item.title}\n\n"]
        else:
            self._out.append(f"{SECTION_END}{max(item.level, 1)}\n\n")
        self._level = item.level

    def _flush(self, after: str = "") -> None:
        """Move the pending text to the output; inside components it loses the indentation of its first line."""
        pending = "".join(self._segment)
        self._segment = []
        if any(item.block for item in self._open):
            pending = dedent(pending)
        self._out.append(pending + after)


_HANDLERS: dict[str, Callable[[MarkupReducer, re.Match[str]], int | None]] = {
    "fence": MarkupReducer._keep,
    "code": MarkupReducer._keep,
    "escape": MarkupReducer._keep,
    "comment": MarkupReducer._comment,
    "footnote": MarkupReducer._drop,
    "template": MarkupReducer._drop,
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
