# BGP: a speaker (iBGP with ONOS, wired to it over mg) and routers of other ASes at the boxes' router ports, all FRR; the table is bgp.txt.
# Their folders are $(bgp_run)/NAME; $D/bgp says that it is up.
FRR_DAEMONS=${FRR_DAEMONS:-/usr/lib/frr}

peers() { sed -e '/^#/d' -e '/^$/d' "$HERE/bgp.txt"; }
peer_names() { peers | awk '{print $1}'; }
peer_row() { peers | awk -v n="$1" '$1==n{print; found=1} END{exit !found}' || fail "no such router: $1 (there are: $(echo $(peer_names)))"; }
peer_port() { rows | awk -v n="$1" '$5==n{print $1, $2, $6; exit}'; }                # box, ofport, interface inside
bgp_is_up() { [ -d "$D/bgp" ]; }

# FRR's daemons give root up: where user frr can't get to the lab's folder, theirs is under /run.
bgp_run() {
  local dir=$RUN
  if bgp_is_up; then cat "$D/bgp/run"; return; fi
  until [ "$dir" = / ]; do
    setpriv --reuid frr --regid frr --clear-groups test -x "$dir" || { echo "/run/guardpost-lab-$LAB-$(printf %s "$ROOT_DIR" | cksum | cut -d' ' -f1)-frr"; return; }
    dir=$(dirname "$dir")
  done
  echo "$RUN/frr"
}
bgp_missing() {                               # why there can be no BGP here, or nothing
  if ! [ -x "$FRR_DAEMONS/bgpd" ] || ! command -v vtysh >/dev/null; then echo "FRR is missing (apt-get install frr)"
  else case $(mode) in
    own) ;;
    embedded) echo "the embedded ONOS speaks no BGP (ONOS=real)" ;;
    external) echo "an ONOS elsewhere is not reached at its BGP port from here" ;;
    none) echo "the lab is up without ONOS" ;;
  esac; fi
}

bgp_config() {                                # bgp_config NAME KIND AS ADDRESS PEER ANNOUNCES...: bgpd.conf
  local name=$1 kind=$2 as=$3 address=$4 peer=$5 p; shift 5
  echo "router bgp $as"
  echo " bgp router-id ${address%/*}"
  echo " no bgp ebgp-requires-policy"
  echo " no bgp network import-check"
  if [ "$kind" = speaker ]; then
    neighbour "$peer" "$as"; echo " neighbor $peer port 2000"
    peers | while read -r _ kind as address _; do [ "$kind" != router ] || neighbour "${address%/*}" "$as"; done
  else
    neighbour "$peer" "$(peers | awk '$2=="speaker"{print $3}')"
    echo " address-family ipv4 unicast"
    for p; do echo "  network $p"; done
    echo " exit-address-family"
  fi
}
neighbour() {                                 # quick to meet and quick to miss each other: this is a lab
  printf ' neighbor %s remote-as %s\n' "$1" "$2"
  printf " neighbor $1 %s\n" 'timers 5 15' 'timers connect 2' 'advertisement-interval 0'
}

peer_addresses() {                            # peer_addresses NAME KIND AS ADDRESS PEER ANNOUNCES...
  local name=$1 kind=$2 address=$4 a pif
  read -r _ _ pif <<<"$(peer_port "$name")"; shift 5
  if [ "$kind" = speaker ]; then
    ip -n "$LAB-$name" link show mg >/dev/null 2>&1 || { wire "$name" mg net mg-speaker; ip -n "$LAB-net" link set mg-speaker master mg; }
    ip -n "$LAB-$name" addr replace "$address" dev mg
    peers | while read -r _ kind _ address a _; do [ "$kind" != router ] || ip -n "$LAB-$name" addr replace "$a/${address#*/}" dev "$pif"; done
  else
    ip -n "$LAB-$name" addr replace "$address" dev "$pif"
    for a; do [ "$a" = - ] || ip -n "$LAB-$name" addr replace "$a" dev lo; done
  fi
}
peer_up() {
  local name=$1 r=$FRR/$1 daemon row
  read -r -a row <<<"$(peer_row "$name")"
  if [ ! -d "$r" ]; then
    install -d -o frr -g frr "$r"
    : >"$r/zebra.conf"; bgp_config "${row[@]}" >"$r/bgpd.conf"; : >"$r/vtysh.conf"
    chown -R frr:frr "$r"
    peer_addresses "${row[@]}"
  fi
  for daemon in zebra bgpd; do
    alive "$r/$daemon.pid" || in_ns "$name" "$FRR_DAEMONS/$daemon" -d -f "$r/$daemon.conf" -i "$r/$daemon.pid" -z "$r/zserv.api" --vty_socket "$r" -P 0 \
      --log "file:$r/$daemon.log" </dev/null >>"$r/start.log" 2>&1 || fail "$daemon of $name did not start; see $r/start.log"
  done
}
peer_down() {
  local name=$1 r=$FRR/$1 pif daemon
  for daemon in bgpd zebra; do stop "$r/$daemon.pid"; done
  [ -e "$(netns "$name")" ] || return 0
  read -r _ _ pif <<<"$(peer_port "$name")"
  ip -n "$LAB-$name" addr flush dev "$pif"; ip -n "$LAB-$name" addr flush dev lo scope global
  ip -n "$LAB-$name" link del mg 2>/dev/null || true
}
vty() { local n=$1; shift; in_ns "$n" vtysh --vty_socket "$FRR/$n" --config_dir "$FRR/$n" "$@"; }

