"""English text at the level of sentences and words. A leaf: imports nothing of the product."""
