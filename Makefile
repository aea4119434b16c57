# `make demo` and `make test` set a fresh machine up (Python 3.11+, make and git are enough) and run.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python

.PHONY: help demo test test-all check clean
.DEFAULT_GOAL := help

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/runtime  ## train on the built-in scenes for a few minutes, generate, measure, write a gallery
	rm -rf checkpoints/demo
	$(RUN) train.py experiment=demo
	$(RUN) test.py name=demo folder=results/demo images=64 train_images=200

test: check  ## lint, types and the quick tests
	$(RUN) -m pytest -n auto --maxprocesses 8 -m "not slow"

test-all: check  ## every test, the slow ones too
	$(RUN) -m pytest -n auto --maxprocesses 8

check: $(VENV)/dev  ## lint and types
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy train.py test.py scripts/*.py

$(VENV)/runtime: pyproject.toml
	test -x $(RUN) || $(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet -e .
	touch $@

$(VENV)/dev: pyproject.toml
	test -x $(RUN) || $(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet -e ".[dev]"
	touch $@ $(VENV)/runtime

clean:  ## remove the virtual environment and caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache
