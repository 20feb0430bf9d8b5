"""Which files are taken for documents, by the end of their names. Imports nothing heavy."""

SUPPORTED_SUFFIXES = frozenset(
    """
    .pdf .docx .docm .pptx .pptm .ppsx .xlsx .xlsm .xls .ods .csv .tsv .json .html .htm .xhtml .md .markdown .mdx .txt
    .text .eml
    """.split()  # noqa: SIM905 - a list of suffixes reads better as text
)

# Formats that people keep documents in and that are not read: to be refused by name, never passed over.
UNREADABLE_SUFFIXES = frozenset(
    """
    .doc .dot .dotx .odt .ott .fodt .rtf .pages .wpd .wps .abw .xlsb .fods .numbers .ppt .pps .odp .key .msg .mbox .epub
    .mobi .azw3 .djvu .xps .oxps .ps .tex .rst .adoc .asciidoc .org .one .vsd .vsdx .mht .mhtml .pub .wiki
    .zip .rar .7z .tar .gz .tgz
    """.split()  # noqa: SIM905 - a list of suffixes reads better as text
)
