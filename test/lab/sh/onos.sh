# ONOS: the lab's own (a real one from ONOS_DIST, in LAB-ctl on its standard ports), one elsewhere (ONOS_URLS), the embedded stand-in
# (onos-emulator, in LAB-ctl too), or none (--no-onos). ONOS=real|embedded chooses where both are possible.
ONOS_USER=${ONOS_USER:-onos}; ONOS_PASSWORD=${ONOS_PASSWORD:-rocks}

onos_tarball() {
  local dist=${ONOS_DIST:-$REPO/../shared/onos} f
  for f in "$dist"/onos-*.tar.xz; do [ -f "$f" ] && { realpath "$f"; return; }; done
  return 1
}
onos_choose() {                               # sets MODE (own, external or none) and EXTERNAL; fails before anything is built
  local url hostport
  EXTERNAL=()
  case ${ONOS:-} in ''|real|embedded) ;; *) fail "ONOS=$ONOS: expected real or embedded" ;; esac
  if [ -n "$NO_ONOS" ]; then MODE=none
  elif [ "${ONOS:-}" = embedded ]; then MODE=embedded
  elif [ -n "${ONOS_URLS:-}" ]; then
    MODE=external; url=${ONOS_URLS%%,*}
    [[ $url =~ ^(https?)://([^/]+) ]] || fail "ONOS_URLS=$url: expected http://host:port"
    hostport=${BASH_REMATCH[2]}
    [[ $hostport =~ :[0-9]+$ ]] || case ${BASH_REMATCH[1]} in https) hostport+=:443 ;; *) hostport+=:80 ;; esac
    EXTERNAL=("$hostport" "${GUARDPOST_ONOS_OPENFLOW:-${hostport%:*}:6653}" "${url%%:*}")
  elif onos_tarball >/dev/null && [ -x "${JAVA_HOME:-/usr/lib/jvm/java-17-openjdk-amd64}/bin/java" ]; then MODE=own
  elif [ "${ONOS:-}" != real ]; then MODE=embedded
  else
    fail "no ONOS: set ONOS_DIST to a folder with onos-*.tar.xz (needs OpenJDK 17), or ONOS_URLS to a running one (docker run --network host onosproject/onos:2.7.0 gives http://127.0.0.1:8181), or say ONOS=embedded"
  fi
}
onos_unpack() {                               # once; the copy is kept by `down`
  local f stamp; f=$(onos_tarball); stamp="$f $(stat -c '%s %Y' "$f")"
  [ "$(cat "$D/onos/.unpacked" 2>/dev/null)" != "$stamp" ] || return 0
  say "unpacking $f"
  rm -rf "$D/onos"; mkdir -p "$D/onos"
  tar -xJf "$f" -C "$D/onos" --strip-components=1
  echo "$stamp" >"$D/onos/.unpacked"
}
onos_is_ours() { case $(mode) in own|embedded) ;; *) false ;; esac; }
onos_launch() {
  onos_is_ours && ! alive "$D/onos.pid" || return 0
  if [ "$(mode)" = embedded ]; then emulator_launch; return; fi
  onos_unpack
  launch "$D/onos.pid" "$D/onos.log" nsenter --net="$(netns ctl)" -- env ONOS_HEAP="${ONOS_HEAP:-768m}" ONOS_REST_ADDRESS=0.0.0.0 \
    ONOS_REST_PORT=8181 ONOS_OF_PORT=6653 ONOS_BGP_PORT=2000 ONOS_CLUSTER_PORT=9876 ONOS_SSH_PORT=8101 "$D/onos/bin/start-onos" clean
}
emulator_launch() {
  LAB_RUN=$RUN LAB_ONOS_USER=$ONOS_USER LAB_ONOS_PASSWORD=$ONOS_PASSWORD node "$HERE/emulator-config.mjs" "$HERE/topology.txt" >"$D/onos-emulator.json"
  launch "$D/onos.pid" "$D/onos.log" nsenter --net="$(netns ctl)" -- node --import "file://$REPO/node_modules/tsx/dist/loader.mjs" \
    "$HERE/onos-emulator/main.ts" "$D/onos-emulator.json"
}
onos_stop() {
  onos_is_ours || fail "this lab has no ONOS of its own (mode $(mode))"
  stop "$D/onos.pid" "${1:-TERM}" 20
}
onos_url() {                                  # as the root namespace sees it; empty without one
  case $(mode) in
    own|embedded) echo "http://127.0.0.1:$(cut -d' ' -f2 "$D/ports")" ;;
    external) echo "$(sed -n 3p "$D/external")://$(sed -n 1p "$D/external")" ;;
  esac
}
onos_forget() { rm -rf "$D"/onos/apache-karaf-*/{data,instances,lock} "$D"/onos/apache-karaf-*/etc/host.key* "$D"/onos/{partitions,config/*.json}; }

steer() {                                     # waits for ONOS, devices and links, then sees to hosts and intents; safe to repeat
  [ "$(mode)" != none ] || return 0
  ONOS_USER=$ONOS_USER ONOS_PASSWORD=$ONOS_PASSWORD node "$HERE/steer.mjs" "$(onos_url)" "${1:-120}" || fail "ONOS did not come to forward; see $D/onos.log"
  until_ok 15 all_reachable || fail "hosts do not reach the gateway: $(unreachable)"
  ! bgp_is_up || bgp_up mend
}
all_reachable() { [ -z "$(unreachable)" ]; }
unreachable() {                               # what does not answer the gateway: NAME (ADDRESS) ...; both families, for a rule may take one alone
  local name v4 v6 a i=0 names=() jobs=()
  while read -r name v4 v6; do
    for a in $v4 $v6; do in_ns gw ping -qc1 -W1 "$a" >/dev/null 2>&1 & jobs+=($!); names+=("$name ($a)"); done
  done < <(tenants | awk '$5!="gw"{print $5, $7, $8}')
  for a in "${jobs[@]}"; do wait "$a" || printf '%s ' "${names[i]}"; i=$((i+1)); done
}
