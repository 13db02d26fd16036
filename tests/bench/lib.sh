# Sourced by the benchmarks: starts services, reads what they used, computes. Ratios of runs back to back are what
# counts: machines differ and are noisy.
set -euo pipefail
bench=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
waypost=${WAYPOST:-$bench/../../build/release/waypost}
work=$(mktemp -d "${BENCH_DIR:-${TMPDIR:-/tmp}}/waypost-bench.XXXXXX") # on a real disk, or fsync costs nothing
started=()
launcher=() # a command that starts the services
trap 'kill ${started[@]+"${started[@]}"} 2> /dev/null || true; sleep 0.3; kill -9 ${started[@]+"${started[@]}"} 2> /dev/null || true; wait 2> /dev/null || true; rm -rf "$work"' EXIT

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
calc() { awk "BEGIN { printf \"$1\", $2 }"; }
# CPU seconds of processes, with their threads.
cpu() { local total=0 pid; for pid in "$@"; do total=$(calc %.2f "$total + $(awk '{ print ($14 + $15) / 100 }' "/proc/$pid/stat")"); done; echo "$total"; }
until_answers() { local i; for i in $(seq 200); do curl -s -o /dev/null "$1" && return; sleep 0.1; done; echo "$1 does not answer" >&2; exit 1; }
stop() { kill -9 "$1" 2> /dev/null || true; wait "$1" 2> /dev/null || true; }

# start_waypost PORT [ARGUMENT…]: sets $service.
start_waypost() {
  local port=$1; shift
  rm -rf "$work/data"
  ${launcher[@]+"${launcher[@]}"} "$waypost" serve --listen "127.0.0.1:$port" --data-dir "$work/data" --set log.level=warn "$@" > "$work/out" 2> "$work/err" &
  service=$!; started+=("$service")
  until_answers "http://127.0.0.1:$port/readyz"
}
# load URL SECONDS [WRK ARGUMENT…]: sets $per_second and $requests.
load() {
  local url=$1 seconds=$2; shift 2
  wrk -t1 -c64 "-d${seconds}s" --latency "$@" "$url" > "$work/wrk"
  per_second=$(awk '/Requests\/sec/ { print int($2) }' "$work/wrk")
  requests=$(awk '/requests in/ { print $1 }' "$work/wrk")
  if grep -q 'Non-2xx' "$work/wrk"; then grep 'Non-2xx' "$work/wrk" >&2; exit 1; fi
}
succeeded() { curl -s "http://127.0.0.1:$1/v1/stats" | jq '.jobs.by_state.succeeded'; }
