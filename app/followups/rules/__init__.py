"""The rules of a message. Each is a pure function of what is to be judged; limits come from the configuration."""
