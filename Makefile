# On a machine with Python 3.11 or later, git and make, and nothing else:
#   make demo    sets up, then shows the product's main job on a simulated shop
#   make test    sets up, then runs the tests
# Everything is installed into .venv beside this file.

VENV ?= .venv
BIN := $(VENV)/bin
DEMO ?= demo-shop
# Two processors or more share the tests, a file at a time.
PYTEST_ARGS ?= --numprocesses auto --dist loadfile

# Of slow tests the files that hold few take longest: they must not come last.
IN_TURN ?= --no-loadscope-reorder

# A machine-wide setting must not slow down imports or change what is imported.
unexport PYTHONDONTWRITEBYTECODE
unexport PYTHONPATH
unexport PYTHONHOME

INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help demo test test-all test-slow fuzz check bench reference lock clean

help: ## List what can be run
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /|/' | awk -F'|' '{printf "make %-10s %s\n", $$1, $$2}'

demo: $(VENV)/run.stamp ## Simulate a shop, import its raw exports, refresh, and write its report
	@$(BIN)/perenne demo $(DEMO)

test: $(VENV)/dev.stamp ## Run the tests, without the slow and the long ones
	@$(BIN)/python -m pytest -m "not slow and not long" $(PYTEST_ARGS)

test-slow: $(VENV)/dev.stamp ## Run only the slow tests
	@$(BIN)/python -m pytest -m "slow and not long" $(PYTEST_ARGS) $(IN_TURN) || [ $$? -eq 5 ] # 5: none is marked slow

fuzz: $(VENV)/dev.stamp ## Feed the readers damaged files for FUZZ_SECONDS (default: 600)
	@PERENNE_FUZZ_SECONDS=$${FUZZ_SECONDS:-600} $(BIN)/python -m pytest -q tests/sources/test_fuzz.py

test-all: export PERENNE_FUZZ_SECONDS ?= 600
test-all: $(VENV)/dev.stamp ## Run every test; damaged files go into the readers for ten minutes
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

check: $(VENV)/dev.stamp ## Check format, lint, types and who imports whom
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(VENV)/dev.stamp ## Run every benchmark in benchmarks/
	@found=0; for script in benchmarks/bench_*.py; do \
	  [ -e "$$script" ] || continue; \
	  found=1; echo "== $$script"; PYTHONPATH=. $(BIN)/python "$$script" || exit 1; \
	done; [ $$found = 1 ] || { echo "There are no benchmarks yet: benchmarks/bench_*.py matches no file." >&2; exit 1; }

reference: $(VENV)/dev.stamp ## Write the reference of commands, settings, metrics, live sources and the record of a customer from their definitions
	@$(BIN)/python -m docs.reference.build_commands
	@$(BIN)/python -m docs.reference.build_metrics
	@$(BIN)/python -m docs.reference.build_person
	@$(BIN)/python -m docs.reference.build_settings
	@$(BIN)/python -m docs.reference.build_connectors

lock: ## Resolve the versions again into requirements/
	@sh requirements/lock.sh

clean: ## Remove the environment and every cache
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

# --- Setting up ------------------------------------------------------------------------------

$(VENV)/bin/python:
	@sh requirements/make-venv.sh "$(VENV)"

$(VENV)/run.stamp: $(VENV)/bin/python requirements/run.txt pyproject.toml
	@echo "Installing what Perenne runs on (the first time takes a minute or two)..."
	@$(INSTALL) --require-hashes -r requirements/run.txt
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: $(VENV)/bin/python requirements/dev.txt pyproject.toml
	@echo "Installing what the tests need (the first time takes a minute or two)..."
	@$(INSTALL) --require-hashes -r requirements/dev.txt
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $(VENV)/run.stamp $@
