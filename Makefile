# Everything happens in .venv; nothing else on the machine is touched.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEV := $(VENV)/.dev
DOCUMENT := data/raw/iran-drone-factory.txt
GOLD := data/annotated/gold/iran-drone-factory.json
FIRST := data/annotated/first-pass
LINTED := pipeline tests benchmarks data/annotated

.PHONY: run test test-slow lint reproduce build clean help

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

run: $(READY)  ## analyse the first document for Russia and score the result against the gold
	@$(BIN)/cuibono run $(DOCUMENT) --actor Russia --out out
	@$(BIN)/cuibono evaluate out/annotations.jsonl $(GOLD) --annotators $(FIRST)/a/iran-drone-factory.json $(FIRST)/b/iran-drone-factory.json

test: $(DEV) lint  ## lint, types, tests
	$(BIN)/pytest -m "not slow"

test-slow: $(DEV)  ## the tests that take minutes
	$(BIN)/pytest -m slow

lint: $(DEV)  ## ruff and mypy
	$(BIN)/ruff check $(LINTED)
	$(BIN)/ruff format --check $(LINTED)
	$(BIN)/mypy

reproduce: $(DEV)  ## measure every quoted figure again: make reproduce TEXTS=folder of the corpus's texts
	@test -n "$(TEXTS)" || { echo "TEXTS is not set: the folder of the texts that data/annotated/open/SOURCES.tsv names"; exit 2; }
	$(BIN)/python benchmarks/reproduce.py $(TEXTS)

build: $(DEV)  ## wheel and sdist in dist/
	rm -rf dist
	$(BIN)/python -m build

clean:  ## remove what the other targets made
	rm -rf $(VENV) out dist

$(READY): pyproject.toml constraints.txt
	@echo "setting up $(VENV), once; this takes a minute or two"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	@touch $(READY)

# Tests need torch and more; who only runs the program does not.
$(DEV): $(READY)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[dev]"
	@touch $(DEV)
