"""Markdown and MDX through the public loader: what a reader sees, and nothing of the markup."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.followups.types import BlockKind
from app.knowledge.loaders.front_matter import split_front_matter
from app.knowledge.loaders.markdown import load_markdown, load_mdx
from app.knowledge.types import Block

HEADING, PARAGRAPH, LIST_ITEM = BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.LIST_ITEM
TABLE_ROW, CODE = BlockKind.TABLE_ROW, BlockKind.CODE


def md(text: str) -> list[tuple[BlockKind, str]]:
    return [(block.kind, block.text) for block in load_markdown(text.encode()).blocks]


def mdx(text: str) -> list[tuple[BlockKind, str]]:
    return [(block.kind, block.text) for block in load_mdx(text.encode()).blocks]


def texts(text: str) -> list[str]:
    return [content for _, content in mdx(text)]


def test_structure_of_a_page() -> None:
    page = """# Plans

Pick the plan
that fits **you**.

## Who is it for?

1. Teams
   - small ones
2. Companies

```bash
npm install
```
"""
    assert load_markdown(page.encode()).blocks == (
        Block(HEADING, "Plans", 1),
        Block(PARAGRAPH, "Pick the plan that fits you."),
        Block(HEADING, "Who is it for?", 2),
        Block(LIST_ITEM, "Teams"),
        Block(LIST_ITEM, "small ones"),
        Block(LIST_ITEM, "Companies"),
        Block(CODE, "npm install"),
    )


def test_table_rows_carry_their_headers() -> None:
    table = "| | Pro | Scale |\n|---|---|---|\n| Monthly fee | \\$20 | **$400** |\n| Support | | [Slack](/x) |\n"
    assert md(table) == [
        (TABLE_ROW, "Monthly fee; Pro: $20; Scale: $400"),
        (TABLE_ROW, "Support; Scale: Slack"),
    ]


def test_line_breaks_in_cells_become_commas() -> None:
    assert md("| Plan | Has |\n|---|---|\n| Pro | chat<br/>mail |\n") == [(TABLE_ROW, "Plan: Pro; Has: chat, mail")]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("See [the docs](https://a.example/x_(y)) now.", "See the docs now."),
        ("![logo](a.png) Hello", "Hello"),
        ("It costs \\$5 \\* 2.", "It costs $5 * 2."),
        ("Use `reset` and `5 = \\$5`.", "Use reset and 5 = $5."),
        ("Was ~~$49~~ $29.", "Was $29."),
        ("Now <del>$49</del> $29.", "Now $29."),
        ("From $299<sup>1</sup> per month.", "From $299 per month."),
        ("About 12 m<sup>2</sup> of space.", "About 12 m² of space."),
        ("A claim[^1] holds.", "A claim holds."),
        ("Tom &amp; Ann&nbsp;pay 5&nbsp;%.", "Tom & Ann pay 5 %."),
        ("Hello <!-- not this --> there.", "Hello there."),
        ("Visible {{< shortcode x >}} text {% include a.html %}.", "Visible text ."),
        ("{{ price }} is what you pay. We bill monthly.", "We bill monthly."),
        ("Team costs {{ plans.team.price }} a month. See [all plans]({{ site.url }}/plans).", "See all plans."),
        ("Replace <your-domain> in it.", "Replace your-domain in it."),
        ("If a < b and c > d.", "If a < b and c > d."),
        ("A **torn emphasis **here.", "A torn emphasis here."),
        ("Left | right", "Left; right"),
        ("Nice :rocket: launch at 10:30:45.", "Nice launch at 10:30:45."),
        ("[[Pricing|our prices]] and ==this==", "our prices and this"),
        ("Read the [guide →](/x)", "Read the guide"),
        ("Mail <a@b.example> now", "Mail a@b.example now"),
        ("soft\u00adhyphen zero\u200bwidth", "softhyphen zerowidth"),
    ],
)
def test_paragraph_text(source: str, expected: str) -> None:
    assert md(source) == [(PARAGRAPH, expected)]


def test_html_in_markdown() -> None:
    page = """<script>alert("x")</script>
<h2>Prices</h2>
<p align="center">One <b>bold</b> offer.</p>
<ul><li>first</li><li>second</li></ul>
<table><tr><th>Plan</th><th>Price</th></tr>

<tr><td>Pro</td><td>$20</td></tr></table>
"""
    assert md(page) == [
        (HEADING, "Prices"),
        (PARAGRAPH, "One bold offer."),
        (LIST_ITEM, "first"),
        (LIST_ITEM, "second"),
        (TABLE_ROW, "Plan: Pro; Price: $20"),
    ]


def test_indented_content_of_elements_is_no_code() -> None:
    assert md("<div>\n\n      Refunds take 5 days.\n\n</div>\n") == [(PARAGRAPH, "Refunds take 5 days.")]


def test_directives_alerts_and_admonitions_keep_their_text() -> None:
    page = ':::tip Good to know\nInside.\n:::\n\n> [!NOTE]\n> Quoted.\n\n!!! warning "Mind"\n    Indented.\n\nAfter.\n'
    assert [text for _, text in md(page)] == ["Good to know", "Inside.", "Quoted.", "Mind", "Indented.", "After."]


# --------------------------------------------------------------------------- MDX


def test_components_keep_what_is_visible() -> None:
    page = """import { Card } from "/x.jsx"
