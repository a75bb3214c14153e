PYTHON ?= python3

BIN := .venv/bin
INSTALLED := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help venv lint test demo lock clean

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 12

venv: $(INSTALLED) ## make the environment in .venv

lint: venv ## check style, format, types and the direction of imports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint ## lint, then run every test
	$(BIN)/python -m pytest

demo: venv ## forecast the embedded samples and show the leaderboard
	$(BIN)/forecastle demo

# uv resolves for every Python from 3.11.0 on and every system at once. The CUDA packages are left
# out: torch pins its own, and its CPU build has none.
lock: python ## pin the newest versions that pyproject.toml allows in constraints.txt
	$(PYTHON) -m venv --clear .venv-lock
	.venv-lock/bin/python -m pip install --quiet uv
	.venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --all-extras \
	  --no-annotate --no-header pyproject.toml --output-file .venv-lock/all.txt
	{ \
	  echo '# Made by `make lock`: the newest versions that pyproject.toml allows with all its extras.'; \
	  grep -Ev '^(nvidia|cuda|triton)' .venv-lock/all.txt; \
	} > constraints.txt
	rm -rf .venv-lock

clean: ## remove the environment and every cache
	rm -rf .venv .venv-lock .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	rm -rf build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Compiled here on all cores, not by pip on one, nor by each process that starts.
$(INSTALLED): pyproject.toml constraints.txt | python
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --no-compile --constraint constraints.txt --editable '.[dev,bench]'
	$(BIN)/python -m compileall -qq -j 0 -x '/tests?/' .venv/lib || true
	touch $@

.PHONY: python
python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2> /dev/null || { \
	  echo "Forecastle needs Python 3.11, 3.12 or 3.13, and $(PYTHON) is $$(command -v $(PYTHON) > /dev/null && $(PYTHON) --version 2>&1 || echo missing): name another with 'make PYTHON=python3.12'." >&2; \
	  exit 2; \
	}
