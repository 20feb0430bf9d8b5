"""Renders the demo company's PDF, Word and Excel files from their Markdown sources."""