bgp_network() {                               # bgp_network ROUTER [no] PREFIX
  local as; as=$(peer_row "$1" | awk '$2=="router"{print $3}'); [ -n "$as" ] || fail "$1 announces nothing: it is the speaker"
  vty "$1" -c 'configure terminal' -c "router bgp $as" -c 'address-family ipv4 unicast' -c "${*:2:$#-2} network ${!#}" >&2
}
bgp_need_up() { bgp_is_up || fail "no BGP here (lab.sh bgp-up)"; FRR=$(bgp_run); }
bgp_announce() {                              # bgp_announce ROUTER PREFIX  -> prints the address of it that answers
  local name=$1 prefix=$2 address a
  address=$(host_of "$prefix" 1)
  for a in $(peer_row "$name" | cut -d' ' -f2- | tr ' ' '\n' | grep -E '^[0-9.]+/[0-9]+$'); do
    if [ "$(host_of "$a" 0)/${a#*/}" = "$(host_of "$prefix" 0)/${prefix#*/}" ]; then address=${a%/*}; fi
  done
  ip -n "$LAB-$name" addr replace "$address/${prefix#*/}" dev lo
  bgp_network "$name" "$prefix"
  echo "$address"
}
bgp_unannounce() {
  local a
  bgp_network "$1" no "$2"
  ip -n "$LAB-$1" -o -4 addr show dev lo to "$2" scope global | awk '{print $4}' | while read -r a; do ip -n "$LAB-$1" addr del "$a" dev lo; done
}
host_of() {                                   # host_of PREFIX N: its Nth address; of a /31 and a /32 the first
  local length=${1#*/} bytes n
  [[ $1 =~ ^([0-9]+\.){3}[0-9]+/[0-9]+$ ]] && [ "$length" -le 32 ] || fail "$1: expected a prefix, 116.89.190.84/30"
  IFS=. read -r -a bytes <<<"${1%/*}"
  n=$(((bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3]) >> (32 - length) << (32 - length)))
  [ "$length" -ge 31 ] || n=$((n + $2))
  echo "$((n >> 24)).$((n >> 16 & 255)).$((n >> 8 & 255)).$((n & 255))"
}

bgp_up() {                                    # also mends: what has died is started, what ONOS forgot is told again
  local why name
  why=$(bgp_missing); [ -z "$why" ] || fail "no BGP: $why"
  FRR=$(bgp_run)
  install -d -m 755 "$FRR"; mkdir -p "$D/bgp"; echo "$FRR" >"$D/bgp/run"
  for name in $(peer_names); do peer_up "$name"; done
  bgp_onos "${1:-up}" || fail "SDN-IP did not come to forward; see $FRR/*/bgpd.log, $D/onos.log"
}
bgp_onos() { ONOS_USER=$ONOS_USER ONOS_PASSWORD=$ONOS_PASSWORD LAB_FRR=$FRR LAB_NAME=$LAB LAB_BGP=$D/bgp node "$HERE/bgp.mjs" "$1" "$(onos_url)" 60; }
bgp_processes_down() {
  local name
  bgp_is_up || return 0
  FRR=$(bgp_run)
  for name in $(peer_names); do peer_down "$name"; done
}
bgp_down() {                                  # the lab is as it was before: also ONOS, where it is there
  bgp_is_up || return 0
  bgp_processes_down
  ! alive "$D/onos.pid" || bgp_onos down || fail "ONOS did not let go of SDN-IP's configuration"
  bgp_forget
}
bgp_forget() { if bgp_is_up; then rm -rf "$(bgp_run)" "$D/bgp"; fi; }
bgp_show() {
  local name
  FRR=$(bgp_run)
  for name in $(peer_names); do
    echo "== $name  $(peer_row "$name" | awk '{print "AS" $3, $4, "with", $5; for (i = 6; i <= NF; i++) print $i}' | xargs)"
    vty "$name" -c 'show bgp summary' | awk '/^Neighbor/{on=1; next} on && NF>9{print "   " $1, "AS" $3, "up", $9, $10}'
  done
}
