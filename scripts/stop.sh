#!/usr/bin/env bash
# Ends the demo's lab and removes every trace of it: pinned programs, namespaces, processes, relays, files.
# GUARDPOST_LAB names another lab than the demo's.
set -euo pipefail
cd "$(dirname "$0")/.."
lab=${GUARDPOST_LAB:-gp}
if [ "$(id -u)" != 0 ]; then echo 'stop: run as root: the lab was made by root' >&2; exit 1; fi
# Tracers and bridge live inside the lab's namespaces: `down` ends them, and then nobody holds the pins.
./test/lab/lab.sh down
for config in /sys/fs/bpf/guardpost-"$lab"-*; do
  [ -d "$config" ] || continue
  node --input-type=module -e "import { removePins } from '@guardpost/bpf'; removePins(process.argv[1])" "$config" 2>/dev/null || rm -rf "$config"
done
echo "stop: lab $lab is gone"