export const meta = {
  title: "not text",
};

<Note>
    Refunds take **5 days**.
</Note>

<Steps>
    <Step title="Create an account">
        Sign up [here](/signup).
        - with mail
        - with a phone

        <img src="/a.png" />
    </Step>
</Steps>

{/* hidden
remark */}
<Card title={"Ship \\"Faster\\""} icon="rocket" onClick={() => { go("a > b") }}>Do less.</Card>
"""
    assert mdx(page) == [
        (PARAGRAPH, "Refunds take 5 days."),
        (HEADING, "Create an account"),
        (PARAGRAPH, "Sign up here."),
        (LIST_ITEM, "with mail"),
        (LIST_ITEM, "with a phone"),
        (HEADING, 'Ship "Faster"'),
        (PARAGRAPH, "Do less."),
    ]


def test_expressions_show_only_string_literals() -> None:
    assert texts('Price{" "}is {"low"} and {price * 2} here, `{id}` stays.') == ["Price is low and here, {id} stays."]


def test_code_in_components_is_untouched() -> None:
    page = '<Tab title="npm">\n    ```js\n    const a = <Card title="x">{b}</Card>\n    ```\n</Tab>\n'
    assert mdx(page) == [(HEADING, "npm"), (CODE, 'const a = <Card title="x">{b}</Card>')]


def test_title_of_an_empty_component_is_a_list_item() -> None:
    assert mdx('<Card title="order.paid" href="/x"></Card>\n<Card title="order.new" />\n') == [
        (LIST_ITEM, "order.paid"),
        (LIST_ITEM, "order.new"),
    ]


def test_text_after_a_component_no_longer_belongs_to_its_title() -> None:
    page = '## Plans\n\n<Accordion title="Scale">\n  Costs $400.\n</Accordion>\n\nAll plans have support.\n'
    assert load_mdx(page.encode()).blocks == (
        Block(HEADING, "Plans", 2),
        Block(HEADING, "Scale", 3),
        Block(PARAGRAPH, "Costs $400."),
        Block(PARAGRAPH, "All plans have support.", 2),
    )


def test_a_file_of_components_only_is_code() -> None:
    document = load_mdx(b"export const Embed = () => {\n  return null;\n};\n")
    assert [block.kind for block in document.blocks] == [CODE]


# --------------------------------------------------------------------------- front matter


def test_front_matter_is_metadata() -> None:
    document = load_markdown(b"---\ntitle: 'Fees: all'\ndate: 2024-05-01\ninternal: true\ntags: [a, b]\n---\nText.\n")
    assert document.title == "Fees: all"
    assert dict(document.metadata) == {
        "title": "Fees: all",
        "date": "2024-05-01",
        "internal": "true",
        "tags": "a, b",
    }
    assert [block.text for block in document.blocks] == ["Text."]


@pytest.mark.parametrize(
    ("text", "metadata", "body"),
    [
        ("---\ntitle: a: b\nbad: [\n---\nx", {"title": "a: b", "bad": "["}, "x"),
        ('+++\ntitle = "T"\n+++\nx', {"title": "T"}, "x"),
        ("\ufeff---\nkey: v\n---\nx", {"key": "v"}, "x"),
        ("---\n---\nx", {}, "x"),
        ("---\nJust a rule.\n---\nx", {}, "---\nJust a rule.\n---\nx"),
        ("no front matter", {}, "no front matter"),
    ],
)
def test_split_front_matter(text: str, metadata: dict[str, str], body: str) -> None:
    found, rest = split_front_matter(text.lstrip("\ufeff"))
    assert (dict(found), rest) == (metadata, body)


_FRAGMENTS = st.sampled_from([
    *[
        "<Card title='a'>",
        "</Card>",
        "<",
        ">",
        "{",
        "}",
        "{/*",
        "*/}",
        "`",
        "```\n",
        "\n\n",
        "# h",
        "- item ",
        "|a|b|\n",
    ],
    *[
        "|-|-|\n",
        "**",
        "text ",
        "<br>",
        "<!--",
        "-->",
        ":::",
        "\\$",
        "[^1]:",
        "<table>",
        "</table>",
        "<h1>",
        "!!! note\n",
    ],
])


@settings(max_examples=200, deadline=None)
@given(st.lists(_FRAGMENTS | st.text(max_size=8), max_size=25))
def test_any_text_is_read_into_clean_blocks(parts: list[str]) -> None:
    for load in (load_markdown, load_mdx):
        for block in load("".join(parts).encode()).blocks:
            assert block.text == block.text.strip()
            assert any(char.isalnum() for char in block.text)
            if block.kind is not CODE:
                assert "\n" not in block.text
                assert "  " not in block.text
