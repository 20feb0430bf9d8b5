"""The checkpoints of one run: which is the last whole one, and whether they belong to this run at all."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from app.errors import Conflict

_RUN_FILE = "run.json"
_STATE_FILE = "trainer_state.json"
_WEIGHTS_FILE = "adapter_model.safetensors"


class Checkpoints:
    """A folder of checkpoints. `run` is everything that decides the weights: another run never resumes from them."""

    def __init__(self, folder: Path, run: Mapping[str, Any]) -> None:
        self.folder = folder
        self._run = dict(run)

    def open(self, *, resume: bool) -> None:
        """Make the folder ready. Raises `Conflict` if it holds another run and `resume` is asked for.

        Without `resume`, what is there is discarded.
        """
        if self.folder.is_dir():
            if not resume:
                shutil.rmtree(self.folder)
            elif differences := self._differences():
                raise Conflict(
                    f"{self.folder} holds the checkpoints of another run (it differs in {', '.join(differences)}): "
                    "choose another --output_dir, or give --no-resume to discard them."
                )
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / _RUN_FILE).write_text(json.dumps(self._run, indent=2, default=str), encoding="utf-8")

    def last(self) -> Path | None:
        """The newest checkpoint that was written to its end."""
        numbered = [(int(path.name.rpartition("-")[2]), path) for path in self.folder.glob("checkpoint-*[0-9]")]
        return next((path for _, path in sorted(numbered, reverse=True) if _is_whole(path)), None)

    def discard(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def _differences(self) -> list[str]:
        try:
            stored = json.loads((self.folder / _RUN_FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return ["an unreadable run.json"]
        current = json.loads(json.dumps(self._run, default=str))
        return sorted(key for key in stored.keys() | current.keys() if stored.get(key) != current.get(key))


def _is_whole(path: Path) -> bool:
    """The state is written last, so a checkpoint cut off by a kill has none."""
    try:
        json.loads((path / _STATE_FILE).read_text(encoding="utf-8"))
        with safe_open(path / _WEIGHTS_FILE, framework="pt") as file:
            return bool(file.keys())
    except (OSError, ValueError, SafetensorError):
        return False
