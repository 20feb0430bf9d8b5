"""The text that the bundled base model learns from: prompts of the service and messages that obey its rules."""
