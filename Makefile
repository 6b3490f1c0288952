# Realtid. Each target sets up what it needs; run again, it does nothing needless.

.DEFAULT_GOAL := help
SEEDS ?= 1,2,3
.PHONY: help run build dev test check chaos bench bench-micro size pictures visual-update e2e interop demo-docker clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## Build all and serve the chat on http://127.0.0.1:8080 (ARGS="--listen ..." for more)
	@cargo build --release --locked -p realtid
	@./target/release/realtid $(ARGS)

build: ## Build the site into dist/
	@scripts/setup
	@scripts/trunk build --release --locked

dev: ## Rebuild and reload the site on change, at http://127.0.0.1:8081, beside a running server
	@scripts/setup
	@scripts/dev

check: ## Formatting and lints
	@cargo fmt --all --check
	@cargo clippy --workspace --all-targets --locked -- -D warnings

test: ## Run every test
	@scripts/setup test
	@cargo test --workspace --locked
	@$(MAKE) --no-print-directory interop
	@$(MAKE) --no-print-directory e2e

# Built one by one, here as below: together they would share their dependencies' features, and all
# would be compiled once more.
chaos: ## Kill the server and mistreat its lines, 3 x 60 s: nothing may be lost (SEEDS=1,2,3, ARGS="--help")
	@cargo build --locked -p realtid
	@cargo build --locked -p realtid-chaos
	@./target/debug/realtid-chaos --seeds $(SEEDS) $(ARGS)

bench: ## Measure Realtid beside other servers, some 25 min, into docs/benchmarks.md (ARGS="--quick")
	@cargo build --release --locked -p realtid
	@cargo build --release --locked -p realtid-bench
	@cd bench/peers/node && npm ci --silent --no-fund --no-audit
	@cd bench/peers/rust && cargo build --release --locked
	@./target/release/compare run $(ARGS)

bench-micro: ## Measure the pure parts of the hot path, one by one (ARGS="--help")
	@cargo bench --locked -p realtid-bench --bench micro -- $(ARGS)

pictures: build ## Take the pictures of docs/images anew
	@scripts/setup test
	@cargo build --locked -p realtid
	@cd e2e && npm run --silent pictures

size: build ## What a browser loads for the chat page, beside its budget (ARGS=--parts: what is big)
	@case "$(ARGS)" in *--parts*) scripts/setup parts ;; esac
	@bash -c '. scripts/lib.sh && node scripts/size.mjs $(ARGS)'

visual-update: build ## Take the pictures anew that the browser tests compare with (e2e/snapshots)
	@scripts/setup test
	@cargo build --locked -p realtid
	@cd e2e && npm run --silent visual-update

e2e: build ## The tests in real browsers alone
	@scripts/setup test
	@cargo build --locked -p realtid
	@cargo build --locked -p realtid-chaos
	@cd e2e && npm test --silent

interop: ## Real socket.io clients of several versions and languages against the chat and the crate's echo
	@scripts/setup test
	@cargo build --locked -p realtid
	@cargo build --locked -p realtid-socketio --example echo
	@cd interop/rust && cargo build --locked
	@cd interop && npm test --silent

demo-docker: ## Serve the chat from two containers (docker-compose) and chat through them
	@scripts/demo-docker

clean: ## Remove what was built, not what was said
	@rm -rf target dist e2e/node_modules e2e/test-results bench/peers/rust/target bench/peers/node/node_modules \
		interop/node_modules interop/.venv interop/rust/target
