"""Conflicting figures: what documents state, where they disagree, and which of them counts."""
