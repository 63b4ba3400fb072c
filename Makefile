# annexa: `make demo` runs the main job on a local cloud, `make test` runs the tests.
# Needs Python 3.11 or newer and make; everything else is installed into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
ESTATE ?= tests/lab/estate/example.yaml
export UV_PYTHON_DOWNLOADS = never
export UV_LINK_MODE = copy

.PHONY: help demo test mutants lint bench fix lock clean

help:
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "annexa needs Python 3.11 or newer: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv

# The demo needs what the agent needs and the local cloud; a development set-up has both.
$(VENV)/.demo: $(UV) config/locks/demo.txt pyproject.toml
	@test -e $(VENV)/.dev || $(UV) pip install --quiet --require-hashes -r config/locks/demo.txt
	@$(UV) pip install --quiet --no-deps -e .
	@touch $@

$(VENV)/.dev: $(UV) config/locks/dev.txt pyproject.toml
	$(UV) pip sync --quiet --require-hashes config/locks/dev.txt
	$(UV) pip install --quiet --no-deps -e .
	@touch $@

demo: $(VENV)/.demo ## collect from a local AWS, and see what is stale now and on audit day
	@$(BIN)/python -m tests.lab.demo $(ESTATE) $(ARGS)

test: $(VENV)/.dev ## lint, then every test; installs what tests need where it may
	@sh tests/setup.sh
	@$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest -q -n 2 --dist worksteal $(ARGS)

mutants: $(VENV)/.dev ## take away each check of the verifier: a test must fail
	$(BIN)/python -m tests.verify.mutants
	$(BIN)/python -m tests.verify.refusals

lint: $(VENV)/.dev ## ruff, mypy strict, import floors, mappings
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/annexa mapping lint

bench: $(VENV)/.dev ## speeds as ratios to floors measured in the same run
	$(BIN)/python -m tests.bench $(ARGS)

fix: $(VENV)/.dev ## what ruff can mend by itself, and the generated pages
	$(BIN)/ruff check --fix .
	$(BIN)/python docs/generate.py

lock: $(UV) ## resolve the dependencies again, with hashes and without any registry's address
	$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --upgrade --extra dev pyproject.toml -o config/locks/dev.txt
	$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra aws --extra azure --extra entra --extra gcp --extra postgres --extra lab -c config/locks/dev.txt pyproject.toml -o config/locks/demo.txt
	$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra all -c config/locks/dev.txt pyproject.toml -o config/locks/runtime.txt

clean: ## what the demo and the tools left
	rm -rf .demo .bench .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
