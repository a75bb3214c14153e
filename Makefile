PYTHON ?= python3

BIN := .venv/bin
INSTALLED := .venv/.installed
RESOLVE := pip compile --quiet --python-version 3.11 --no-annotate --no-header pyproject.toml

.DEFAULT_GOAL := help
.PHONY: help venv lint test demo system lock clean

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 12

venv: $(INSTALLED) ## make the environment in .venv

lint: venv ## check style, format, types and the direction of imports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pip check

test: lint system ## lint, then run every test
	$(BIN)/python -m pytest

demo: venv ## forecast the embedded samples and show the leaderboard
	$(BIN)/forecastle demo

# A browser and a database that some tests drive. Without them those tests are skipped and say so,
# but where CI is set they fail.
system: ## install Chromium and PostgreSQL where apt-get can
	@{ command -v chromium && command -v chromedriver && ls /usr/lib/postgresql/*/bin/initdb; } > /dev/null 2>&1 || { \
	  SUDO=$$([ "$$(id -u)" = 0 ] || echo sudo -n); \
	  $$SUDO apt-get update -qq && $$SUDO apt-get install -y -qq chromium chromium-driver postgresql; \
	} > /dev/null 2>&1 || echo "Chromium and PostgreSQL could not be installed: apt-get install chromium chromium-driver postgresql" >&2

# uv resolves for every Python from 3.11.0 on and every system at once. The CUDA packages are left
# out: torch pins its own, and its CPU build has none. The peers of the benchmarks run on fewer
# systems; resolved for all, they fall back to releases of years ago. So they are resolved for Linux.
lock: python ## pin the newest versions that pyproject.toml allows in constraints.txt
	$(PYTHON) -m venv --clear .venv-lock
	.venv-lock/bin/python -m pip install --quiet uv
	.venv-lock/bin/uv $(RESOLVE) --universal --extra dev --output-file .venv-lock/dev.txt
	.venv-lock/bin/uv $(RESOLVE) --python-platform linux --extra bench \
	  --constraint .venv-lock/dev.txt --output-file .venv-lock/bench.txt
	{ \
	  echo '# Made by `make lock`: the newest versions that pyproject.toml allows with all its extras.'; \
	  awk -F '==' '!seen[$$1]++ || FILENAME ~ /dev/' .venv-lock/dev.txt .venv-lock/bench.txt \
	    | grep -Ev '^(nvidia|cuda|triton)' | sort -s -t = -k 1,1; \
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
	$(BIN)/python -m pip install --quiet --no-compile --constraint constraints.txt --editable '.[dev]'
	$(BIN)/python -m compileall -qq -j 0 -x '/tests?/' .venv/lib || true
	touch $@

.PHONY: python
python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2> /dev/null || { \
	  echo "Forecastle needs Python 3.11, 3.12 or 3.13, and $(PYTHON) is $$(command -v $(PYTHON) > /dev/null && $(PYTHON) --version 2>&1 || echo missing): name another with 'make PYTHON=python3.12'." >&2; \
	  exit 2; \
	}
