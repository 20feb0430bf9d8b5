PYTHON ?= python3.11
VENV ?= .venv
BIN := $(VENV)/bin
export HF_HUB_OFFLINE ?= 1
export TOKENIZERS_PARALLELISM ?= false

.PHONY: run serve test check demo migrate ingest verify render bench clean help

help:  ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(BIN)/.runtime: requirements.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -r requirements.txt
	@touch $@

$(BIN)/.dev: requirements.txt requirements-dev.txt $(BIN)/.runtime
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -r requirements-dev.txt
	@touch $@

run: $(BIN)/.runtime  ## Install, migrate, ingest the demo documents if there are none, serve on 127.0.0.1:8000
	@$(BIN)/python -m app.storage.migrate
	@$(BIN)/python scripts/ingest_documents.py --source knowledge_base --if-empty
	@exec $(BIN)/python -m app

serve: $(BIN)/.runtime  ## Serve without touching the documents
	@exec $(BIN)/python -m app

migrate: $(BIN)/.runtime  ## Bring the database to the newest schema
	$(BIN)/python -m app.storage.migrate

ingest: $(BIN)/.runtime  ## Ingest a folder: make ingest SOURCE=path/to/documents
	$(BIN)/python scripts/ingest_documents.py --source $(or $(SOURCE),knowledge_base)

verify: $(BIN)/.runtime  ## Compare the vector index with the database (service stopped)
	$(BIN)/python scripts/verify_vectordb.py

demo: $(BIN)/.runtime  ## Send the original request to the running service and show message, claims and sources
	@$(BIN)/python scripts/demo.py

test: $(BIN)/.dev  ## Run the tests
	$(BIN)/python -m pytest

check: $(BIN)/.dev  ## Lint, types, import contracts, rendered documents
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/render_demo_documents.py --check

render: $(BIN)/.dev  ## Render the demo company's documents from their sources
	$(BIN)/python scripts/render_demo_documents.py

bench: $(BIN)/.dev  ## Measure the service
	$(BIN)/python benchmarks/service.py

clean:  ## Remove the local database and index
	rm -rf var chroma_db
