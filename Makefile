# Everything is set up from here: Python >= 3.11, make and a package index are enough.
# Scripts of a virtual environment do not start from a path with a space in it, so every tool is
# run as `python -m tool`.

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
BENCH := .venv-bench
# Processes that share the tests.
JOBS ?= 2
# Each of them reads the same modules: compiled once, they begin much sooner.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test test-all range live lint types format bench fuzz conformance faults frameworks bulk comparison soak clean

help:  ## Show what can be made
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/'

$(VENV)/base: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(PY) -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/dev: $(VENV)/base
	$(PY) -m pip install --quiet --disable-pip-version-check --editable '.[litellm,emulator,cli,aiohttp]' --group dev
	@touch $@

demo: $(VENV)/base  ## Ask the embedded emulator a question and watch the answer come in (no key)
	@$(PY) examples/demo.py

test: $(VENV)/dev  ## Run the tests: everything once, and a sample of every table
	$(PY) -m pytest -q -n $(JOBS) -m "not table and not slow and not peer"

test-all: $(VENV)/dev  ## Run every table, transport, peer and measurement, too (25 minutes)
	$(PY) -m pytest -q -n $(JOBS)

live: $(VENV)/dev  ## Play the integration suite on the real API (AIMLAPI_API_KEY; costs almost nothing)
	AIMLAPI_LIVE=1 $(PY) -m pytest -q tests/integration_tests/test_live.py

range: $(VENV)/dev  ## Run the tests of the LiteLLM provider with its lowest, a middle and its newest version
	AIMLAPI_LITELLM_RANGE=1 $(PY) -m pytest -q tests/integration_tests/litellm/test_range.py

lint: $(VENV)/dev  ## Check style
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

types: $(VENV)/dev  ## Check types
	$(PY) -m mypy

format: $(VENV)/dev  ## Format the code
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

$(BENCH)/done: pyproject.toml
	$(PYTHON) -m venv $(BENCH)
	$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[litellm,emulator,aiohttp]' --group bench
	@touch $@

bench: $(BENCH)/done  ## Measure this package and its peers, side by side
	$(BENCH)/bin/python -m tests.harness.benchmarks
	$(BENCH)/bin/python -m tests.harness.benchmarks.building
	$(BENCH)/bin/python -m tests.harness.benchmarks.answering
	$(BENCH)/bin/python -m tests.harness.benchmarks.catalog
	$(BENCH)/bin/python -m tests.harness.benchmarks.media --quick
	$(BENCH)/bin/python -m tests.harness.benchmarks.batches

fuzz: $(VENV)/dev  ## Search every public parser and converter for five minutes (SECONDS=...)
	-$(PY) -m pip install --quiet --disable-pip-version-check --group fuzz
	$(PY) -m tests.harness.fuzz --seconds $(or $(SECONDS),300) --jobs $(JOBS)

conformance: $(VENV)/dev  ## Every model times every feature against the published schemas (8 minutes)
	$(PY) -m tests.harness.conformance --jobs 2

faults: $(VENV)/dev  ## Every way to fail, in both colours, as a table
	$(PY) -m tests.harness.faults

frameworks: $(VENV)/dev  ## Other frameworks on this package, each in its own environment (ONLY="crewai dspy")
	$(PY) -m tests.harness.frameworks $(ONLY)

bulk: $(VENV)/dev  ## Many prompts on Ray and Dask (installs Ray: half a gigabyte)
	$(PY) -m pip install --quiet --disable-pip-version-check --editable '.[dask,ray]'
	$(PY) -m pytest -q tests/integration_tests/test_bulk.py
	$(PY) -m tests.harness.benchmarks.bulk

comparison: $(BENCH)/done  ## What other chat model classes do with the same programs, and with our messages
	$(BENCH)/bin/python -m tests.harness.comparison --out docs/comparison.md
	$(BENCH)/bin/python -m pytest -q tests/integration_tests/test_other_packages.py

soak: $(VENV)/dev  ## Load with faults for fifteen minutes
	$(PY) -m tests.harness.soak --seconds 900

clean:  ## Remove what was made
	rm -rf $(VENV) $(BENCH) .venv-frameworks build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
