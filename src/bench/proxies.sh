#!/usr/bin/env bash
# Reveille beside nginx and HAProxy, on this machine: the same origin behind each, the proxy alone on one core, load and
# origin on another. All are measured in interleaved rounds, and each figure is the median of them. Takes some ten minutes.
#
#   src/bench/proxies.sh [--rounds N] [--seconds S] [--only "reveille haproxy"] [--what "small big bulk even rate sockets stall"]
#
# Spring Cloud Gateway, whose libraries Maven fetches then, is measured too if asked for: --only "reveille spring haproxy".
#
# CPU is that of the proxy's processes, user and system, from /proc. Needs Java 17, curl, and as root installs wrk, nginx,
# haproxy and h2load (nghttp2-client) if they are missing.
set -euo pipefail
cd "$(dirname "$0")/../.."

rounds=5 seconds=5 only="reveille haproxy nginx" what="small big bulk even rate sockets stall"
while [ $# -gt 0 ]; do
  case $1 in
    --rounds) rounds=$2 ;;
    --seconds) seconds=$2 ;;
    --only) only=$2 ;;
    --what) what=$2 ;;
    *) sed -n '2,11s/^# \{0,1\}//p' "$0"; exit 2 ;;
  esac
  shift 2
done

patiently() { # a command that is to succeed within 30 s
  for _ in $(seq 150); do "$@" >/dev/null 2>&1 && return; sleep 0.2; done
  echo "waited 30 s for: $*" >&2; return 1
}
need() { # command, package
  command -v "$1" >/dev/null && return
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    { apt-get update -q && apt-get install -q -y --no-install-recommends "$2"; } >/dev/null 2>&1 || true
  fi
  command -v "$1" >/dev/null || { echo "$1 is missing: install the package $2" >&2; exit 1; }
}
PATH=$PATH:/usr/sbin
need wrk wrk; need nginx nginx; need haproxy haproxy; need h2load nghttp2-client; need curl curl
[ -f target/reveille.jar ] || mvn -q -DskipTests package

[ "$(nproc)" -ge 2 ] || { echo "two cores are needed, one of them for the proxy" >&2; exit 1; }
proxy_core=0 load_core=1
dir=$(mktemp -d -p "${TMPDIR:-/dev/shm}")
chmod 755 "$dir"
pids=()
clear_up() {
  for p in "${pids[@]:-}"; do [ -n "$p" ] && kill "$p" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$dir"
}
trap clear_up EXIT
exec 3>&1

free_port() { java "$dir/Port.java"; }
cat >"$dir/Port.java" <<'J'
class Port { public static void main(String[] a) throws Exception {
  try (var s = new java.net.ServerSocket(0)) { System.out.println(s.getLocalPort()); } } }
J
web=$(free_port) sink=$(free_port) control=$(free_port)
declare -A port pid of
for p in $only; do port[$p]=$(free_port); done
admin=$(free_port)

# The origin.
mkdir -p "$dir/www"
printf 'hello, world' >"$dir/www/small"
head -c 65536 /dev/zero >"$dir/www/big"
truncate -s 1G "$dir/www/huge"
dd if=/dev/zero of="$dir/www/huge" bs=1M count=1024 conv=notrunc status=none
cat >"$dir/origin.conf" <<C
worker_processes 1; pid $dir/origin.pid; error_log $dir/origin.log error; daemon off;
events { worker_connections 8192; }
http { access_log off; keepalive_requests 1000000000; sendfile on; tcp_nodelay on; default_type text/plain;
  server { listen 127.0.0.1:$web backlog=4096; root $dir/www;
    location = /alive { return 200 "{}"; } location = /health { return 200 "{}"; } } }
C
ulimit -n "$(ulimit -Hn)"
taskset -c $load_core nginx -p "$dir" -c "$dir/origin.conf" & pids+=($!)
taskset -c $load_core java -Xss256k src/bench/Bench.java origin "$control" "$web" "$sink" >"$dir/bench.out" & pids+=($!)
patiently grep -q up "$dir/bench.out"

