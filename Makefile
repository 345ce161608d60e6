# Every verb of this project. `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help bootstrap server demo build test check lint test-go test-web e2e generate bench screenshots fmt clean

help: ## List the verbs
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

bootstrap: ## Install what is missing for building, running and testing
	@script/bootstrap --tests

server: ## Build and run everything on this machine
	@script/server

demo: ## The same with three throw-away Debian hosts to patch and break
	@script/server --demo

build: ## Build the web interface and both programs into bin/
	@script/build

test: ## Run every check and every test
	@script/test

check: test ## The same: exactly what CI runs

lint: ## Run the linters and see whether generated files are current
	@script/test lint

test-go: ## Run the Go tests with the race detector
	@script/test go

test-web: ## Run the unit tests of the web interface
	@script/test web

e2e: ## Drive Chromium against the real server and real agents
	@script/test e2e

generate: ## Write OpenAPI document, browser client and import rules anew
	@script/generate

screenshots: e2e ## Renew docs/screenshots from a run of the browser tests
	@cp tmp/screenshots/*.png docs/screenshots/

bench: ## Produce the numbers of docs/performance.md
	@go test -run "^$$" -bench . -benchtime 1x ./bench/... && script/build --bedctl && bench/footprint.sh

fmt: ## Format Go and TypeScript
	@gofmt -w $$(git ls-files '*.go')
	@cd web && npm run --silent format

clean: ## Remove what was built; data in tmp/ stays
	rm -rf bin web/dist/assets web/dist/index.html .cache/ui.sum
