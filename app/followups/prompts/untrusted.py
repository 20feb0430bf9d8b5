"""The marked block: the only place of a prompt where text of leads and documents may stand."""

import hashlib

LINE_MARK = "| "
_CODE_LENGTH = 16


def untrusted_block(content: str) -> str:
    """`content` between two lines that carry one code, every line of it behind a mark.

    The code is a hash of the content, so a text inside cannot know it, and the same content always gives the same
    prompt. Every kind of line break starts a marked line, so nothing inside can end the block.
    """
    lines = [line.rstrip() for line in content.splitlines() if line.strip()]
    code = hashlib.sha256("\n".join(lines).encode("utf-8", "replace")).hexdigest()[:_CODE_LENGTH]
    marked = "\n".join(LINE_MARK + line for line in lines)
    return f"<<<DATA {code}>>>\n{marked}\n<<<END {code}>>>"
