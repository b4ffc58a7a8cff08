import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const DIST = fileURLToPath(new URL('../../../shared/onos', import.meta.url));

/** Why there can be no lab of boxes and taps here, in one line with the way to mend it; undefined where there can. */
export function boxesMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'the lab needs root: its boxes are network namespaces (run as root)';
  if (!existsSync('/sys/kernel/btf/vmlinux'))
    return 'this kernel has no BTF, so no eBPF tap loads (use a kernel with CONFIG_DEBUG_INFO_BTF=y)';
  if (!existsSync('/usr/sbin/ovs-vswitchd')) return 'Open vSwitch is missing (apt-get install openvswitch-switch)';
  return undefined;
}

/** The same for a lab with a real ONOS, on which the specs stand. */
export function labMissing(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const boxes = boxesMissing();
  if (boxes !== undefined) return boxes;
  if (env['ONOS_URLS'] !== undefined && env['ONOS_URLS'] !== '') return undefined;
  const dist = env['ONOS_DIST'] ?? DIST;
  const there = existsSync(dist) && readdirSync(dist).some((f) => /^onos-.*\.tar\.(xz|gz)$/.test(f));
  return there ? undefined : `no ONOS: set ONOS_DIST to a folder with an ONOS tarball (looked in ${dist}), or ONOS_URLS to one that runs`;
}

/** The same for SDN-IP with BGP around it (`Lab.startBgp`); a lab that is up knows better (`Lab.bgpMissing`). */
export function bgpMissing(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const lab = labMissing(env);
  if (lab !== undefined) return lab;
  if (!existsSync('/usr/lib/frr/bgpd')) return 'FRR is missing: it is the BGP around SDN-IP (apt-get install frr)';
  return undefined;
}
