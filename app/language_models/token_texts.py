"""What each token of a vocabulary writes, in bytes: the ground that the rules of decoding stand on.

Texts are put together from these bytes and never by the tokenizer's own decoder, so that what a rule judged is exactly
what comes out.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

_BYTE_TOKEN = re.compile(r"<0x([0-9A-Fa-f]{2})>")
_PLACEHOLDER = re.compile(r"\[[A-Z]{2,20}(?:_[A-Z0-9]{1,20}){0,4}\]")
_BATCH = 8192


@dataclass(frozen=True)
class TokenTexts:
    """`raw[id]` are the bytes a token writes. `ends` end the text; `forbidden` may never be written (control tokens,
    and ids of the model that the tokenizer does not know)."""

    raw: tuple[bytes, ...]
    ends: frozenset[int]
    forbidden: frozenset[int]

    def text(self, ids: Iterable[int]) -> str:
        return b"".join(self.raw[token] for token in ids).decode("utf-8", "replace")

    @cached_property
    def whole(self) -> tuple[str | None, ...]:
        """The text of each token, None where it is not complete UTF-8 by itself."""
        return tuple(_decoded(raw) for raw in self.raw)


def read_token_texts(tokenizer: Any, size: int, ends: Iterable[int]) -> TokenTexts:  # noqa: ANN401
    """The texts of a Hugging Face tokenizer, byte-level or not, for a model with `size` logits.

    Control tokens write nothing and are forbidden, but for placeholders in square brackets, which a tokenizer may
    hold as special tokens so that they are never split.
    """
    known = min(len(tokenizer), size)
    names = [str(name) for name in tokenizer.convert_ids_to_tokens(list(range(known)))]
    special = {int(token) for token in tokenizer.all_special_ids}
    control = {token for token in special if token < known and not _PLACEHOLDER.fullmatch(names[token])}
    raw = _written(tokenizer, names)
    texts = [b"" if token in control else raw[token] or b"" for token in range(known)]
    unknown = {token for token in range(known) if raw[token] is None}
    stops = frozenset(ends)
    return TokenTexts(
        tuple(texts) + (b"",) * (size - known),
        stops,
        frozenset((control | unknown | set(range(known, size))) - stops),
    )


def _written(tokenizer: Any, names: Sequence[str]) -> list[bytes | None]:  # noqa: ANN401
    """Bytes per id. Tokens are decoded behind a letter: some decoders cut the space off a text's first token."""
    anchor = tokenizer("a", add_special_tokens=False)["input_ids"][-1:]
    before = _decode(tokenizer, [anchor])[0]
    found: list[bytes | None] = []
    for start in range(0, len(names), _BATCH):
        part = range(start, min(start + _BATCH, len(names)))
        for token, text in zip(part, _decode(tokenizer, [[*anchor, token] for token in part]), strict=True):
            found.append(_bytes_of(names[token], text.removeprefix(before) if text.startswith(before) else None))
    return found


def _decode(tokenizer: Any, rows: list[list[int]]) -> list[str]:  # noqa: ANN401
    decoded = tokenizer.batch_decode(rows, skip_special_tokens=False, clean_up_tokenization_spaces=False)
    return [str(text) for text in decoded]


def _bytes_of(name: str, text: str | None) -> bytes | None:
    """None if nobody can say what the token writes."""
    byte = _BYTE_TOKEN.fullmatch(name)
    if byte is not None:
        return bytes([int(byte[1], 16)])
    if text is not None and "\ufffd" not in text:
        return text.encode()
    alphabet = _byte_alphabet()
    return bytes(alphabet[char] for char in name) if name and all(char in alphabet for char in name) else None


@lru_cache(maxsize=1)
def _byte_alphabet() -> dict[str, int]:
    """The letters that byte-level tokenizers (GPT-2 and its heirs) write bytes with."""
    shown = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(256) if byte not in shown]
    return {chr(byte): byte for byte in shown} | {chr(256 + place): byte for place, byte in enumerate(hidden)}


def _decoded(raw: bytes) -> str | None:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return None
