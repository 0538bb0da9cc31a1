# make demo | make install | make test | make docs | make gpaw | make bench [BENCH=transport]
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
GPAW := $(VENV)-gpaw
UV := $(BIN)/uv pip install --python $(BIN)/python --constraint constraints.txt

.PHONY: install demo test docs bench gpaw clean

$(BIN)/uv:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v < (3, 14) else f"Python 3.11, 3.12 or 3.13 is needed, this is {v[0]}.{v[1]}: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet uv

$(VENV)/.installed: $(BIN)/uv pyproject.toml constraints.txt
	$(UV) --quiet -e '.[all]'
	touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(UV) --quiet --compile-bytecode -e '.[all,test,docs]'
	touch $@

install: $(VENV)/.installed
	@echo "installed in $(VENV); next: $(BIN)/amorph --help"

demo: $(VENV)/.installed
	$(BIN)/amorph demo

test: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

docs: $(VENV)/.installed-test
	$(BIN)/mkdocs build --strict

bench: $(VENV)/.installed-test
	$(BIN)/python -m bench $(BENCH)

# GPAW (GPL) in an environment of its own; CC because its build calls the C compiler for C++
gpaw: $(GPAW)/.installed
	@echo "GPAW is in $(GPAW); next: export AMORPH_GPAW_PYTHON=$(abspath $(GPAW))/bin/python"

$(GPAW)/.installed: $(BIN)/uv constraints.txt
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(GPAW)
	CC=g++ $(BIN)/uv pip install --quiet --python $(GPAW)/bin/python --constraint constraints.txt gpaw
	touch $@

clean:
	rm -rf $(VENV) $(GPAW) site .pytest_cache .mypy_cache .ruff_cache
