# make demo | test | check | bench | lock | clean: each does its own set-up; a second run starts in seconds.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= $(shell .ci/python)
BIN := .venv/bin
SIDE_BY_SIDE ?= -n 2 --dist loadfile
SETS ?= siting feeders rings powerflow reliability study
export PIP_CACHE_DIR := $(CURDIR)/.cache/pip
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONUTF8 := 1

.PHONY: help
help: ## This list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

# --- set-up ------------------------------------------------------------------------------------------------------------

.venv/.created:
	.ci/need python3-venv:"$(PYTHON) -c 'import ensurepip, venv'"
	$(PYTHON) -m venv .venv
	touch $@

.venv/.locked: requirements.lock .venv/.created
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	touch $@

.venv/.installed: pyproject.toml .venv/.locked
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

.PHONY: install
install: .venv/.installed ## The virtual environment, from the hashed lock, and the package itself

.PHONY: lock
lock: .venv/.created ## Rewrite requirements.lock from pyproject.toml, for every platform
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --group dev \
		--no-emit-index-url --no-emit-find-links --no-header --output-file requirements.lock pyproject.toml

# --- what people run ---------------------------------------------------------------------------------------------------

.PHONY: demo
demo: install ## Study both example estates and show the results (ARGS=--no-serve: do not stay)
	$(BIN)/rasana demo $(ARGS)

.PHONY: test
test: install browser lint types imports ## Everything that is checked before a change goes in
	$(BIN)/python -m pytest -q $(SIDE_BY_SIDE) $(ARGS)

.PHONY: check
check: install lint types imports ## The same without the slow tests; under a minute
	$(BIN)/python -m pytest -q $(SIDE_BY_SIDE) -m "not slow" $(ARGS)

.PHONY: bench
bench: install ## The benchmarks as a table, and benchmarks/results.json (SETS="siting rings" for some of them)
	$(BIN)/python -m benchmarks.table $(SETS)

.PHONY: clean
clean: ## Remove what make has made, the virtual environment included
	rm -rf .venv .cache build demo .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# --- the single checks -------------------------------------------------------------------------------------------------

.PHONY: lint types imports browser
lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install
	$(BIN)/mypy

imports: install
	$(BIN)/lint-imports

# Pictures of the report need a browser. Without one those tests are skipped, and say so.
browser:
	@.ci/need --optional chromium:"command -v chromium || command -v chromium-browser || command -v google-chrome"
