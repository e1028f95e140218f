# `make` lists what can be done; the work itself is in scripts/.
SPEC ?= specs/close.yaml
PREFIX ?= /usr/local
CACHES = .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help run test lint format bench install uninstall lock clean

help: ## List the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

run: ## Install what is missing and run a probe (SPEC=specs/close.yaml, ARGS="--for 3s")
	@scripts/setup run
	@scripts/as-root .venv/bin/probekit apply $(SPEC) $(ARGS)

test: lint ## Install what is missing and run every check and test (PYTEST_ARGS="-k name")
	@scripts/as-root .venv/bin/pytest $(PYTEST_ARGS)

lint: ## Check style and types
	@scripts/setup test
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy

format: ## Sort the imports and format the code
	@scripts/setup test
	.venv/bin/ruff check --select I --fix
	.venv/bin/ruff format

bench: ## Measure the start-up beside bpftrace's and bcc's, and `check`
	@scripts/setup bench
	@scripts/as-root .venv/bin/python benchmarks/startup.py $(ARGS)
	@scripts/as-root .venv/bin/python benchmarks/check.py

install: ## Install for this host: PREFIX/bin/probekit (PREFIX=/usr/local)
	@scripts/as-root scripts/install "$(PREFIX)"

uninstall: ## Remove what `make install` put there
	@scripts/as-root scripts/uninstall "$(PREFIX)"

lock: ## Pin the dependencies anew (ARGS=--upgrade for the newest of all)
	@scripts/lock $(ARGS)

clean: ## Remove .venv, caches and what was built
	rm -rf .venv $(CACHES)
	find . -name __pycache__ -prune -exec rm -r {} +
