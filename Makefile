# Every target runs in .venv, which is made on first use and updated when pyproject.toml changes.
PYTHON = python3
BIN = .venv/bin
PYTEST = $(BIN)/python -m pytest -n auto

.PHONY: test fast lint docs bench coverage

test: .venv/installed  ## the whole suite
	$(PYTEST)

fast: .venv/installed  ## without the slow tests and those that need the network
	$(PYTEST) -m "not slow and not network"

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict
	$(BIN)/zizmor --offline --no-progress .github action.yml

docs: .venv/installed  ## write the pages that are made from the program
	$(BIN)/python -m tests.pages

bench: .venv/installed
	$(BIN)/pip install --quiet -e '.[benchmarks]'
	$(BIN)/python -m benchmarks

.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet -e '.[test]'
	$(BIN)/pip install --quiet --no-deps document-language-model==0.10.0
	touch $@
