#!/usr/bin/env bash
# What several nodes do, on this machine, each a process of its own: 3,000 requests to a paused session and what they cost
# upstream, a killed leader, a rolling restart under 500 requests a second, 50,000 sessions, members that are cut from each
# other. Takes about five minutes and prints a line for each behind "cluster:".
set -euo pipefail
cd "$(dirname "$0")/../.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! mvn -q verify -Pconformance -Dtests.processes=1 -Dtest=None -Dsurefire.failIfNoSpecifiedTests=false -Dit.test='Cluster*IT' >"$log" 2>&1; then
  grep -E 'cluster:|ERROR' "$log" || true
  exit 1
fi
grep 'cluster:' "$log"
