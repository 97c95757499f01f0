# Everything that people and CI run. `make help` lists it.
.DEFAULT_GOAL := help
.PHONY: help run stop reset logs status test check lint gen demo bench rewrap-keys rotate-signing-key bootstrap
.NOTPARALLEL:

python := .venv/bin/python
# One file of tests, one directory or any other argument of pytest: make test T=tests/services/billing
export T
# Another map than the centre of Helsinki: make run MAP=/path/to/city.osm.pbf
export MAP
# Without compiled modules each of twenty processes would compile everything again at every start.
unexport PYTHONDONTWRITEBYTECODE

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: bootstrap ## install what is missing, start everything, make demo data the first time, say where it is
	@$(python) -m tools.up

stop: ## stop what `make run` started; the data stays
	@test ! -x $(python) || $(python) -m tools.down

reset: ## stop, and delete the data, the secrets and the demo
	@test ! -x $(python) || $(python) -m tools.reset

status: ## which processes run
	@$(python) -m tools.status

logs: ## follow the logs; S=billing for those of one service
	@$(python) -m tools.logs

test: bootstrap ## every test, against a throw-away stack of its own; T=path for some of them
	@$(python) -m tools.test

check: bootstrap ## exactly what CI runs: lints, types, the contract, configuration, tests
	@$(python) -m tools.check

lint: bootstrap ## `check` without the tests
	@$(python) -m tools.check --without-tests

gen: bootstrap ## generate gen/ from protos/
	@$(python) -m tools.gen

demo: bootstrap ## drive the three flows through the edge of the running system, and narrate them
	@$(python) -m tools.demo

bench: bootstrap ## the benchmarks, side by side with their peers
	@$(python) -m bench

rewrap-keys: ## wrap all data keys of the running system by the current master key; see docs/runbooks/master_keys.md
	@$(python) -m tools.rewrap

rotate-signing-key: ## the next key signs tokens of the running system; see docs/runbooks/signing_keys.md
	@$(python) -m tools.rotate_signing_key

bootstrap:
	@tools/bootstrap.sh
