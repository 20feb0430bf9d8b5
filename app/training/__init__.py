"""From a user's conversations to an adapter: read, prepare, train, evaluate."""
