# Everything a newcomer or a build machine needs: up, setup, check, test.
PYTHON ?= python3
# Most tests wait for programs, so three at a time cost little; JOBS=0 runs them one after the other.
JOBS ?= 3
VENV := .venv
PY := $(VENV)/bin/python

.PHONY: up setup notify test check dashboard docs clean

up: setup
	@$(VENV)/bin/outrider up

setup: $(VENV)/.run-stamp
	@./scripts/need tmux

$(VENV)/.run-stamp: requirements/run.txt requirements/build.txt pyproject.toml
	@./scripts/venv run

$(VENV)/.dev-stamp: requirements/dev.txt $(VENV)/.run-stamp
	@./scripts/venv dev

# What tells people by Slack, Discord, e-mail and the like (docs/notifications.md).
notify: $(VENV)/.run-stamp
	@./scripts/venv notify

check: $(VENV)/.dev-stamp
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	@./scripts/dashboard check

test: $(VENV)/.dev-stamp
	@./scripts/need tmux git
	@./scripts/need bwrap || echo "without bubblewrap the tests of sandboxes are skipped"
	@./scripts/need redis-server || echo "without redis-server the tests on several nodes are skipped"
	@./scripts/need npm || echo "without npm the tests on real agents are skipped"
	@./scripts/need chromium || echo "without chromium the tests in a browser are skipped"
	@./scripts/dashboard test build
	$(PY) -m pytest -n $(JOBS) --dist worksteal

# After changing dashboard/: checks it, tests it, and builds the bundle that is committed under src/outrider/web/static.
dashboard:
	@./scripts/need npm
	@./scripts/dashboard check test build

# The documents as a site in site/ (mkdocs.yml); a link that leads nowhere stops it.
docs: $(VENV)/.docs-stamp
	NO_MKDOCS_2_WARNING=1 $(VENV)/bin/mkdocs build --strict
	@echo "the site is in site/index.html"

$(VENV)/.docs-stamp: requirements/docs.txt $(VENV)/.run-stamp
	@./scripts/venv docs

clean:
	rm -rf $(VENV) site .cache .mypy_cache .ruff_cache .pytest_cache