# The proxies: each takes a prefix off and keeps connections open.
start_nginx() {
  cat >"$dir/nginx.conf" <<C
worker_processes 1; pid $dir/nginx.pid; error_log $dir/nginx.log error; daemon off;
events { worker_connections 8192; }
http { access_log off; keepalive_requests 1000000000; tcp_nodelay on; client_max_body_size 0;
  proxy_http_version 1.1; proxy_set_header Connection \$up; proxy_set_header Upgrade \$http_upgrade;
  proxy_buffering off; proxy_request_buffering off; proxy_read_timeout 1h;
  proxy_set_header X-Forwarded-For \$remote_addr; proxy_set_header X-Forwarded-Proto http;
  proxy_set_header X-Forwarded-Host \$http_host;
  map \$http_upgrade \$up { default upgrade; '' ''; }
  upstream web { server 127.0.0.1:$web; keepalive 512; keepalive_requests 1000000000; }
  upstream sink { server 127.0.0.1:$sink; keepalive 512; }
  server { listen 127.0.0.1:${port[nginx]} backlog=4096;
    location /web/runtime/ { proxy_pass http://web/; } location /sink/runtime/ { proxy_pass http://sink/; } } }
C
  taskset -c $proxy_core nginx -p "$dir" -c "$dir/nginx.conf" & pid[nginx]=$!
}
start_haproxy() {
  cat >"$dir/haproxy.cfg" <<C
global
  nbthread 1
  maxconn 8000
defaults
  mode http
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  option forwardfor
  http-reuse always
frontend in
  bind 127.0.0.1:${port[haproxy]} backlog 4096
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  use_backend sink if { path_beg /sink/runtime/ }
  default_backend web
backend web
  http-request replace-path /web/runtime(/.*) \1
  server s 127.0.0.1:$web pool-max-conn -1
backend sink
  http-request replace-path /sink/runtime(/.*) \1
  server s 127.0.0.1:$sink pool-max-conn -1
C
  taskset -c $proxy_core haproxy -db -f "$dir/haproxy.cfg" & pid[haproxy]=$!
}
start_reveille() {
  # shellcheck disable=SC2086
  REVEILLE_HTTP_PORT=${port[reveille]} REVEILLE_ADMIN_PORT=$admin REVEILLE_UPSTREAM_URL=http://127.0.0.1:$control \
    REVEILLE_REGISTRY_DIRECTORY=none REVEILLE_TENANTS_0_NAME=bench REVEILLE_TENANTS_0_API_KEY=bench-tenant \
    taskset -c $proxy_core java ${BENCH_JAVA_OPTS:--Xmx256m} -jar target/reveille.jar serve \
    >"$dir/reveille.log" 2>&1 & pid[reveille]=$!
  patiently curl -sf "http://127.0.0.1:$admin/ready"
  for s in web sink; do
    curl -sf -o /dev/null -X PUT -H 'X-API-Key: bench-tenant' -H 'Prefer: wait=20' \
      -d "{\"image\":\"$s\"}" "http://127.0.0.1:${port[reveille]}/api/v1/sessions/$s"
  done
}
start_spring() {
  mvn -q -B -f src/bench/spring/pom.xml -Dbench.target="$dir/spring" compile dependency:build-classpath \
    -Dmdep.outputFile="$dir/spring.classpath" >"$dir/spring.log" 2>&1 || { cat "$dir/spring.log" >&2; return 1; }
  taskset -c $proxy_core java -Xmx256m -cp "$dir/spring/classes:$(cat "$dir/spring.classpath")" \
    -Dweb="$web" -Dsink="$sink" -Dserver.port="${port[spring]}" -Dspring.cloud.gateway.httpclient.pool.type=elastic \
    bench.SpringProxy >"$dir/spring.log" 2>&1 & pid[spring]=$!
}
# Anything that listens on a port of this machine and forwards /web/runtime/… and /sink/runtime/… can be compared too.
for p in $only; do
  "start_$p"
  pids+=("${pid[$p]}")
  patiently curl -sf "http://127.0.0.1:${port[$p]}/web/runtime/small"
done

# Measuring.
hz=$(getconf CLK_TCK)
family() { echo "$1"; pgrep -P "$1" || true; }
ticks_of() { for i in $(family "$1"); do cat "/proc/$i/stat" 2>/dev/null | sed 's/.*) //' | awk "{print $2}"; done | awk '{s+=$1} END {print s+0}'; }
ticks() { ticks_of "$1" '$12+$13'; }
user_ticks() { ticks_of "$1" '$12'; }
rss_kib() { for i in $(family "$1"); do awk '/^VmRSS/ {print $2}' "/proc/$i/status" 2>/dev/null; done | awk '{s+=$1} END {print s+0}'; }
peak_kib() { for i in $(family "$1"); do awk '/^VmHWM/ {print $2}' "/proc/$i/status" 2>/dev/null; done | awk '{s+=$1} END {print s+0}'; }
forget_peak() { for i in $(family "$1"); do echo 5 >"/proc/$i/clear_refs" 2>/dev/null || true; done; }
say() { echo "$1 $2 $3" >>"$dir/figures"; }                                      # proxy, figure, value
millis() { case $1 in *us) echo "${1%us}" | awk '{print $1/1000}' ;; *ms) echo "${1%ms}" ;; *s) echo "${1%s}" | awk '{print $1*1000}' ;; esac; }
url() { echo "http://127.0.0.1:${port[$1]}/$2"; }
progress() { printf '\r\033[K%s' "$*" >&2; }

