# Needs Python 3.11 or newer, make and a package registry; all else goes into .venv.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
# Two tests at once for each processor, since the long ones mostly wait; those of one file share
# what they set up, and files are begun in the order of tests/conftest.py.
JOBS ?= $(shell $(PYTHON) -c 'import os; print(2 * os.cpu_count())')
PYTEST := $(BIN)/python -m pytest --numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder

PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input -qq
# One version of each package for all Python versions and platforms, and no index named: the lock
# says what, and whoever installs it says from where.
LOCK := $(BIN)/uv --no-config pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	--fork-strategy fewest --generate-hashes --no-annotate --no-header \
	--no-emit-index-url --no-emit-find-links $(LOCK_ARGS)

.PHONY: help demo console demo-s3 test test-all check format docs pictures bench lock clean
.DELETE_ON_ERROR:

help:
	@echo 'make demo      make sample rooms, compose them, show what came of it'
	@echo 'make demo-s3   the same in S3, on a Ceph server of its own'
	@echo 'make console   look at it in a browser'
	@echo 'make test      run the tests           make test-all  the slow ones, too'
	@echo 'make check     lint, format, types, layers   make format  fix the first two'
	@echo 'make docs      write the generated tables   make pictures  those of docs'
	@echo 'make bench     measure                 make lock      pin the dependencies again'
	@echo 'make clean     remove what make made'

demo: $(INSTALLED)
	@$(BIN)/roomreel demo --config configs/demo.toml

console: $(INSTALLED)
	@$(BIN)/roomreel serve --config configs/demo.toml --link

demo-s3: $(INSTALLED)
	@$(BIN)/python data/make_rooms.py
	@$(BIN)/python data/demo_s3.py

test: $(INSTALLED)
	@$(PYTEST) $(PYTEST_ARGS)

test-all: $(INSTALLED)
	@$(PYTEST) -m 'not soak' $(PYTEST_ARGS)

check: $(INSTALLED)
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(INSTALLED)
	@$(BIN)/ruff check --quiet --fix .
	@$(BIN)/ruff format --quiet .

docs: $(INSTALLED)
	@$(BIN)/python -m roomreel.catalog.schema.documentation docs/analysts.md
	@$(BIN)/python -m roomreel.cli.documentation docs/settings.md docs/cli.md docs/api.md

pictures: $(INSTALLED)
	@$(BIN)/python docs/pictures/make_pictures.py
	@$(BIN)/python docs/pictures/make_console_pictures.py

bench: $(INSTALLED)
	@test -d benchmarks/out/packages || \
		$(PIP) install --no-deps --target benchmarks/out/packages -r benchmarks/requirements.txt
	@$(BIN)/python benchmarks/bench.py $(BENCH_ARGS)

# LOCK_ARGS=--upgrade takes the newest versions that fit; without it the pins stay where they can.
lock: $(INSTALLED)
	$(LOCK) --output-file requirements.lock
	$(LOCK) --group dev --constraint requirements.lock --output-file requirements-dev.lock

clean:
	rm -rf $(VENV) build dist data/rooms data/demo data/demo-s3 .mypy_cache .ruff_cache .pytest_cache \
		.hypothesis .import_linter_cache

# --no-deps: the lock is complete, so nothing is left to be searched for.
$(INSTALLED): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit( \
		"roomreel needs Python 3.11 or newer, and $(PYTHON) is " + sys.version.split()[0] \
		+ "; name another one: make PYTHON=/usr/bin/python3.12")'
	@echo 'Installing into $(VENV), which takes a minute or two ...'
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --no-deps --require-hashes -r requirements-dev.lock
	@$(PIP) install --no-deps --no-build-isolation --no-index -e .
	@touch $@
