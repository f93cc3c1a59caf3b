# `make demo` compiles a network, `make test` runs every check; both from a fresh clone.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet -c constraints.txt
DEMO := build/demo
export OMP_NUM_THREADS ?= 1
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help demo test lint format clean

help:
	@echo "make demo    compile architectures/resnext.arch and show what comes of it"
	@echo "make test    all checks: format, lint, types, imports, tests"
	@echo "make lint    the checks without the tests"
	@echo "make format  bring the code into its format"
	@echo "make clean   remove everything that make made"

# What the compiler needs to run; no PyTorch among it.
$(VENV)/.runtime: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) -e .
	@touch $@

# What the tests need besides: PyTorch, torchvision as the reference, and the checkers.
# torchvision must match torch exactly and comes without its dependencies, which are installed above;
# calflops without those that its counter does not use, transformers among them.
$(VENV)/.test: $(VENV)/.runtime
	$(PIP) -e '.[test]'
	$(PIP) --no-deps torchvision calflops
	@touch $@

demo: $(VENV)/.runtime
	@echo '$$ cat architectures/resnext.arch'
	@cat architectures/resnext.arch
	@echo
	@echo '$$ archdsl compile architectures/resnext.arch -o $(DEMO)'
	@$(BIN)/archdsl compile architectures/resnext.arch -o $(DEMO)
	@echo
	@echo '$$ head -n 60 $(DEMO)/resnext50_32x4d.py'
	@head -n 60 $(DEMO)/resnext50_32x4d.py
	@echo
	@echo '$$ archdsl summary architectures/resnext.arch --network resnext50_32x4d --depth 1'
	@$(BIN)/archdsl summary architectures/resnext.arch --network resnext50_32x4d --depth 1

test: lint
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

lint: $(VENV)/.test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.test
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
