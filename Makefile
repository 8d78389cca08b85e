# Every target works on a fresh machine with Python 3.11 or newer and make. `make help` lists them.
# ONCE=1 ends the demo after the story; PYTHON=… chooses the interpreter; ARGS=… goes to the command behind a target.

# The newest Python that runs and can make virtual environments; looked for only when one is to be made.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
  $$p -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
# The stamps hold what was installed: they are older than the locks when a lock changes, and then it is done again.
RUN := $(VENV)/.run-installed
DEV := $(VENV)/.dev-installed
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
COMPILE := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11

.DEFAULT_GOAL := help
.PHONY: help demo test check bench memory run nightly fmt docs lock clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1 — /p' Makefile

demo: $(RUN) ## set everything up and play the story on a stub vendor (ONCE=1: play it and exit)
	$(BIN)/vendorgate demo $(if $(ONCE),--once) $(ARGS)

test: check ## set everything up and run every check that CI runs

check: $(DEV) ## format, lint, types, import contract, then all tests with the documentation's
	$(BIN)/ruff format --check src tests bench docs
	$(BIN)/ruff check src tests bench docs
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -m "not nightly" $(ARGS)

bench: $(DEV) ## side by side with nginx, Envoy and mitmproxy (ARGS="--seconds 30", "--soak 60", "--workers 2")
	$(BIN)/python bench/run.py $(ARGS)

memory: $(DEV) ## memory of an idle worker, of idle connections, of a large download; time of --help
	$(BIN)/python bench/memory.py $(ARGS)

run: $(RUN) ## serve ./vendorgate.yaml (made by `vendorgate init` when absent)
	@test -f vendorgate.yaml || $(BIN)/vendorgate init
	$(BIN)/vendorgate serve $(ARGS)

nightly: $(DEV) ## the tests again, long rounds included
	$(BIN)/pytest $(ARGS)

fmt: $(DEV) ## format and fix what can be fixed
	$(BIN)/ruff format src tests bench docs
	$(BIN)/ruff check --fix src tests bench docs

docs: $(DEV) ## write the reference tables that are generated from code
	$(BIN)/python docs/generate.py

lock: $(DEV) ## choose versions again (ARGS=--upgrade for the newest) and write the hashed locks
	$(PIP) uv
	$(COMPILE) pyproject.toml requirements/dev.in -o requirements/dev.lock $(ARGS)
	$(COMPILE) pyproject.toml -c requirements/dev.lock -o requirements/run.lock $(ARGS)
	$(COMPILE) requirements/build.in -c requirements/dev.lock -o requirements/build.lock $(ARGS)
	$(COMPILE) requirements/bench-envoy.in -o requirements/bench-envoy.lock $(ARGS)
	$(COMPILE) requirements/bench-mitmproxy.in -o requirements/bench-mitmproxy.lock $(ARGS)

clean: ## remove the virtual environment and everything that was made
	rm -rf $(VENV) bench/.work .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis dist build

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "vendorgate needs Python 3.11 or newer with venv (Debian, Ubuntu: apt-get install python3-venv), \
	or say where it is: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(RUN): requirements/run.lock requirements/build.lock pyproject.toml | $(BIN)/python
	$(PIP) --require-hashes -r requirements/run.lock -r requirements/build.lock
	$(PIP) --no-deps --no-build-isolation --no-index --editable .
	@touch $@

$(DEV): requirements/dev.lock $(RUN)
	$(PIP) --require-hashes -r requirements/dev.lock
	@touch $@
