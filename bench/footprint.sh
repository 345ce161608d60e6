#!/usr/bin/env bash
# Usage: bench/footprint.sh [SECONDS]
#
# Measures what the product costs when nothing happens: cold and warm start of
# the manager with its private PostgreSQL, its memory and that of one agent on a
# throw-away host, the agent's share of a core over SECONDS (default 60), and
# the sizes of binaries and browser code. Needs root; run script/build --bedctl first.
set -euo pipefail
cd "$(dirname "$0")/.."
idle=${1:-60}
dir=$(mktemp -d /var/tmp/footprint.XXXXXX)
chmod 755 "$dir"
port=18443 pid=''

cleanup() {
  bin/bedctl --dir "$dir/bed" remove --all >/dev/null 2>&1 || true
  [ -z "$pid" ] || { kill "$pid" && wait "$pid"; } 2>/dev/null || true
  rm -rf "$dir"
}
trap cleanup EXIT

printf '[http]\nlisten = ":%s"\n[data]\ndir = "%s/data"\n' "$port" "$dir" >"$dir/manager.toml"

# start NAME: prints the milliseconds from the command to the first healthy answer.
start() {
  local begin
  begin=$(date +%s%N)
  bin/patch-manager --config "$dir/manager.toml" serve >>"$dir/log" 2>&1 &
  pid=$!
  until curl -fsk -m 2 -o "$dir/health" "https://localhost:$port/status/health"; do
    kill -0 "$pid" || { cat "$dir/log" && exit 1; }
  done 2>/dev/null
  printf '%-44s %6d ms\n' "$1" $((($(date +%s%N) - begin) / 1000000))
}

# rss PID: resident memory in KiB.
rss() { awk '/^VmRSS/ {print $2}' "/proc/$1/status"; }

# ticks PID: processor time used so far, in clock ticks.
ticks() { awk '{print $14 + $15}' "/proc/$1/stat"; }

start 'manager, cold start (initdb, schema, CA)'
kill "$pid"
wait "$pid" || true
start 'manager, warm start'

gateway=$(bin/bedctl --dir "$dir/bed" up idle-1 | jq -r .gateway)
bin/bedctl --dir "$dir/bed" copy-in idle-1 bin/patch-agent /usr/bin/patch-agent
bin/bedctl --dir "$dir/bed" exec idle-1 -- /usr/bin/patch-agent enroll "https://$gateway:$port" \
  --ca-fingerprint "$(bin/patch-manager --config "$dir/manager.toml" admin fingerprint)" \
  --token "$(bin/patch-manager --config "$dir/manager.toml" admin enroll-token 2>/dev/null)" 2>/dev/null
bin/bedctl --dir "$dir/bed" service idle-1 --log agent.log -- /usr/bin/patch-agent run
sleep 15 # the first polls
agent=$(pgrep -f '^/usr/bin/patch-agent run' -n)
before=$(ticks "$agent")
sleep "$idle"
used=$(($(ticks "$agent") - before))

printf '%-44s %6d MiB\n' 'manager, idle, one host' $(($(rss "$pid") / 1024))
# Every PostgreSQL process works in its data directory; proportional sizes add up.
pss=0
for cwd in /proc/[0-9]*/cwd; do
  [ "$(readlink "$cwd" || true)" = "$dir/data/postgres/data" ] || continue
  pss=$((pss + $(awk '/^Pss:/ {print $2}' "${cwd%/cwd}/smaps_rollup")))
done
printf '%-44s %6d MiB\n' 'its PostgreSQL, all processes' $((pss / 1024))
printf '%-44s %6d MiB\n' 'agent, idle' $(($(rss "$agent") / 1024))
printf '%-44s %6s %%\n' "agent, of one core over $idle s" "$(awk -v t="$used" -v h="$(getconf CLK_TCK)" -v s="$idle" 'BEGIN {printf "%.3f", 100 * t / h / s}')"
for b in patch-manager patch-agent; do
  printf '%-44s %6.1f MiB\n' "binary $b" "$(awk -v n="$(stat -c %s "bin/$b")" 'BEGIN {print n / 1048576}')"
done
(cd web && npm run --silent size)
