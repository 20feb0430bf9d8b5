"""Write the demo conversations from their hand-written pieces. `--check` says if the files differ from them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import typer

from scripts.demo_conversations.rows import as_csv, conversations
from scripts.terminal import errors_as_sentences, say

DATA = Path(__file__).resolve().parent.parent / "data"
# File, voice, number of conversations, seed.
FILES = (
    (DATA / "historical_conversations.csv", "workbench", 1_500, 11),
    (DATA / "second_voice_conversations.csv", "sprinter", 300, 12),
)


def main(check: bool = typer.Option(False, "--check", help="Write nothing; exit code 1 if a file differs.")) -> None:
    """Reproducible: the same pieces give the same files."""
    differs = False
    with errors_as_sentences():
        for path, voice, count, seed in FILES:
            text = as_csv(conversations(voice, count, seed))
            same = path.is_file() and path.read_text(encoding="utf-8") == text
            differs |= not same
            if not check and not same:
                path.write_text(text, encoding="utf-8")
            say(f"{'unchanged' if same else 'differs' if check else 'written'}: {path.name}")
    raise typer.Exit(int(check and differs))


if __name__ == "__main__":
    typer.run(main)
