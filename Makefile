# Every target runs in .venv, which is made on first use and updated when pyproject.toml changes.
PYTHON = python3
BIN = .venv/bin
PYTEST = $(BIN)/python -m pytest -n auto
FAST = -m "not slow and not network"
PTH = $(shell $(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/a0_coverage.pth

.PHONY: test fast lowest coverage lint docs bench speed requirements

test: .venv/installed  ## the whole suite
	$(PYTEST)

fast: .venv/installed  ## without the slow tests and those that need the network
	$(PYTEST) $(FAST)

lowest: .venv/installed  ## the same with the lowest versions of the dependencies; `make -B` brings the newest back
	$(BIN)/uv pip compile --quiet --resolution lowest-direct pyproject.toml | $(BIN)/pip install --quiet -r /dev/stdin
	$(PYTEST) $(FAST)

# The tests hand no variables down to the commands they run, so a .pth file starts coverage in each Python process.
# Failures are ignored, because tests that limit file sizes or list the imported modules cannot pass under coverage.
coverage: export COVERAGE_FILE = $(CURDIR)/.venv/coverage/data
coverage: .venv/installed  ## the branches that the fast tests run
	rm -rf .venv/coverage && mkdir .venv/coverage
	echo 'import os; os.environ.update(COVERAGE_FILE="$(COVERAGE_FILE)", COVERAGE_PROCESS_START="$(CURDIR)/pyproject.toml")' > $(PTH)
	-trap 'rm -f $(PTH)' EXIT INT TERM; $(PYTEST) $(FAST)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict
	$(BIN)/zizmor --offline --no-progress .github action.yml

docs: .venv/installed  ## write the pages that are made from the program
	$(BIN)/python -m tests.pages

requirements: .venv/installed  ## write the versions and hashes of what the action installs
	$(BIN)/python -m tests.requirements

speed: .venv/installed  ## fail if dlm-git has become slower
	$(BIN)/python -m benchmarks --compare

bench: .venv/installed
	$(BIN)/pip install --quiet -e '.[benchmarks]'
	$(BIN)/python -m benchmarks

.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet -e '.[test]'
	$(BIN)/pip install --quiet --no-deps document-language-model==0.10.0
	touch $@
