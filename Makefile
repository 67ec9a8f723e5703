# make demo | test | check | bench | lock | clean: each does its own set-up; a second run starts in seconds.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= $(shell .ci/python)
BIN := .venv/bin
SIDE_BY_SIDE ?= -n 2 --dist loadfile
ON_POSTGRESQL := $(addprefix tests/portal/,base parties estates studies problems meetings commitments connections api)
SETS ?= siting feeders rings powerflow reliability study office
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

# The portal's style sheets, scripts and font: built when a source of theirs has changed.
FRONT := src/rasana/portal/frontend
BUILT := src/rasana/portal/static_built/manifest.json

$(FRONT)/node_modules/.installed: $(FRONT)/package.json $(FRONT)/package-lock.json
	.ci/need nodejs:"node --version" npm:"npm --version"
	@node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' \
		|| { echo "MISSING: Node.js 20.19 or later; this is $$(node --version). Debian 13 has it, or take it from nodejs.org" >&2; exit 1; }
	cd $(FRONT) && npm ci --no-audit --no-fund --loglevel=error --cache $(CURDIR)/.cache/npm
	touch $@

$(BUILT): $(FRONT)/node_modules/.installed $(FRONT)/vite.config.js $(FRONT)/subset_font.py $(wildcard $(FRONT)/src/*) .venv/.locked
	$(BIN)/python $(FRONT)/subset_font.py
	cd $(FRONT) && npm run --silent build -- --logLevel warn
	touch $@

# Its Persian: catalogues as Django reads them.
WORDS := $(wildcard src/rasana/portal/base/locale/*/LC_MESSAGES/django.po src/rasana/portal/apps/*/locale/*/LC_MESSAGES/django.po)

.cache/words: $(WORDS) .venv/.installed
	$(BIN)/python -m rasana.portal.base.messages
	mkdir -p .cache && touch $@

.PHONY: install front words
front: $(BUILT)
words: .cache/words

install: .venv/.installed front words ## The virtual environment from the hashed lock, the package, the portal's files

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
	@$(MAKE) --no-print-directory postgresql

.PHONY: check
check: install lint types imports ## The same without the slow tests; under a minute
	$(BIN)/python -m pytest -q $(SIDE_BY_SIDE) -m "not slow" $(ARGS)

.PHONY: bench
bench: install ## The benchmarks as a table, and benchmarks/results.json (SETS="siting rings" for some of them)
	$(BIN)/python -m benchmarks.table $(SETS)

.PHONY: clean
clean: ## Remove what make has made, the virtual environment included
	rm -rf $(FRONT)/node_modules $(FRONT)/generated src/rasana/portal/static_built .venv .cache build demo .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# --- the single checks -------------------------------------------------------------------------------------------------

.PHONY: lint types imports browser postgresql
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

# The office's tests once more on a private PostgreSQL. Without one this is skipped, and says so (exit code 77).
postgresql: install
	@.ci/need --optional postgresql:"ls /usr/lib/postgresql/*/bin/initdb"
	$(BIN)/python -m tests.portal.cluster $(BIN)/python -m pytest -q $(SIDE_BY_SIDE) -m "not slow" $(ON_POSTGRESQL) || [ $$? -eq 77 ]
