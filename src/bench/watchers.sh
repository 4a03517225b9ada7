#!/usr/bin/env bash
# What those cost who watch sessions, on this machine: one node, a process of its own with -Xmx256m, before a scripted runtime
# API; 1,000 sessions, five who watch each of them and five who watch all, half by websocket and half as event streams; 200
# changes a second, then the same with 50 who read nothing, and with 100 more who watch all. Each client checks that it hears
# every change of its sessions, once and in order. Takes about three minutes and prints a table.
set -euo pipefail
cd "$(dirname "$0")/../.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! mvn -q verify -Pconformance -Dtests.processes=1 -Dtest=None -Dsurefire.failIfNoSpecifiedTests=false -Dit.test='WatchersIT#fiveThousand*' >"$log" 2>&1; then
  grep -E 'watchers:|ERROR' "$log" || true
  exit 1
fi
echo "$(date +%F), $(nproc) cores, load $(cut -d' ' -f1 /proc/loadavg)"
sed -n 's/^watchers: //p' "$log"
