# Two commands for a fresh machine: make run, make test.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# What make train reads, folders of JSON lines, and where it writes weights.npz.
DATA := ../shared/data
GOLD := ../shared/gold
OUT := nlp/data

# Some machines forbid to keep compiled files; a test suite that starts hundreds of processes would compile all anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup run test quick faults train docs pictures lint format bench lock clean

help: ## Show the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info[:2] == (3, 11) else "Python 3.11 is needed, this is %d.%d; name another with: make PYTHON=python3.11" % sys.version_info[:2])'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the packages (about 1 GB, a few minutes the first time) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-virtualenv --no-deps -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-virtualenv --no-deps --no-build-isolation -e .
	@$(BIN)/python -m nlp.dictionary
	@touch $@

setup: $(STAMP) ## Create the environment

run: $(STAMP) ## The main job on the demo company: collect, understand, decide, show (ONCE=1 ends there)
	@$(BIN)/kundenecho run --demo --airflow $(if $(ONCE),--once)

test: $(STAMP) ## All tests
	@$(BIN)/python -m pytest -n 2 --dist worksteal

quick: $(STAMP) ## The tests that take less than ten seconds each
	@$(BIN)/python -m pytest -n 2 --dist worksteal -m "not heavy"

faults: $(STAMP) ## Try every fault on every kind of source, and print what came of it
	@$(BIN)/python -m pytest tests/spiders/test_faults.py tests/spiders/test_file_faults.py -q -p no:cacheprovider --fault-table

train: $(STAMP) ## Train the weights of the understanding (DATA=rated texts GOLD=annotated texts OUT=folder)
	@test -n "$(wildcard $(DATA)/*.jsonl)" -a -n "$(wildcard $(GOLD)/*.jsonl)" || { \
	  echo "There are no rated texts in $(DATA), or no annotated ones in $(GOLD): they do not come with the project." >&2; \
	  echo "Name folders of your own: make train DATA=reviews GOLD=annotated (formats: docs/model-card.md)" >&2; exit 1; }
	@$(BIN)/kundenecho train --data "$(DATA)" $(foreach file,$(sort $(wildcard $(GOLD)/*.jsonl)),--gold "$(file)") --out "$(OUT)"

docs: $(STAMP) ## Write the parts of the docs that come from the code
	@$(BIN)/python docs/generate.py

pictures: $(STAMP) ## Take the pictures of the docs anew from the demo company (needs a browser)
	@$(BIN)/kundenecho run --demo --once
	@$(BIN)/python docs/pictures.py

lint: $(STAMP) ## ruff and mypy
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(STAMP) ## Format the code
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

bench: $(STAMP) ## The benchmarks; each prints a ratio
	@for file in benchmarks/*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

lock: ## Resolve the newest allowed versions and pin them, without addresses
	@rm -rf $(VENV)-lock && $(PYTHON) -m venv $(VENV)-lock
	@$(VENV)-lock/bin/python -m pip install --quiet --disable-pip-version-check -e '.[dev,workers]'
	@(echo "# Versions that work together on Python 3.11. Written by 'make lock'."; \
	  $(VENV)-lock/bin/python -m pip freeze --exclude-editable --exclude kundenecho) > requirements.lock
	@rm -rf $(VENV)-lock

clean: ## Remove the environment and the local state
	rm -rf $(VENV) .kundenecho .mypy_cache .ruff_cache .pytest_cache
