#!/usr/bin/env bash
# What a wake costs, on this machine: 1,000 requests at once to a paused sandbox on a heap of 256 MiB, then 20 wakes one
# by one, each compared with the time the sandbox itself took to start. Client, gateway and host share the heap.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ -f target/reveille.jar ] || mvn -q -DskipTests package
exec java -Xmx256m -XX:+ExitOnOutOfMemoryError -jar target/reveille.jar demo --requests "${1:-1000}" --wakes "${2:-20}"
