# `make run` and `make test` do all their set-up themselves (scripts/setup.py). Everything else is for developers.
.DEFAULT_GOAL := help
.PHONY: help setup run test check test-fast screenshots lock clean
BIN := .venv/bin
ARGS ?=

help: ## what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: ## only set up (`make run` does it too)
	@sh scripts/setup.sh run

run: ## set up, then start the assistant (ARGS='…' are passed on)
	@sh scripts/setup.sh run
	@$(BIN)/assistant run $(ARGS)

test: ## set up, then all checks and all tests, on a real desktop of their own
	@sh scripts/setup.sh test
	@$(MAKE) --no-print-directory check
	@$(BIN)/python -m pytest $(ARGS)

check: ## formatting, lint, types, one-way imports
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	MYPYPATH=scripts $(BIN)/mypy scripts/*.py
	$(BIN)/lint-imports --no-logo

test-fast: ## only the tests that need neither desktop nor model (seconds)
	@$(BIN)/python -m pytest -q tests/unit tests/contract tests/property $(ARGS)

screenshots: ## make the README's pictures again, on a desktop of their own
	@sh scripts/setup.sh test
	@$(BIN)/python scripts/screenshot_popup.py

lock: ## write requirements/*.lock anew from *.in
	@$(BIN)/python scripts/lock.py

clean: ## remove what set-up and tests made here (the user's data and cache stay)
	rm -rf .venv build out .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
