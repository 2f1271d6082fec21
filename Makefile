# Two commands do everything: `make book` and `make test`. Each sets up what it needs.
# PYTHON=… names another interpreter, EDITION=… another edition.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
EDITION ?= base
BIN := .venv/bin
NO_PACKAGES = echo "make: the locked packages could not be installed: see pip's message above, mend the connection and run it again" >&2; exit 1
export PYTHONNOUSERSITE := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: book editions test bench agent-runs frameworks lint notebooks lock serve clean

book: .venv/.book-ready ## the site, in _build/html
	@$(BIN)/gapbook build --edition $(EDITION)

editions: book ## every edition, each under its own address
	@for edition in $$(ls editions/*.yml); do $(BIN)/gapbook build --edition $$(basename $$edition .yml) || exit 1; done

test: lint book .venv/.browser-ready ## linters, checks, notebooks against their outputs, tests
	@$(BIN)/gapbook check all
	@$(BIN)/python -m pytest --quiet --numprocesses auto --dist loadfile --nbval --nbval-current-env notebooks
	@$(BIN)/python -m pytest --quiet --numprocesses auto tests

bench: .venv/.test-ready ## how fast reliability is computed and books and notebooks run, beside other ways; half an hour, and nothing else should run meanwhile
	@$(BIN)/python -m benchmarks.reliability
	@$(BIN)/python -m benchmarks.engine
	@$(BIN)/python -m benchmarks.freshness
	@$(BIN)/python -m benchmarks.pages
	@$(BIN)/python -m benchmarks.sweep

agent-runs: .venv/.book-ready ## data/agent_*.csv: the support agent measured under faults, some ten minutes
	@$(BIN)/python -m coordination_gap.agent.measure data
	@$(BIN)/gapbook check data --record

frameworks: .venv/.test-ready ## the compared frameworks, installed and measured again; some twenty minutes, and nothing else should run meanwhile
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/python -m coordination_gap.frameworks.measure
	@$(BIN)/gapbook check data --record

lint: .venv/.test-ready
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy --no-error-summary

notebooks: .venv/.book-ready ## the .ipynb twins, with fresh outputs
	@$(BIN)/gapbook check pairs --write

lock: .venv/.test-ready ## requirements*.txt again from pyproject.toml
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile $(LOCK) --output-file requirements.txt
	@$(BIN)/uv pip compile $(LOCK) --extra test --constraints requirements.txt --output-file requirements-test.txt
LOCK := --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url pyproject.toml

serve: .venv/.book-ready ## the site on http://127.0.0.1:8000, built again when a file changes
	@$(BIN)/gapbook serve --edition $(EDITION)

clean:
	@rm -rf _build .mypy_cache .pytest_cache .ruff_cache .hypothesis

.venv/.book-ready: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo "make: Python 3.11 or newer is needed and '$(PYTHON)' is none: install it, or name one with PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "setting up .venv from requirements.txt (once)"
	@$(PYTHON) -m venv .venv || { echo "make: $(PYTHON) cannot make a virtual environment: install its venv module (on Debian and Ubuntu: apt-get install python3-venv)" >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.txt || { $(NO_PACKAGES); }
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.test-ready: .venv/.book-ready requirements-test.txt
	@echo "adding what the tests need (once)"
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements-test.txt || { $(NO_PACKAGES); }
	@touch $@

.venv/.browser-ready: .venv/.test-ready
	@sh tests/site/ensure-chromium
	@touch $@
