"""Putting a collection in the place of the one in use. Chroma knows no transaction over collections.

Names tell how far a switch came, so that the next start can finish it or take it back: until the new collection has its
name, the old one is in use.
"""

from typing import Any

REBUILT = "-rebuilt"
REWRITTEN = "-rewritten"
_RETIRED = "-retired"


# Chroma's types stay behind the vector index.
def switch(client: Any, name: str, beside: str = REBUILT) -> None:  # noqa: ANN401
    """Make `name` the collection that was filled as `name` + `beside`, or nothing if there is none."""
    names = collection_names(client)
    if name in names:
        client.get_collection(name, embedding_function=None).modify(name=name + _RETIRED)
    if name + beside in names:
        client.get_collection(name + beside, embedding_function=None).modify(name=name)
    if name in names:
        client.delete_collection(name + _RETIRED)


def recover(client: Any) -> None:  # noqa: ANN401
    """After a crash: the old collection is in use again where the switch was not done; what is left over goes."""
    names = collection_names(client)
    for retired in (name for name in names if name.endswith(_RETIRED)):
        name = retired.removesuffix(_RETIRED)
        if name in names:
            client.delete_collection(retired)
        else:
            client.get_collection(retired, embedding_function=None).modify(name=name)
    for leftover in (name for name in names if name.endswith((REBUILT, REWRITTEN))):
        client.delete_collection(leftover)


def collection_names(client: Any) -> set[str]:  # noqa: ANN401
    """Every collection, also those beside the ones in use."""
    return {collection.name for collection in client.list_collections()}