http_load() { # proxy, figure, path, connections
  local before after user_before user_after out
  before=$(ticks "${pid[$1]}") user_before=$(user_ticks "${pid[$1]}")
  out=$(taskset -c $load_core wrk -t1 -c"$4" -d"${seconds}s" --latency -H 'X-Session-API-Key: bench-key' "$(url "$1" "$3")")
  after=$(ticks "${pid[$1]}") user_after=$(user_ticks "${pid[$1]}")
  local requests; requests=$(awk '/requests in/ {print $1}' <<<"$out")
  if grep -q -E 'Non-2xx|Socket errors' <<<"$out"; then echo "$1 $2: $(grep -E 'Non-2xx|Socket errors' <<<"$out")" >&2; fi
  say "$1" "$2.rps" "$(awk '/Requests\/sec/ {print $2}' <<<"$out")"
  say "$1" "$2.p50" "$(millis "$(awk '$1=="50%" {print $2}' <<<"$out")")"
  say "$1" "$2.p99" "$(millis "$(awk '$1=="99%" {print $2}' <<<"$out")")"
  say "$1" "$2.cpu" "$(awk "BEGIN {print ($after-$before)/$hz/$requests*10000}")"
  say "$1" "$2.user" "$(awk "BEGIN {print ($user_after-$user_before)/$hz/$requests*10000}")"
}
percentiles() { # proxy, figure: of the log of h2load, whose third column is microseconds
  sort -n -k3,3 "$dir/rate.log" | awk '{v[NR]=$3} END {if (NR) print v[int(NR*0.5)+1]/1000, v[int(NR*0.99)+1]/1000; else print 0, 0}' >"$dir/rate"
  say "$1" "$2.p50" "$(cut -d' ' -f1 "$dir/rate")"
  say "$1" "$2.p99" "$(cut -d' ' -f2 "$dir/rate")"
}
rate_load() { # 1,000 requests a second on 20 connections, all of them at once every 20 ms
  rm -f "$dir/rate.log"
  taskset -c $load_core h2load --h1 -t1 -c20 --rps 50 -D "$seconds" --warm-up-time 1 -H 'X-Session-API-Key: bench-key' \
    --log-file "$dir/rate.log" "$(url "$1" web/runtime/small)" >/dev/null 2>&1 || true
  percentiles "$1" rate
}
even_load() { # the same, one every millisecond: connections that begin 21 ms after one another, of which each sends every 20 ms
  rm -f "$dir/all.log"
  taskset -c $load_core h2load --h1 -t1 -c20 -r1 --rate-period 21ms --rps 50 -n $(((seconds + 1) * 1000)) \
    -H 'X-Session-API-Key: bench-key' --log-file "$dir/all.log" "$(url "$1" web/runtime/small)" >/dev/null 2>&1 || true
  sort -n "$dir/all.log" | tail -n +1001 >"$dir/rate.log"
  percentiles "$1" even
}
bulk_load() { # 1 GiB each way
  local direction before
  for direction in down up; do
    forget_peak "${pid[$1]}"
    local rss; rss=$(rss_kib "${pid[$1]}")
    before=$(ticks "${pid[$1]}")
    if [ $direction = down ]; then
      taskset -c $load_core curl -sf -o /dev/null -w '%{time_total}' "$(url "$1" web/runtime/huge)" >"$dir/took"
    else
      taskset -c $load_core curl -sf -o /dev/null -w '%{time_total}' -H 'Expect:' -H 'X-Session-API-Key: bench-key' \
        -T "$dir/www/huge" "$(url "$1" sink/runtime/huge)" >"$dir/took"
    fi
    say "$1" "$direction.cpu" "$(awk "BEGIN {print ($(ticks "${pid[$1]}")-$before)/$hz}")"
    say "$1" "$direction.took" "$(cat "$dir/took")"
    say "$1" "$direction.growth" "$(awk "BEGIN {print ($(peak_kib "${pid[$1]}")-$rss)/1024}")"
  done
}
with_bench() { # file of its output, then the arguments; stays until its input ends
  mkfifo "$dir/hold.$1"
  taskset -c $load_core java -Xmx128m src/bench/Bench.java "${@:2}" <"$dir/hold.$1" >"$dir/$1.out" & held=$!
  exec 7>"$dir/hold.$1"
  until [ -s "$dir/$1.out" ]; do
    kill -0 $held 2>/dev/null || { echo "${*:2} failed" >&2; return 1; }
    sleep 0.1
  done
}
let_go() { exec 7>&-; wait $held 2>/dev/null || true; rm -f "$dir/hold.$1" "$dir/$1.out"; }
# The JVM gives memory back late, so growth is what counts, from a collected heap to a collected heap.
collected() { if [ "$1" = reveille ]; then jcmd "${pid[$1]}" GC.run >/dev/null 2>&1 || true; sleep 0.5; fi; rss_kib "${pid[$1]}"; }
idle_sockets() {
  # A first batch makes what is made once: code, buffers, tables.
  with_bench sockets sockets "${port[$1]}" /sink/runtime/ws 200; let_go sockets
  local rss; rss=$(collected "$1")
  with_bench sockets sockets "${port[$1]}" /sink/runtime/ws 2000
  sleep 1
  say "$1" sockets.kib "$(awk "BEGIN {print ($(collected "$1")-$rss)/2000}")"
  let_go sockets
}
stalled() { # readers that do not read: growth of the proxy
  local rss
  forget_peak "${pid[$1]}"
  rss=$(rss_kib "${pid[$1]}")
  taskset -c $load_core java -Xmx64m src/bench/Bench.java stall "${port[$1]}" /web/runtime/huge "${BENCH_STALL:-60}" >/dev/null
  say "$1" stall.download "$(awk "BEGIN {print ($(peak_kib "${pid[$1]}")-$rss)/1024}")"
  forget_peak "${pid[$1]}"
  rss=$(rss_kib "${pid[$1]}")
  taskset -c $load_core java -Xmx64m src/bench/Bench.java stall "${port[$1]}" /sink/runtime/flood "${BENCH_STALL:-60}" >/dev/null
  say "$1" stall.socket "$(awk "BEGIN {print ($(peak_kib "${pid[$1]}")-$rss)/1024}")"
}

