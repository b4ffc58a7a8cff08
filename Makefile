# make demo | test | bench | stop. Each does all the set-up that it needs, and again harmlessly.
.PHONY: demo test bench stop setup
.DEFAULT_GOAL := help

help:
	@echo 'make demo   four boxes, ONOS, Redis, tracers and the bridge; the story of one attack; leaves all running'
	@echo 'make stop   ends the demo and removes every trace of it'
	@echo 'make test   everything that is checked, on real parts'
	@echo 'make bench  measures, prints a table, writes bench-results.json'

setup:
	@./scripts/setup.sh

demo: setup
	@npx --no-install tsx test/demo/demo.ts

stop:
	@./scripts/stop.sh

test: setup
	@node scripts/test.mjs

bench: setup
	@npx --no-install tsx test/bench/bench.ts
