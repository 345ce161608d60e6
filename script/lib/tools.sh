# Sourced: the tools that tools/go.mod pins, built once per version.
# shellcheck shell=bash
# shellcheck disable=SC2154 # root: from env.sh

# tool NAME prints the path of a built tool.
tool() {
  local sum dir
  sum=$(cat tools/go.mod tools/go.sum | sha256sum | cut -c1-12)
  dir=$root/.cache/tools/$sum
  if [ ! -x "$dir/$1" ]; then
    say "Building $1 (once)…"
    mkdir -p "$dir"
    go build -modfile=tools/go.mod -o "$dir/" "$(tool_package "$1")" || return
  fi
  printf '%s\n' "$dir/$1"
}

tool_package() {
  case $1 in
  golangci-lint) echo github.com/golangci/golangci-lint/v2/cmd/golangci-lint ;;
  gotestsum) echo gotest.tools/gotestsum ;;
  nfpm) echo github.com/goreleaser/nfpm/v2/cmd/nfpm ;;
  *) die "no tool $1 in tools/go.mod" ;;
  esac
}
