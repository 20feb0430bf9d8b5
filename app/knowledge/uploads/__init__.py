"""Documents that arrive over HTTP: received into a work directory, ingested in the background."""
