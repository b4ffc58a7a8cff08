#!/usr/bin/env bash
# Installs what Guardpost needs on Debian 12 or Ubuntu and builds it. Safe to run again: what is there is left alone.
# Exits 0 also where something can't be had; each such thing is named in one line with the way to get it.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(openvswitch-switch redis-server frr clang libbpf-dev libpcap-dev libelf-dev linux-libc-dev make g++ python3 iproute2 iputils-ping
  bpftool ethtool nftables iperf3 tcpreplay tshark nfdump pmacct procps xz-utils netcat-openbsd openjdk-17-jre-headless)
say() { printf 'setup: %s\n' "$*" >&2; }

node -e 'const [a,b]=process.versions.node.split(".").map(Number); process.exit(a>20||(a===20&&b>=19)?0:1)' 2>/dev/null ||
  { say "Node.js 20.19 or newer is needed: see https://nodejs.org/en/download"; exit 1; }

missing=()
for p in "${packages[@]}"; do dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing+=("$p"); done
if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" != 0 ]; then
    say "not root, so these packages were not installed: ${missing[*]} (apt-get install ${missing[*]})"
  elif ! command -v apt-get >/dev/null; then
    say "no apt-get here; install with your package manager: ${missing[*]}"
  else
    # Debian starts the servers that it installs: ours run on their own, and what ran before goes on running.
    fresh=()
    for p in openvswitch-switch redis-server frr nfdump pmacct; do [[ " ${missing[*]} " != *" $p "* ]] || fresh+=("$p"); done
    if [ ${#fresh[@]} -gt 0 ] && [ ! -e /usr/sbin/policy-rc.d ]; then
      trap 'rm -f /usr/sbin/policy-rc.d' EXIT
      printf '#!/bin/sh\n# While Guardpost is set up: no new server is started.\nexit 101\n' >/usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq >/dev/null || say "apt-get update failed: packages are tried from the lists that are here"
    for p in "${missing[@]}"; do
      apt-get install -y -qq --no-install-recommends "$p" >/dev/null 2>&1 || say "$p can't be had (apt-get install $p)"
    done
    if [ -d /run/systemd/system ]; then
      units=("${fresh[@]}")
      [[ " ${fresh[*]} " != *" pmacct "* ]] || units+=(nfacctd pmacctd sfacctd uacctd)
      for p in "${units[@]}"; do systemctl disable -q --now "$p" 2>/dev/null || true; done
    fi
    if [ -n "$(trap -p EXIT)" ]; then rm -f /usr/sbin/policy-rc.d; trap - EXIT; fi
  fi
fi

# npm ci only where the lock file changed since the last one.
stamp=node_modules/.guardpost-lock
if ! cmp -s package-lock.json "$stamp" 2>/dev/null; then
  npm ci --no-audit --no-fund --loglevel=error >&2
  cp package-lock.json "$stamp"
fi
npm run --silent build >&2

[ "$(id -u)" = 0 ] || say "not root: the unit tests, lint and build work; taps, the lab and the demo do not (run as root)"
if [ "$(id -u)" = 0 ]; then
  grep -qs ' /sys/fs/bpf ' /proc/mounts || mount -t bpf bpf /sys/fs/bpf 2>/dev/null ||
    say "no eBPF file system: taps can't be pinned (mount -t bpf bpf /sys/fs/bpf)"
  [ -e /sys/kernel/btf/vmlinux ] || say "this kernel has no BTF: eBPF taps may not load (a kernel with CONFIG_DEBUG_INFO_BTF=y)"
fi
