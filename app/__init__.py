"""Lead Follow-Up Assistant: short, personal follow-up messages whose every fact can be traced."""

__version__ = "0.1.0"
