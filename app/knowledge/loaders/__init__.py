"""Read files of many formats into clean blocks. Use `registry.load`; one module per format."""
