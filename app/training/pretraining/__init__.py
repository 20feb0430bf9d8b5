"""Training of the bundled base model from nothing: tokenizer, batches, loop, checkpoints, evaluation."""