progress "warming up"
for p in $only; do
  for w in small big; do
    case " $what " in *" $w "*) seconds=${BENCH_WARMUP:-60} http_load "$p" warm "web/runtime/$w" 64 ;; esac
  done
  case " $what " in *" bulk "*) for _ in 1 2 3 4 5 6; do bulk_load "$p"; done ;; esac
done
grep -v -E ' (warm|down|up)\.' "$dir/figures" >"$dir/kept" || true
mv "$dir/kept" "$dir/figures"
for round in $(seq "$rounds"); do
  for p in $only; do
    for w in $what; do
      progress "round $round of $rounds: $p, $w"
      case $w in
        small) http_load "$p" small web/runtime/small 64 ;;
        big) http_load "$p" big web/runtime/big 64 ;;
        bulk) bulk_load "$p" ;;
        rate) rate_load "$p" ;;
        even) even_load "$p" ;;
        sockets) [ "$round" -gt 1 ] || idle_sockets "$p" || echo "$p: no figure for idle websockets" >&2 ;;
        stall) [ "$round" -gt 1 ] || stalled "$p" ;;
      esac
    done
    say "$p" rss "$(awk "BEGIN {print $(rss_kib "${pid[$p]}")/1024}")"
  done
done
progress ""

# The table.
median() { awk -v p="$1" -v f="$2" '$1==p && $2==f {print $3}' "$dir/figures" | sort -g | awk '{v[NR]=$1} END {if (NR) printf "%.3g", v[int((NR+1)/2)]; else printf "-"}'; }
echo "$(date +%F), $(nproc) cores, $(java -version 2>&1 | sed -n '1s/.*"\(.*\)".*/Java \1/p'), Linux $(uname -r | cut -d- -f1), $(haproxy -v | sed -n '1s/^\(HAProxy\) version \([0-9.]*\).*/\1 \2/p'), $(nginx -v 2>&1 | sed 's/.*: //'), median of $rounds rounds of ${seconds} s, load $(cut -d' ' -f1 /proc/loadavg)"
echo
printf '| |'; for p in $only; do printf ' %s |' "$p"; done; echo
printf '| --- |'; for p in $only; do printf ' ---: |'; done; echo
row() { # figure, words
  grep -q " $1 " "$dir/figures" || return 0
  printf '| %s |' "$2"; for p in $only; do printf ' %s |' "$(median "$p" "$1")"; done; echo
}
for w in small:"12 bytes, 64 connections" big:"64 KiB, 64 connections"; do
  row "${w%%:*}.rps" "${w#*:}: requests/s"
  row "${w%%:*}.p50" "p50, ms"
  row "${w%%:*}.p99" "p99, ms"
  row "${w%%:*}.cpu" "CPU-seconds per 10,000"
  row "${w%%:*}.user" "of them outside of the kernel"
