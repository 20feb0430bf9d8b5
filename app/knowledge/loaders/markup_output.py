"""The Markdown that reduced markup becomes, with the sections of open components."""

from dataclasses import dataclass

from app.knowledge.loaders.text import dedent

SECTION_END = "\ue000"  # followed by the level of the heading that still applies
LOST = "\ue001"  # stands where a template would have put a value


@dataclass(slots=True)
class _Open:
    """A component or element whose closing tag is awaited. `heading_at` is where its title stands in the output."""

    name: str
    block: bool
    level: int
    title: str = ""
    heading_at: int = -1


class MarkupOutput:
    """Collects text; `open` and `close` bracket components, `title` starts a section that ends with the innermost."""

    def __init__(self) -> None:
        self._done: list[str] = []
        self._segment: list[str] = []
        self._open: list[_Open] = []
        self._level = 0

    def text(self) -> str:
        self._flush()
        return "".join(self._done)

    def add(self, text: str) -> None:
        self._segment.append(text)

    def tail(self) -> str:
        """The last few characters that were added."""
        return "".join(self._segment[-2:])[-20:]

    def heading(self, level: int) -> None:
        """Note that a heading of the text itself follows; it also ends what stood above open components."""
        self._level = level
        for item in self._open:
            item.level = min(item.level, level)

    def open(self, name: str, *, block: bool) -> None:
        if block:
            self._flush("\n- " if name.lower() == "li" else "\n\n")
        self._open.append(_Open(name, block, self._level))

    def title(self, title: str) -> None:
        self._flush()
        if not title.strip():
            return
        if self._open:
            self._open[-1].title = " ".join(title.split())
            self._open[-1].heading_at = len(self._done)
        self._done.append(f"\n\n{self.heading_line(title)}\n\n")
        self._level = self._title_level()

    def heading_line(self, title: str) -> str:
        return f"{'#' * self._title_level()} {' '.join(title.split())}"

    def _title_level(self) -> int:
        """Level 1 is left to real headings, so that "level 1 and above" can mean "outside of every component"."""
        return min(max(self._level, 1) + 1, 6)

    def close(self, name: str) -> bool:
        """Close the innermost open `name` and all that was left open in it; False if there is none."""
        if all(item.name != name for item in self._open):
            return False
        while True:
            if self._open[-1].block:
                self._flush()
            item = self._open.pop()
            if item.block:
                self._end_section(item)
            if item.name == name:
                return True

    def _end_section(self, item: _Open) -> None:
        self._done.append("\n" if item.name.lower() == "li" else "\n\n")
        if item.heading_at < 0:
            return
        if not "".join(self._done[item.heading_at + 1 :]).strip():
            # A title without content is one of a list.
            self._done[item.heading_at :] = [f"\n\n- {item.title}\n\n"]
        else:
            self._done.append(f"{SECTION_END}{max(item.level, 1)}\n\n")
        self._level = item.level

    def _flush(self, after: str = "") -> None:
        """Move the pending text to the output; inside components it loses the indentation of its first line."""
        pending = "".join(self._segment)
        self._segment = []
        if any(item.block for item in self._open):
            pending = dedent(pending)
        self._done.append(pending + after)
