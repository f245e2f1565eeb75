# Every command a developer (or CI) runs. Needs Python 3.10 or newer and make; makes its own environment in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SOURCES := src tests benchmarks tools examples

.PHONY: help demo test check format docs docs-update bench soak clean
.DEFAULT_GOAL := help

help:  ## what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/'

$(READY): pyproject.toml requirements-dev.txt
	@echo "== making the environment in $(VENV) (once)"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[all]"
	@touch $@

demo: $(READY)  ## paint pictures on the embedded server into demo-output/
	$(BIN)/webuiapi demo --out demo-output

test: $(READY)  ## every test, in parallel, with the coverage gate
	$(BIN)/python -m pytest -n auto --dist worksteal --cov --cov-report=term -q

check: $(READY) docs  ## linter, formatter, types, documentation
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy src tests tools

format: $(READY)  ## put the code into form
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

docs: $(READY)  ## the documentation's site, into site/
	$(BIN)/python -m tools.docs
	$(BIN)/python -m tools.public_api
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	$(BIN)/python -m tools.site site

docs-update: $(READY)  ## write what the documentation takes from the code, and the list of public names
	$(BIN)/python -m tools.docs --update
	$(BIN)/python -m tools.public_api --update

bench: $(READY)  ## ours against the predecessor and the floor: ratios
	$(BIN)/python -m benchmarks

soak: $(READY)  ## the long forms of the tests
	$(BIN)/python -m pytest -n auto --dist worksteal -q -m soak --timeout 1800

clean:  ## forget the environment and what the tools left
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage* demo-output build dist site benchmarks/.predecessor
