"""Writes the demo company's past conversations from hand-written pieces in `data/demo_conversations`."""
