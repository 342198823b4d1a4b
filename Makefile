# The two commands of the README are `make demo` and `make test`; `make help` lists the rest. Every target first installs
# what is missing (Debian and Ubuntu: cmake/bootstrap.sh), then configures and builds with CMake.
MAKEFLAGS += --no-print-directory
JOBS ?= $(shell nproc)
FUZZ_SCALE ?= 10
.DEFAULT_GOAL := help
.PHONY: help bootstrap build demo test test-full fuzz bench bench-peers docs asan tsan no-jit format clean

help:  ## Lists the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

bootstrap:  ## Installs missing packages
	@cmake/bootstrap.sh

build: bootstrap  ## Builds everything into build/ (the program is build/bin/sinter)
	@cmake --preset release
	@cmake --build --preset release -j $(JOBS)

demo: bootstrap  ## Renders a real recording through the example patches and writes demo/demo.html
	@cmake --preset release
	@cmake --build --preset release -j $(JOBS) --target sinter sinter_demo
	@build/bin/sinter_demo

no-jit: bootstrap  ## Builds without machine code into build-no-jit/
	@cmake --preset no-jit
	@cmake --build --preset no-jit -j $(JOBS)

asan: bootstrap  ## Builds with AddressSanitizer and UBSan into build-asan/
	@cmake --preset asan
	@cmake --build --preset asan -j $(JOBS)

tsan: bootstrap  ## Builds what runs threads with ThreadSanitizer into build-tsan/
	@cmake --preset tsan
	@cmake --build --preset tsan -j $(JOBS)

test: build no-jit asan tsan  ## Runs every test at CI size: release, without the JIT, and with sanitizers
	@python3 tests/run.py --scale 1

test-full: build no-jit asan tsan  ## The same with four times as many random cases (80,000 graphs)
	@python3 tests/run.py --scale 4

fuzz: build  ## Random graphs and recurrences on every executor from a new seed, FUZZ_SCALE=10 times as many as a CI run
	@export SINTER_FUZZ_SEED=$${SINTER_FUZZ_SEED:-$$(date +%s)} SINTER_TEST_SCALE=$(FUZZ_SCALE); echo "SINTER_FUZZ_SEED=$$SINTER_FUZZ_SEED"; \
	  build/bin/test_differential && build/bin/test_strategies --test-case='*random recurrences*'

bench: build  ## Runs the benchmarks and prints JSON
	@build/bin/sinter bench --json

bench-peers:  ## Sinter beside Faust: agreement, then times of both in one process; build/peers.json has everything
	@cmake/bootstrap.sh --peers
	@cmake --preset release -DSINTER_PEERS=ON
	@cmake --build --preset release -j $(JOBS) --target peers
	@build/bin/peers --json build/peers.json

docs: build  ## Writes docs/nodes.md and its pictures from the node table
	@build/bin/sinter_docs

format:  ## Formats all sources
	@cmake/bootstrap.sh clang-format
	@git ls-files -co --exclude-standard '*.cpp' '*.hpp' | xargs clang-format -i

clean:  ## Removes the build folders
	@rm -rf build build-debug build-no-jit build-asan build-tsan
