# The verbs of every day. Logic lies in scripts/ and `cargo xtask`.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Build output lies outside the work tree, shared by all clones.
export CARGO_TARGET_DIR ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/divisi/target

# release; dev while working on Divisi itself; dist for a binary that many run.
PROFILE ?= release
DIVISI := $(CARGO_TARGET_DIR)/$(if $(filter dev,$(PROFILE)),debug,$(PROFILE))/divisi

# The main job of `make run`, on documents that every Debian has.
LICENCES := /usr/share/common-licenses
QUESTION ?= What obligations does each licence put on someone who distributes modified versions?
CREW ?= comparison
# Offline, whatever keys and model servers are there.
PROVIDER ?= extractive
FILES ?= $(addprefix $(LICENCES)/,GPL-2 GPL-3 LGPL-3 Apache-2.0 MPL-2.0 Artistic)

.PHONY: help build run test check bench

help: ## Say what can be made.
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/'

build: ## Build the binary.
ifeq ($(PROFILE),dist)
	@bash scripts/dist.sh
else
	cargo build --locked --profile $(PROFILE) --package divisi-cli
endif

run: build ## Answer a question about the licence texts of this machine, with sources.
	@"$(DIVISI)" run "$(QUESTION)" --crew $(CREW) --provider $(PROVIDER) $(addprefix --file ,$(FILES))
	@printf '\nThe task and its report are kept. See them again:\n  %s task list\n' "$(DIVISI)" >&2

check: ## Format, lints, tidy and the unit tests: what every commit passes.
	cargo fmt --all -- --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo xtask tidy
	cargo test --workspace --lib --bins --locked --quiet

test: ## Everything CI asks for, set up included.
	@bash scripts/test.sh

bench: build ## Measure the engine on this machine, with the goals beside each figure.
	@"$(DIVISI)" bench engine
