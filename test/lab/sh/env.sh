# Names, folders and the handling of processes. Sourced by lab.sh.
LAB=${GUARDPOST_LAB:-gp}                      # prefix of every namespace: labs of different names stand side by side
[[ $LAB =~ ^[a-z][a-z0-9]{0,11}$ ]] || { echo "lab: GUARDPOST_LAB=$LAB: use 1-12 lower-case letters and digits" >&2; exit 2; }
REPO=$(cd "$HERE/../.." && pwd -P)
ROOT_DIR=${GUARDPOST_LAB_DIR:-$REPO/.state/lab}
mkdir -p "$ROOT_DIR"; ROOT_DIR=$(cd "$ROOT_DIR" && pwd -P)
D=$ROOT_DIR/$LAB                              # everything of this lab; `down` leaves only $D/onos, the unpacked ONOS
RUN=$D                                        # Unix sockets and OVS_RUNDIRs: a socket's path ends at 108 characters
if [ ${#RUN} -gt 70 ]; then RUN=/run/guardpost-lab-$LAB-$(printf %s "$ROOT_DIR" | cksum | cut -d' ' -f1); fi

CTL_ADDRESS=10.255.0.10
UNDERLAY_MTU=1600                             # 1500 + 50 of VXLAN over IPv4, with room for a VLAN tag and IPv6 outside
OVS_SCHEMA=${OVS_SCHEMA:-/usr/share/openvswitch/vswitch.ovsschema}

rows() { sed -e '/^#/d' -e '/^$/d' "$HERE/topology.txt"; }
BOXES=$(rows | awk '!seen[$1]++{print $1}')
dpid() { local n=0 b; for b in $BOXES; do n=$((n+1)); [ "$b" != "$1" ] || { echo $n; return; }; done; fail "no such box: $1 (there are: $(echo $BOXES))"; }
mac() { printf '02:00:00:00:%02x:%02x' "$(dpid "$1")" "$2"; }        # box, ofport
namespaces() { { printf 'net\nctl\n'; printf '%s\n' $BOXES; rows | awk '$4=="ns"{print $5}'; } | awk '!seen[$0]++'; }
netns() { echo "/run/netns/$LAB-$1"; }
mode() { cat "$D/mode" 2>/dev/null || echo none; }                   # own, external, embedded, none: whose ONOS

fail() { echo "lab $LAB: $*" >&2; exit 1; }
say() { echo "lab $LAB: $*" >&2; }
# Not `ip netns exec`: it mounts a new /sys, which hides /sys/fs/bpf and what is pinned there.
in_ns() { local n=$1; shift; nsenter --net="$(netns "$n")" -- "$@"; }
until_ok() {                                  # until_ok SECONDS COMMAND...: repeats the command until it succeeds
  local end=$((${EPOCHREALTIME/./} + $1 * 1000000)); shift
  until "$@" >/dev/null 2>&1; do [ "${EPOCHREALTIME/./}" -lt $end ] || return 1; sleep 0.1; done
}

# A process of this lab has the lab's folder in its command line. False for a zombie too, where `kill -0` would be true.
ours() { local c; c=$(tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline") || return 1; [[ $c == *"$D/"* || $c == *"$RUN/"* ]]; }
gone() { ! ours "$1"; }
alive() { local pid; pid=$(cat "$1" 2>/dev/null) && [ -n "$pid" ] && ours "$pid"; }       # alive PIDFILE
stop() {                                      # stop PIDFILE [SIGNAL] [SECONDS]: only what is still the process we started
  local pid
  if alive "$1"; then
    pid=$(cat "$1")
    kill -"${2:-TERM}" "$pid" 2>/dev/null || true
    until_ok "${3:-5}" gone "$pid" || { kill -KILL "$pid" 2>/dev/null || true; until_ok 5 gone "$pid" || fail "process $pid does not end"; }
  fi
  rm -f "$1"
}
launch() {                                    # launch PIDFILE LOGFILE COMMAND...: in a session of its own, holding nothing of ours open
  local pidfile=$1 log=$2; shift 2
  setsid "$@" </dev/null >>"$log" 2>&1 &
  echo $! >"$pidfile"; disown $!
}
