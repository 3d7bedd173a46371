# The front door. `make` alone builds; `make help` lists what else there is.
# SETUP=: skips the installation of Debian packages; JOBS=n limits parallel compilation; SECONDS=n is for fuzz.
SETUP ?= ./tools/setup
JOBS ?=
SECONDS ?= 60
PREFIX ?= /usr/local
MUTANTS ?=

program := build/release/catenary
parallel := $(if $(JOBS),-j $(JOBS))
sources = git ls-files '*.cc' '*.h'

.PHONY: build setup test fuzz mutants demo demo-sequences bench bench-quick bench-pypi bench-build format lint install clean help

build: ## build the program, build/release/catenary (the default)
	@$(SETUP) build
	@cmake --preset release > /dev/null
	@cmake --build build/release $(parallel)

setup: ## install the Debian packages for building and testing
	@$(SETUP) test

test: ## build with assertions in build/test and run all tests
	@$(SETUP) test
	@cmake --preset test > /dev/null
	@cmake --build build/test $(parallel)
	@ctest --preset test

fuzz: ## run each fuzzer for SECONDS=60, from the seeds in tests/fuzz/corpus
	@$(SETUP) test
	@cmake --preset fuzz > /dev/null
	@cmake --build build/fuzz $(parallel) --target fuzzers
	@./tests/fuzz/run $(SECONDS)

demo: build ## train a network on Fashion-MNIST, into runs/fashion-mnist
	$(program) train examples/fashion-mnist.toml --out runs/fashion-mnist

demo-sequences: build ## train an LSTM on its images row by row, into runs/fashion-mnist-lstm: two minutes
	$(program) train examples/fashion-mnist-lstm.toml --out runs/fashion-mnist-lstm

bench: bench-build ## build and run the benchmarks, beside other libraries: about 15 minutes
	@./bench/all.sh

bench-quick: bench-build ## a second or so of each of them, to see that everything works
	@./bench/all.sh --quick

bench-pypi: bench-build ## compare with the current PyTorch and JAX, from PyPI
	@./bench/pypi.sh

bench-build:
	@$(SETUP) bench
	@cmake --preset bench > /dev/null
	@cmake --build build/bench $(parallel)
	@cmake --preset static > /dev/null
	@cmake --build build/static $(parallel) --target catenary_cli

mutants: ## plant faults in copies of the source and see that tests notice: about an hour; MUTANTS=nn: one floor's
	@$(SETUP) test
	@python3 tools/mutants.py $(MUTANTS)

format: ## format all C++ sources in place
	@$(sources) | xargs clang-format -i

lint: ## floors, format and clang-tidy, without changing anything
	@./tools/lint

install: build ## install library, headers and program below PREFIX
	@cmake --install build/release --prefix $(PREFIX)

clean: ## remove everything that was built
	@rm -rf build

help: ## show this list
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' Makefile | expand -t 13
