# Two commands do everything: `make verify` and `make test`. `make` alone lists the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SCENARIO ?= ben_tre_2018
ARGS ?=

.PHONY: help verify policy test test-docker test-openstack test-nightly check format bench up down status lock clean

help: ## List the commands
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  make verify SCENARIO=toy         a small province instead of Bến Tre"
	@echo "  make verify ARGS='--seed 7'      more options: .venv/bin/tinhmau verify --help"

verify: $(VENV)/.ready ## Build a province, load it, judge it; the report is in runs/latest/
	@$(BIN)/tinhmau verify --scenario $(SCENARIO) $(ARGS)

test: $(VENV)/.ready-dev ## Check the code, then run all tests
	@$(MAKE) --no-print-directory check
	$(BIN)/pytest -q -n 2 tests/unit tests/theory $(ARGS)
	$(BIN)/pytest -q -n 2 --dist loadfile tests/integration $(ARGS)
	$(BIN)/pytest -q tests/browser tests/acceptance $(ARGS)

test-nightly: $(VENV)/.ready-dev ## The long tests: fuzzing, rounds of faults
	$(BIN)/pytest -q -m nightly tests $(ARGS)

test-docker: $(VENV)/.ready-dev ## Tests against real Docker and Pulumi engines (skipped where there are none)
	$(BIN)/pytest -q tests/docker $(ARGS)

test-openstack: $(VENV)/.ready-dev ## The rented data centre on a real OpenStack control plane made here (needs Docker, root, Go)
	$(BIN)/pytest -q tests/openstack $(ARGS)

check: $(VENV)/.ready-dev ## Style, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.ready-dev ## Put the code into shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.ready-dev ## Benchmarks against peers, into bench/latest.json
	$(BIN)/python -m tests.benchmarks

up: $(VENV)/.ready ## Leave a province running to look around
	@$(BIN)/tinhmau up --scenario $(SCENARIO) $(ARGS)

down: $(VENV)/.ready ## Stop what `make up` left running
	@$(BIN)/tinhmau down $(ARGS)

status: $(VENV)/.ready ## What is running, where, and how it is
	@$(BIN)/tinhmau status $(ARGS)

policy: infra/policy_pack/.venv/.ready ## Install the CrossGuard policy pack's packages, in a venv of its own

infra/policy_pack/.venv/.ready: requirements/policy.txt
	@$(PYTHON) -m venv infra/policy_pack/.venv
	@infra/policy_pack/.venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/policy.txt
	@touch $@

lock: ## Resolve the pinned and hashed locks anew (needs uv on the PATH)
	uv pip compile -q --no-header --no-annotate --generate-hashes --python-version 3.11 pyproject.toml -o requirements/run.txt
	uv pip compile -q --no-header --no-annotate --generate-hashes --python-version 3.11 --extra dev pyproject.toml -o requirements/dev.txt
	uv pip compile -q --no-header --no-annotate --generate-hashes --python-version 3.11 --extra large pyproject.toml -o requirements/large.txt
	uv pip compile -q --no-header --no-annotate --generate-hashes --python-version 3.11 infra/policy_pack/requirements.in -o requirements/policy.txt

clean: ## Remove the virtual environment and caches (runs/ stays)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "✗ Cần Python 3.11 trở lên (đang có: $$($(PYTHON) --version 2>&1)). Cài rồi chạy: make PYTHON=python3.11 …"; exit 64; }
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "✗ Không tạo được môi trường ảo. Trên Debian/Ubuntu: sudo apt install python3-venv"; exit 64; }

$(VENV)/.ready: $(VENV)/bin/pip requirements/run.txt pyproject.toml
	@echo "… Cài các gói đã ghim (một lần; cần mạng)"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@

$(VENV)/.ready-dev: $(VENV)/.ready requirements/dev.txt
	@echo "… Cài các gói để kiểm thử (một lần; cần mạng)"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@
