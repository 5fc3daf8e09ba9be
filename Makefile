# Two commands matter: `make demo` shows the whole service on this machine, `make test` sets up and passes the tests.
# Both need Python 3.11 with venv, make and git; both are quick on the second run.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
SITES ?= 200
DASHBOARD_SOURCES := $(shell find dashboard -path dashboard/node_modules -prune -o -type f -print 2>/dev/null)
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.DEFAULT_GOAL := help

.PHONY: help
help: ## Say what can be made.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

.venv/.installed: requirements.lock pyproject.toml
	@echo "Setting up the Python environment (.venv) …"
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --only-binary :all: --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

dashboard/node_modules/.installed: .venv/.installed dashboard/package-lock.json dashboard/package.json
	@echo "Fetching the dashboard's build tools …"
	@PATH="$$(scripts/node.sh):$$PATH" npm --prefix dashboard ci --silent
	@touch $@

tests/sparkplug/edge/node_modules/.installed: .venv/.installed tests/sparkplug/edge/package-lock.json
	@echo "Fetching the independent Sparkplug client of the tests …"
	@PATH="$$(scripts/node.sh):$$PATH" npm --prefix tests/sparkplug/edge ci --ignore-scripts --silent
	@touch $@

server/api/static/index.html: dashboard/node_modules/.installed $(DASHBOARD_SOURCES)
	@echo "Building the dashboard …"
	@PATH="$$(scripts/node.sh):$$PATH" npm --prefix dashboard run --silent build
	@touch $@

.PHONY: setup
setup: .venv/.installed server/api/static/index.html ## Set up everything: Python environment, dashboard.

.PHONY: demo
demo: setup ## Run a whole city on this machine: SITES=200 by default, SITES=3200 works too.
	@$(BIN)/python -m simulators.demo --sites $(SITES) $(DEMO)

.PHONY: test
test: setup tests/sparkplug/edge/node_modules/.installed ## Set up and run the tests.
	@$(BIN)/python -m pytest -m "not browser" $(TESTS)

.PHONY: check
check: .venv/.installed ## Format, lint and types, as CI checks them.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

.PHONY: dashboard-check
dashboard-check: dashboard/node_modules/.installed ## Types, format and tests of the dashboard.
	@PATH="$$(scripts/node.sh):$$PATH" npm --prefix dashboard run --silent check
	@PATH="$$(scripts/node.sh):$$PATH" npm --prefix dashboard run --silent test

.PHONY: browser
browser: setup ## The tests that need Chromium.
	@$(BIN)/python -m pytest -m browser tests/browser

.PHONY: pictures
pictures: setup ## Play the example year (ten minutes) unless var/year has it, and take the pictures of docs/example-year.md anew.
	@$(BIN)/python -m scripts.pictures

.PHONY: chaos
chaos: .venv/.installed ## Kill and cut the real programs at random instants, 10,000 times; goes on where it stopped. CHAOS="--minutes 30".
	@nice $(BIN)/python -m simulators.chaos $(CHAOS)

.PHONY: chaos-short
chaos-short: .venv/.installed ## Two minutes of it, as CI plays it.
	@rm -rf var/chaos-short && $(BIN)/python -m simulators.chaos --folder var/chaos-short --short

.PHONY: world
world: .venv/.installed ## 5,000 deterministic worlds with every fault; goes on where it stopped. WORLD="--seed 5001".
	@nice $(BIN)/anxiao-sim world --worlds 5000 --processes 2 --ledger var/world.jsonl $(WORLD)

.PHONY: wheel
wheel: setup ## Build the wheel that a customer installs; it holds the built dashboard.
	@rm -rf dist && $(BIN)/python -m hatchling build -t wheel

.PHONY: lock
lock: ## Renew requirements.lock from pyproject.toml.
	@$(BIN)/pip-compile --quiet --all-extras --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate --strip-extras --allow-unsafe -o requirements.lock pyproject.toml

.PHONY: clean
clean: ## Remove what was set up and built; data under var/ stays.
	rm -rf .venv dashboard/node_modules tests/sparkplug/edge/node_modules server/api/static dist
