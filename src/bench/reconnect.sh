#!/usr/bin/env bash
# What those are told who follow sessions at three nodes, are cut at random for two minutes and go on at any node, while one
# node is killed and another takes its place; and what a webhook is posted meanwhile: held against what happened. Takes about
# four minutes, the build included, and prints what it counted behind "watchers:". With a seed as argument its chances are those of an earlier run.
set -euo pipefail
cd "$(dirname "$0")/../.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT
seed=()
if [ $# -gt 0 ]; then
  seed=("-Dreconnect.seed=$1")
fi
if ! mvn -q verify -Pconformance -Dtests.processes=1 -Dtest=None -Dsurefire.failIfNoSpecifiedTests=false \
  -Dit.test=WatchersClusterIT "${seed[@]}" >"$log" 2>&1; then
  grep -E 'watchers:|ERROR' "$log" || true
  exit 1
fi
grep 'watchers:' "$log"
