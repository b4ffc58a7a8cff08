import { constants } from 'node:os';
import { BpfError, check } from './bpf-error.js';
import { libbpf, libc } from './native.js';

export type TapHook = 'ingress' | 'egress';
export type XdpMode = 'native' | 'generic';

/** enum bpf_attach_type: BPF_TCX_INGRESS, BPF_TCX_EGRESS, BPF_XDP (libbpf 1.1 does not name the first two). */
const ATTACH_TYPE = { ingress: 46, egress: 47, xdp: 37 } as const;
/** XDP_FLAGS_SKB_MODE, XDP_FLAGS_DRV_MODE (linux/if_link.h). */
const XDP_FLAGS = { generic: 2, native: 4 } as const;
/** Our filter among those of a clsact qdisc. */
const FILTER = { handle: 0x6770, priority: 49145 } as const;
const BPF_TC_REPLACE = 1;

/** A tcx link. Throws BpfError: EINVAL before Linux 6.6, ENODEV where the interface is gone. */
export const attachTcx = (program: number, ifindex: number, hook: TapHook): number =>
  check(libbpf.linkCreate(program, ifindex, ATTACH_TYPE[hook], null), `attach to tcx ${hook} of interface ${ifindex}`);

/** An XDP link. Throws BpfError: EBUSY or EEXIST where another program is on the hook, EOPNOTSUPP where the driver has no native mode. */
export function attachXdp(program: number, ifindex: number, mode: XdpMode): number {
  const opts = Buffer.alloc(64); // struct bpf_link_create_opts: size, flags
  opts.writeBigUInt64LE(64n);
  opts.writeUInt32LE(XDP_FLAGS[mode], 8);
  return check(libbpf.linkCreate(program, ifindex, ATTACH_TYPE.xdp, opts), `attach ${mode} XDP to interface ${ifindex}`);
}

/** The program of a link becomes another one, with no packet unseen in between. */
export const replaceProgram = (link: number, program: number): number =>
  check(libbpf.linkUpdate(link, program, null), 'replace program of link');

/** 0: the interface is gone, the link is an empty shell. */
export function linkIfindex(link: number): number {
  const info = Buffer.alloc(64); // struct bpf_link_info: type, id, prog_id, pad, then ifindex for tcx and xdp
  check(libbpf.info(link, info, new Uint32Array([info.length])), 'read link info');
  return info.readUInt32LE(16);
}

function tcHook(ifindex: number, points: number): Buffer {
  const hook = Buffer.alloc(24); // struct bpf_tc_hook: size, ifindex, attach_point
  hook.writeBigUInt64LE(24n);
  hook.writeInt32LE(ifindex, 8);
  hook.writeUInt32LE(points, 12);
  return hook;
}

function tcOpts(program: number, flags: number): Buffer {
  const opts = Buffer.alloc(32); // struct bpf_tc_opts: size, prog_fd, flags, prog_id, handle, priority
  opts.writeBigUInt64LE(32n);
  opts.writeInt32LE(program, 8);
  opts.writeUInt32LE(flags, 12);
  opts.writeUInt32LE(FILTER.handle, 20);
  opts.writeUInt32LE(FILTER.priority, 24);
  return opts;
}

const POINT = { ingress: 1, egress: 2 } as const;
const BOTH_POINTS = 3;

/**
 * A clsact filter, for kernels before 6.6: it outlives the process by itself, and replaces our own of an earlier run.
 * Returns whether the qdisc was made for it, and so has to go with it.
 */
export function attachClsact(program: number, ifindex: number, hook: TapHook): boolean {
  const at = tcHook(ifindex, POINT[hook]);
  const made = libbpf.tcHookCreate(at);
  if (made < 0 && made !== -constants.errno.EEXIST) throw new BpfError(`clsact qdisc on interface ${ifindex}`, -made);
  check(libbpf.tcAttach(at, tcOpts(program, BPF_TC_REPLACE)), `attach to clsact ${hook} of interface ${ifindex}`);
  return made === 0;
}

/** Without error where there is nothing to detach. */
export function detachClsact(ifindex: number, withQdisc: boolean): void {
  for (const point of Object.values(POINT)) libbpf.tcDetach(tcHook(ifindex, point), tcOpts(0, 0));
  if (withQdisc) libbpf.tcHookDestroy(tcHook(ifindex, BOTH_POINTS));
}

export const closeFd = (fd: number): void => void libc.close(fd);
