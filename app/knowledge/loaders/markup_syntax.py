"""What counts as markup in Markdown files: constructs, elements and the attributes of components that are read."""

import re

MARKUP = re.compile(
    r"""
    (?P<fence>^(?:[ \t>]*|[ \t]*(?:[-*+]|\d{1,3}[.)])[ \t]+)(?P<mark>`{3,}+|~{3,}+)(?P<info>[^\n`]*)\n
        (?:.*\n)*?(?:[ \t>]*(?P=mark)[`~]*[ \t]*(?:\n|\Z)|\Z))
  | (?P<code>(?P<ticks>(?<!`)`+(?!`))(?:(?!\n[ \t]*\n)[\s\S]){1,2000}?(?<!`)(?P=ticks)(?!`))
  | (?P<comment><!--|\{/\*)
  | (?P<heading>^[ \t]*\#{1,6}(?=[ \t])|^\#{2,6}(?=[A-Za-z]))
  | (?P<esm>^(?:import[ \t]+(?:["'{]|[\w*][^\n]*[ \t]from[ \t])
        |export[ \t]+(?:default|const|let|var|function|async|class|\{|\*)))
  | (?P<directive>^[ \t]*:{3,}[ \t]*(?:\{?\w[\w-]*\}?)?[ \t]*(?P<label>[^\n]*)$)
  | (?P<admonition>^(?P<indent>[ \t]*)(?:!!!|\?\?\?\+?)[ \t]+\w[\w-]*(?:[ \t]+"(?P<name>[^"\n]*)")?[ \t]*$)
  | (?P<alert>(?<=>)[ \t]*\[![\w-]+\][+-]?(?:[ \t]*$)?)
  | (?P<footnote>\[\^[^\[\]\s]{1,80}\]:?)
  | (?P<template>\{\{[<%]?[^{}\n]{0,500}?[>%]?\}\}|\{%[^\n]{0,500}?%\}|\[\[?_?(?:toc|TOC)_?\]\]?)
  | (?P<wiki>\[\[(?:[^\[\]\n|]{1,200}\|)?(?P<shown>[^\[\]\n|]{1,200})\]\])
  | (?P<emoji>(?<![^\s(]):[a-z][a-z0-9_+-]{1,30}:(?=[\s).,!]|$))
  | (?P<marked>==(?P<lit>[^=\s][^=\n]*)==)
  | (?P<attrs>\{[:\#.][^{}\n]*\})
  | (?P<tag><(?=/?[A-Za-z]|/?>))
  | (?P<brace>\{)
  | (?P<escape>\\[\s\S])
    """,
    re.VERBOSE | re.MULTILINE,
)
SILENT = frozenset(
    """
    script style svg iframe noscript template video audio object canvas head math select button del s strike
    """.split()  # noqa: SIM905 - a word list reads better as text
)
BLOCK = frozenset(
    """
    p div section article main header footer aside nav blockquote figure figcaption center details summary ul ol li dl
    dt dd form fieldset hr address
    """.split()  # noqa: SIM905 - a word list reads better as text
)
INLINE = frozenset(
    """
    a abbr b bdi bdo big br cite code data dfn em font i img input ins kbd label mark picture q rp rt ruby samp small
    source span strong sub sup time track tt u var wbr
    """.split()  # noqa: SIM905 - a word list reads better as text
)
INLINE_COMPONENTS = frozenset({"Icon", "Tooltip", "Badge", "Link", "Kbd", "Highlight", "Image", "Color"})
HEADING_TAG = re.compile(r"h[1-6]|summary", re.IGNORECASE)
TITLES = ("title", "label", "question", "heading", "header", "summary", "path", "query", "body", "name")
TEXTS = ("description", "subtitle", "text", "content", "caption", "answer")
