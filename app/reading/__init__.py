"""Text taken apart: figures, words, subjects, and the statements of a passage. Knows no lead and no claim."""
