import { execFileSync, spawnSync } from 'node:child_process';
import { EbpfTap, listInterfaces } from '../../libs/bpf/src/index.js';
import { parsePrefix, type IpPrefix } from '@guardpost/contracts';
import { attachTcx, attachXdp, closeFd } from '../../libs/bpf/src/libbpf/links.js';
import { BpfObject } from '../../libs/bpf/src/libbpf/bpf-object.js';

/** Runs inside namespace B, for kernel.ts: attaches one candidate after another, has packets sent, and prints what each took. */
const [pinDir = '', emptyObject = '', peerObject = '', rounds = '5', send = ''] = process.argv.slice(2);
const WATCHED = 100_000;
const SCHED_CLS = 3;
const HUGE = 1 << 24;

const prefix = (text: string): IpPrefix => {
  const parsed = parsePrefix(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
};

interface Taken {
  readonly name: string;
  readonly ns: number;
  readonly packets: number;
}
/** Time and runs of each program that is loaded, by name; `send` is the command that sends the packets. */
function measured(names: readonly string[]): Taken[] {
  const before = programs();
  const sent = spawnSync('sh', ['-c', send], { stdio: 'ignore' });
  if (sent.status !== 0) throw new Error(`tcpreplay ended with ${sent.status}`);
  const after = programs();
  return names.map((name) => {
    const grown = after.filter((p) => p.name === name).map((p) => ({ ...p, old: before.find((b) => b.id === p.id) }));
    const ns = grown.reduce((sum, p) => sum + p.time - (p.old?.time ?? 0), 0);
    const packets = grown.reduce((sum, p) => sum + p.runs - (p.old?.runs ?? 0), 0);
    return { name, ns: ns / packets, packets };
  });
}

interface Program {
  readonly id: number;
  readonly name: string;
  readonly time: number;
  readonly runs: number;
}
function programs(): Program[] {
  const listed = JSON.parse(execFileSync('bpftool', ['-j', 'prog', 'show'], { maxBuffer: 1 << 26 }).toString()) as Record<
    string,
    unknown
  >[];
  return listed.map((p) => ({
    id: Number(p['id']),
    name: String(p['name']),
    time: Number(p['run_time_ns'] ?? 0),
    runs: Number(p['run_cnt'] ?? 0),
  }));
}

const ifindex = listInterfaces().find((i) => i.name === 'b0')?.ifindex ?? 0;
const empty = new BpfObject(emptyObject).load();
const peer = peerObject === '' ? undefined : new BpfObject(peerObject);
peer?.load({
  only: ['tc_ingress_flow_parse'],
  programTypes: { tc_ingress_flow_parse: SCHED_CLS },
  maxEntries: Object.fromEntries([...peer.mapShapes()].filter(([, m]) => m.maxEntries === HUGE).map(([name]) => [name, 1 << 17])),
});

async function ours(): Promise<Taken[]> {
  const tap = new EbpfTap({ pinDir, interfaces: (name) => name === 'b0' });
  await tap.start(() => undefined);
  await tap.setWatch(
    Array.from({ length: WATCHED }, (_, i) => ({ rule: i + 1, prefix: prefix(`${224 + (i & 7)}.${(i >> 3) & 255}.${(i >> 11) & 255}.7`) })),
  );
  await tap.setDrops([{ id: 'miss', prefix: prefix('203.0.113.7'), expiresBootNs: 2n ** 62n }], []);
  const taken = measured(['tap_ingress', 'drop_generic']);
  await tap.remove();
  return taken;
}
function attached(names: readonly string[], links: number[]): Taken[] {
  const taken = measured(names);
  links.forEach(closeFd);
  return taken;
}

const all: Taken[][] = [];
for (let round = 0; round <= Number(rounds); round++) {
  const row = [
    ...attached(
      ['empty_tc', 'empty_xdp'],
      [attachTcx(empty.program('empty_tc'), ifindex, 'ingress'), attachXdp(empty.program('empty_xdp'), ifindex, 'generic')],
    ),
    ...(await ours()),
    ...(peer === undefined
      ? []
      : attached(['tc_ingress_flow_parse'], [attachTcx(peer.program('tc_ingress_flow_parse'), ifindex, 'ingress')])),
  ];
  if (round > 0) all.push(row); // the first one warms up
}
console.log(JSON.stringify(all));
