# Relays between the lab and the machine's root namespace: all that the lab leaves there are listening sockets on 127.0.0.1.
relay_run() {                                 # relay_run NAME NAMESPACE|root LISTEN CONNECT...  -> one "LISTEN PORT" line a pair in NAME.log
  local f=$D/relays/$1 where=$2 pre=(); shift 2
  ! alive "$f.pid" || return 0
  [ "$where" = root ] || pre=(nsenter --net="$(netns "$where")" --)
  mkdir -p "$D/relays"; : >"$f.log"
  launch "$f.pid" "$f.log" "${pre[@]}" node "$HERE/relay.mjs" --lab="$D/" "$@"      # --lab marks the process as ours
  until_ok 15 relay_ready "$f" || fail "a relay did not start; see $f.log"
}
relay_ready() { alive "$1.pid" && grep -qE '^(tcp|unix):.* [0-9]*$' "$1.log"; }
relay_port() { awk -v n="$2" 'NR==n{print $2}' "$D/relays/$1.log"; }

relays_up() {                                 # the same ports again when a relay has to be started anew
  local onos redis pairs=(unix:"$RUN/redis.sock" tcp:$CTL_ADDRESS:6379)
  read -r redis onos 2>/dev/null <"$D/ports" || true
  ! onos_is_ours || pairs+=(unix:"$RUN/onos.sock" tcp:127.0.0.1:8181)
  relay_run ctl ctl "${pairs[@]}"
  pairs=(tcp:127.0.0.1:"${redis:-0}" unix:"$RUN/redis.sock")
  ! onos_is_ours || pairs+=(tcp:127.0.0.1:"${onos:-0}" unix:"$RUN/onos.sock")
  relay_run root root "${pairs[@]}"
  echo "$(relay_port root 1) $(relay_port root 2)" >"$D/ports"
}

# An ONOS elsewhere: ctl's address stands for it, so boxes and bridge are configured as ever.
relays_external() {
  local url of; url=$(sed -n 1p "$D/external"); of=$(sed -n 2p "$D/external")
  relay_run onos-root root unix:"$RUN/onos.sock" "tcp:$url" unix:"$RUN/openflow.sock" "tcp:$of"
  relay_run onos-ctl ctl tcp:0.0.0.0:8181 unix:"$RUN/onos.sock" tcp:$CTL_ADDRESS:6653 unix:"$RUN/openflow.sock"
}

relay_add() {                                 # relay_add PORT|0 tcp:HOST:PORT (as ctl sees it) | unix:/PATH  -> prints the port in the root namespace
  local n=1 target=${2:?a target: tcp:HOST:PORT or unix:/PATH}
  mkdir -p "$D/relays"; until mkdir "$D/relays/added-$n" 2>/dev/null; do n=$((n+1)); done
  case $target in
    tcp:*) relay_run "added-$n/ctl" ctl unix:"$RUN/added-$n.sock" "$target"; target=unix:$RUN/added-$n.sock ;;
    unix:*) ;;
    *) fail "relay target $target: expected tcp:HOST:PORT or unix:/PATH" ;;
  esac
  relay_run "added-$n/root" root "tcp:127.0.0.1:$1" "$target"
  relay_port "added-$n/root" 1
}
relays_down() { local f; for f in "$D"/relays/*.pid "$D"/relays/*/*.pid; do [ ! -e "$f" ] || stop "$f" TERM 2; done; }
