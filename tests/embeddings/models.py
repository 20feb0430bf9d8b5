"""Where tests keep what was exported: once for all of them."""

from pathlib import Path

MODELS = Path(__file__).resolve().parents[2] / "var" / "models"
