# A box: its own ovsdb-server and ovs-vswitchd (userspace datapath) in its own namespace, OVS_RUNDIR = $RUN/BOX.
ovs_env() { export OVS_RUNDIR=$RUN/$1 OVS_LOGDIR=$RUN/$1 OVS_DBDIR=$RUN/$1 OVS_SYSCONFDIR=$RUN/$1; }
vs() { local b=$1; shift; ovs-vsctl --timeout=20 --db="unix:$RUN/$b/db.sock" "$@"; }

ovsdb_up() {
  local b=$1 r=$RUN/$1
  ! alive "$r/ovsdb.pid" || return 0
  in_ns "$b" ovsdb-server "$r/conf.db" --remote="punix:$r/db.sock" --unixctl="$r/ovsdb.ctl" --pidfile="$r/ovsdb.pid" --log-file="$r/ovsdb.log" --detach 2>"$r/ovsdb.err" </dev/null >/dev/null
}
switch_up() {                                 # taps (so the VTEP address) outlive the process
  local b=$1 r=$RUN/$1; ovs_env "$b"
  ovsdb_up "$b"
  ! alive "$r/vswitchd.pid" || return 0
  in_ns "$b" ovs-vswitchd "unix:$r/db.sock" --disable-system --unixctl="$r/vswitchd.ctl" --pidfile="$r/vswitchd.pid" --log-file="$r/vswitchd.log" --detach 2>"$r/vswitchd.err" </dev/null >/dev/null
}

box_up() {
  local b=$1 i r=$RUN/$1 a p name kind peer o; i=$(dpid "$b"); mkdir -p "$r"
  ovs_env "$b"
  ovsdb-tool create "$r/conf.db" "$OVS_SCHEMA"
  ovsdb_up "$b"
  vs "$b" --no-wait init -- set Open_vSwitch . other_config:n-handler-threads=1 other_config:n-revalidator-threads=1
  switch_up "$b"
  # br-phy: a standalone learning switch with the underlay NIC; its LOCAL port holds the VTEP address. hwaddr must differ from eth1's,
  # or the kernel takes the VXLAN frames of eth1 for its own and answers "port unreachable".
  vs "$b" add-br br-phy -- set bridge br-phy datapath_type=netdev fail-mode=standalone "other-config:hwaddr=02:00:00:00:ff:0$i" \
    -- add-port br-phy eth1 -- set interface br-phy mtu_request=$UNDERLAY_MTU
  ip -n "$LAB-$b" addr add 172.31.0.$i/24 dev br-phy; ip -n "$LAB-$b" link set br-phy up
  a=(add-br "br-nd$i" -- set bridge "br-nd$i" datapath_type=netdev protocols=OpenFlow13 fail-mode=secure
     other-config:datapath-id="$(printf %016x "$i")" other-config:disable-in-band=true)
  while read -r p name kind peer; do
    a+=(-- add-port "br-nd$i" "$name" -- set interface "$name" ofport_request="$p")
    o=$(dpid "$peer" 2>/dev/null) || true
    [ "$kind" != vxlan ] || a+=(type=vxlan options:remote_ip="172.31.0.$o" options:key="$((100 + i + o))")
  done < <(rows | awk -v b="$b" '$1==b{print $2,$3,$4,$5}')
  vs "$b" "${a[@]}" -- set-controller "br-nd$i" "tcp:$CTL_ADDRESS:6653" -- set controller "br-nd$i" connection-mode=out-of-band max_backoff=1000
}
boxes_up() {
  local b pid jobs=()
  for b in $BOXES; do box_up "$b" & jobs+=($!); done
  for pid in "${jobs[@]}"; do wait "$pid" || fail "a switch did not start; see $RUN/*/*.err"; done
  for b in $BOXES; do in_ns "$b" ping -qc1 -W1 172.31.0.1 >/dev/null || true; done    # teaches br-phy and tnl/arp the VTEPs
}
boxes_mend() { local b; for b in $BOXES; do switch_up "$b"; done; }
boxes_down() { local b; for b in $BOXES; do stop "$RUN/$b/vswitchd.pid"; stop "$RUN/$b/ovsdb.pid"; done; }

boxes_show() {
  local b i; for b in $BOXES; do i=$(dpid "$b")
    echo "== $b  namespace=$LAB-$b  bridge=br-nd$i  connected=$(vs "$b" get controller "br-nd$i" is_connected)  vswitchd=$(cat "$RUN/$b/vswitchd.pid" 2>/dev/null || echo none)"
    vs "$b" --data=bare --no-headings --columns=ofport,name,type,error list interface | paste -sd' ' | sed 's/  */ /g'
  done
}
