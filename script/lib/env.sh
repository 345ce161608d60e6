# Sourced by the scripts beside this folder: where we are, how to become root,
# and which Go and Node to use. Sets PATH; prints nothing.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root" || exit 1

say() { printf '%s\n' "$*" >&2; }
die() {
  say "error: $*"
  exit 1
}

# usage prints the comment at the head of the calling script.
usage() { sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$0"; }

# as_root runs a command as root: directly, or by sudo.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "this needs root, and there is no sudo: run it as root"
  fi
}

# at_least A B: is version A the same as or newer than B?
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

# Go 1.21 is the first that fetches the version which go.mod names by itself.
first_go=1.21

# go_version DIR prints the version of the go command in DIR, if it is new enough.
go_version() {
  local v
  [ -x "$1/go" ] || return 1
  v=$(cd / && GOTOOLCHAIN=local "$1/go" env GOVERSION 2>/dev/null) || return 1
  v=${v#go}
  at_least "${v%% *}" "$first_go" && printf '%s\n' "${v%% *}"
}

# find_go prints the folder of a go command that is new enough.
find_go() {
  local dir candidates
  candidates=("$root/.cache/go/bin" /usr/local/go/bin /usr/lib/go-*/bin)
  if command -v go >/dev/null; then
    candidates=("$(dirname "$(readlink -f "$(command -v go)")")" "${candidates[@]}")
  fi
  for dir in "${candidates[@]}"; do
    go_version "$dir" >/dev/null && { printf '%s\n' "$dir" && return; }
  done
  return 1
}

# find_chromium prints a Chromium or Chrome to drive.
find_chromium() {
  local program
  for program in "${CHROMIUM:-}" chromium chromium-browser google-chrome "$root/.cache/chromium/chromium"; do
    if [ -n "$program" ] && command -v "$program" >/dev/null && ! is_snap "$program"; then
      command -v "$program"
      return
    fi
  done
  return 1
}

# is_snap: a browser in a snap reads no files but those of a home directory, so
# that nothing can drive it from elsewhere.
is_snap() {
  local file
  file=$(readlink -f "$(command -v "$1")")
  case $file in */snap | /snap/*) return 0 ;; esac
  [ "$(head -c 2 "$file")" = '#!' ] && grep -q '/snap/' "$file"
}

# The Node that the lock file brings along (script/build puts it there) is newer
# than most distributions'.
PATH="$root/.cache/node/bin:$PATH"
if godir=$(find_go); then
  PATH="$godir:$PATH"
fi
# Debian and Ubuntu set GOTOOLCHAIN=local in their builds of Go.
export PATH GOTOOLCHAIN=auto
