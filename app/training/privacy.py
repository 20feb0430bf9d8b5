"""Personal data of training rows: placeholders on disk, stand-ins when a prompt is rendered.

What lies on disk names nobody. The record is rebuilt with stand-ins, so that prompts are made by the code that serves,
which masks the stand-ins again: a model sees the same placeholders in training and in use.
"""

import re
from collections.abc import Mapping
from typing import Any

from app.followups.prompts.masking import LEAD_FULL_NAME, LEAD_NAME, Mask, restore

# Names that are no words and no parts of words, so that masking finds them wherever they were put.
_STAND_INS = {LEAD_NAME: "Quillon", LEAD_FULL_NAME: "Quillon Zabriskie", "[LEAD_NAME_2]": "Zabriskie"}
_NUMBERED = re.compile(r"\[(EMAIL|PHONE|LINK|TEXT|LEAD_NAME)_(\d{1,3})\]")
_NUMBERED_STAND_INS = {
    "EMAIL": "person{}@example.com",
    "PHONE": "+1 555 010 {:04d}",
    "LINK": "https://example.com/{}",
    "TEXT": "reference {}",
    "LEAD_NAME": "Zabriskie",
}


def masked_fields(fields: Mapping[str, Any], mask: Mask) -> dict[str, Any]:
    """The fields of a request with every text masked; the name becomes its placeholder, or stays empty."""
    hidden = {name: mask.hide(value) if isinstance(value, str) else value for name, value in fields.items()}
    return hidden | {"lead_name": _name_placeholder(mask)}


def with_stand_ins(text: str) -> str:
    """`text` with a stand-in for every placeholder."""
    numbered = {
        match[0]: _NUMBERED_STAND_INS[match[1]].format(int(match[2]))
        for match in _NUMBERED.finditer(text)
        if match[0] not in _STAND_INS
    }
    return restore(text, (_STAND_INS | numbered).items())


def _name_placeholder(mask: Mask) -> str:
    known = dict(mask.placeholders)
    return LEAD_FULL_NAME if LEAD_FULL_NAME in known else LEAD_NAME if LEAD_NAME in known else ""
