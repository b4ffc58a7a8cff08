# Namespaces and wires. Every veth is born with both ends inside the lab: nothing appears in the machine's own namespace.
#   LAB-net  two Linux bridges: ul (underlay, carries VXLAN) and mg (management: OpenFlow, Redis); no addresses
#   LAB-ctl  10.255.0.10 on mg: Redis, ONOS, later the controller-bridge
#   LAB-BOX  eth0 = management 10.255.0.DPID, eth1 = underlay (port of br-phy), br-phy = VTEP 172.31.0.DPID, br-ndN = the ONOS bridge

quiet_ns() {                                  # no IPv6 chatter of its own; tenants get v6 by tenant_v6
  ip netns add "$LAB-$1"; ip -n "$LAB-$1" link set lo up
  in_ns "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
}
tenant_v6() {                                 # v6 with the given addresses only: no router solicitation, no link-local, no DAD delay
  in_ns "$1" sysctl -qw net.ipv6.conf.default.accept_ra=0 net.ipv6.conf.all.accept_ra=0 net.ipv6.conf.default.addr_gen_mode=1 \
    net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0
}
wire() { ip link add "$2" netns "$LAB-$1" type veth peer name "$4" netns "$LAB-$3"; ip -n "$LAB-$1" link set "$2" up; ip -n "$LAB-$3" link set "$4" up; }

net_up() {
  local n i=0 br b p name kind peer pif v4 v6
  for n in $(namespaces); do quiet_ns "$n"; done
  for br in ul mg; do ip -n "$LAB-net" link add $br type bridge mcast_snooping 0; ip -n "$LAB-net" link set $br up; done
  wire ctl eth0 net mg-ctl; ip -n "$LAB-net" link set mg-ctl master mg; ip -n "$LAB-ctl" addr add $CTL_ADDRESS/24 dev eth0
  for n in $BOXES; do
    i=$((i+1))
    wire "$n" eth0 net "mg-$n"; ip -n "$LAB-net" link set "mg-$n" master mg; ip -n "$LAB-$n" addr add 10.255.0.$i/24 dev eth0
    wire "$n" eth1 net "ul-$n"; ip -n "$LAB-net" link set "ul-$n" mtu $UNDERLAY_MTU master ul; ip -n "$LAB-$n" link set eth1 mtu $UNDERLAY_MTU
    # Userspace OVS only copies packets (AF_PACKET): the kernel of the box gets them too. Keep it deaf on everything that OVS owns.
    in_ns "$n" sysctl -qw net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.default.arp_ignore=1 net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.default.rp_filter=1
    in_ns "$n" nft 'table inet guard { chain input { type filter hook input priority 0; iifname != { "lo", "eth0", "br-phy" } drop; }; chain forward { type filter hook forward priority 0; policy drop; }; }'
  done
  rows | while read -r b p name kind peer pif v4 v6; do
    case $kind in
      ns) [ "$v6" = - ] || tenant_v6 "$peer"
          wire "$b" "$name" "$peer" "$pif"
          in_ns "$peer" ethtool -K "$pif" tx off >/dev/null   # OVS reads raw frames: an unfinished checksum would travel as it is
          ip -n "$LAB-$peer" link set "$pif" address "$(mac "$b" "$p")"
          [ "$v4" = - ] || ip -n "$LAB-$peer" addr add "$v4/24" dev "$pif"
          [ "$v6" = - ] || ip -n "$LAB-$peer" addr add "$v6/64" dev "$pif" nodad ;;
      link) [ "$(dpid "$b")" -gt "$(dpid "$peer")" ] || wire "$b" "$name" "$peer" "$pif" ;;
    esac
  done
  neighbours_up
  gateway_up
}

tenants() { rows | awk '$4=="ns" && $7!="-"'; }
neighbours_up() {                             # static: forwarding is by ETH_DST, nobody has to ask
  local b p name kind peer pif v4 v6
  tenants | while read -r b p name kind peer pif v4 v6; do
    {
      tenants | while read -r ob op _ _ opeer _ o4 o6; do
        [ "$opeer" != "$peer" ] || continue
        printf 'neigh replace %s lladdr %s nud permanent dev %s\n' "$o4" "$(mac "$ob" "$op")" "$pif" "$o6" "$(mac "$ob" "$op")" "$pif"
      done
      [ "$peer" = gw ] || printf 'route add default via %s\n' 10.0.0.254 fd00:10::fe
    } | ip -n "$LAB-$peer" -batch -
  done
}

# What lies behind the gateway: the malicious addresses of the 2017 logs, one benign pair, and whole prefixes for tests.
GW_MALICIOUS="203.237.53.71 37.218.240.68 140.205.94.189 125.209.222.142 104.74.171.196 162.125.32.14 140.205.220.96 37.157.196.97"
GW_BENIGN="198.18.0.1 2001:db8:900d::1"
GW_PREFIXES="198.51.100.0/24 198.19.0.0/16 2001:db8:bad::/64"
gateway_up() {
  local a
  # nonlocal_bind: a test may send from any address of the prefixes, also in v6. The gateway forwards nothing.
  in_ns gw sysctl -qw net.ipv4.ip_nonlocal_bind=1 net.ipv6.ip_nonlocal_bind=1 net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0
  for a in $GW_MALICIOUS; do ip -n "$LAB-gw" addr add "$a/32" dev lo; done
  for a in $GW_BENIGN; do case $a in *:*) ip -n "$LAB-gw" addr add "$a/128" dev lo nodad ;; *) ip -n "$LAB-gw" addr add "$a/32" dev lo ;; esac; done
  for a in $GW_PREFIXES; do ip -n "$LAB-gw" route add local "$a" dev lo; done
}

ns_pids() { local n; for n in $(namespaces); do [ ! -e "$(netns "$n")" ] || ip netns pids "$LAB-$n" 2>/dev/null || true; done; }
ns_empty() { [ -z "$(ns_pids)" ]; }
net_down() {                                  # with whatever was started inside
  local n pid
  for pid in $(ns_pids); do kill "$pid" 2>/dev/null || true; done
  until_ok 10 ns_empty || for pid in $(ns_pids); do kill -KILL "$pid" 2>/dev/null || true; done
  for n in $(namespaces); do [ ! -e "$(netns "$n")" ] || ip netns del "$LAB-$n" || true; done
}
net_is_up() { local n; for n in $(namespaces); do [ -e "$(netns "$n")" ] || return 1; done; }
