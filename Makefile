# Front Door. A fresh clone needs Python 3.11 or newer, make and git, and nothing else.
#
#   make run     set everything up, and serve the demo on http://127.0.0.1:8000 (PORT=... for another)
#   make test    the whole suite, on SQLite and PostgreSQL and in a real browser
#   make test-fast  the rules, on SQLite, without pages, browsers and servers; under a minute on two cores
#   make faults  the fault tests alone: a table, and exit status 1 when something was lost
#   make check   lint, types, architecture, translations and lock files
#   make bench   the benchmarks
#   make lock    work the requirements*.txt and package-lock.json out again from what they are made of
#   make messages  bring the catalogues in translations/ up to date with the code
#   make clean   remove what was built; keeps instance/, where the demo's data is

SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
BIN := .venv/bin
STAMPS := .stamps
NPM_FLAGS := --ignore-scripts --no-audit --no-fund --loglevel=error

# The first Python on the PATH that is new enough and really runs; PYTHON=... chooses another.
PYTHON ?= $(shell for p in python3.11 python3 python3.12 python3.13 python3.14 /usr/bin/python3; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run test test-fast faults check bench lock messages clean env env-dev assets

run: assets
	@exec $(BIN)/python -m demo.run

test: env-dev assets
	@$(BIN)/pytest -n 2 --dist loadfile

test-fast: env-dev
	@$(BIN)/pytest -n 2 --dist loadfile -m "not journey and not postgresql and not slow" --ignore tests/web --ignore tests/faults --ignore tests/demo

faults: env-dev
	@$(BIN)/pytest -q -n 0 tests/faults --full-faults

check: env-dev
	@echo "ruff: lint" && $(BIN)/ruff check .
	@echo "ruff: format" && $(BIN)/ruff format --check .
	@echo "mypy" && $(BIN)/mypy
	@echo "architecture, lock files and translations" && $(BIN)/pytest -q -n 0 tests/test_architecture.py tests/checks

bench: env-dev assets
	@$(BIN)/python -m bench

env: $(STAMPS)/env
env-dev: $(STAMPS)/env-dev
assets: $(STAMPS)/assets

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Front Door needs Python 3.11 or newer with venv. Install it, or say where it is: make PYTHON=/path/to/python3"; exit 1; }
	@echo "Making a Python environment in .venv with $(PYTHON)"
	@$(PYTHON) -m venv .venv

$(STAMPS)/env: requirements.txt | $(BIN)/python
	@echo "Installing what Front Door needs to run (the first time takes about a minute)"
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements.txt
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/env-dev: requirements-dev.txt $(STAMPS)/env
	@echo "Installing what the tests and checks need (the first time takes about a minute)"
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.txt
	@mkdir -p $(STAMPS) && touch $@

# npm of this machine when it works, else the one that came with the Python packages.
$(STAMPS)/node_modules: package.json package-lock.json .npmrc $(STAMPS)/env
	@echo "Fetching the pages' assets (and a browser for the tests)"
	@if npm --version >/dev/null 2>&1; then npm ci $(NPM_FLAGS); \
	else PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/npm ci $(NPM_FLAGS); fi
	@touch $@

$(STAMPS)/assets: $(wildcard static/*.py static/*.css static/*.svg static/js/*.js) $(STAMPS)/node_modules
	@$(BIN)/python -m static.build
	@touch $@

UV_FLAGS := --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header

lock: env-dev
	@echo "Working out requirements-dev.txt, then requirements.txt within it"
	@$(BIN)/uv pip compile requirements-dev.in -o requirements-dev.txt $(UV_FLAGS) $(LOCK_FLAGS)
	@$(BIN)/uv pip compile requirements.in -o requirements.txt -c requirements-dev.txt $(UV_FLAGS)
	@echo "Working out package-lock.json"
	@if npm --version >/dev/null 2>&1; then npm install --package-lock-only $(NPM_FLAGS); \
	else PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/npm install --package-lock-only $(NPM_FLAGS); fi

EXTRACT := extract --no-location --sort-output --omit-header -k _l -k _n:1,2 -k lazy_gettext
UPDATE := update -d translations --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date -w 120

messages: env
	@mkdir -p $(STAMPS)
	@$(BIN)/pybabel -q $(EXTRACT) -F babel.cfg -o translations/messages.pot .
	@$(BIN)/pybabel -q $(EXTRACT) -F translations/residents.cfg -o $(STAMPS)/residents.pot .
	@$(BIN)/pybabel -q $(UPDATE) -i $(STAMPS)/residents.pot

clean:
	rm -rf .venv $(STAMPS) node_modules static/built .mypy_cache .pytest_cache .ruff_cache .hypothesis
