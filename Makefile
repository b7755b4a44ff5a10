# What people and CI run. `make help` lists it.

.DEFAULT_GOAL := help
# For `set -o pipefail`.
SHELL := bash
.PHONY: help demo test test-milvus docs-check release reproducible deb quality bench gpu-proof runtime build lint unit soak soak-hour load abuse fuzz sanitize docs book web-check browser-check packaging-check api-check licences dependencies web screenshots clean-demo

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' Makefile

demo: ## set up, index the bundled photos (or DIR=~/Pictures), search, serve (DEMO_ONCE=1: do not serve)
	@DIR="$(DIR)" DEMO_ONCE="$(DEMO_ONCE)" bash tests/scripts/demo.sh

test: runtime lint unit docs book web-check browser-check packaging-check api-check licences ## set up and run every check and test

quality: runtime ## retrieval quality on 1,000 photos with 5,000 captions, of the search graph and of the cut-off (needs ../shared/data)
	cargo build --release --quiet --workspace --bin foray --bin quality --bin quality_graph --bin quality_relevance
	target/release/quality
	target/release/quality_graph
	target/release/quality_relevance

bench: runtime ## speed against peers in the same run, written to target/bench (BENCH=embed, index, search, serve or page for one of them)
	@bash tests/scripts/bench.sh $(BENCH)

gpu-proof: ## embedding on an NVIDIA GPU against PyTorch, and indexing end to end; skipped where there is none
	@bash tests/scripts/gpu-proof.sh

runtime: ## fetch ONNX Runtime into .runtime/ where that is possible; without it everything runs on rten
	@bash tests/scripts/fetch-runtime.sh

lint: ## formatting and clippy
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- --deny warnings

unit: ## tests of all crates, end to end ones too
	cargo test --workspace

soak: runtime ## break what breaks on real machines: 200 kills, full and failing disks, clocks, torn files, networks; printed to docs/reports
	@bash tests/scripts/soak.sh

load: runtime ## an hour of searches, uploads and commits on a library of 100,000 photos (SECONDS=3600), printed to docs/reports
	cargo build --release --quiet --workspace --bin foray --bin load
	@mkdir -p docs/reports
	@set -o pipefail; target/release/load $(or $(SECONDS),3600) | tee docs/reports/load.txt

abuse: runtime ## attacks on real servers while another client searches, printed to docs/reports
	cargo build --release --quiet --workspace --bin foray --bin abuse
	@mkdir -p docs/reports
	@set -o pipefail; target/release/abuse | tee docs/reports/abuse.txt

soak-hour: ## kill the program 50 times in each test of crashes, 20 times in that of remote indexers, and let it work for an hour
	FORAY_KILLS=50 cargo test --workspace --test end_to_end crash:: -- --nocapture
	FORAY_KILLS=20 cargo test --workspace --test end_to_end remote:: -- --nocapture
	FORAY_SOAK_SECONDS=3600 cargo test --workspace --test end_to_end soak:: -- --nocapture

fuzz: ## everything that is read from others, fed at random for ten minutes each (SECONDS_EACH, JOBS); needs a nightly toolchain
	@bash tests/scripts/fuzz.sh

sanitize: ## the tests of modules with unsafe code under AddressSanitizer, printed to docs/reports; needs a nightly toolchain
	@bash tests/scripts/sanitize.sh

test-milvus: runtime ## libraries on Milvus against a real server, which it sets up (needs python3; builds the client, some minutes)
	@bash tests/scripts/test-milvus.sh

docs: ## documentation without warnings
	RUSTDOCFLAGS="--deny warnings" cargo doc --workspace --no-deps

docs-check: runtime ## runs the commands of README and docs as they are written, and follows their links
	cargo build --workspace --bin foray
	python3 tests/scripts/check-docs.py target/debug/foray

book: ## the pages of docs as a site in target/book
	@bash tests/scripts/book.sh

web-check: ## the web page: checked, tested, current
	@bash tests/scripts/check-web.sh

browser-check: ## the web page in a real browser over real photos
	@bash tests/scripts/check-browser.sh

packaging-check: runtime ## service files and Dockerfile, with the tools that read them
	@bash tests/scripts/check-packaging.sh

api-check: ## the HTTP API against its own description, with generated requests (schemathesis)
	@bash tests/scripts/check-api.sh

licences: ## licences and sources of dependencies, and known faults in them
	@bash tests/scripts/check-dependencies.sh

dependencies: ## how many crates under which licences, known faults in them, and a bill of materials (CycloneDX); printed to docs/reports
	@bash tests/scripts/dependencies.sh

web: ## build the web page anew into web-ui/dist (needs npm)
	cd web-ui && npm ci && npm run check && npm test && npm run build

screenshots: ## pictures of every view, light and dark, large and small, into target/screenshots; three of them into docs
	@bash tests/scripts/check-browser.sh screenshots

release: ## the program as it is given to others, target/dist/foray: the same bytes in whatever folder it is built
	@bash packaging/release/build.sh

reproducible: runtime ## builds and packages the last commit twice, in two folders, and compares; printed to docs/reports
	@bash packaging/release/compare.sh

deb: runtime ## a Debian package into target/debian (installs cargo-deb if it is missing; PROFILE=release builds faster)
	@bash packaging/deb/build.sh

clean-demo: ## remove the demo's library
	rm -rf demo-library
