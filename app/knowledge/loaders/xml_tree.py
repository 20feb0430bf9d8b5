"""Parse XML of documents: no entities, no network, no document type at all."""

from collections.abc import Iterator

from lxml import etree

from app.errors import DocumentRefused
from app.knowledge.loaders.archives import damaged


def parse_xml(data: bytes) -> etree._Element:
    """The root element. Raises `DocumentRefused`: `hostile` if entities could be declared, `malformed` if torn."""
    refuse_document_type(data)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True)
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise damaged() from error


def refuse_document_type(data: bytes) -> None:
    """Office programs write none; one is only there to declare entities."""
    wide = b"\x00" in data[:64]
    if b"<!DOCTYPE" in (data.replace(b"\x00", b"") if wide else data):
        raise DocumentRefused(
            "hostile",
            "The file declares XML entities, as no Office program does; save it anew from a program you trust.",
        )


def local_name(element: etree._Element) -> str:
    """Tag without namespace; empty for comments and entities."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def attribute(element: etree._Element | None, name: str) -> str | None:
    """Attribute `name` in any namespace."""
    if element is None:
        return None
    return next((str(value) for key, value in element.attrib.items() if str(key).rpartition("}")[2] == name), None)


def children(element: etree._Element | None, name: str) -> Iterator[etree._Element]:
    return (child for child in (element if element is not None else ()) if local_name(child) == name)


def child(element: etree._Element | None, *path: str) -> etree._Element | None:
    """The first descendant along `path` of local names."""
    for name in path:
        element = next(children(element, name), None)
    return element