done
row even.p50 "12 bytes, 1,000 requests/s, one every ms: p50, ms"
row even.p99 "p99, ms"
row rate.p50 "12 bytes, 1,000 requests/s, 20 at once: p50, ms"
row rate.p99 "p99, ms"
row down.cpu "1 GiB down: CPU-seconds"
row down.took "seconds"
row down.growth "growth of RSS at most, MiB"
row up.cpu "1 GiB up: CPU-seconds"
row up.took "seconds"
row up.growth "growth of RSS at most, MiB"
row sockets.kib "2,000 idle websockets: KiB each"
row stall.download "a download whose reader stalls: growth, MiB"
row stall.socket "a websocket whose reader stalls: growth, MiB"
row rss "RSS at the end, MiB"
ratio() { # figure, words, whether less is better
  grep -q " $1 " "$dir/figures" || return 0
  case " $only " in *" reveille "*) ;; *) return 0 ;; esac
  for p in $only; do
    [ "$p" = reveille ] || printf '%s: reveille against %s %s\n' "$2" "$p" "$(awk "BEGIN {a=$(median "$p" "$1"); b=$(median reveille "$1"); if (b>0) printf \"%.2f\", a/b}")"
  done
}
echo
ratio small.cpu "requests per CPU-second, 12 bytes"
ratio big.cpu "requests per CPU-second, 64 KiB"
ratio down.cpu "bytes per CPU-second, down"
ratio up.cpu "bytes per CPU-second, up"
