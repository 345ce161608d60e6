#!/usr/bin/env bash
# Usage: bench/fleet.sh [HOSTS]
#
# Measures a manager with a fleet of HOSTS (default 500, at most 1000: an enrollment
# token lets in no more) simulated hosts on the
# loopback network: enrollment, the first look at everything, polling at rest and
# after every inventory has changed, memory, database, answers of the API with 1
# and 8 readers, and how long it takes until all hosts are asked again after the
# manager was away. Web, worker, PostgreSQL and the hosts share the machine.
#
# Needs root and PostgreSQL's programs; run script/build first.
set -euo pipefail
cd "$(dirname "$0")/.."
hosts=${1:-500}
web="" worker="" # process ids, set by start
dir=$(mktemp -d /var/tmp/fleet.XXXXXX)
chmod 755 "$dir"
port=18443 control=127.0.0.1:12480
pg=$(find /usr/lib/postgresql/*/bin -maxdepth 0 | sort -V | tail -n 1)
pids=()

as_postgres() { runuser -u postgres -- "$@"; }

cleanup() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; done || true
  as_postgres "$pg/pg_ctl" -D "$dir/pg/data" -m immediate stop >/dev/null 2>&1 || true
  rm -rf "$dir"
}
trap cleanup EXIT

# line WHAT VALUE
line() { printf '%-58s %s\n' "$1" "$2"; }

now() { date -u +%Y-%m-%dT%H:%M:%S.%NZ; }
seconds() { awk -v a="$1" -v b="$(date +%s%N)" 'BEGIN {printf "%.1f", (b - a) / 1e9}'; }
rss() { awk '/^VmRSS/ {printf "%d MiB", $2 / 1024}' "/proc/$1/status"; }
peak() { awk '/^VmHWM/ {printf "%d MiB", $2 / 1024}' "/proc/$1/status"; }
ticks() { awk '{print $14 + $15}' "/proc/$1/stat"; }
sql() { as_postgres "$pg/psql" -qtAX -h "$dir/pg" -d postgres -c "$1"; }

# PostgreSQL's processes share memory: their proportional sizes add up.
postgres_memory() {
  local sum=0 pid
  for pid in $(pgrep -u postgres); do
    case $(readlink "/proc/$pid/cwd" || true) in
    "$dir"/pg/data*) sum=$((sum + $(awk '/^Pss:/ {print $2}' "/proc/$pid/smaps_rollup"))) ;;
    esac
  done
  echo "$((sum / 1024)) MiB"
}
postgres_ticks() {
  local sum=0 pid
  for pid in $(pgrep -u postgres); do
    case $(readlink "/proc/$pid/cwd" || true) in
    "$dir"/pg/data*) sum=$((sum + $(ticks "$pid"))) ;;
    esac
  done
  echo "$sum"
}

# until_is SQL WANT: waits until the query answers WANT.
until_is() { until [ "$(sql "$1")" = "$2" ]; do sleep 0.2; done; }

# asked SINCE: how many hosts were asked for their health after that.
asked() { curl -fsS "http://$control/status?since=$1" | jq .asked_since; }

start() { # ROLE
  bin/patch-manager --config "$dir/manager.toml" "$1" >>"$dir/$1.log" 2>&1 &
  pids+=($!)
  printf -v "$1" %s $!
}

install -d -o postgres "$dir/pg"
as_postgres "$pg/initdb" -D "$dir/pg/data" -A trust --no-sync >/dev/null
# The settings of the private server that `serve` runs, and no network.
printf '%s\n' "listen_addresses = ''" "unix_socket_directories = '$dir/pg'" "shared_buffers = 128MB" "max_connections = 100" >>"$dir/pg/data/postgresql.conf"
as_postgres "$pg/pg_ctl" -D "$dir/pg/data" -l "$dir/pg/log" -w start >/dev/null
cat >"$dir/manager.toml" <<END
[http]
listen = ":$port"
[data]
dir = "$dir/data"
[database]
url = "postgres://postgres@/postgres?host=$dir/pg"
END
bin/patch-manager --config "$dir/manager.toml" migrate >/dev/null 2>&1
start web
until curl -fsk -m 2 -o /dev/null "https://localhost:$port/api/v1/status/health" || [ "$(curl -sk -o /dev/null -w '%{http_code}' "https://localhost:$port/api/v1/status/health")" = 503 ]; do sleep 0.1; done 2>/dev/null
start worker
manager() { bin/patch-manager --config "$dir/manager.toml" "$@" 2>/dev/null; }

line "machine" "$(nproc) cores, $(awk '/^model name/ {sub(/.*: /, ""); print; exit}' /proc/cpuinfo), load $(cut -d' ' -f1 /proc/loadavg)"
fingerprint=$(manager admin fingerprint)
go build -o "$dir/simfleet" ./bench/simfleet/cmd/simfleet
go build -o "$dir/readers" ./bench/readers
began=$(date +%s%N)
PATCH_AGENT_TOKEN=$(manager admin enroll-token --uses "$hosts") "$dir/simfleet" --manager "https://localhost:$port" --ca-fingerprint "$fingerprint" \
  --hosts "$hosts" --dir "$dir/sim" --control "$control" 2>"$dir/sim.log" &
sim=$!
pids+=("$sim")
until curl -fsS "http://$control/status" >"$dir/status" 2>/dev/null; do kill -0 "$sim" || { cat "$dir/sim.log" && exit 1; }; sleep 0.2; done
line "enrollments" "$(jq -r '"\(.hosts) in \(.enrolled_seconds * 10 | round / 10) s: \(.hosts / .enrolled_seconds | round)/s"' "$dir/status")"

until_is "select count(*) from host_inventory where packages_at is not null and patches_at is not null" "$hosts"
line "everything known about all hosts, after the first command" "$(seconds "$began") s"
sql "vacuum analyze" >/dev/null
line "database, a host" "$(sql "select round((pg_database_size('postgres') - 10e6) / 1024 / $hosts, 1)") KiB (10 MB for the empty schema taken off)"

a=$(ticks "$worker") b=$(postgres_ticks)
curl -fsS "http://$control/status" >"$dir/before"
sleep "${BENCH_REST:-60}"
curl -fsS "http://$control/status" >"$dir/after"
line "polling at rest, calls a second" "$(jq -s --argjson s "${BENCH_REST:-60}" '.[0] as $a | .[1] as $b | [$b | (.health, .info, .packages_full, .packages_unchanged, .patches_full, .patches_unchanged)] | add as $y | ([$a | (.health, .info, .packages_full, .packages_unchanged, .patches_full, .patches_unchanged)] | add) as $x | ($y - $x) / $s * 10 | round / 10' "$dir/before" "$dir/after")"
line "polling at rest, worker / PostgreSQL, of one core" "$(awk -v a="$a" -v b="$(ticks "$worker")" -v c="$b" -v d="$(postgres_ticks)" -v s="${BENCH_REST:-60}" 'BEGIN {printf "%.1f %% / %.1f %%", (b - a) / s, (d - c) / s}')"

# everything at once: unchanged first, then with every inventory changed
refresh() { # NAME SQL-COUNT
  local t n
  n=$(jq '.packages_full + .packages_unchanged' "$dir/after")
  t=$(date +%s%N)
  a=$(ticks "$worker") b=$(postgres_ticks)
  sql "update host_poll set next_due = '-infinity', requested_at = now(); notify pm_polls" >/dev/null
  until [ "$(curl -fsS "http://$control/status" | jq '.packages_full + .packages_unchanged')" -ge $((n + hosts)) ]; do sleep 0.1; done
  until_is "select count(*) from host_poll where next_due = '-infinity'" 0
  curl -fsS "http://$control/status" >"$dir/after"
  line "$1" "$(awk -v n="$hosts" -v s="$(seconds "$t")" -v w="$(($(ticks "$worker") - a))" -v p="$(($(postgres_ticks) - b))" 'BEGIN {printf "%s s: %.0f hosts a second; worker %.1f ms, PostgreSQL %.1f ms of a core each", s, n / s, w * 10 / n, p * 10 / n}')"
}
refresh "all hosts asked for everything, nothing has changed"
curl -fsS -X POST "http://$control/change"
refresh "all hosts asked for everything, every inventory differs"

# A person would have to set up a second factor before making one.
token=pmt_$(head -c 32 /dev/urandom | basenc --base64url | tr -d =)
sql "insert into auth_api_token (id, token_hash, user_id, name, role, read_only, created_at, expires_at)
  select gen_random_uuid(), sha256('$token'), id, 'bench', 'auditor', true, now(), now() + interval '1 h' from auth_user where username = 'admin';
  update auth_user set must_change_password = false;
  insert into auth_passkey (id, user_id, credential_id, credential, name, created_at) select gen_random_uuid(), id, 'x', '{}', 'bench', now() from auth_user" >/dev/null
for n in 1 8; do
  "$dir/readers" --manager "https://localhost:$port" --root "$dir/data/ca/root.crt" --token "$token" --at-once "$n" \
    /status/fleet /hosts '/hosts?sort=security&order=desc' '/hosts?q=sim-001&state=healthy&pending=security' /hosts/facets
done

line "memory of web / worker / PostgreSQL" "$(rss "$web") / $(rss "$worker") (at most $(peak "$worker")) / $(postgres_memory)"

kill -9 "$worker" "$web"
sql "update host_poll set next_due = now() - interval '1 s'" >/dev/null # it was away for longer than every interval
sleep 2
since=$(now) t=$(date +%s%N)
start web
start worker
until [ "$(asked "$since")" -ge "$hosts" ]; do sleep 0.1; done
line "manager killed and started: all hosts asked again after" "$(seconds "$t") s"
