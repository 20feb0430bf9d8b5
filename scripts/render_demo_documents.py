"""Render the demo company's PDF, Word and Excel files from `data/demo_company/` into `knowledge_base/`.

python scripts/render_demo_documents.py            write the files
python scripts/render_demo_documents.py --check    write nothing; exit 1 if a file differs from its source
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import typer

from scripts.demo_rendering.docx import render_docx
from scripts.demo_rendering.office import same_content
from scripts.demo_rendering.pdf import render_pdf
from scripts.demo_rendering.source import Source, read_source
from scripts.demo_rendering.xlsx import render_xlsx

ROOT = Path(__file__).resolve().parent.parent
RENDERERS: dict[str, Callable[[Source], bytes]] = {".pdf": render_pdf, ".docx": render_docx, ".xlsx": render_xlsx}


def main(
    sources: Annotated[Path, typer.Option(help="Folder of `<name>.<pdf|docx|xlsx>.md` files.")] = ROOT
    / "data/demo_company",
    target: Annotated[Path, typer.Option(help="Folder that receives the rendered files.")] = ROOT / "knowledge_base",
    check: Annotated[bool, typer.Option("--check", help="Compare instead of writing.")] = False,
) -> None:
    """Render every source, or with --check name the files that are missing or differ."""
    stale = []
    for source_path in sorted(sources.rglob("*.*.md")):
        path = target / source_path.relative_to(sources).with_suffix("")
        data = RENDERERS[path.suffix](read_source(source_path))
        if path.exists() and same_content(path.read_bytes(), data):
            continue
        stale.append(path)
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    for path in stale:
        print(f"{'differs from its source' if check else 'written'}: {path.relative_to(target)}")
    if check and stale:
        sys.exit(1)


if __name__ == "__main__":
    typer.run(main)
