#!/bin/bash
# lab.sh up [--no-onos] | down | show | steer
#        in NAMESPACE CMD...        run a command inside (gw, ctl, gist1, koren-h1 ...)
#        vs BOX ...  of BOX ...  app BOX ...      ovs-vsctl, ovs-ofctl -O OpenFlow13, ovs-appctl of that box
#        restart BOX [SIGNAL]       its ovs-vswitchd
#        onos-stop [SIGNAL] | onos-start | redis-kill [SIGNAL] | redis-start
#        bgp-up | bgp-down          a BGP speaker and routers of other ASes, SDN-IP's routes between them
#        announce ROUTER PREFIX | unannounce ROUTER PREFIX      announce prints the address of it that answers
#        vtysh ROUTER ...           FRR's, of a router or the speaker
#        relay PORT|0 TARGET        a port of 127.0.0.1 -> tcp:HOST:PORT as ctl sees it, or unix:/PATH; prints the port
# GUARDPOST_LAB (default gp) names the lab, GUARDPOST_LAB_DIR (default .state/lab) is the folder that holds it. README.md has the picture.
set -euo pipefail
HERE=$(cd "$(dirname "$(readlink -f "$0")")" && pwd -P)
for part in env net ovs redis relay onos bgp; do . "$HERE/sh/$part.sh"; done

describe() {
  LAB_NAME=$LAB LAB_DIR=$D LAB_RUN=$RUN LAB_MODE=$(mode) LAB_ONOS_URL=$(onos_url) LAB_REDIS_PORT=$(cut -d' ' -f1 "$D/ports") \
    LAB_CTL=$CTL_ADDRESS LAB_MALICIOUS=$GW_MALICIOUS LAB_BENIGN=$GW_BENIGN LAB_PREFIXES=$GW_PREFIXES \
    LAB_ONOS_USER=$ONOS_USER LAB_ONOS_PASSWORD=$ONOS_PASSWORD node "$HERE/describe.mjs" "$HERE/topology.txt" "$HERE/bgp.txt" >"$D/lab.json.new"
  mv "$D/lab.json.new" "$D/lab.json"
}
build() {
  mkdir -p "$D" "$RUN"
  echo "$MODE" >"$D/mode"; printf '%s\n' "${EXTERNAL[@]}" >"$D/external"
  [ "$MODE" != own ] || onos_unpack
  net_up
  onos_launch                                 # first: it takes longest, the rest is built meanwhile
  redis_up
  [ "$(mode)" != external ] || relays_external
  relays_up
  boxes_up
  steer
  describe
}
mend() {                                      # of a lab that is up: start again what has died
  onos_launch; redis_up
  [ "$(mode)" != external ] || relays_external
  relays_up; boxes_mend; steer
}
up() {
  if [ -f "$D/lab.json" ] && net_is_up; then
    [ "$(mode)" != none ] || [ -n "$NO_ONOS" ] || fail "is up without ONOS; take it down first"
    case ${ONOS:-}-$(mode) in embedded-own|embedded-external|real-embedded) fail "is up with another ONOS ($(mode)); take it down first" ;; esac
    mend; describe
    say "is up"
  else
    onos_choose
    down
    # In a shell of its own, so that -e holds inside and whatever ends it leads to `down`.
    trap 'trap "" INT TERM; say "interrupted, taking it down"; down; exit 130' INT TERM
    set +e; (set -e; build); local code=$?; set -e
    trap - INT TERM
    if [ $code != 0 ]; then say "up failed, taking it down"; keep_log; down; exit 1; fi
    say "is up in ${SECONDS} s: $D/lab.json"
  fi
}
keep_log() { if [ -s "$D/onos.log" ]; then tail -n 5 "$D/onos.log" | sed "s/^/lab $LAB: onos.log: /" >&2; fi; }
down() {                                      # safe at any time, any number of times
  [ ! -f "$D/onos.pid" ] || stop "$D/onos.pid" TERM 1            # its state goes anyway, so it is not waited for long
  [ ! -d "$D/redis" ] || redis_down
  bgp_processes_down
  bgp_forget
  relays_down
  boxes_down
  net_down
  if [ -d "$D" ]; then
    [ ! -d "$D/onos" ] || onos_forget
    find "$D" -mindepth 1 -maxdepth 1 ! -name onos -exec rm -rf {} +
    rmdir "$D" 2>/dev/null || true
  fi
  [ "$RUN" = "$D" ] || rm -rf "$RUN"
}
show() {
  [ -f "$D/lab.json" ] || { echo "lab $LAB is down"; return; }
  local redis=down onos=down
  if alive "$D/redis/redis.pid"; then redis=up; fi
  if alive "$D/onos.pid"; then onos=up; fi
  echo "lab $LAB in $D"
  echo "redis://127.0.0.1:$(cut -d' ' -f1 "$D/ports") ($redis)   onos: $(mode) $(onos_url) ($(onos_is_ours && echo $onos || echo "not ours"))"
  boxes_show
  ! bgp_is_up || bgp_show
}
need_up() { [ -f "$D/lab.json" ] || fail "is not up (lab.sh up)"; }
lock() { exec 9<"$ROOT_DIR"; flock 9; }       # one change at a time; commands run with 9<&-, so that no process of the lab holds it

[ "$(id -u)" = 0 ] || fail "needs root (namespaces, Open vSwitch)"
command=${1:-}; [ $# = 0 ] || shift; NO_ONOS=
case $command in
  up) lock; case ${1:-} in '') ;; --no-onos) NO_ONOS=1 ;; *) fail "up: unknown option $1" ;; esac; up 9<&- ;;
  down) lock; down 9<&- ;;
  show) show ;;
  steer) need_up; steer ;;
  in) in_ns "$@" ;;
  vs) vs "$@" ;;
  of) b=$1; shift; ovs_env "$b"; in_ns "$b" ovs-ofctl -O OpenFlow13 "$@" ;;
  app) b=$1; shift; ovs_env "$b"; ovs-appctl -t "$RUN/$b/vswitchd.ctl" "$@" ;;
  restart) need_up; dpid "${1:?a box}" >/dev/null; stop "$RUN/$1/vswitchd.pid" "${2:-TERM}"; switch_up "$1" ;;
  onos-stop) need_up; onos_stop "$@" ;;
  onos-start) need_up; onos_launch; steer ;;
  redis-kill) need_up; redis_down "${1:-KILL}" ;;
  redis-start) need_up; redis_up ;;
  bgp-up) need_up; lock; bgp_up 9<&- ;;
  bgp-down) need_up; lock; bgp_down 9<&- ;;
  bgp-missing) need_up; bgp_missing ;;
  announce) bgp_need_up; bgp_announce "${1:?a router}" "${2:?a prefix}" ;;
  unannounce) bgp_need_up; bgp_unannounce "${1:?a router}" "${2:?a prefix}" ;;
  vtysh) bgp_need_up; vty "$@" ;;
  relay) need_up; relay_add "${1:?a port or 0}" "${2:-}" ;;
  *) sed -n '2,11p' "$0"; exit 2 ;;
esac
